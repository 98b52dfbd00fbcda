/**
 * Values at which instructions go wrong: what the programs' registers start from.
 */

import type { Random } from './random.ts';

const ones = 0xffff_ffff_ffff_ffffn;

const integers: readonly bigint[] = [
  0n,
  1n,
  2n,
  3n,
  7n,
  8n,
  31n,
  32n,
  33n,
  63n,
  64n,
  65n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0x8000_0001n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0x8000_0000_0000_0001n,
  0xffff_ffff_8000_0000n,
  0xffff_ffff_7fff_ffffn,
  ones,
  ones - 1n,
  0x0102_0408_1020_4080n,
  0x00ff_00ff_00ff_00ffn,
  0x5555_5555_5555_5555n,
  0xaaaa_aaaa_aaaa_aaaan,
];

/** Patterns of IEEE 754 binary32: zeros, subnormals, the least and greatest normals, halves, bounds of integers, NaNs. */
const singles: readonly number[] = [
  0x0000_0000, 0x0000_0001, 0x0000_0002, 0x007f_ffff, 0x0080_0000, 0x0080_0001, 0x3effffff, 0x3f00_0000, 0x3f00_0001,
  0x3f7f_ffff, 0x3f80_0000, 0x3f80_0001, 0x3fc0_0000, 0x4000_0000, 0x4020_0000, 0x4049_0fdb, 0x4b00_0000, 0x4b7f_ffff,
  0x4eff_ffff, 0x4f00_0000, 0x4f7f_ffff, 0x4f80_0000, 0x5eff_ffff, 0x5f00_0000, 0x5f7f_ffff, 0x5f80_0000, 0x7e80_0000,
  0x7f7f_fffe, 0x7f7f_ffff, 0x7f80_0000, 0x7f80_0001, 0x7fbf_ffff, 0x7fc0_0000, 0x7fc0_1234, 0x1fff_ffff, 0x2000_0000,
];

/** The same of binary64, with the values next to binary32's bounds. */
const doubles: readonly bigint[] = [
  0x0000_0000_0000_0000n,
  0x0000_0000_0000_0001n,
  0x000f_ffff_ffff_ffffn,
  0x0010_0000_0000_0000n,
  0x0010_0000_0000_0001n,
  0x3690_0000_0000_0000n, // half of the least binary32 subnormal
  0x36a0_0000_0000_0000n,
  0x380f_ffff_e000_0000n,
  0x380f_ffff_f000_0000n, // rounds up to the least binary32 normal
  0x3810_0000_0000_0000n,
  0x3fdf_ffff_ffff_ffffn,
  0x3fe0_0000_0000_0000n,
  0x3fe0_0000_0000_0001n,
  0x3fef_ffff_ffff_ffffn,
  0x3ff0_0000_0000_0000n,
  0x3ff0_0000_0000_0001n,
  0x3ff0_0000_1000_0000n, // halfway between two binary32 values
  0x3ff8_0000_0000_0000n,
  0x4000_0000_0000_0000n,
  0x4004_0000_0000_0000n,
  0x4009_21fb_5444_2d18n,
  0x41df_ffff_ffc0_0000n, // 2^31 - 1
  0x41df_ffff_ffe0_0000n,
  0x41e0_0000_0000_0000n,
  0x41ef_ffff_ffe0_0000n, // 2^32 - 1
  0x41f0_0000_0000_0000n,
  0x4330_0000_0000_0000n,
  0x433f_ffff_ffff_ffffn,
  0x43df_ffff_ffff_ffffn,
  0x43e0_0000_0000_0000n, // 2^63
  0x43ef_ffff_ffff_ffffn,
  0x43f0_0000_0000_0000n,
  0x47ef_ffff_e000_0000n, // the greatest binary32
  0x47ef_ffff_f000_0000n,
  0x7fe0_0000_0000_0000n,
  0x7fef_ffff_ffff_ffffn,
  0x7ff0_0000_0000_0000n,
  0x7ff0_0000_0000_0001n,
  0x7ff7_ffff_ffff_ffffn,
  0x7ff8_0000_0000_0000n,
  0x7ff8_0000_0000_1234n,
];

/** What an integer register may start with. */
export const integerValue = (random: Random): bigint => {
  const kind = random.below(8);
  if (kind < 4) return random.pick(integers);
  if (kind === 4) return BigInt.asUintN(64, random.pick(integers) + BigInt(random.below(9) - 4));
  if (kind === 5) return random.bits64() >> BigInt(random.below(64));
  if (kind === 6) return BigInt.asUintN(64, -(random.bits64() >> BigInt(1 + random.below(63))));
  return random.bits64();
};

/** What a floating-point register may start with: boxed singles, doubles, broken boxes, noise. */
export const floatValue = (random: Random): bigint => {
  const kind = random.below(16);
  if (kind < 5) return boxed(BigInt((random.pick(singles) ^ sign32(random)) >>> 0));
  if (kind < 10) return random.pick(doubles) ^ (BigInt(random.below(2)) << 63n);
  if (kind === 10) return boxed(BigInt(random.next()));
  if (kind === 11) return boxed(BigInt((0x3f00_0000 + random.below(0x0180_0000)) >>> 0)); // near 1
  if (kind === 12) return 0x3fe0_0000_0000_0000n + (random.bits64() >> 11n);
  if (kind === 13) return (BigInt(random.next()) << 32n) | BigInt(random.pick(singles)); // broken box
  if (kind === 14) return boxed(BigInt((random.pick(singles) + random.below(5) - 2) >>> 0));
  return random.bits64();
};

const boxed = (single: bigint): bigint => 0xffff_ffff_0000_0000n | single;
const sign32 = (random: Random): number => random.below(2) << 31;
