/**
 * Brings files of the workspace to where the adapter finds them at once: those that a launch names, with their bytes, and the
 * names of those around them, among which sources are.
 */

import * as vscode from 'vscode';
import { brotli, FileSource } from '../../../adapter/host/files.ts';
import { dirname, join, resolve } from '../../../adapter/host/paths.ts';
import { volume } from '../../../adapter/host/web/volume.ts';
import { openTrace } from '../../../traces/reader.ts';
import { lastPart } from '../launches.ts';
import { uriOf } from './places.ts';

/** Sources of a large project are found no better by a list that takes a minute. */
const listedMax = 20_000;
/** The host may be far, and each folder is a question. */
const foldersAtOnce = 32;
const passedOver: ReadonlySet<string> = new Set(['node_modules', '.git', 'target']);

/** What a launch says, of which nothing is known yet. */
export type Launch = Readonly<Record<string, unknown>>;

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

  /** Reads a recording, and the images beside it that it does not hold. */
  async readTrace(name: string): Promise<void> {
    await this.read(name);
    try {
      const { header } = await openTrace(new FileSource('the trace', name), brotli, { salvage: true });
      const beside = header.images.filter((image) => !image.embedded && lastPart(image.name) === image.name);
      await Promise.all(beside.map((image) => this.read(join(dirname(name), image.name))));
    } catch {
      // Whoever wants the recording is told what is wrong with it.
    }
  }

  /** Lists what is in a folder and below, the nearest first. Links to folders are not followed. */
  async list(folder: string): Promise<void> {
    let count = 0;
    for (let waiting = [folder]; waiting.length > 0; ) {
      const now = waiting.splice(0, foldersAtOnce);
      const found = await Promise.all(now.map(entriesOf));
      for (const [index, entries] of found.entries()) {
        for (const [name, type] of entries) {
          const path = join(now[index]!, name);
          count += 1;
          if (type !== vscode.FileType.Directory) volume.list(path);
          else if (!passedOver.has(name)) waiting.push(path);
        }
      }
      if (count > listedMax && waiting.length > 0) {
        this.#log.warn(`${folder} has more than ${listedMax} files: sources are looked for among the first alone`);
        waiting = [];
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
export const filesOf = (launch: Launch): { readonly trace: readonly string[]; readonly others: readonly string[] } => {
  const folder = typeof launch.cwd === 'string' ? launch.cwd : '/';
  const named = (...values: readonly unknown[]): readonly string[] =>
    values.flatMap((value) => (typeof value === 'string' && value !== '' ? [resolve(folder, value)] : []));
  const programs: readonly Launch[] = Array.isArray(launch.programs) ? launch.programs : [];
  return {
    trace: named(launch.trace),
    others: named(launch.program, launch.symbols, ...programs.flatMap((each) => [each?.file, each?.symbols])),
  };
};

/** Where sources may be: the launch's folder, and those of its files that are not in it. */
export const foldersOf = (launch: Launch, files: readonly string[]): readonly string[] => {
  const all = [...(typeof launch.cwd === 'string' ? [launch.cwd] : []), ...files.map((file) => dirname(file))];
  const isBelow = (folder: string, other: string): boolean =>
    folder.startsWith(other.endsWith('/') ? other : `${other}/`);
  const unique = [...new Set(all)];
  return unique.filter((folder) => !unique.some((other) => isBelow(folder, other)));
};
