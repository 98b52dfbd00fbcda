/**
 * What there is to record in a folder: kernels with the machine that each is made for, taken from where the project itself
 * says how it is run (makefiles, Cargo's and Zig's, scripts), or else kernels alone; and recordings that are there. It shows
 * nothing and starts nothing.
 */

import { posix } from 'node:path';
import { cargoRunners } from './cargo.ts';
import { type Fitted, fit } from './fit.ts';
import { type ProjectFolder, readText } from './folder.ts';
import { type KernelFile, kernelFiles, newestIn } from './kernel-file.ts';
import { makeLines } from './makefile.ts';
import { scriptLines } from './script.ts';
import { zigLines } from './zig.ts';

/** A machine to record. */
export interface Candidate extends Fitted {
  /** What a person knows it by: `make qemu`. */
  readonly name: string;
  /** Where it was found: `Makefile:168`. */
  readonly place: string;
  /** The folder from which its files are named, below the one that was looked through. */
  readonly folder: string;
}

export interface Discovery {
  /** The likeliest first. */
  readonly candidates: readonly Candidate[];
  /** Recordings, the newest first. */
  readonly recordings: readonly string[];
}

export const discover = async (folder: ProjectFolder): Promise<Discovery> => {
  const files = await folder.files();
  const search = new Search(folder, files);
  const written = (await Promise.all([search.make(), search.cargo(), search.zig(), search.scripts()])).flat();
  const candidates = distinct(written).sort((one, other) => rank(one) - rank(other));
  // Where the project says how it is run, its kernels alone would only be in the way.
  const runnable = candidates.some(({ hasKernel }) => hasKernel);
  return {
    candidates: runnable ? candidates : [...(await search.kernels()), ...candidates],
    recordings: await newestFirst(
      folder,
      files.filter((path) => path.endsWith('.chrono')),
    ),
  };
};

const filesMax = 40;
const kernelsMax = 8;
const recordingsMax = 20;
const depthMax = 2;

class Search {
  readonly #folder: ProjectFolder;
  readonly #files: readonly string[];

  constructor(folder: ProjectFolder, files: readonly string[]) {
    this.#folder = folder;
    this.#files = files;
  }

  make(): Promise<Candidate[]> {
    return this.#each(/(^|\/)(GNUmakefile|[Mm]akefile)$/, async (file, text) => {
      const read = (name: string) => readText(this.#folder, name);
      const lines = await makeLines(file, text, read);
      return lines.map(({ target, line, words, file: in_ }) => ({
        name: `make ${target}`,
        place: `${in_}:${line}`,
        words,
        built: () =>
          this.#newest(['', 'build', 'kernel', 'bin', 'out'].map((name) => posix.join(posix.dirname(file), name))),
      }));
    });
  }

  scripts(): Promise<Candidate[]> {
    return this.#each(/\.(sh|bash)$/, async (file, text) =>
      scriptLines(text).map(({ line, words }) => ({
        name: posix.basename(file),
        place: `${file}:${line}`,
        words,
        // A script is started from the folder that it is in, or from the one above where it is one of several.
        from: /(^|\/)(scripts?|tools)$/.test(posix.dirname(file)) ? posix.dirname(posix.dirname(file)) : undefined,
      })),
    );
  }

  cargo(): Promise<Candidate[]> {
    return this.#each(/(^|\/)\.cargo\/config(\.toml)?$/, async (file, text) => {
      const from = posix.dirname(posix.dirname(file));
      const line = (words: readonly string[]) =>
        text.slice(0, Math.max(0, text.indexOf(words[0] ?? ''))).split('\n').length;
      return cargoRunners(text).map(({ triple, words }) => {
        const targets = triple === undefined ? [] : ['debug', 'release'].map((kind) => `target/${triple}/${kind}`);
        const built = () =>
          this.#newest(ancestors(from).flatMap((above) => targets.map((each) => posix.join(above, each))));
        return { name: 'cargo run', place: `${file}:${line(words)}`, words, from, built, adds: true };
      });
    });
  }

  zig(): Promise<Candidate[]> {
    return this.#each(/(^|\/)build\.zig$/, async (file, text) =>
      zigLines(text).map(({ line, words }) => ({
        name: 'zig build run',
        place: `${file}:${line}`,
        words,
        built: () => this.#newest(['zig-out/bin', 'zig-out'].map((name) => posix.join(posix.dirname(file), name))),
      })),
    );
  }

  /** Kernels alone, in a machine of the common size. */
  async kernels(): Promise<Candidate[]> {
    const kernels = (await kernelFiles(this.#folder, this.#files)).slice(0, kernelsMax);
    return Promise.all(
      kernels.map(async ({ path, bare }) => {
        const words = ['-m', '128M', '-nographic', ...(bare ? ['-bios', 'none'] : []), '-kernel', path];
        const fitted = await fit(words, { folder: this.#folder, from: '', built: async () => undefined });
        return { name: posix.basename(path), place: path, folder: '', ...fitted };
      }),
    );
  }

  #newest(places: readonly string[]): Promise<KernelFile | undefined> {
    return newestIn(this.#folder, this.#files, places);
  }

  async #each(name: RegExp, find: (file: string, text: string) => Promise<readonly Found[]>): Promise<Candidate[]> {
    const files = this.#files.filter((path) => name.test(path) && depthOf(path) <= depthMax).slice(0, filesMax);
    const all = await Promise.all(
      files.map(async (file) => {
        const text = await readText(this.#folder, file);
        const found = text === undefined ? [] : await find(file, text);
        return Promise.all(found.map((each) => this.#candidate(file, each)));
      }),
    );
    return all.flat();
  }

  async #candidate(file: string, { name, place, words, ...rest }: Found): Promise<Candidate> {
    const from = rest.from ?? posix.dirname(file);
    const { built = async () => undefined, adds = false } = rest;
    const fitted = await fit(words, { folder: this.#folder, from, built, adds });
    return { name, place, folder: from === '.' ? '' : from, ...fitted };
  }
}

/** A line that starts QEMU, as a file has it. */
interface Found {
  readonly name: string;
  readonly place: string;
  readonly words: readonly string[];
  /** The folder from which it is run; by default that of the file. */
  readonly from?: string | undefined;
  /** What was built last, for a kernel that the line does not name. */
  readonly built?: () => Promise<KernelFile | undefined>;
  /** The kernel belongs behind the last word. */
  readonly adds?: boolean;
}

/** Folders do not count that only hold settings. */
const depthOf = (path: string): number => path.split('/').filter((part) => part !== '.cargo').length - 1;

const ancestors = (folder: string): string[] => {
  const above: string[] = [];
  for (let at = folder; ; at = posix.dirname(at)) {
    above.push(at);
    if (at === '.' || at === '/') return above;
  }
};

/** Of several that say the same, the one that had to leave out the least. */
const distinct = (candidates: readonly Candidate[]): Candidate[] => {
  const byLine = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const key = JSON.stringify([candidate.folder, candidate.line]);
    const before = byLine.get(key);
    if (before === undefined || candidate.notes.length < before.notes.length) byLine.set(key, candidate);
  }
  return [...byLine.values()];
};

/** What a person most likely means has the lowest. */
const rank = ({ name, missing, notes, hasKernel, folder }: Candidate): number =>
  (hasKernel ? 0 : 1000) +
  (missing.length > 0 ? 100 : 0) +
  (/debug|gdb/.test(name) ? 20 : 0) +
  (/\b(qemu|run)\b/.test(name) ? 0 : 10) +
  (folder === '' ? 0 : 5) +
  notes.length;

const newestFirst = async (folder: ProjectFolder, files: readonly string[]): Promise<string[]> => {
  const known = await Promise.all(
    files.slice(0, filesMax).map(async (path) => ({ path, modifiedMs: (await folder.status(path))?.modifiedMs ?? 0 })),
  );
  return known
    .sort((one, other) => other.modifiedMs - one.modifiedMs)
    .slice(0, recordingsMax)
    .map(({ path }) => path);
};
