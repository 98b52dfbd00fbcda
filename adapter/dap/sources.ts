/**
 * Source files by both their names: the path that the compiler knew, and where the file is on this computer. A path is
 * looked for by the launch configuration's map, as it is, and by its end in the folder of the launch and in that of the
 * program. No folder is searched, and no file is opened but the one whose text is asked for.
 */

import type { DebugProtocol } from '@vscode/debugprotocol';
import { isFile } from '../host/file-names.ts';
import { basename, dirname, join, normalize } from '../host/paths.ts';
import type { Program } from './program.ts';

export interface SourceOptions {
  /** The beginning of a compiler's path, and the folder that stands for it; the first that fits is taken. */
  readonly map?: readonly { readonly from: string; readonly to: string }[];
  /** Where a path's end is looked for. */
  readonly folders?: readonly string[];
}

/** How many parts two paths agree in at their ends. */
const commonEnd = (one: string, other: string): number => {
  const [a, b] = [one, other].map((path) => normalize(path).split('/').reverse()) as [string[], string[]];
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count++;
  return count;
};

export class Sources {
  readonly programs: readonly Program[];
  readonly #map: NonNullable<SourceOptions['map']>;
  readonly #folders: readonly string[];
  readonly #found = new Map<string, string | undefined>();
  /** Numbers of files that are not on this computer. */
  readonly #references = new Map<string, number>();

  constructor(programs: readonly Program[], { map = [], folders = [] }: SourceOptions) {
    this.programs = programs;
    this.#map = map;
    const own = programs.map(({ fileName }) => fileName).filter((name) => name?.startsWith('/') === true);
    this.#folders = [...folders, ...new Set(own.map((name) => dirname(name!)))];
  }

  /** Where the file of a compiler's path is on this computer. */
  locate(path: string): string | undefined {
    if (!this.#found.has(path)) this.#found.set(path, this.#search(path));
    return this.#found.get(path);
  }

  #search(path: string): string | undefined {
    for (const { from, to } of this.#map) {
      const prefix = from.endsWith('/') ? from : `${from}/`;
      if (path === from) return to;
      // What the map says holds, whether the file is there or not: the client may see it where we do not.
      if (path.startsWith(prefix)) return join(to, path.slice(prefix.length));
    }
    if (path.startsWith('/') && isFile(path)) return path;
    const parts = normalize(path)
      .split('/')
      .filter((part) => part !== '');
    for (const folder of this.#folders) {
      for (let first = 0; first < parts.length; first++) {
        const candidate = join(folder, ...parts.slice(first));
        if (isFile(candidate)) return candidate;
      }
    }
    return undefined;
  }

  /**
   * A file as the client knows files. One that is not on this computer is not opened by itself; with a reference, the client
   * asks for it where a person opens it, and shows what it is told, where it would look for the file in vain without.
   */
  describe(path: string): DebugProtocol.Source {
    const located = this.locate(path);
    if (located !== undefined) return { name: basename(path), path: located };
    const sourceReference = this.#referenceOf(path);
    const hints = { presentationHint: 'deemphasize', origin: 'not on this computer' } as const;
    return { name: basename(path), path, sourceReference, ...hints };
  }

  #referenceOf(path: string): number {
    const known = this.#references.get(path) ?? this.#references.size + 1;
    this.#references.set(path, known);
    return known;
  }

  /** A program's paths of a file on this computer: those that lead to it, else those that agree best with its path. */
  compiled(program: Program, path: string): readonly string[] {
    const named = namedIn(program, path);
    const exact = named.filter((candidate) => this.#isOf(candidate, path));
    if (exact.length > 0) return exact;
    const best = Math.max(0, ...named.map((candidate) => commonEnd(candidate, path)));
    // A file that another program has for certain is not also one of the same name here.
    const isOthers = this.programs.some(
      (other) => other !== program && namedIn(other, path).some((candidate) => this.#isOf(candidate, path)),
    );
    return isOthers ? [] : named.filter((candidate) => commonEnd(candidate, path) === best);
  }

  /** Whether a client may be given the text of a file: only of those that the debug information names. */
  isKnown(path: string): boolean {
    return this.programs.some((program) => namedIn(program, path).some((candidate) => this.#isOf(candidate, path)));
  }

  #isOf(candidate: string, path: string): boolean {
    return candidate === path || this.locate(candidate) === path;
  }
}

const namedIn = (program: Program, path: string): readonly string[] => {
  const { info } = program;
  return (info && program.try(() => info.pathsNamed(basename(path)))) ?? [];
};
