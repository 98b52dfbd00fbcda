/** What is where among the host's files. Names come from programs, too, and need not be any. In a browser: web/file-names.ts. */

import { existsSync, readFileSync, realpathSync, renameSync, statSync } from 'node:fs';

/** False also of a name that the operating system refuses, such as one with a zero byte. */
export const isFile = (name: string): boolean => {
  try {
    return statSync(name, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    return false;
  }
};

/** A file or a folder. */
export const exists = (name: string): boolean => existsSync(name);

/**
 * The name without links.
 * @throws {Error} when there is nothing
 */
export const realName = (name: string): string => realpathSync(name);

/** The text of a file that is UTF-8; nothing when it cannot be read. */
export const textOf = (name: string | URL): string | undefined => {
  try {
    return readFileSync(name, 'utf8');
  } catch {
    return undefined;
  }
};

/** @throws {Error} when it cannot be */
export const renameFile = (from: string, to: string): void => renameSync(from, to);
