/**
 * Range lists and location lists, in the forms of DWARF 5 (.debug_rnglists, .debug_loclists; chapters 7.25 and 7.29), of
 * DWARF 2 to 4 (.debug_ranges, .debug_loc) and of GNU split DWARF 4 (.debug_loc.dwo). Addresses come out absolute.
 */

import { Cursor } from '../cursor.ts';
import { attribute, form } from './constants.ts';
import type { Entry } from './entry.ts';
import type { Unit } from './unit.ts';

/** Addresses from `low` up to, but not including, `high`. */
export interface AddressRange {
  readonly low: bigint;
  readonly high: bigint;
}

/** An expression that holds while the pc is in its range; without a range it holds where no other one does. */
export interface ListedLocation {
  readonly range: AddressRange | undefined;
  readonly expression: Uint8Array;
}

/**
 * How many entries of lists one question may read. Lists are short, but many entries may name the same long one, and what is
 * asked grows with their product.
 */
export class ListAllowance {
  #left: number;

  constructor(entriesMax = 100_000) {
    this.#left = entriesMax;
  }

  take(cursor: Cursor): void {
    if (this.#left-- <= 0) throw cursor.damaged('lists of fewer entries', 'more than one question may read');
  }
}

/** The addresses that an entry covers: DW_AT_ranges, or low_pc and high_pc; none for what has no code. */
export const rangesOf = (entry: Entry, allowance = new ListAllowance()): readonly AddressRange[] => {
  if (entry.has(attribute.ranges)) return rangeList(entry, allowance);
  const low = entry.address(attribute.lowPc);
  if (low === undefined || !entry.has(attribute.highPc)) return [];
  // From DWARF 4 on, a constant is the distance from low_pc.
  const high = entry.address(attribute.highPc) ?? low + (entry.constant(attribute.highPc) ?? 0n);
  return high > low ? [{ low, high }] : [];
};

const rangeList = (entry: Entry, allowance: ListAllowance): readonly AddressRange[] => {
  const { unit } = entry;
  const place = entry.place(attribute.ranges);
  if (place === undefined) return [];
  if (unit.header.version >= 5) {
    const section = unit.file.section('.debug_rnglists');
    const offset =
      place.form === form.rnglistx
        ? listByIndex(unit, '.debug_rnglists', unit.bases.rnglists, unit.cursor(place.offset).uleb())
        : (entry.sectionOffset(attribute.ranges) ?? 0);
    return rangesOfList(unit, new Cursor(section, offset), allowance);
  }
  const offset = entry.sectionOffset(attribute.ranges) ?? 0;
  // The ranges of a GNU split unit are in the program's file, from where the skeleton says.
  const base = unit.skeleton === undefined || entry === unit.skeleton.root ? 0 : unit.bases.gnuRanges;
  const section = (unit.skeleton?.file ?? unit.file).sections.get('.debug_ranges');
  const pairs = pairsOfList(unit, new Cursor(section, base + offset), allowance, () => undefined);
  return pairs.map(({ range }) => range!);
};

/** The offset of a list by its number in the unit's table of offsets. */
const listByIndex = (unit: Unit, name: string, base: number, index: number): number => {
  const { offsetBytes } = unit.header;
  return base + new Cursor(unit.file.section(name), base + index * offsetBytes).sized(offsetBytes);
};

const rangesOfList = (unit: Unit, cursor: Cursor, allowance: ListAllowance): readonly AddressRange[] =>
  entriesOfList(unit, cursor, allowance, rangeKinds, () => undefined).flatMap(({ range }) => range ?? []);

type EntryKind =
  | 'end'
  | 'base-index'
  | 'index-index'
  | 'index-length'
  | 'offsets'
  | 'default'
  | 'base'
  | 'addresses'
  | 'length'
  | 'views';

/** DW_RLE and DW_LLE: number 5 on differ because location lists have a default. */
const rangeKinds: readonly EntryKind[] = [
  'end',
  'base-index',
  'index-index',
  'index-length',
  'offsets',
  'base',
  'addresses',
  'length',
];
const locationKinds: readonly EntryKind[] = [
  'end',
  'base-index',
  'index-index',
  'index-length',
  'offsets',
  'default',
  'base',
  'addresses',
  'length',
  'views',
];
/** What GCC writes to .debug_loc.dwo before DWARF 5: lengths are words there. */
const gnuSplitKinds: readonly EntryKind[] = ['end', 'base-index', 'index-index', 'index-length', 'offsets'];

interface ListEntry<T> {
  readonly range: AddressRange | undefined;
  readonly payload: T;
}

const entriesOfList = <T>(
  unit: Unit,
  cursor: Cursor,
  allowance: ListAllowance,
  kinds: readonly EntryKind[],
  payload: (cursor: Cursor) => T,
): ListEntry<T>[] => {
  const { addressBytes } = unit.header;
  const indexed = () => unit.file.addressByIndex(unit, cursor.uleb());
  const gnu = kinds === gnuSplitKinds;
  const result: ListEntry<T>[] = [];
  let base = unit.baseAddress;
  const add = (low: bigint, high: bigint) => {
    const entry = { range: { low, high }, payload: payload(cursor) };
    if (high > low) result.push(entry);
  };
  for (;;) {
    const at = cursor.offset;
    const number = cursor.u8();
    const kind = kinds[number];
    allowance.take(cursor);
    switch (kind) {
      case 'end':
        return result;
      case 'base-index':
        base = indexed();
        break;
      case 'index-index':
        add(indexed(), indexed());
        break;
      case 'index-length': {
        const low = indexed();
        add(low, low + (gnu ? BigInt(cursor.u32()) : cursor.uleb64()));
        break;
      }
      case 'offsets': {
        const low = gnu ? BigInt(cursor.u32()) : cursor.uleb64();
        add(base + low, base + (gnu ? BigInt(cursor.u32()) : cursor.uleb64()));
        break;
      }
      case 'default':
        result.push({ range: undefined, payload: payload(cursor) });
        break;
      case 'base':
        base = cursor.unsigned(addressBytes);
        break;
      case 'addresses':
        add(cursor.unsigned(addressBytes), cursor.unsigned(addressBytes));
        break;
      case 'length': {
        const low = cursor.unsigned(addressBytes);
        add(low, low + cursor.uleb64());
        break;
      }
      case 'views':
        cursor.skipLeb();
        cursor.skipLeb();
        break;
      case undefined:
        throw cursor.damaged('an entry of a list', `kind ${number}`, at);
    }
  }
};

/** Lists before DWARF 5: pairs of addresses relative to a base; both 0 ends the list, a first of all ones sets the base. */
const pairsOfList = <T>(
  unit: Unit,
  cursor: Cursor,
  allowance: ListAllowance,
  payload: (cursor: Cursor) => T,
): ListEntry<T>[] => {
  const { addressBytes } = unit.header;
  const baseMark = (1n << BigInt(8 * addressBytes)) - 1n;
  const result: ListEntry<T>[] = [];
  let base = unit.baseAddress;
  for (;;) {
    const low = cursor.unsigned(addressBytes);
    const high = cursor.unsigned(addressBytes);
    if (low === 0n && high === 0n) return result;
    allowance.take(cursor);
    if (low === baseMark) {
      base = high;
      continue;
    }
    const entry = { range: { low: base + low, high: base + high }, payload: payload(cursor) };
    if (high > low) result.push(entry);
  }
};

/**
 * What an attribute says of where something is: one expression, or those of a list. Nothing when it is absent or a
 * constant (DW_AT_data_member_location may be one).
 */
export const locationsOf = (
  entry: Entry,
  wanted: number,
  allowance = new ListAllowance(),
): readonly ListedLocation[] | undefined => {
  const expression = entry.block(wanted);
  if (expression !== undefined) return [{ range: undefined, expression }];
  const place = entry.place(wanted);
  if (place === undefined) return undefined;
  const { unit } = entry;
  const { version } = unit.header;
  const toListed = (entries: ListEntry<Uint8Array>[]): ListedLocation[] =>
    entries.map(({ range, payload }) => ({ range, expression: payload }));
  if (version >= 5) {
    const section = unit.file.section('.debug_loclists');
    let offset: number | undefined;
    if (place.form === form.loclistx) {
      offset = listByIndex(unit, '.debug_loclists', unit.bases.loclists, unit.cursor(place.offset).uleb());
    } else if (place.form === form.secOffset) offset = entry.sectionOffset(wanted);
    if (offset === undefined) return undefined;
    return toListed(
      entriesOfList(unit, new Cursor(section, offset), allowance, locationKinds, (c) => c.view(c.uleb())),
    );
  }
  const offset = place.form === form.secOffset || version <= 3 ? entry.sectionOffset(wanted) : undefined;
  if (offset === undefined) return undefined;
  const cursor = new Cursor(unit.file.section('.debug_loc'), offset + unit.contribution.loc);
  const payload = (c: Cursor) => c.view(c.u16());
  return toListed(
    unit.file.isSplit
      ? entriesOfList(unit, cursor, allowance, gnuSplitKinds, payload)
      : pairsOfList(unit, cursor, allowance, payload),
  );
};

/** The expression that holds at a pc. */
export const locationAt = (locations: readonly ListedLocation[], pc: bigint): Uint8Array | undefined => {
  const holds = ({ range }: ListedLocation) => range !== undefined && pc >= range.low && pc < range.high;
  return (locations.find(holds) ?? locations.find(({ range }) => range === undefined))?.expression;
};
