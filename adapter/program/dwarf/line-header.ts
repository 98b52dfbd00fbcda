/**
 * The header of a unit's line program (.debug_line): the files that it names and the parameters that its opcodes are read
 * by. Versions 2 to 5; DWARF 5 chapter 6.2.4.
 */

import { Cursor, type SectionData } from '../cursor.ts';
import { attribute, form, formBytes } from './constants.ts';
import type { DwarfFile } from './file.ts';
import { textAt } from './text.ts';
import type { Unit } from './unit.ts';

export interface SourceFile {
  /** The directory as the compiler wrote it, relative to the compilation directory or absolute. */
  readonly directory: string;
  readonly name: string;
  /** Directory and name, with the compilation directory before it unless it is absolute already. */
  readonly path: string;
  /** The digest of the file's contents in hexadecimal digits, where the compiler gives one. */
  readonly md5: string | undefined;
}

export interface LineHeader {
  readonly version: number;
  readonly addressBytes: number;
  readonly instructionBytesMin: number;
  readonly operationsMax: number;
  readonly defaultIsStatement: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  /** The number of operands of each standard opcode, from opcode 1 on. */
  readonly operandCounts: readonly number[];
  /** By the number that rows and DW_AT_decl_file use. */
  readonly files: readonly SourceFile[];
  /** Reads the opcodes. */
  readonly program: Cursor;
}

/** Where a unit's line program is, and a key that units with the same files and rows share; nothing when it has none. */
export const linePlace = (unit: Unit): { owner: Unit; start: number; key: string } | undefined => {
  // A split unit's lines are in the program; only a split type unit has a table of its own, for its file names.
  const owner = unit.skeleton ?? unit;
  const offset = owner.root.sectionOffset(attribute.statementList);
  if (offset === undefined) return undefined;
  const start = offset + owner.contribution.line;
  return { owner, start, key: `${start} ${unit.compilationDirectory}` };
};

/** The header of the unit's line program; nothing when the unit has none. */
export const readLineHeader = (unit: Unit): LineHeader | undefined => {
  const place = linePlace(unit);
  if (place === undefined) return undefined;
  const { owner, start } = place;
  const section = owner.file.section('.debug_line');
  const outer = new Cursor(section, start);
  let length: number = outer.u32();
  let offsetBytes: 4 | 8 = 4;
  if (length === 0xffff_ffff) {
    length = outer.sized(8);
    offsetBytes = 8;
  }
  if (length > outer.left) throw outer.damaged(`a length up to ${outer.left}`, `${length}`, start);
  const cursor = new Cursor(section, outer.offset, outer.offset + length);
  const version = cursor.u16();
  if (version < 2 || version > 5) throw cursor.damaged('a line table of version 2 to 5', `${version}`, start);
  let addressBytes = owner.header.addressBytes;
  if (version >= 5) {
    addressBytes = cursor.u8();
    cursor.skip(1); // segment selector size
    if (addressBytes !== 4 && addressBytes !== 8) throw cursor.damaged('addresses of 8 bytes', `${addressBytes}`);
  }
  const headerBytes = cursor.sized(offsetBytes);
  const programAt = cursor.offset + headerBytes;
  const instructionBytesMin = cursor.u8();
  const operationsMax = version >= 4 ? cursor.u8() : 1;
  const defaultIsStatement = cursor.u8() !== 0;
  const lineBase = cursor.i8();
  const lineRange = cursor.u8();
  if (lineRange === 0) throw cursor.damaged('a line range above 0', '0', cursor.offset - 1);
  const opcodeBase = cursor.u8();
  const operandCounts = Array.from({ length: Math.max(0, opcodeBase - 1) }, () => cursor.u8());
  const known = knownFilesOf(owner.file);
  known.charge(cursor, section, length);
  const names = new NameReader(known, owner, offsetBytes);
  const files = version >= 5 ? names.version5(cursor) : names.version2(cursor);
  return {
    version,
    addressBytes,
    instructionBytesMin,
    operationsMax,
    defaultIsStatement,
    lineBase,
    lineRange,
    opcodeBase,
    operandCounts,
    files,
    program: new Cursor(section, programAt, cursor.end),
  };
};

const content = { path: 1, directoryIndex: 2, md5: 5 } as const;

interface NameEntry {
  path: string;
  directory: number;
  md5: string | undefined;
}

/** The files of all line tables of a program: thousands of units name the same headers, so each is one object. */
class KnownFiles {
  #tableBytes = 0;
  #pathBytes = 0;
  readonly #texts = new Map<number, string>();
  readonly #files = new Map<string, Map<string, SourceFile>>();

  /** A text of .debug_line_str, which linkers merge: one offset is one text. */
  text(section: SectionData, offset: number): string {
    let text = this.#texts.get(offset);
    if (text === undefined) {
      text = textAt(section, offset);
      this.#texts.set(offset, text);
    }
    return text;
  }

  /** Tables are read a few times each, and do not overlap. @throws {ProgramError} when they do */
  charge(cursor: Cursor, section: SectionData, sizeBytes: number): void {
    this.#tableBytes += sizeBytes;
    if (this.#tableBytes > tableReadsMax * section.bytes.length) {
      throw cursor.damaged('line tables that do not overlap', 'some that do');
    }
  }

  file(
    cursor: Cursor,
    compilationDirectory: string,
    directory: string,
    name: string,
    md5: string | undefined,
  ): SourceFile {
    const place = `${compilationDirectory}\0${directory}`;
    let files = this.#files.get(place);
    if (files === undefined) {
      files = new Map();
      this.#files.set(place, files);
    }
    let file = files.get(name);
    if (file === undefined || file.md5 !== md5) {
      file = { directory, name, path: joined(compilationDirectory, joined(directory, name)), md5 };
      this.#pathBytes += file.path.length;
      if (this.#pathBytes > pathBytesMax) throw cursor.damaged(`up to ${pathBytesMax} bytes of paths`, 'more');
      files.set(name, file);
    }
    return file;
  }
}

/** By the map of sources and by units that are split or compiled elsewhere. */
const tableReadsMax = 16;
/** The different paths of a kernel take a few megabytes. */
const pathBytesMax = 2 ** 26;

const knownFiles = new WeakMap<DwarfFile, KnownFiles>();

const knownFilesOf = (file: DwarfFile): KnownFiles => {
  let known = knownFiles.get(file);
  if (known === undefined) {
    known = new KnownFiles();
    knownFiles.set(file, known);
  }
  return known;
};

class NameReader {
  readonly #known: KnownFiles;
  readonly #unit: Unit;
  readonly #offsetBytes: 4 | 8;
  readonly #compilationDirectory: string;

  constructor(known: KnownFiles, unit: Unit, offsetBytes: 4 | 8) {
    this.#known = known;
    this.#unit = unit;
    this.#offsetBytes = offsetBytes;
    this.#compilationDirectory = unit.compilationDirectory;
  }

  #file(cursor: Cursor, directory: string, name: string, md5: string | undefined): SourceFile {
    return this.#known.file(cursor, this.#compilationDirectory, directory, name, md5);
  }

  version2(cursor: Cursor): SourceFile[] {
    const directories = [''];
    for (;;) {
      const directory = cursor.text();
      if (directory === '') break;
      directories.push(directory);
    }
    // Files count from 1; 0 is the file that the unit is called after.
    const files = [this.#file(cursor, '', this.#unit.name, undefined)];
    for (;;) {
      const name = cursor.text();
      if (name === '') return files;
      const directory = directories[cursor.uleb()] ?? '';
      cursor.skipLeb(); // time of change
      cursor.skipLeb(); // size
      files.push(this.#file(cursor, directory, name, undefined));
    }
  }

  version5(cursor: Cursor): SourceFile[] {
    const directories = this.#entries(cursor).map(({ path }) => path);
    return this.#entries(cursor).map(({ path, directory, md5 }) => {
      // Directory 0 is the compilation directory itself.
      return this.#file(cursor, directory === 0 ? '' : (directories[directory] ?? ''), path, md5);
    });
  }

  #entries(cursor: Cursor): NameEntry[] {
    const formats = Array.from({ length: cursor.u8() }, () => [cursor.uleb(), cursor.uleb()] as const);
    const at = cursor.offset;
    const count = cursor.uleb();
    if (count > cursor.left || (count > 0 && formats.length === 0)) {
      throw cursor.damaged(`a number of names up to ${cursor.left}`, `${count}`, at);
    }
    const entries: NameEntry[] = [];
    for (let index = 0; index < count; index++) {
      const entry: NameEntry = { path: '', directory: 0, md5: undefined };
      for (const [type, kind] of formats) this.#field(cursor, entry, type, kind);
      entries.push(entry);
    }
    return entries;
  }

  #field(cursor: Cursor, entry: NameEntry, type: number, kind: number): void {
    const { file } = this.#unit;
    if (type === content.path && kind === form.string) entry.path = cursor.text();
    else if (type === content.path && kind === form.lineStrp) {
      entry.path = this.#known.text(file.sections.get('.debug_line_str'), cursor.sized(this.#offsetBytes));
    } else if (type === content.path && kind === form.strp) {
      entry.path = textAt(file.section('.debug_str'), cursor.sized(this.#offsetBytes));
    } else if (type === content.directoryIndex && kind === form.udata) entry.directory = cursor.uleb();
    else if (type === content.directoryIndex && kind === form.data1) entry.directory = cursor.u8();
    else if (type === content.directoryIndex && kind === form.data2) entry.directory = cursor.u16();
    else if (type === content.md5 && kind === form.data16) entry.md5 = Buffer.from(cursor.view(16)).toString('hex');
    else this.#skip(cursor, kind);
  }

  #skip(cursor: Cursor, kind: number): void {
    const sizeBytes = formBytes(kind, this.#offsetBytes, 8, 5);
    if (sizeBytes > 0) cursor.skip(sizeBytes);
    else if (kind === form.string) cursor.skipText();
    else if (kind === form.udata || kind === form.strx) cursor.skipLeb();
    else if (kind === form.block) cursor.skip(cursor.uleb());
    else throw cursor.damaged('the form of a file name', `0x${kind.toString(16)}`);
  }
}

const joined = (directory: string, name: string): string =>
  directory === '' || name.startsWith('/') ? name : `${directory.replace(/\/$/, '')}/${name}`;
