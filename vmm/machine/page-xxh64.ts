/**
 * XXH64 (specification 0.1.1) of a page, in WebAssembly; 0 for a page of zeros, which is noticed in the same pass. Traces that do not say
 * otherwise have it in their digests.
 */

import { pageBytes } from '../engine/layout.ts';
import type { Code } from '../wasm/code.ts';
import { op } from '../wasm/opcodes.ts';

const prime1 = 0x9e37_79b1_85eb_ca87n;
const prime2 = 0xc2b2_ae3d_27d4_eb4fn;
const prime3 = 0x1656_67b1_9e37_79f9n;
const prime4 = 0x85eb_ca77_c2b2_ae63n;

/** The four accumulators begin at the seed plus these (specification, "Step 1"). */
const accumulatorStarts = [prime1 + prime2, prime2, 0n, -prime1] as const;
/** How far each is rotated where they come together ("Step 3"). */
const convergence = [1n, 7n, 12n, 18n] as const;
const stripeBytes = 32;

/** `(address: i32, seed: i64) -> i64` */
export const emitXxh64 = (code: Code): void => {
  const [address, seed] = [0, 1];
  const end = code.local('i32');
  const lane = code.local('i64');
  const any = code.local('i64');
  const hash = code.local('i64');
  const accumulators = accumulatorStarts.map((start) => {
    const accumulator = code.local('i64');
    code.get(seed).i64(start).ops(op.i64Add).set(accumulator);
    return accumulator;
  });

  code.get(address).i32(pageBytes).ops(op.i32Add).set(end);
  const stripe = code.loop();
  for (const [index, accumulator] of accumulators.entries()) {
    code
      .get(address)
      .memory(op.i64Load, index * 8)
      .tee(lane);
    code.get(any).ops(op.i64Or).set(any);
    code.get(accumulator).get(lane).i64(prime2).ops(op.i64Mul, op.i64Add).set(lane);
    rotated(code, lane, 31n).i64(prime1).ops(op.i64Mul).set(accumulator);
  }
  code.get(address).i32(stripeBytes).ops(op.i32Add).tee(address);
  code.get(end).ops(op.i32Ne).brIf(stripe);
  code.end();
  code.get(any).ops(op.i64Eqz).if();
  code.i64(0n).ops(op.return);
  code.end();

  code.i64(0n);
  for (const [index, accumulator] of accumulators.entries())
    rotated(code, accumulator, convergence[index]!).ops(op.i64Add);
  code.set(hash);
  for (const accumulator of accumulators) {
    code.get(accumulator).i64(prime2).ops(op.i64Mul).set(lane);
    rotated(code.get(hash), lane, 31n).i64(prime1).ops(op.i64Mul);
    code.ops(op.i64Xor).i64(prime1).ops(op.i64Mul).i64(prime4).ops(op.i64Add).set(hash);
  }
  code.get(hash).i64(BigInt(pageBytes)).ops(op.i64Add).set(hash);
  avalanche(code, hash, 33n).i64(prime2).ops(op.i64Mul).set(hash);
  avalanche(code, hash, 29n).i64(prime3).ops(op.i64Mul).set(hash);
  avalanche(code, hash, 32n);
};

/** Leaves a local rotated left. By shifts: V8's first code for a function, which is what runs here, calls C for a rotation. */
const rotated = (code: Code, local: number, by: bigint): Code =>
  code
    .get(local)
    .i64(by)
    .ops(op.i64Shl)
    .get(local)
    .i64(64n - by)
    .ops(op.i64ShrU, op.i64Or);

/** Leaves the hash, XORed with itself shifted right ("Step 6"). */
const avalanche = (code: Code, hash: number, shift: bigint): Code =>
  code.get(hash).get(hash).i64(shift).ops(op.i64ShrU, op.i64Xor);
