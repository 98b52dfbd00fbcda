/**
 * Decoded instructions as the interpreter keeps them: which handler, which registers, what number. They lie in a table
 * by the host address of the code, and each tells the bits that it was decoded from, so that nobody need tell it when
 * code changes: an entry that differs from what is in memory is made anew. What it is made of is in a second table, by the
 * instruction's bits: not every place has code of its own. Only what is not there is decoded here.
 *
 *     {raw: i32, fields: i32, number: i32, unused: i32}
 *     fields: | 26:24 length in bytes | 22:18 rs2 | 17:13 rs1 | 12:8 rd | 7:0 handler |
 *
 * `number` is the row's immediate, or its shift amount, or where a row has neither the whole 32-bit instruction.
 * Handler 0 is for what no row matches; a table of zeros is right, since 0 is such an instruction.
 */

import { decode, expandCompressed, lengthOf, smallImmediateOf } from '../isa/decode.ts';
import { effectValues, type Value, valueChildren } from '../isa/meaning.ts';
import type { Row } from '../isa/row.ts';
import { rows } from '../isa/table.ts';
import type { MachineMemory } from '../machine/memory.ts';
import type { Code } from '../wasm/code.ts';
import { op } from '../wasm/opcodes.ts';
import {
  decodedBase,
  decodedEntries,
  decodedEntryBytes,
  meaningBytes,
  meaningsBase,
  meaningsBits,
  pageBytes,
} from './layout.ts';

/** Where the parts of `fields` are. Registers are taken out as byte offsets, eight times their number. */
export const fieldBits = { handler: 0xff, rd: 8, rs1: 13, rs2: 18, length: 24 } as const;

/** The row of each handler, from 1. */
export const handlerRows: readonly Row[] = rows;
if (rows.length > fieldBits.handler) throw new Error(`fields hold a handler of 8 bits; ${rows.length} rows do not fit`);

const handlers = new Map(rows.map((row, index) => [row, index + 1]));

/**
 * Byte offset from `meaningsBase` of the place for an instruction's bits: emitted, for the interpreter. The factor is the
 * golden ratio (Knuth, The Art of Computer Programming 3, 6.4).
 */
export const emitMeaningOf = (code: Code, bits: number): void => {
  code.get(bits).i32(hashFactor).ops(op.i32Mul);
  code.i32(32 - meaningsBits).ops(op.i32ShrU);
  code.i32(Math.log2(meaningBytes)).ops(op.i32Shl);
};
const hashFactor = 0x9e37_79b1 | 0;

/** Decodes `raw`, the instruction's bits as in memory, into the entry at an offset from `decodedBase`, and for the next time. */
export const createPredecoder =
  ({ i32 }: MachineMemory): ((raw: number, entry: number) => void) =>
  (raw, entry) => {
    const bits = lengthOf(raw) === 4 ? raw | 0 : raw & 0xffff;
    const known = (meaningsBase >>> 2) + (Math.imul(bits, hashFactor) >>> (32 - meaningsBits)) * (meaningBytes / 4);
    if (i32[known] !== bits) {
      i32[known] = bits;
      decodeInto(i32, known, bits);
    }
    const at = (decodedBase + entry) >>> 2;
    i32[at + 1] = i32[known + 1]!;
    i32[at + 2] = i32[known + 2]!;
  };

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
const decodeInto = (to: Int32Array, at: number, bits: number): void => {
  const length = lengthOf(bits);
  const word = length === 4 ? bits : expandCompressed(bits);
  const row = word === undefined ? undefined : decode(word);
  if (word === undefined || row === undefined) {
    to[at + 1] = length << fieldBits.length;
    to[at + 2] = bits;
    return;
  }
  const registers =
    (((word >>> 7) & 31) << fieldBits.rd) |
    (((word >>> 15) & 31) << fieldBits.rs1) |
    (((word >>> 20) & 31) << fieldBits.rs2);
  to[at + 1] = handlers.get(row)! | registers | (length << fieldBits.length);
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
