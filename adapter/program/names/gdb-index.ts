/**
 * The section .gdb_index, versions 7 to 9, which GDB (`gdb-add-index`) and linkers (`--gdb-index`) write: which units define a
 * name, and which unit the code at an address belongs to. It has no places of entries, and its names are whole paths
 * (`ns::Class`), some in a spelling of GDB's own. GDB's manual, "Index Section Format".
 *
 *     version | offsets of: units, type units, addresses, symbols, (9: shortcuts,) pool
 *     units       offset, size                       16 bytes each
 *     type units  offset, offset of the type, signature      24
 *     addresses   low, high, number of the unit              20
 *     symbols     offset of the name, of the vector, in the pool   8; a hash table
 *     pool        names, and vectors: how many, then numbers of units with a kind in bits 28 to 30
 */

import { Cursor, type SectionData } from '../cursor.ts';
import type { DwarfFile } from '../dwarf/file.ts';
import type { Unit } from '../dwarf/unit.ts';
import { onceFor } from '../once.ts';
import { countUpTo } from '../sorted.ts';
import { type NameTable, unitBeginningAt } from './name-table.ts';
import { nameHash } from './records.ts';

const versions = { first: 7, shortcuts: 9 } as const;
const unitMask = 0xff_ffff;
const lastPartMax = 4096;

export class GdbIndex implements NameTable {
  readonly name = '.gdb_index';
  readonly #file: DwarfFile;
  readonly #section: SectionData;
  /** Offsets of the parts, and the section's end. */
  readonly #starts: readonly number[];
  #names: { readonly hashes: Uint32Array; readonly slots: Uint32Array } | undefined;

  /** The index of a file that has one. @throws {ProgramError} when it is damaged or of another version */
  static readonly of: (file: DwarfFile) => GdbIndex | undefined = onceFor((file: DwarfFile) =>
    file.sections.has('.gdb_index') ? new GdbIndex(file) : undefined,
  );

  private constructor(file: DwarfFile) {
    this.#file = file;
    this.#section = file.sections.get('.gdb_index');
    const cursor = new Cursor(this.#section);
    const version = cursor.u32();
    if (version < versions.first || version > versions.shortcuts) {
      throw cursor.damaged('an index of version 7 to 9', `${version}`, 0);
    }
    const units = cursor.u32();
    const typeUnits = cursor.u32();
    const addresses = cursor.u32();
    const symbols = cursor.u32();
    const shortcuts = version >= versions.shortcuts ? cursor.u32() : undefined;
    const pool = cursor.u32();
    this.#starts = [units, typeUnits, addresses, symbols, shortcuts ?? pool, pool, this.#section.bytes.length];
    for (const [part, start] of this.#starts.entries()) {
      const least = part === 0 ? cursor.offset : this.#starts[part - 1]!;
      if (start < least)
        throw cursor.damaged(`a part at 0x${least.toString(16)} or behind`, `0x${start.toString(16)}`, 4);
    }
  }

  /** Calls back for each range of the address area. */
  readAddresses(add: (unit: Unit, low: bigint, high: bigint) => void): void {
    const cursor = this.#part(part.addresses);
    while (cursor.left >= addressBytes) {
      const [low, high] = [cursor.u64(), cursor.u64()];
      const unit = this.#unit(cursor.u32());
      if (low !== 0n && high > low) add(unit, low, high);
    }
  }

  unitsOf(name: string): readonly Unit[] {
    this.#names ??= this.#readNames();
    const { hashes, slots } = this.#names;
    const wanted = nameHash(Buffer.from(name));
    const units = new Set<Unit>();
    const end = countUpTo(hashes.length, (index) => hashes[index]!, wanted);
    for (let index = end - 1; index >= 0 && hashes[index] === wanted; index--) this.#addUnits(slots[index]!, units);
    return [...units];
  }

  /** The hash of the last part of each name with its slot, in the order of the hashes. */
  #readNames(): { hashes: Uint32Array; slots: Uint32Array } {
    const { bytes } = this.#section;
    const symbols = this.#part(part.symbols);
    const pool = this.#starts[part.pool]!;
    const found: number[] = [];
    if (symbols.left > slotsMax * symbolBytes) throw symbols.damaged(`${slotsMax} names at most`, 'more');
    // Names do not overlap, unless somebody wants few bytes to be read many times.
    let left = 2 * (bytes.length - pool);
    for (let slot = 0; symbols.left >= symbolBytes; slot++) {
      const [nameAt, vectorAt] = [symbols.u32(), symbols.u32()];
      if (nameAt === 0 && vectorAt === 0) continue;
      const start = pool + nameAt;
      const end = bytes.indexOf(0, start);
      left -= end - start;
      if (end < 0 || left < 0) throw symbols.damaged('the place of a name', `0x${nameAt.toString(16)}`);
      found.push(nameHash(bytes, lastPart(bytes, start, end), end) * slotsMax + slot);
    }
    const sorted = Float64Array.from(found).sort();
    return {
      hashes: Uint32Array.from(sorted, (both) => Math.floor(both / slotsMax)),
      slots: Uint32Array.from(sorted, (both) => both % slotsMax),
    };
  }

  #addUnits(slot: number, units: Set<Unit>): void {
    const symbol = new Cursor(this.#section, this.#starts[part.symbols]! + slot * symbolBytes + 4);
    const vector = new Cursor(this.#section, this.#starts[part.pool]! + symbol.u32());
    for (let left = vector.u32(); left > 0; left--) units.add(this.#unit(vector.u32() & unitMask));
  }

  /** A unit by its number: type units come after the others. */
  #unit(number: number): Unit {
    const units = this.#part(part.units);
    const count = Math.floor(units.left / unitBytes);
    if (number < count) {
      units.skip(number * unitBytes);
      return unitBeginningAt(this.#file, units, units.sized(8));
    }
    const types = this.#part(part.typeUnits);
    types.skip((number - count) * typeUnitBytes + 16);
    const at = types.offset;
    const unit = this.#file.typeBySignature(types.u64())?.unit;
    if (unit === undefined) throw types.damaged('the signature of a type unit', 'another', at);
    return unit;
  }

  #part(number: number): Cursor {
    return new Cursor(this.#section, this.#starts[number]!, this.#starts[number + 1]!);
  }
}

const part = { units: 0, typeUnits: 1, addresses: 2, symbols: 3, pool: 5 } as const;
const unitBytes = 16;
const typeUnitBytes = 24;
const addressBytes = 20;
const symbolBytes = 8;
/** A hash and a slot below this make one number that is exact. */
const slotsMax = 2 ** 21;

/** Where the last part of `ns::Box<a::B>::name` begins. */
const lastPart = (bytes: Uint8Array, start: number, end: number): number => {
  let depth = 0;
  for (let at = end - 1; at > start && end - at < lastPartMax; at--) {
    const byte = bytes[at];
    if (byte === 0x3e) depth++;
    else if (byte === 0x3c) depth--;
    else if (depth === 0 && byte === 0x3a && bytes[at - 1] === 0x3a) return at + 1;
  }
  return start;
};
