/**
 * What the translator knows of an instruction by its bits alone, wherever it lies: found once for each bit pattern, since the same
 * ones come again and again.
 */

import { decode, expandCompressed, lengthOf, smallImmediateOf } from '../../isa/decode.ts';
import type { Row } from '../../isa/row.ts';
import { hashOf } from '../hash.ts';
import { type Flow, type RowFacts, rowFactsOf } from './row-facts.ts';

export interface Decoded {
  readonly length: 2 | 4;
  /** The 32-bit (expanded) form, signed. */
  readonly word: number;
  readonly row: Row;
  readonly facts: RowFacts;
  readonly immediate: number;
  readonly flow: Flow;
  readonly isSystem: boolean;
  /** Whether its module must have something for it. */
  readonly hasNeeds: boolean;
  readonly isAuipc: boolean;
  readonly rd: number;
  readonly rs1: number;
  /** Integer registers that it reads and writes, as bits; never x0. */
  readonly reads: number;
  readonly writes: number;
  /** The register whose value rd gets, or x0 if it gets the immediate (`mv`, `li`); -1 for what has more to do. */
  readonly copies: number;
  /** Whether rd holds a sign-extended number of 32 bits where these registers, as bits, do. */
  readonly mayBeSignExtended: boolean;
  readonly signExtendedFrom: number;
  /** Whether that takes the host an instruction of its own. */
  readonly widens: boolean;
  /** See RowFacts. */
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
  const place = hashOf(bits, knownBits);
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
  const rd = (word >>> 7) & 31;
  const rs1 = (word >>> 15) & 31;
  const rs2 = (word >>> 20) & 31;
  const immediate = smallImmediateOf(word, row.immediate);
  const copies = copiedBy(row.name, rs1, rs2, immediate);
  const signExtendedFrom = (facts.signExtendedFromRs1 ? 1 << rs1 : 0) | (facts.signExtendedFromRs2 ? 1 << rs2 : 0);
  const isSmall = row.name === 'andi' && immediate >= 0;
  return {
    length,
    word: word | 0, // a small number for V8, as all of these
    row,
    facts,
    immediate,
    flow: facts.flow,
    isSystem: facts.isSystem,
    hasNeeds: facts.isSystem || facts.helpers.length + facts.operations.length > 0,
    isAuipc: facts.isAuipc,
    rd,
    rs1,
    reads: ((facts.rs1 ? 1 << rs1 : 0) | (facts.rs2 ? 1 << rs2 : 0)) & ~1,
    writes: (facts.rd ? 1 << rd : 0) & ~1,
    copies,
    mayBeSignExtended: facts.mayBeSignExtended || copies >= 0,
    signExtendedFrom: copies >= 0 ? 1 << copies : isSmall ? 0 : signExtendedFrom,
    widens: facts.widens && !isSmall,
    readBytes: facts.readBytes,
    writeBytes: facts.writeBytes,
  };
};

const copiedBy = (name: string, rs1: number, rs2: number, immediate: number): number => {
  if (name === 'addi' && (rs1 === 0 || immediate === 0)) return rs1;
  if (name === 'add' && rs1 === 0) return rs2;
  return name === 'add' && rs2 === 0 ? rs1 : -1;
};
