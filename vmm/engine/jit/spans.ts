/**
 * Accesses of a block that lie close together: loads, or stores, through one base register that keeps its value. One
 * look at the TLB serves them all, when it finds the whole span from the lowest to the highest in one page.
 */

import { smallImmediateOf } from '../../isa/decode.ts';
import type { Effect, Value } from '../../isa/meaning.ts';
import type { Row } from '../../isa/row.ts';
import { spanBytesMax } from '../span-lookup.ts';
import type { Instruction } from './region.ts';
import { fieldsOf } from './row-facts.ts';

export interface Span {
  readonly isWrite: boolean;
  readonly base: number;
  /** Distances from the base: of the first byte, and past the last. */
  low: number;
  high: number;
  /** How many accesses it is of. */
  accesses: number;
}

/** The span of each instruction that makes a plain access, by its index in the block. */
export const spansOf = (instructions: readonly Instruction[]): ReadonlyMap<number, Span> => {
  const spans = new Map<number, Span>();
  const open = new Map<number, Span>(); // by base register, and whether it writes
  for (const [index, { row, word }] of instructions.entries()) {
    const access = accessOf(row);
    const base = (word >>> 15) & 31;
    if (access !== undefined && base !== 0) {
      const key = base * 2 + (access.isWrite ? 1 : 0);
      const low = smallImmediateOf(word, row.immediate);
      const high = low + access.sizeBytes;
      let span = open.get(key);
      if (span === undefined || Math.max(span.high, high) - Math.min(span.low, low) > spanBytesMax) {
        span = { isWrite: access.isWrite, base, low, high, accesses: 0 };
        open.set(key, span);
      }
      span.low = Math.min(span.low, low);
      span.high = Math.max(span.high, high);
      span.accesses += 1;
      spans.set(index, span);
    } else if (row.meaning.k === 'system') open.clear(); // the machine may map things anew
    if (fieldsOf(row).rd) {
      const rd = (word >>> 7) & 31;
      open.delete(rd * 2);
      open.delete(rd * 2 + 1);
    }
  }
  return spans;
};

interface PlainAccess {
  readonly isWrite: boolean;
  readonly sizeBytes: number;
}

const accesses = new Map<Row, PlainAccess | undefined>();

/** What a row does to memory, if that is one plain access at rs1 plus its immediate. */
const accessOf = (row: Row): PlainAccess | undefined => {
  if (!accesses.has(row)) accesses.set(row, findAccess(row.meaning));
  return accesses.get(row);
};

const findAccess = (effect: Effect): PlainAccess | undefined => {
  if (effect.k === 'store') return isBased(effect.address) ? { isWrite: true, sizeBytes: effect.size } : undefined;
  if (effect.k !== 'setX' && effect.k !== 'setF') return undefined;
  const load = loadIn(effect.value);
  return load !== undefined && isBased(load.address) ? { isWrite: false, sizeBytes: load.size } : undefined;
};

const loadIn = (value: Value): Extract<Value, { k: 'load' }> | undefined => {
  if (value.k === 'load') return value;
  return value.k === 'unary' ? loadIn(value.a) : undefined;
};

const isBased = (address: Value): boolean =>
  address.k === 'binary' &&
  address.op === 'add' &&
  address.a.k === 'x' &&
  address.a.field === 'rs1' &&
  address.b.k === 'imm';
