/**
 * A hash of a page by vectors, in WebAssembly; 0 for a page whose sums are those of zeros. It detects accidents, and is as fast in V8's first
 * code for a function, which is what runs in a digest, as vectors can make it: 0.4 of the time of XXH64.
 *
 * A page is 128 stripes of eight 32-bit words w0 to w7, and as many keys k: SplitMix64 from 0, in order. Its four sums, modulo 2^64, are over
 * all stripes, those of NH (Black and others: UMAC, CRYPTO 1999; RFC 4418, 5.2.2) and of what it may not see, the plain words:
 *
 *     s0: (w0 + k0)(w4 + k4) + w1:w0    s1: (w1 + k1)(w5 + k5) + w3:w2
 *     s2: (w2 + k2)(w6 + k6) + w5:w4    s3: (w3 + k3)(w7 + k7) + w7:w6
 *
 * where a sum in brackets is modulo 2^32 and a:b is a * 2^32 + b. The hash starts as the seed; then for each of s0 to s3 it becomes
 * SplitMix64's mixture of (hash XOR s) + 0x9e3779b97f4a7c15.
 */

import { pageBytes, pageHashKeys } from '../engine/layout.ts';
import type { Code } from '../wasm/code.ts';
import { op, vectorOp } from '../wasm/opcodes.ts';

/** The increment and the multipliers of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
const golden = 0x9e37_79b9_7f4a_7c15n;
const mixing = [
  [30n, 0xbf58_476d_1ce4_e5b9n],
  [27n, 0x94d0_49bb_1331_11ebn],
] as const;
const lastShift = 31n;
const stripeBytes = 32;

const word64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const low32 = (value: bigint): bigint => BigInt.asUintN(32, value);

/** SplitMix64's mixture. */
const mixture = (word: bigint): bigint => {
  let result = word;
  for (const [shift, multiplier] of mixing) result = word64((result ^ (result >> shift)) * multiplier);
  return result ^ (result >> lastShift);
};

/** s0 to s3 of a page of zeros. */
const sumsOfZeros = (): bigint[] => {
  const sums = [0n, 0n, 0n, 0n];
  for (let stripe = 0; stripe < pageBytes / stripeBytes; stripe += 1) {
    const pairs = [1, 2, 3, 4].map((number) => mixture(word64(golden * BigInt(stripe * 4 + number))));
    const key = (index: number): bigint => low32(pairs[index >> 1]! >> BigInt((index & 1) * 32));
    for (let lane = 0; lane < 4; lane += 1) sums[lane] = word64(sums[lane]! + key(lane) * key(lane + 4));
  }
  return sums;
};

/** `()`: puts the keys where they are looked for: SplitMix64 from 0, eight bytes each. */
export const emitNhKeys = (code: Code): void => {
  const at = code.local('i32');
  const state = code.local('i64');
  const word = code.local('i64');
  const each = code.loop();
  code.get(state).i64(golden).ops(op.i64Add).tee(state).set(word);
  code.get(at);
  mixed(code, word).memory(op.i64Store, pageHashKeys);
  code.get(at).i32(8).ops(op.i32Add).tee(at);
  code.i32(pageBytes).ops(op.i32Ne).brIf(each);
  code.end();
};

/** Leaves SplitMix64's mixture of a local, which is changed. */
const mixed = (code: Code, word: number): Code => {
  for (const [shift, multiplier] of mixing)
    code.get(word).get(word).i64(shift).ops(op.i64ShrU, op.i64Xor).i64(multiplier).ops(op.i64Mul).set(word);
  return code.get(word).get(word).i64(lastShift).ops(op.i64ShrU, op.i64Xor);
};

/** In one turn of the loop, since V8's first code for a function, which is what runs here, looks at a budget in each. */
const stripesAtOnce = 4;

/** `(address: i32, seed: i64) -> i64` */
export const emitNh = (code: Code): void => {
  const [address, seed] = [0, 1];
  const at = code.local('i32');
  const hash = code.local('i64');
  const [low, high] = [code.local('v128'), code.local('v128')];
  const [first, second] = [code.local('v128'), code.local('v128')];

  const turn = code.loop();
  for (let stripe = 0; stripe < stripesAtOnce; stripe += 1) {
    for (const [half, words, sum] of [
      [0, first, low],
      [1, second, high],
    ] as const) {
      const offset = stripe * stripeBytes + half * (stripeBytes / 2);
      code.get(sum).get(address).vectorLoad(offset).tee(words).vector(vectorOp.i64x2Add).set(sum);
      code
        .get(words)
        .get(at)
        .vectorLoad(pageHashKeys + offset)
        .vector(vectorOp.i32x4Add)
        .set(words);
    }
    code.get(low).get(first).get(second).vector(vectorOp.i64x2ExtmulLowI32x4U).vector(vectorOp.i64x2Add).set(low);
    code.get(high).get(first).get(second).vector(vectorOp.i64x2ExtmulHighI32x4U).vector(vectorOp.i64x2Add).set(high);
  }
  const turnBytes = stripesAtOnce * stripeBytes;
  code.get(address).i32(turnBytes).ops(op.i32Add).set(address);
  code.get(at).i32(turnBytes).ops(op.i32Add).tee(at);
  code.i32(pageBytes).ops(op.i32Ne).brIf(turn);
  code.end();

  const sums = [
    [low, 0],
    [low, 1],
    [high, 0],
    [high, 1],
  ] as const;
  const ofZeros = sumsOfZeros();
  for (const [index, [sum, lane]] of sums.entries()) {
    code.get(sum).i64Lane(lane).i64(ofZeros[index]!).ops(op.i64Xor);
    if (index > 0) code.ops(op.i64Or);
  }
  code.ops(op.i64Eqz).if();
  code.i64(0n).ops(op.return);
  code.end();

  code.get(seed).set(hash);
  for (const [sum, lane] of sums) {
    code.get(hash).get(sum).i64Lane(lane).ops(op.i64Xor).i64(golden).ops(op.i64Add).set(hash);
    mixed(code, hash).set(hash);
  }
  code.get(hash);
};
