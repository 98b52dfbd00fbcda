/** What is where in volume.ts, which has no links. */

import type * as node from '../file-names.ts';
import { volume } from './volume.ts';

export const isFile = (name: string): boolean => volume.has(name);

export const exists = (name: string): boolean => volume.has(name) || volume.hasFolder(name);

export const realName = (name: string): string => name;

export const textOf = (name: string | URL): string | undefined => {
  try {
    return new TextDecoder().decode(volume.read(String(name)));
  } catch {
    return undefined;
  }
};

export const renameFile = (from: string, to: string): void => {
  volume.write(to, volume.read(from));
  volume.drop(from);
};

({ isFile, exists, realName, textOf, renameFile }) satisfies typeof node;
