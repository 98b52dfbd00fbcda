/**
 * What 16-bit instructions expand to. The operands of one only move bits: each of them sets some bits of the word, and there must be
 * one among those of a field that is reserved when it is zero. What each does is found by asking its row, once; from then on an
 * expansion is a few exclusive-ors.
 */

import type { CompressedRow } from './row.ts';
import { compressedRows } from './table.ts';

interface Moves {
  readonly mask: number;
  readonly match: number;
  /** The word of a half whose operands are all 0. */
  readonly base: number;
  /** What each bit of the half changes in the word. */
  readonly byBit: Int32Array;
  /** Reserved without one of these bits; 0: never. */
  readonly needed: number;
}

/** The word (unsigned) of a 16-bit instruction, or undefined when it is illegal. */
export const expansionOf = (half: number): number | undefined => {
  const rows = rowsLike(half);
  for (let at = 0; at < rows.length; at += 1) {
    const { mask, match, base, byBit, needed } = rows[at]!;
    if ((half & mask) !== match) continue;
    if (needed !== 0 && (half & needed) === 0) return undefined;
    let word = base;
    for (let rest = half & ~mask; rest !== 0; rest &= rest - 1) word ^= byBit[31 - Math.clz32(rest & -rest)]!;
    return word >>> 0;
  }
  return undefined;
};

/** With all operands' bits set nothing is reserved, nor is it with all but one: no such field has one bit alone. */
const movesOf = ({ mask, match, expand }: CompressedRow): Moves => {
  const operands = ~mask & 0xffff;
  const full = match | operands;
  const word = expand(full)!;
  const byBit = new Int32Array(16);
  let base = word;
  let needed = 0;
  const mayBeReserved = expand(match) === undefined;
  for (let bit = 0; bit < 16; bit += 1) {
    if ((operands & (1 << bit)) === 0) continue;
    byBit[bit] = word ^ expand(full ^ (1 << bit))!;
    base ^= byBit[bit]!;
    if (mayBeReserved && expand(match | (1 << bit)) !== undefined) needed |= 1 << bit;
  }
  return { mask, match, base, byBit, needed };
};

/** By bits 15:13 and 1:0, which every row says, from when one was first asked for. */
const buckets: (readonly Moves[] | undefined)[] = Array.from({ length: 32 });

const rowsLike = (half: number): readonly Moves[] => {
  const bucket = ((half >>> 11) & 0b11100) | (half & 3);
  let known = buckets[bucket];
  if (known === undefined) {
    known = compressedRows.filter(({ match }) => ((half ^ match) & 0xe003) === 0).map(movesOf);
    buckets[bucket] = known;
  }
  return known;
};
