/** Operands that find mistakes: special values, neighbours of powers of two, cancellations, plain random bits. */
import type { FloatHelperName } from '../../vmm/float/helpers.ts';

export type Operands = [a: bigint, b: bigint, c: bigint];
export type OperandKind = 's' | 'd' | 'integer';

/** The kind of a helper's operands, from its name: fcvt's source, or the format of the operation. */
export const operandKind = (name: FloatHelperName): OperandKind => {
  const suffix = name.split('.')[1];
  return suffix === 's' || suffix === 'd' ? suffix : 'integer';
};

const shape = { s: { exponentBits: 8, fractionBits: 23 }, d: { exponentBits: 11, fractionBits: 52 } };

/** A source of repeatable random 64-bit numbers (splitmix64). */
export const randomSource = (seed: bigint): (() => bigint) => {
  let state = seed;
  return () => {
    state = BigInt.asUintN(64, state + 0x9e37_79b9_7f4a_7c15n);
    let z = state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d0_49bb_1331_11ebn);
    return z ^ (z >> 31n);
  };
};

/** Zeros, ones, the ends of the subnormal and normal ranges, infinities, NaNs of both kinds; each with both signs. */
export const specialPatterns = (kind: 's' | 'd'): bigint[] => {
  const { exponentBits, fractionBits } = shape[kind];
  const fraction = BigInt(fractionBits);
  const one = ((1n << BigInt(exponentBits - 1)) - 1n) << fraction;
  const infinity = ((1n << BigInt(exponentBits)) - 1n) << fraction;
  const normal = 1n << fraction;
  const quiet = 1n << (fraction - 1n);
  const magnitudes = [
    ...[0n, 1n, 2n, normal >> 1n, normal - 1n, normal, normal + 1n, 2n * normal - 1n],
    ...[one - 2n * normal, one - normal, one - 1n, one, one + 1n, one + quiet, one + normal],
    ...[infinity - normal, infinity - 2n, infinity - 1n, infinity],
    ...[infinity | 1n, infinity | (quiet - 1n), infinity | quiet, infinity | quiet | 1n],
  ];
  const signBit = 1n << BigInt(exponentBits + fractionBits);
  return magnitudes.flatMap((magnitude) => [magnitude, magnitude | signBit]);
};

const randomPattern = (kind: 's' | 'd', next: () => bigint, near: bigint): bigint => {
  const { exponentBits, fractionBits } = shape[kind];
  const width = 1 + exponentBits + fractionBits;
  const exponentMask = (1n << BigInt(exponentBits)) - 1n;
  const compose = (exponent: bigint, fraction: bigint) =>
    BigInt.asUintN(
      width,
      (next() << BigInt(width - 1)) |
        ((exponent & exponentMask) << BigInt(fractionBits)) |
        BigInt.asUintN(fractionBits, fraction),
    );
  const bias = exponentMask >> 1n;
  switch (Number(next() % 10n)) {
    case 0: {
      const specials = specialPatterns(kind);
      return specials[Number(next() % BigInt(specials.length))]!;
    }
    case 1: // a power of two or a neighbour
      return compose(next(), (next() % 3n) - 1n);
    case 2: // of an exponent near another operand's
      return compose((near >> BigInt(fractionBits)) + (next() % 5n) - 2n, next());
    case 3: // subnormal or little more
      return compose(next() % 3n, next() >> (next() % 64n));
    case 4: // an integer or a half, of the sizes that conversions care about
      return compose(bias + (next() % 68n) - 2n, next() << (next() % BigInt(fractionBits)));
    case 5: // near one
      return compose(bias + (next() % 3n) - 1n, next());
    case 6: // half of the least exponent, so that products and roots come near the limits
      return compose((bias >> 1n) + (next() % 60n) - 30n, next());
    case 7: // a few units away from another operand
      return BigInt.asUintN(width, near + (next() % 9n) - 4n);
    case 8: // of an exponent that matters when a double becomes a single
      return compose(bias + (next() % 320n) - 160n, next());
    default:
      return BigInt.asUintN(width, next());
  }
};

const randomInteger = (next: () => bigint): bigint => {
  const power = 1n << (next() % 64n);
  const value = [power, power - 1n, power + 1n, next() >> (next() % 64n), next() & ~(power - 1n)][Number(next() % 5n)]!;
  return BigInt.asUintN(64, (next() & 1n) === 0n ? value : -value);
};

export const randomOperands = (kind: OperandKind, next: () => bigint): Operands => {
  if (kind === 'integer') return [randomInteger(next), 0n, 0n];
  const a = randomPattern(kind, next, next());
  const b = randomPattern(kind, next, a);
  return [a, b, randomPattern(kind, next, (next() & 1n) === 0n ? a : b)];
};

/** A significand with few ones: sums, products and fused operations of such are often exact, halfway or next to it. */
const sparsePattern = (kind: 's' | 'd', next: () => bigint): bigint => {
  const { exponentBits, fractionBits } = shape[kind];
  const ones = next() % 3n;
  let fraction = next() % 8n === 0n ? (1n << BigInt(fractionBits)) - 1n : 0n;
  for (let one = 0n; one < ones; one++) fraction ^= 1n << (next() % BigInt(fractionBits));
  const bias = (1n << BigInt(exponentBits - 1)) - 1n;
  const precision = BigInt(fractionBits + 1);
  // Gaps of about one and two precisions between exponents are where halfway cases of sums and products are.
  const near = [0n, 0n, precision, -precision, 2n * precision, -2n * precision][Number(next() % 6n)]!;
  const limit = [0n, 0n, 0n, 2n - bias, bias - 2n, -bias >> 1n, bias >> 1n][Number(next() % 7n)]!;
  const exponent = bias + near + limit + (next() % 7n) - 3n;
  const clamped = exponent < 0n ? 0n : exponent > 2n * bias ? 2n * bias : exponent;
  return ((next() & 1n) << BigInt(exponentBits + fractionBits)) | (clamped << BigInt(fractionBits)) | fraction;
};

export const sparseOperands = (kind: OperandKind, next: () => bigint): Operands =>
  kind === 'integer'
    ? [randomInteger(next), 0n, 0n]
    : [sparsePattern(kind, next), sparsePattern(kind, next), sparsePattern(kind, next)];
