/**
 * Files that belong to a program and that it names: its separate debug file (by build-id and .gnu_debuglink, with its CRC),
 * and the .dwo and .dwp files of split units. They are looked for in a few folders and nowhere else: that of the program and
 * `.debug` in it, `debugFolders` of the launch configuration, and, for .dwo files, those of the source map. What a program
 * says is not trusted: a name leads to no file outside of these folders, neither by its text nor by a link, and what is opened
 * has to be an ELF file. A program without companions (`ProgramOptions`) opens no file at all.
 */

import { crc32 } from '../host/compression.ts';
import { exists, isFile, realName } from '../host/file-names.ts';
import { FileSource } from '../host/files.ts';
import { basename, dirname, join, normalize, sep } from '../host/paths.ts';
import { DwarfFile, type OpenSplit, type SplitRequest } from '../program/dwarf/file.ts';
import { DebugSections } from '../program/elf/debug-sections.ts';
import { type Elf, readElf } from '../program/elf.ts';
import { companionIsMissing, companionIsOther } from '../program/errors.ts';
import { InputError } from '../program/input-error.ts';

/** Where companions of all programs may be. */
export interface CompanionFolders {
  /** `debugFolders` of the launch configuration. */
  readonly debug: readonly string[];
  /** The source map: the beginning of a compiler's path, and the folder that stands for it. */
  readonly map: readonly { readonly from: string; readonly to: string }[];
}

/** A file that was found, open. */
export interface Companion {
  readonly name: string;
  readonly bytes: FileSource;
}

/** A name in a file is at most so deep. */
const partsMax = 64;
/** Units whose files were not found are named one by one up to so many. */
const notesMax = 8;
const chunkBytes = 2 ** 20;
/** A split file of up to so many bytes is read as a whole, and is not kept open. */
const smallBytesMax = 2 ** 26;

export class Companions {
  /** Is told what was not found, or is of another build. */
  onMissing: (message: string) => void = () => {};
  /** The program itself, on this computer; not one that is in a recording. */
  readonly #program: string | undefined;
  readonly #folders: CompanionFolders;
  readonly #open: FileSource[] = [];
  readonly #split = new Map<string, DwarfFile | undefined>();
  #notes = 0;

  constructor(program: string | undefined, folders: CompanionFolders) {
    this.#program = program;
    this.#folders = folders;
  }

  close(): void {
    for (const file of this.#open) file.close();
  }

  /** The file with the debug information of a program that has none of its own. */
  debugFile(elf: Elf): Companion | undefined {
    const sections = new DebugSections(elf);
    if (sections.has('.debug_info')) return undefined;
    const { buildId, debugLink } = sections;
    const names = buildId !== undefined && buildId.length > 2 ? [buildIdPath(buildId)] : [];
    const link = debugLink !== undefined && isPlainName(debugLink.name) ? debugLink.name : undefined;
    const candidates = [...names.flatMap((name) => this.#inDebugFolders(name)), ...this.#linked(link)];
    for (const path of candidates) {
      const found = this.#try(path, (file) => {
        const why = this.#difference(file, path, buildId, debugLink?.crc);
        if (why !== undefined) throw companionIsOther(path, elf.file, why);
        return { name: path, bytes: file };
      });
      if (found !== undefined) return found;
    }
    if (debugLink !== undefined) this.#missing('debug information', debugLink.name, elf.file, this.#ownFolders());
    return undefined;
  }

  /** Gives the files of split units: of a package first. */
  readonly openSplit: OpenSplit = (request) => {
    for (const path of this.#packages()) {
      const found = this.#splitFile(path);
      if (found?.unitByDwoId(request.dwoId) !== undefined) return found;
    }
    const paths = this.#splitPaths(request);
    for (const path of paths) {
      const found = this.#splitFile(path);
      if (found === undefined) continue;
      if (found.unitByDwoId(request.dwoId) !== undefined) return found;
      this.#say(companionIsOther(path, this.#program ?? 'the program', 'another split unit').message);
    }
    const [name, program] = [request.name, this.#program ?? 'the program'];
    this.#missing('debug information of a split unit', name, program, [
      ...this.#ownFolders(),
      ...this.#folders.map.map(({ to }) => to),
    ]);
    return undefined;
  };

  #ownFolders(): readonly string[] {
    const own = this.#program === undefined ? [] : [dirname(this.#program)];
    return [...own, ...own.map((folder) => join(folder, '.debug')), ...this.#folders.debug];
  }

  #inDebugFolders(name: string): string[] {
    return this.#ownFolders().map((folder) => join(folder, name));
  }

  /** Beside the program, and in a debug folder also where the program's folder is repeated, as distributions have it. */
  #linked(name: string | undefined): string[] {
    if (name === undefined) return [];
    const own = this.#program === undefined ? [] : [dirname(this.#program)];
    const repeated = this.#folders.debug.flatMap((folder) => own.map((program) => join(folder, program, name)));
    return [...this.#inDebugFolders(name), ...repeated];
  }

  #packages(): readonly string[] {
    return this.#program === undefined ? [] : this.#inDebugFolders(`${basename(this.#program)}.dwp`);
  }

  /** Where a .dwo file may be: where the source map has its path, or its path's end in one of the folders. */
  #splitPaths({ name, directory }: SplitRequest): readonly string[] {
    const whole = normalize(name.startsWith('/') ? name : join(directory, name));
    if (whole.includes('\0')) return [];
    const parts = whole.split('/').filter((part) => part !== '' && part !== '..' && part !== '.');
    if (parts.length === 0 || parts.length > partsMax) return [];
    const mapped = this.#folders.map
      .filter(({ from }) => whole.startsWith(from.endsWith('/') ? from : `${from}/`))
      .map(({ from, to }) => join(to, whole.slice(from.length)));
    const ends = parts.map((_, first) => join(...parts.slice(first)));
    return [...mapped, ...this.#ownFolders().flatMap((folder) => ends.map((end) => join(folder, end)))];
  }

  #splitFile(path: string): DwarfFile | undefined {
    if (!this.#split.has(path)) {
      const file = this.#try(
        path,
        (source) => {
          // There may be thousands of small ones, and a process may have fewer files open.
          const bytes = isLarge(source) ? source : source.read(0, source.sizeBytes);
          const split = new DwarfFile(new DebugSections(readElf(bytes, path, 'symbols')));
          if (!split.isSplit) throw companionIsOther(path, this.#program ?? 'the program', 'no split unit');
          return split;
        },
        isLarge,
      );
      this.#split.set(path, file);
    }
    return this.#split.get(path);
  }

  /** What `use` makes of a file in the folders; nothing when there is none, or it is refused. */
  #try<Result>(path: string, use: (file: FileSource) => Result, isKept = (_: FileSource) => true): Result | undefined {
    if (!this.#isAllowed(path)) return undefined;
    let file: FileSource | undefined;
    try {
      file = new FileSource('the debug file', path);
      const result = use(file);
      if (isKept(file)) this.#open.push(file);
      else file.close();
      return result;
    } catch (error) {
      file?.close();
      if (!(error instanceof InputError)) throw error;
      this.#say(error.message);
      return undefined;
    }
  }

  /** Whether there is a file, and it is in one of the folders also when links are followed. */
  #isAllowed(path: string): boolean {
    try {
      if (!isFile(path)) return false;
      const real = realName(path);
      if (this.#program !== undefined && real === realName(this.#program)) return false;
      const folders = [...this.#ownFolders(), ...this.#folders.map.map(({ to }) => to)];
      return folders.some((folder) => exists(folder) && real.startsWith(withSeparator(realName(folder))));
    } catch {
      return false; // a name that the operating system refuses, or a file that went away
    }
  }

  /** Why a file is not the one that a program names: the build-id says so, or without one the CRC-32 of the contents. */
  #difference(file: FileSource, path: string, buildId: string | undefined, crc: number | undefined) {
    const own = new DebugSections(readElf(file, path, 'symbols')).buildId;
    if (buildId !== undefined && own !== undefined) return own === buildId ? undefined : `build-id ${own}`;
    if (crc === undefined) return 'no build-id';
    const found = crcOf(file);
    return found === crc ? undefined : `the CRC 0x${found.toString(16)}`;
  }

  #missing(what: string, name: string, program: string, folders: readonly string[]): void {
    this.#say(companionIsMissing(what, name, program, folders).message);
  }

  #say(message: string): void {
    if (++this.#notes <= notesMax) this.onMissing(message);
  }
}

const isLarge = ({ sizeBytes }: FileSource): boolean => sizeBytes > smallBytesMax;

const withSeparator = (folder: string): string => (folder.endsWith(sep) ? folder : `${folder}${sep}`);

/** `.build-id/xx/yyyy.debug`, as GDB's manual has it ("Separate Debug Files"). */
const buildIdPath = (id: string): string => join('.build-id', id.slice(0, 2), `${id.slice(2)}.debug`);

/** Whether a name is that of a file, and no path. */
const isPlainName = (name: string): boolean => name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);

const crcOf = (file: FileSource): number => {
  let crc = 0;
  for (let at = 0; at < file.sizeBytes; at += chunkBytes) crc = crc32(file.read(at, chunkBytes), crc);
  return crc;
};
