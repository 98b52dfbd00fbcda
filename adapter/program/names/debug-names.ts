/**
 * The section .debug_names of DWARF 5 (chapter 6.1.1): tables from names to entries, one after the other. Only the units of the
 * entries are taken from it: GDB writes no places of entries into its own, LLVM does.
 *
 *     header | units | type units | buckets | hashes | offsets of names | offsets of entries | abbreviations | entries
 *
 * A name is looked for by its hash: its bucket has the number of the first name whose hash belongs there, the others follow.
 */

import { Cursor, type SectionData } from '../cursor.ts';
import { form, formBytes } from '../dwarf/constants.ts';
import type { DwarfFile } from '../dwarf/file.ts';
import { readLength } from '../dwarf/length.ts';
import type { Unit } from '../dwarf/unit.ts';
import { type NameTable, typeUnitBeginningAt, unitBeginningAt } from './name-table.ts';

/** DW_IDX_compile_unit and so on (DWARF 5 table 6.1). */
const index = { compileUnit: 1, typeUnit: 2 } as const;
const abbreviationsMax = 4096;
const attributesMax = 64;
/** Of one name, so many entries are read: a type that every unit of a large program has. */
const entriesMax = 4096;

/** One table of the section, whose parts are checked to be within it. */
interface Table {
  readonly offsetBytes: 4 | 8;
  readonly unitCount: number;
  readonly typeUnitCount: number;
  readonly bucketCount: number;
  readonly nameCount: number;
  /** Where the parts are. */
  readonly units: number;
  readonly buckets: number;
  readonly hashes: number;
  readonly texts: number;
  readonly entryOffsets: number;
  readonly entries: number;
  readonly end: number;
  /** Pairs of index and form by code. */
  readonly abbreviations: ReadonlyMap<number, readonly number[]>;
}

export class DebugNames implements NameTable {
  readonly name = '.debug_names';
  readonly #file: DwarfFile;
  readonly #section: SectionData;
  readonly #tables: readonly Table[];

  /** The tables of a file that has any. @throws {ProgramError} when they are damaged or of another version */
  static of(file: DwarfFile): DebugNames | undefined {
    return file.sections.has('.debug_names') ? new DebugNames(file) : undefined;
  }

  private constructor(file: DwarfFile) {
    this.#file = file;
    this.#section = file.sections.get('.debug_names');
    const tables: Table[] = [];
    for (const cursor = new Cursor(this.#section); cursor.left >= 4; cursor.offset = tables.at(-1)!.end) {
      tables.push(readTable(this.#section, cursor));
    }
    this.#tables = tables;
  }

  unitsOf(name: string): readonly Unit[] {
    const wanted = Buffer.from(name);
    const hash = foldedHash(wanted);
    if (hash === undefined) return [];
    const units = new Set<Unit>();
    let left = entriesMax;
    for (const table of this.#tables) {
      for (const number of this.#numbersOf(table, hash)) {
        if (!this.#isNamed(table, number, wanted)) continue;
        left = this.#addUnits(table, number, units, left);
        if (left <= 0) return [...units];
      }
    }
    return [...units];
  }

  /** The numbers, from 0 on, of the names with a hash. */
  *#numbersOf(table: Table, hash: number): Generator<number> {
    if (table.bucketCount === 0) return;
    const bucket = hash % table.bucketCount;
    const { view } = this.#section;
    const first = view.getUint32(table.buckets + 4 * bucket, true);
    if (first === 0) return;
    for (let number = first - 1; number < table.nameCount; number++) {
      const found = view.getUint32(table.hashes + 4 * number, true);
      if (found === hash) yield number;
      else if (found % table.bucketCount !== bucket) return;
    }
  }

  #isNamed({ texts, offsetBytes }: Table, number: number, wanted: Uint8Array): boolean {
    const at = new Cursor(this.#section, texts + number * offsetBytes).sized(offsetBytes);
    const { bytes } = this.#file.section('.debug_str');
    return bytes[at + wanted.length] === 0 && wanted.every((byte, place) => bytes[at + place] === byte);
  }

  /** @returns how many entries may still be read */
  #addUnits(table: Table, number: number, units: Set<Unit>, left: number): number {
    const { offsetBytes } = table;
    const at = new Cursor(this.#section, table.entryOffsets + number * offsetBytes).sized(offsetBytes);
    const cursor = new Cursor(this.#section, table.entries + at, table.end);
    for (; left > 0; left--) {
      const code = cursor.uleb();
      if (code === 0) break;
      const attributes = table.abbreviations.get(code);
      if (attributes === undefined) throw cursor.damaged('the code of an abbreviation', `${code}`);
      let [unit, typeUnit]: (number | undefined)[] = [];
      for (let pair = 0; pair < attributes.length; pair += 2) {
        const value = readForm(cursor, attributes[pair + 1]!, offsetBytes);
        if (attributes[pair] === index.compileUnit) unit = value;
        else if (attributes[pair] === index.typeUnit) typeUnit = value;
      }
      this.#addUnit(table, unit, typeUnit, units);
    }
    return left;
  }

  /** Where a table has one unit, its number may be left out (6.1.1.3). Type units in other files are not here. */
  #addUnit(table: Table, unit: number | undefined, typeUnit: number | undefined, units: Set<Unit>): void {
    if (typeUnit !== undefined && typeUnit >= table.typeUnitCount) return;
    const number = typeUnit === undefined ? (unit ?? 0) : table.unitCount + typeUnit;
    const cursor = new Cursor(this.#section, table.units + number * table.offsetBytes, table.buckets);
    const beginningAt = typeUnit === undefined ? unitBeginningAt : typeUnitBeginningAt;
    units.add(beginningAt(this.#file, cursor, cursor.sized(table.offsetBytes)));
  }
}

/** A table's header and where its parts are (6.1.1.4). */
const readTable = (section: SectionData, cursor: Cursor): Table => {
  const start = cursor.offset;
  const { sizeBytes, offsetBytes } = readLength(cursor);
  const end = cursor.offset + sizeBytes;
  const header = new Cursor(section, cursor.offset, end);
  const version = header.u16();
  if (version !== 5) throw header.damaged('a table of version 5', `${version}`, start);
  header.skip(2);
  const [unitCount, typeUnitCount, foreignCount] = [header.u32(), header.u32(), header.u32()];
  const [bucketCount, nameCount] = [header.u32(), header.u32()];
  const [abbreviationBytes, producerBytes] = [header.u32(), header.u32()];
  header.skip(Math.ceil(producerBytes / 4) * 4);
  const after = (partBytes: number): number => {
    const at = header.offset;
    header.skip(partBytes);
    return at;
  };
  const units = after((unitCount + typeUnitCount) * offsetBytes);
  after(foreignCount * 8);
  const buckets = after(bucketCount * 4);
  const hashes = after(bucketCount === 0 ? 0 : nameCount * 4);
  const texts = after(nameCount * offsetBytes);
  const entryOffsets = after(nameCount * offsetBytes);
  const abbreviations = readAbbreviations(new Cursor(section, after(abbreviationBytes), header.offset));
  const parts = { units, buckets, hashes, texts, entryOffsets, entries: header.offset, end };
  return { offsetBytes, unitCount, typeUnitCount, bucketCount, nameCount, ...parts, abbreviations };
};

/** These have a tag and pairs of index and form, and no mark of children (6.1.1.4.7). */
const readAbbreviations = (cursor: Cursor): ReadonlyMap<number, readonly number[]> => {
  const table = new Map<number, readonly number[]>();
  while (!cursor.atEnd) {
    const code = cursor.uleb();
    if (code === 0) break;
    if (table.size >= abbreviationsMax) throw cursor.damaged(`up to ${abbreviationsMax} abbreviations`, 'more');
    cursor.uleb(); // the tag, which the entry itself has
    const pairs: number[] = [];
    for (;;) {
      const [attribute, kind] = [cursor.uleb(), cursor.uleb()];
      if (attribute === 0 && kind === 0) break;
      if (pairs.length >= 2 * attributesMax) throw cursor.damaged(`up to ${attributesMax} attributes`, 'more');
      pairs.push(attribute, kind);
    }
    table.set(code, pairs);
  }
  return table;
};

const readForm = (cursor: Cursor, kind: number, offsetBytes: 4 | 8): number => {
  if (kind === form.udata || kind === form.refUdata) return cursor.uleb();
  const sizeBytes = formBytes(kind, offsetBytes, 8, 5);
  if (sizeBytes === 1 || sizeBytes === 2 || sizeBytes === 4) return Number(cursor.unsigned(sizeBytes));
  if (sizeBytes < 0) throw cursor.damaged('a form of an index', `0x${kind.toString(16)}`);
  cursor.skip(sizeBytes);
  return 0;
};

/** The hash of a name without regard to case (6.1.1.4.5); nothing for names beyond ASCII, which Unicode folds its own way. */
const foldedHash = (bytes: Uint8Array): number | undefined => {
  let hash = 5381;
  for (const byte of bytes) {
    if (byte >= 0x80) return undefined;
    hash = (Math.imul(hash, 33) + (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte)) >>> 0;
  }
  return hash;
};
