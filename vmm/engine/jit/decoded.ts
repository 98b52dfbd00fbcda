/**
 * What the translator knows of an instruction by its bits alone, wherever it lies: found once for each bit pattern, since the same
 * ones come again and again.
 */

import { decode, expandCompressed, lengthOf, smallImmediateOf } from '../../isa/decode.ts';
import type { Effect, SystemOp } from '../../isa/meaning.ts';
import type { Row } from '../../isa/row.ts';
import { hashFactor } from '../meanings.ts';
import { type RowFacts, rowFactsOf } from './row-facts.ts';

/** Where control goes after an instruction. `on`: just to the next one. */
export type Flow = 'on' | 'branch' | 'jump' | 'system';

export interface Decoded {
  readonly length: 2 | 4;
  /** The 32-bit (expanded) form, signed. */
  readonly word: number;
  readonly row: Row;
  readonly facts: RowFacts;
  readonly immediate: number;
  readonly flow: Flow;
  readonly isSystem: boolean;
  readonly isAuipc: boolean;
  readonly rd: number;
  readonly rs1: number;
  /** Integer registers that it reads and writes, as bits; never x0. */
  readonly reads: number;
  readonly writes: number;
  /** Whether rd holds a sign-extended number of 32 bits where these registers, as bits, do. */
  readonly mayBeSignExtended: boolean;
  readonly signExtendedFrom: number;
  /** Bytes of memory that it reads or writes at rs1 plus its immediate and nothing else; 0 for all others. */
  readonly readBytes: number;
  readonly writeBytes: number;
}

/** Places for what was found, by a hash of the bits: a few times as many as the patterns in what a kernel makes hot. */
const knownBits = 16;
const knownPatterns = new Int32Array(2 ** knownBits);
const known: (Decoded | undefined)[] = new Array<Decoded | undefined>(2 ** knownBits).fill(undefined);

/** `raw`: the instruction as in memory; only its low 16 bits are looked at where it has no more. Undefined when no row matches. */
export const decodedOf = (raw: number): Decoded | undefined => {
  const bits = (raw & 3) === 3 ? raw | 0 : raw & 0xffff;
  // A table of zeros is right: they are no instruction.
  const place = Math.imul(bits, hashFactor) >>> (32 - knownBits);
  if (knownPatterns[place] !== bits) {
    knownPatterns[place] = bits;
    known[place] = decodeAnew(bits);
  }
  return known[place];
};

const decodeAnew = (bits: number): Decoded | undefined => {
  const length = lengthOf(bits);
  const word = length === 2 ? expandCompressed(bits) : bits;
  const row = word === undefined ? undefined : decode(word);
  return word === undefined || row === undefined ? undefined : describe(length, word, row);
};

const describe = (length: 2 | 4, word: number, row: Row): Decoded => {
  const facts = rowFactsOf(row);
  const [rd, rs1, rs2] = [(word >>> 7) & 31, (word >>> 15) & 31, (word >>> 20) & 31];
  let signExtendedFrom = 0;
  for (const field of facts.signExtendedFrom ?? []) signExtendedFrom |= 1 << (field === 'rs1' ? rs1 : rs2);
  return {
    length,
    word: word | 0, // a small number for V8, as all of these
    row,
    facts,
    immediate: smallImmediateOf(word, row.immediate),
    flow: flowOf(row.meaning),
    isSystem: row.meaning.k === 'system',
    isAuipc: row.name === 'auipc',
    rd,
    rs1,
    reads: ((facts.rs1 ? 1 << rs1 : 0) | (facts.rs2 ? 1 << rs2 : 0)) & ~1,
    writes: (facts.rd ? 1 << rd : 0) & ~1,
    mayBeSignExtended: facts.signExtendedFrom !== undefined,
    signExtendedFrom,
    readBytes: facts.access?.isWrite === false ? facts.access.sizeBytes : 0,
    writeBytes: facts.access?.isWrite === true ? facts.access.sizeBytes : 0,
  };
};

/** CSR accesses and sfence.vma go on with the next instruction; the machine may say otherwise. */
const staysInFlow: ReadonlySet<SystemOp> = new Set([
  ...(['csrrw', 'csrrs', 'csrrc', 'csrrwi', 'csrrsi', 'csrrci', 'sfenceVma'] as const),
]);

const flowOf = (meaning: Effect): Flow => {
  if (meaning.k === 'system') return staysInFlow.has(meaning.op) ? 'on' : 'system';
  if (meaning.k === 'branch') return 'branch';
  return meaning.k === 'jump' || (meaning.k === 'sequence' && meaning.effects.some(({ k }) => k === 'jump'))
    ? 'jump'
    : 'on';
};
