/**
 * Brings files of the workspace to where the adapter finds them at once: those that a launch names, with their bytes, and the
 * names of those around them, among which sources are.
 */

import * as vscode from 'vscode';
import { dirname, join, resolve } from '../../../adapter/host/paths.ts';
import { volume } from '../../../adapter/host/web/volume.ts';
import { uriOf } from './places.ts';

/** Sources of a large project are found no better by a list that takes a minute. */
const listedMax = 20_000;
const passedOver: ReadonlySet<string> = new Set(['node_modules', '.git', 'target']);

/** How many sessions have a file's bytes. */
const uses = new Map<string, number>();

/** Files that are in memory until `release`. */
export class WorkspaceFiles {
  readonly #names = new Set<string>();
  readonly #log: vscode.LogOutputChannel;

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
  }

  /** Reads a file; one that cannot be read is not there for the adapter, which says so. */
  async read(name: string): Promise<void> {
    try {
      const bytes = await vscode.workspace.fs.readFile(uriOf(name));
      volume.put(name, bytes);
      if (!this.#names.has(name)) uses.set(name, (uses.get(name) ?? 0) + 1);
      this.#names.add(name);
    } catch (error) {
      this.#log.warn(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Lists what is in a folder and below. */
  async list(folder: string): Promise<void> {
    let count = 0;
    const waiting = [folder];
    for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
      for (const [name, type] of await entriesOf(at)) {
        const path = join(at, name);
        if ((type & vscode.FileType.Directory) === 0) {
          volume.list(path);
          count += 1;
        } else if (!passedOver.has(name)) waiting.push(path);
      }
      if (count > listedMax) {
        this.#log.warn(`${folder} has more than ${listedMax} files: sources are looked for among the first alone`);
        return;
      }
    }
  }

  release(): void {
    for (const name of this.#names) {
      const others = (uses.get(name) ?? 1) - 1;
      uses.set(name, others);
      if (others === 0) volume.release(name);
    }
    this.#names.clear();
  }
}

const entriesOf = async (folder: string): Promise<readonly (readonly [string, vscode.FileType])[]> => {
  try {
    return await vscode.workspace.fs.readDirectory(uriOf(folder));
  } catch {
    return []; // a folder that may not be read, or is none, has nothing to list
  }
};

/** The files that a launch names, from its arguments as they come. */
export const filesOf = (launch: Readonly<Record<string, unknown>>): readonly string[] => {
  const programs = Array.isArray(launch.programs) ? launch.programs : [];
  const named = [
    launch.trace,
    launch.program,
    launch.symbols,
    ...programs.flatMap((each) => [each?.file, each?.symbols]),
  ];
  const folder = typeof launch.cwd === 'string' ? launch.cwd : '/';
  return named.filter((each) => typeof each === 'string' && each !== '').map((each) => resolve(folder, String(each)));
};

/** Where sources may be: the launch's folder, and those of its files that are not in it. */
export const foldersOf = (launch: Readonly<Record<string, unknown>>, files: readonly string[]): readonly string[] => {
  const all = [...(typeof launch.cwd === 'string' ? [launch.cwd] : []), ...files.map((file) => dirname(file))];
  const isBelow = (folder: string, other: string): boolean =>
    folder.startsWith(other.endsWith('/') ? other : `${other}/`);
  const unique = [...new Set(all)];
  return unique.filter((folder) => !unique.some((other) => isBelow(folder, other)));
};
