/**
 * From words to rows. A 16-bit instruction becomes the word that it expands to; an undefined row is an illegal
 * instruction. Operands are taken out by fields.ts.
 */

import { expansionOf } from './expansion.ts';
import type { CompressedRow, Row } from './row.ts';
import { compressedRows, rows } from './table.ts';

export { type Fields, fields, immediateOf, smallImmediateOf } from './fields.ts';

/** The length in bytes that the low bits of an instruction tell ("Base Instruction-Length Encoding"). */
export const lengthOf = (low: number): 2 | 4 => ((low & 3) === 3 ? 4 : 2);

/** The row of a 32-bit instruction word, or `undefined` when none matches. Signed and unsigned words are both taken. */
export const decode = (word: number): Row | undefined => {
  if ((word & 3) !== 3) return undefined;
  for (const row of rowsLike(word)) if ((word & row.mask) === (row.match | 0)) return row;
  return undefined;
};

/** The word that a 16-bit instruction expands to, or `undefined` when it is illegal. */
export const expandCompressed = (half: number): number | undefined => {
  let word = expansions[half & 0xffff]!;
  if (word === unknown) {
    word = expansionOf(half & 0xffff) ?? illegal;
    expansions[half & 0xffff] = word;
  }
  return word === illegal ? undefined : word;
};

/** No words of 32 bits: their lowest two bits are set. */
const unknown = 0;
const illegal = 1;
/** By half, those that were asked for. */
const expansions = new Uint32Array(0x1_0000);

/** The row of a legal 16-bit instruction. */
export const decodeCompressed = (half: number): CompressedRow | undefined => {
  const row = compressedRows.find(({ mask, match }) => (half & mask) === match);
  return row?.expand(half & 0xffff) === undefined ? undefined : row;
};

/** The rows that have no other opcode and funct3 than a word. */
export const rowsLike = (word: number): readonly Row[] => {
  const bucket = bucketOf(word);
  const known = buckets[bucket] ?? rowsOfBucket(bucket);
  buckets[bucket] = known;
  return known;
};

/** Opcode bits 6:2 and funct3 tell at most a few dozen rows apart; the rest is a scan. */
export const bucketOf = (word: number): number => ((word >>> 2) & 31) | (((word >>> 12) & 7) << 5);

const bucketBits = 0b111_00000_1111100;

/** The rows that a bucket's words can be of, from when one was first asked for. */
const buckets: (readonly Row[] | undefined)[] = Array.from({ length: 256 });

const rowsOfBucket = (bucket: number): readonly Row[] => {
  const bits = ((bucket & 31) << 2) | ((bucket >>> 5) << 12);
  return rows.filter(({ mask, match }) => ((bits ^ match) & mask & bucketBits) === 0);
};
