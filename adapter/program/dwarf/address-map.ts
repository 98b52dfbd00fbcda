/**
 * Which unit the code at an address belongs to: .debug_aranges where there is one, or the address area of .gdb_index, else the
 * ranges that units say of themselves. Each is read once, into flat arrays. An entry of a table is checked against its unit
 * when it is first used, and an address that a table does not have is looked for in the units' own ranges: a table that is
 * damaged, wrong or not complete is not used any more, which is said once. DWARF 5 chapter 6.1.2.
 */

import { Cursor } from '../cursor.ts';
import { tableIsPartial } from '../errors.ts';
import { InputError } from '../input-error.ts';
import { GdbIndex } from '../names/gdb-index.ts';
import { unitBeginningAt } from '../names/name-table.ts';
import { countUpTo } from '../sorted.ts';
import type { DwarfFile } from './file.ts';
import { readLength } from './length.ts';
import { ListAllowance, rangesOf } from './lists.ts';
import type { Unit } from './unit.ts';

/** Ranges that all units of a program have. */
const rangesMax = 500_000;
/** A table of more is not used. */
const tableRangesMax = 200_000;

/** What a table says of a unit's code. */
type AddRange = (unit: Unit, low: bigint, high: bigint) => void;

interface FoundRange {
  readonly low: bigint;
  readonly high: bigint;
  readonly unit: Unit;
}

export interface AddressMapOptions {
  /** Whether tables are used at all; default true. */
  readonly usesTable?: boolean;
  /** Whether there is code at an address: elsewhere, a table need not have it. */
  readonly isCode?: (address: bigint) => boolean;
  /** Is told why a table is not used. */
  readonly onDamage?: (message: string) => void;
}

export class AddressMap {
  readonly #starts: BigUint64Array;
  readonly #ends: BigUint64Array;
  readonly #units: readonly Unit[];
  readonly #file: DwarfFile;
  readonly #isCode: (address: bigint) => boolean;
  readonly #onDamage: (message: string) => void;
  /** The table that was read, if any. */
  readonly #table: string | undefined;
  /** Of the entries that are not their unit's own: whether they were found to be right. */
  readonly #isChecked: Uint8Array;
  /** What the units say of themselves, once a table has not answered. */
  #own: AddressMap | undefined;
  /** Whether the table is wrong, so that only `#own` is asked. */
  #isWrong = false;

  constructor(file: DwarfFile, options: AddressMapOptions = {}) {
    const { usesTable = true, isCode = () => true, onDamage = () => {} } = options;
    this.#file = file;
    this.#isCode = isCode;
    this.#onDamage = onDamage;
    const { name, found, covered } = usesTable ? tableOf(file, onDamage) : noTable;
    this.#table = name;
    const all = [...found];
    const allowance = new ListAllowance(rangesMax);
    for (const unit of file.units) {
      if (unit.isType || covered.has(unit.header.offset)) continue;
      for (const { low, high } of rangesOf(unit.root, allowance)) if (low !== 0n) all.push({ low, high, unit });
    }
    all.sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
    this.#starts = BigUint64Array.from(all, ({ low }) => low);
    this.#ends = BigUint64Array.from(all, ({ high }) => high);
    this.#units = all.map(({ unit }) => unit);
    this.#isChecked = Uint8Array.from(all, ({ unit }) => (covered.has(unit.header.offset) ? 0 : 1));
  }

  get size(): number {
    return this.#units.length;
  }

  /** The unit of an address: of the program, so perhaps a skeleton; see `DwarfFile.complete`. */
  at(address: bigint): Unit | undefined {
    const index = this.#isWrong ? -1 : this.#indexOf(address);
    if (index >= 0 && this.#isRight(index)) return this.#units[index];
    if (this.#table === undefined || (index < 0 && !this.#isCode(address))) return undefined;
    this.#own ??= new AddressMap(this.#file, { usesTable: false });
    const own = this.#own.at(address);
    if (!this.#isWrong && (own !== undefined || index >= 0)) {
      this.#isWrong = true;
      this.#onDamage(tableIsPartial(this.#file.name, this.#table, address).message);
    }
    return own;
  }

  #indexOf(address: bigint): number {
    const end = countUpTo(this.#starts.length, (index) => this.#starts[index]!, address);
    for (let index = end - 1; index >= 0 && index >= end - 16; index--) if (address < this.#ends[index]!) return index;
    return -1;
  }

  /** Whether an entry begins and ends in code that its unit says to be its own; a unit may say nothing. */
  #isRight(index: number): boolean {
    if (this.#isChecked[index] === 0) {
      const own = rangesOf(this.#units[index]!.root);
      const isOwn = (address: bigint): boolean => own.some(({ low, high }) => address >= low && address < high);
      if (own.length > 0 && !(isOwn(this.#starts[index]!) && isOwn(this.#ends[index]! - 1n))) return false;
      this.#isChecked[index] = 1;
    }
    return true;
  }
}

interface Table {
  readonly name: string | undefined;
  readonly found: readonly FoundRange[];
  /** Where the units begin that the table knows. */
  readonly covered: ReadonlySet<number>;
}

const noTable: Table = { name: undefined, found: [], covered: new Set() };

const tables: readonly (readonly [name: string, read: (file: DwarfFile, add: AddRange) => void])[] = [
  ['.debug_aranges', (file, add) => readAranges(file, add)],
  ['.gdb_index', (file, add) => GdbIndex.of(file)?.readAddresses(add)],
];

/** The first table that there is and that is sound. */
const tableOf = (file: DwarfFile, onDamage: (message: string) => void): Table => {
  for (const [name, read] of tables) {
    if (!file.sections.has(name)) continue;
    const found: FoundRange[] = [];
    const covered = new Set<number>();
    try {
      read(file, (unit, low, high) => {
        if (found.length >= tableRangesMax) {
          throw new Cursor(file.sections.get(name)).damaged(`at most ${tableRangesMax} ranges`, 'more');
        }
        found.push({ low, high, unit });
        covered.add(unit.header.offset);
      });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      onDamage(error.message);
      continue;
    }
    if (found.length > 0) return { name, found, covered };
  }
  return noTable;
};

const readAranges = (file: DwarfFile, add: AddRange): void => {
  const section = file.section('.debug_aranges');
  const cursor = new Cursor(section);
  while (cursor.left >= 12) {
    const start = cursor.offset;
    const { sizeBytes: length, offsetBytes } = readLength(cursor);
    const set = new Cursor(section, cursor.offset, cursor.offset + length);
    cursor.offset = set.end;
    if (length === 0) continue;
    const version = set.u16();
    if (version !== 2) throw set.damaged('a set of version 2', `${version}`, start);
    const unitAt = set.sized(offsetBytes);
    const addressBytes = set.u8();
    const segmentBytes = set.u8();
    if ((addressBytes !== 4 && addressBytes !== 8) || segmentBytes !== 0) {
      throw set.damaged('addresses of 8 bytes and no segments', `${addressBytes} and ${segmentBytes}`, start);
    }
    const unit = unitBeginningAt(file, set, unitAt);
    // Pairs begin at a multiple of their size from the start of the set.
    const pairBytes = 2 * addressBytes;
    set.offset = start + Math.ceil((set.offset - start) / pairBytes) * pairBytes;
    while (set.left >= pairBytes) {
      const low = set.unsigned(addressBytes);
      const sizeBytes = set.unsigned(addressBytes);
      if (low === 0n && sizeBytes === 0n) break;
      if (sizeBytes === 0n || low === 0n) continue;
      add(unit, low, low + sizeBytes);
    }
  }
};
