/**
 * Which unit the code at an address belongs to: .debug_aranges where the compiler wrote it, else the ranges that units say of
 * themselves. Both are read once, into flat arrays. An entry of .debug_aranges is checked against its unit when it is first
 * used; where one is wrong, the table is not used any more. What it leaves out cannot be told. DWARF 5 chapter 6.1.2.
 */

import { Cursor } from '../cursor.ts';
import { countUpTo } from '../sorted.ts';
import type { DwarfFile } from './file.ts';
import { ListAllowance, rangesOf } from './lists.ts';
import type { Unit } from './unit.ts';

/** Ranges that all units of a program have. */
const rangesMax = 500_000;

export class AddressMap {
  readonly #starts: BigUint64Array;
  readonly #ends: BigUint64Array;
  readonly #units: readonly Unit[];
  readonly #file: DwarfFile;
  /** Of the entries that are not their unit's own: whether they were found to be right. */
  readonly #isChecked: Uint8Array;
  /** Without .debug_aranges, where that is wrong. */
  #own: AddressMap | undefined;

  constructor(file: DwarfFile, usesTable = true) {
    this.#file = file;
    const found: { low: bigint; high: bigint; unit: Unit }[] = [];
    const covered = !usesTable
      ? new Set<number>()
      : readAranges(file, (unit, low, high) => found.push({ low, high, unit }));
    const allowance = new ListAllowance(rangesMax);
    for (const unit of file.units) {
      if (unit.isType || covered.has(unit.header.offset)) continue;
      for (const { low, high } of rangesOf(unit.root, allowance)) if (low !== 0n) found.push({ low, high, unit });
    }
    found.sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
    this.#starts = BigUint64Array.from(found, ({ low }) => low);
    this.#ends = BigUint64Array.from(found, ({ high }) => high);
    this.#units = found.map(({ unit }) => unit);
    this.#isChecked = Uint8Array.from(found, ({ unit }) => (covered.has(unit.header.offset) ? 0 : 1));
  }

  get size(): number {
    return this.#units.length;
  }

  /** The unit of an address: of the program, so perhaps a skeleton; see `DwarfFile.complete`. */
  at(address: bigint): Unit | undefined {
    if (this.#own !== undefined) return this.#own.at(address);
    const end = countUpTo(this.#starts.length, (index) => this.#starts[index]!, address);
    for (let index = end - 1; index >= 0 && index >= end - 16; index--) {
      if (address >= this.#ends[index]!) continue;
      if (this.#isRight(index)) return this.#units[index];
      this.#own = new AddressMap(this.#file, false);
      return this.#own.at(address);
    }
    return undefined;
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

/** Calls back for each range of the table, and says which units it knows. */
const readAranges = (file: DwarfFile, add: (unit: Unit, low: bigint, high: bigint) => void): ReadonlySet<number> => {
  const covered = new Set<number>();
  const section = file.section('.debug_aranges');
  const cursor = new Cursor(section);
  while (cursor.left >= 12) {
    const start = cursor.offset;
    let length: number = cursor.u32();
    let offsetBytes: 4 | 8 = 4;
    if (length === 0xffff_ffff) {
      length = cursor.sized(8);
      offsetBytes = 8;
    }
    if (length > cursor.left) throw cursor.damaged(`a length up to ${cursor.left}`, `${length}`, start);
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
    const unit = file.unitAt(unitAt);
    if (unit?.header.offset !== unitAt) throw set.damaged('the place of a unit', `0x${unitAt.toString(16)}`, start);
    // Pairs begin at a multiple of their size from the start of the set.
    const pairBytes = 2 * addressBytes;
    set.offset = start + Math.ceil((set.offset - start) / pairBytes) * pairBytes;
    while (set.left >= pairBytes) {
      const low = set.unsigned(addressBytes);
      const sizeBytes = set.unsigned(addressBytes);
      if (low === 0n && sizeBytes === 0n) break;
      if (sizeBytes === 0n || low === 0n) continue;
      add(unit, low, low + sizeBytes);
      covered.add(unitAt);
    }
  }
  return covered;
};
