/** Random histories for devices: accesses at the offsets that matter, and a place to save at. */

import fc from 'fast-check';
import type { Act } from './board.ts';

export const accesses = (offsets: readonly number[], values: fc.Arbitrary<bigint>, sizes = [1, 2, 4, 8]) => {
  const offset = fc.constantFrom(...offsets);
  const sizeBytes = fc.constantFrom(...sizes);
  return fc.oneof(
    fc.record({ kind: fc.constant('read' as const), offset, sizeBytes }),
    fc.record({ kind: fc.constant('write' as const), offset, sizeBytes, value: values }),
  );
};

/** A history and a moment in it. */
export const histories = (act: fc.Arbitrary<Act>, lengthMax = 60) =>
  fc
    .array(act, { minLength: 1, maxLength: lengthMax })
    .chain((acts) => fc.tuple(fc.constant(acts), fc.nat(acts.length - 1)));

export const bytes = fc.bigInt(0n, 0xffn);
export const words = fc.oneof(fc.bigInt(0n, 0xffff_ffffn), fc.bigInt(0n, 16n));
export const doubleWords = fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), words);
