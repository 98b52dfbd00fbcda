/**
 * The source files of a program and which units name them. Of a kernel, 2,000 line tables name files a million times, so a
 * question for one name passes over the tables without making anything of the other files: the tables of DWARF 5 refer to names
 * by their place in .debug_line_str, and the places where a text ends in the name are found first.
 */

import { Cursor, type SectionData } from '../cursor.ts';
import { InputError } from '../input-error.ts';
import { readAbbreviations } from './abbreviations.ts';
import { attribute, form, formBytes } from './constants.ts';
import { skipForm } from './entry.ts';
import type { DwarfFile } from './file.ts';
import { linePlace, readLineHeader, type SourceFile } from './line-header.ts';
import type { Unit } from './unit.ts';

/** A file, the units that name it, and its numbers in each one's line table, of which there may be several. */
export interface NamedSource {
  readonly file: SourceFile;
  readonly units: ReadonlyMap<Unit, ReadonlySet<number>>;
}

export class SourceFiles {
  readonly #file: DwarfFile;
  readonly #named = new Map<string, readonly NamedSource[]>();
  #paths: readonly string[] | undefined;

  constructor(file: DwarfFile) {
    this.#file = file;
  }

  /** The files whose path ends in a name. */
  named(name: string): readonly NamedSource[] {
    let sources = this.#named.get(name);
    if (sources === undefined) {
      const units = unitsThatMayName(this.#file, name);
      sources = this.#collect(units, (path) => path === name || path.endsWith(`/${name}`));
      this.#named.set(name, sources);
    }
    return sources;
  }

  /** The paths of all files. */
  paths(): readonly string[] {
    if (this.#paths === undefined) {
      const paths = new Set<string>();
      for (const [, files] of tablesOf(this.#file.units)) for (const { path } of files) paths.add(path);
      this.#paths = [...paths];
    }
    return this.#paths;
  }

  #collect(units: Iterable<Unit>, isWanted: (path: string) => boolean): readonly NamedSource[] {
    const byPath = new Map<string, { file: SourceFile; units: Map<Unit, Set<number>> }>();
    for (const [unit, files] of tablesOf(units)) {
      for (const [number, file] of files.entries()) {
        if (!isWanted(file.path)) continue;
        let source = byPath.get(file.path);
        if (source === undefined) {
          source = { file, units: new Map() };
          byPath.set(file.path, source);
        }
        const numbers = source.units.get(unit);
        if (numbers === undefined) source.units.set(unit, new Set([number]));
        else numbers.add(number);
      }
    }
    return [...byPath.values()];
  }
}

/** How often abbreviations are read up to that of a unit's own entry; units that share a table read it again. */
const abbreviationsRatioMax = 16;

/** The files of each line table, with the first of the units that share it. */
function* tablesOf(units: Iterable<Unit>): Generator<[Unit, readonly SourceFile[]]> {
  const read = new Set<string>();
  for (const unit of units) {
    const place = unit.isType ? undefined : linePlace(unit);
    if (place === undefined || read.has(place.key)) continue;
    read.add(place.key);
    yield [unit, readLineHeader(unit)?.files ?? []];
  }
}

function* unitsThatMayName(file: DwarfFile, name: string): Generator<Unit> {
  const places = placesOf(file.sections.get('.debug_line_str'), name);
  const tables = new Map<number, boolean>();
  const allowance = { bytes: abbreviationsRatioMax * file.section('.debug_abbrev').bytes.length };
  for (const unit of file.units) {
    if (unit.isType) continue;
    let may = true;
    try {
      const offset = file.isSplit ? undefined : statementListOf(file, unit, allowance);
      if (offset !== undefined) {
        may = tables.get(offset) ?? mayName(file, offset, places);
        tables.set(offset, may);
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw error; // what is wrong is said by who reads the whole header
    }
    if (may) yield unit;
  }
}

/** Where in a section a text begins that ends in a name: linkers let a text begin inside a longer one that ends like it. */
const placesOf = ({ bytes }: SectionData, name: string): Uint8Array => {
  const places = new Uint8Array(bytes.length);
  const section = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const slash = 0x2f;
  const wanted = `${name}\0`;
  for (let at = section.indexOf(wanted); at >= 0; at = section.indexOf(wanted, at + 1)) {
    places[at] = 1;
    if (bytes[at - 1] !== slash) continue;
    for (let before = at - 1; before >= 0 && bytes[before] !== 0; before--) places[before] = 1;
  }
  return places;
};

/** Whether the line table at an offset may name a file that ends in the name; also when only its whole header can tell. */
const mayName = (file: DwarfFile, offset: number, places: Uint8Array): boolean => {
  const section = file.section('.debug_line');
  const start = new Cursor(section, offset);
  const length = start.u32();
  if (length > start.left) return true; // the 64-bit format, or damage
  const cursor = new Cursor(section, start.offset, start.offset + length);
  if (cursor.u16() !== 5) return true;
  cursor.skip(2 + 4 + 5); // address and segment selector size, header length, five parameters
  cursor.skip(Math.max(0, cursor.u8() - 1)); // operand counts
  return !passNames(cursor, undefined) || passNames(cursor, places) !== 'passed';
};

const contentPath = 1;

/** Passes over a table of directories or files. Says whether a path is among the places, or nothing when it cannot tell. */
const passNames = (cursor: Cursor, places: Uint8Array | undefined): 'passed' | 'found' | undefined => {
  const formats = Array.from({ length: cursor.u8() }, () => [cursor.uleb(), cursor.uleb()] as const);
  const count = cursor.uleb();
  const isKnown = ([type, kind]: readonly [number, number]): boolean =>
    kind === form.lineStrp || (type !== contentPath && (kind === form.udata || formBytes(kind, 4, 8, 5) > 0));
  if (!formats.every(isKnown) || (count > 0 && formats.length === 0)) return undefined;
  for (let index = 0; index < count; index++) {
    for (const [type, kind] of formats) {
      if (kind === form.udata) cursor.skipLeb();
      else if (type !== contentPath || places === undefined) cursor.skip(formBytes(kind, 4, 8, 5));
      else if (places[cursor.u32()] === 1) return 'found';
    }
  }
  return 'passed';
};

/** The beginning of a unit: its header, and its own entry, whose attributes are a few numbers. */
const headBytes = 512;

/** DW_AT_stmt_list, from the first bytes of a unit alone. */
const statementListOf = (file: DwarfFile, unit: Unit, allowance: { bytes: number }): number | undefined => {
  const { section, firstEntry, end, abbreviationsAt, offsetBytes } = unit.header;
  const last = Math.min(end, firstEntry + headBytes);
  section.load?.(firstEntry, last);
  const cursor = new Cursor(section, firstEntry, last);
  const code = cursor.uleb();
  const abbreviationsStart = abbreviationsAt + unit.contribution.abbrev;
  const { table, end: tableEnd } = readAbbreviations(
    file.section('.debug_abbrev'),
    abbreviationsStart,
    allowance.bytes,
    code,
  );
  allowance.bytes -= tableEnd - abbreviationsStart;
  const abbreviation = table.get(code);
  if (abbreviation === undefined) return undefined;
  for (const [index, one] of abbreviation.attributes.entries()) {
    const kind = abbreviation.forms[index]!;
    if (one === attribute.statementList) return kind === form.secOffset ? cursor.sized(offsetBytes) : undefined;
    if (kind === form.indirect) return undefined;
    skipForm(cursor, kind, unit);
  }
  return undefined;
};
