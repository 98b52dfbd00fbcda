/** Where in the table of meanings (predecode.ts) an instruction is, by its bits. */

import type { Code } from '../wasm/code.ts';
import { op } from '../wasm/opcodes.ts';
import { meaningBytes, meaningsBits } from './layout.ts';

/** The golden ratio (Knuth, The Art of Computer Programming 3, 6.4). */
export const hashFactor = 0x9e37_79b1 | 0;

/** The place's number. */
export const meaningOf = (bits: number): number => Math.imul(bits, hashFactor) >>> (32 - meaningsBits);

/** Pushes its byte offset from `meaningsBase`. */
export const emitMeaningOf = (code: Code, bits: number): void => {
  code.get(bits).i32(hashFactor).ops(op.i32Mul);
  code.i32(32 - meaningsBits).ops(op.i32ShrU);
  code.i32(Math.log2(meaningBytes)).ops(op.i32Shl);
};
