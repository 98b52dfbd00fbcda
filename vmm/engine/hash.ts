/** Where a number is in a table that has a power of two of places: in WebAssembly and out of it. */

import type { Code } from '../wasm/code.ts';
import { op } from '../wasm/opcodes.ts';

/** The golden ratio (Knuth, The Art of Computer Programming 3, 6.4). */
const factor = 0x9e37_79b1 | 0;

/** A number of so many bits, at most 32. */
export const hashOf = (value: number, bits: number): number => Math.imul(value, factor) >>> (32 - bits);

/** Pushes the hash of an i32 local times a power of two, the bytes of a place. */
export const emitHash = (code: Code, value: number, bits: number, placeBytes: number): Code => {
  code.get(value).i32(factor).ops(op.i32Mul);
  return code
    .i32(32 - bits - Math.log2(placeBytes))
    .ops(op.i32ShrU)
    .i32(-placeBytes)
    .ops(op.i32And);
};
