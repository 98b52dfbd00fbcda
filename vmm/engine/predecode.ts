/**
 * Decoded instructions as the interpreter keeps them: which handler, which registers, what number. They lie in a table
 * by the host address of the code, and each tells the bits that it was decoded from, so that nobody need tell it when
 * code changes: an entry that differs from what is in memory is made anew. What it is made of is in a second table, by the
 * instruction's bits: not every place has code of its own. Only what is not there is decoded: in decode.ts, for which this is the
 * reference.
 *
 *     {raw: i32, handler: u8, rd: u8, rs1: u8, rs2: u8, number: i32, unused: i32}
 *
 * Registers are byte offsets, eight times their number. `number` is the row's immediate, or its shift amount, or where a
 * row has neither the whole 32-bit instruction.
 * Handler 0 is for what no row matches; a table of zeros is right, since 0 is such an instruction.
 */

import { decode, expandCompressed, lengthOf, smallImmediateOf } from '../isa/decode.ts';
import { type Effect, effectValues, nothing, system, type Value, valueChildren } from '../isa/meaning.ts';
import type { Row } from '../isa/row.ts';
import { rows } from '../isa/table.ts';
import type { MachineMemory } from '../machine/memory.ts';
import { DecodeTables, type RowForm } from './decode.ts';
import { hashOf } from './hash.ts';
import {
  decodedBase,
  decodedEntries,
  decodedEntryBytes,
  meaningBytes,
  meaningsBase,
  meaningsBits,
  pageBytes,
} from './layout.ts';

/** Where the parts of an entry are. */
export const decodedOffset = { raw: 0, handler: 4, rd: 5, rs1: 6, rs2: 7, number: 8 } as const;

const rowOf = (name: string, meaning: Effect): Row => ({
  name,
  picture: '',
  syntax: '',
  meaning,
  mask: 0,
  match: 0,
  immediate: 'none',
  usesFloat: false,
  rounds: false,
  extension: 'I',
});
/** Stands for words that no row matches. */
export const illegalRow = rowOf('illegal', system('illegal'));
/** Stands for what computes something for x0. */
const nothingRow = rowOf('nothing', nothing);

/** Rows whose handlers are next to each other; `first` is the number of the first one. */
export interface RowGroup {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly first: number;
}

const atomics = rows.filter(({ extension }) => extension === 'A');
const floats = rows.filter(({ extension }) => extension === 'F' || extension === 'D');
const bits = rows.filter(({ extension }) => extension.startsWith('Zb'));
const others = rows.filter((row) => ![atomics, floats, bits].some((group) => group.includes(row)));

/** Those of the interpreter's own function. */
export const ownRows: readonly Row[] = [...others, nothingRow];
/** Those of functions that it calls (handlers.ts). */
export const outlinedGroups: readonly RowGroup[] = [
  { name: 'atomics', rows: atomics, first: ownRows.length + 1 },
  { name: 'floats', rows: floats, first: ownRows.length + 1 + atomics.length },
  { name: 'bits', rows: bits, first: ownRows.length + 1 + atomics.length + floats.length },
];

/** The row of each handler, from 1. */
const handlerRows: readonly Row[] = [...ownRows, ...outlinedGroups.flatMap((group) => group.rows)];
if (handlerRows.length > 0xff) throw new Error(`a handler has 8 bits; ${handlerRows.length} rows do not fit`);

const handlers = new Map(handlerRows.map((row, index) => [row, index + 1]));

/** Whether all that the row does is to compute what it writes to rd: nothing traps, nothing else changes. */
export const onlyComputes = ({ meaning, usesFloat }: Row): boolean =>
  meaning.k === 'setX' && !usesFloat && isComputed(meaning.value);

const isComputed = (value: Value): boolean =>
  ['const', 'x', 'imm', 'field', 'pc', 'nextPc', 'binary', 'unary', 'select'].includes(value.k) &&
  valueChildren(value).every(isComputed);

/**
 * Decodes `raw`, the instruction's bits as in memory, into the entry at an offset from `decodedBase`; for the next time, too, and
 * others of its kind are decoded without JS from now on (decode.ts).
 */
export const createPredecoder = (memory: MachineMemory): ((raw: number, entry: number) => void) => {
  const { i32 } = memory;
  const tables = new DecodeTables(memory, formOf);
  return (raw, entry) => {
    const bits = lengthOf(raw) === 4 ? raw | 0 : raw & 0xffff;
    const known = (meaningsBase >>> 2) + hashOf(bits, meaningsBits) * (meaningBytes / 4);
    i32[known] = bits;
    decodeInto(i32, known, bits, tables);
    const at = (decodedBase + entry) >>> 2;
    i32[at + 1] = i32[known + 1]!;
    i32[at + 2] = i32[known + 2]!;
  };
};

/** `isForZero`: of an instruction whose rd is x0. */
const handlerOf = (row: Row, isForZero: boolean): number =>
  handlers.get(isForZero && onlyComputes(row) ? nothingRow : row)!;

const formOf = (row: Row): RowForm => ({
  handler: handlerOf(row, false),
  handlerForZero: handlerOf(row, true),
  usesShift: row.immediate === 'none' && usesShift(row),
});

/**
 * Whether the interpreter has lately been at the code at a host address: it is decoded there as it is now. Of code that goes on in
 * another page nothing is known.
 */
export const wasInterpreted = ({ i32, u16 }: MachineMemory, host: number): boolean => {
  const entry = (host << 3) & ((decodedEntries - 1) * decodedEntryBytes);
  const raw = u16[host >>> 1]! | (u16[(host >>> 1) + 1]! << 16);
  return i32[(decodedBase + entry) >>> 2] === raw || (host & (pageBytes - 1)) === pageBytes - 2;
};

/** Sets fields and number behind `at`. */
const decodeInto = (to: Int32Array, at: number, bits: number, tables: DecodeTables): void => {
  const length = lengthOf(bits);
  const word = length === 4 ? bits : expandCompressed(bits);
  if (length === 2) tables.layExpansion(bits, word);
  if (word !== undefined) tables.layRows(word);
  const row = word === undefined ? undefined : decode(word);
  if (word === undefined || row === undefined) {
    to[at + 1] = 0;
    to[at + 2] = bits;
    return;
  }
  const register = (bit: number): number => ((word >>> bit) & 31) << 3;
  to[at + 1] = handlerOf(row, register(7) === 0) | (register(7) << 8) | (register(15) << 16) | (register(20) << 24);
  to[at + 2] = numberOf(word, row);
};

const numberOf = (word: number, row: Row): number => {
  if (row.immediate !== 'none') return smallImmediateOf(word, row.immediate);
  return usesShift(row) ? (word >>> 20) & 63 : word;
};

const shifts = new Map<Row, boolean>();

const usesShift = (row: Row): boolean => {
  let uses = shifts.get(row);
  if (uses === undefined) {
    const names = (value: Value): boolean =>
      (value.k === 'field' && value.name === 'shamt') || valueChildren(value).some(names);
    uses = effectValues(row.meaning).some(names);
    shifts.set(row, uses);
  }
  return uses;
};
