/**
 * Comparisons, minimum and maximum, and classification. None of them rounds, and all but the last work on the
 * patterns as they are, because sign-magnitude integers are in the order of the numbers that they encode.
 */
import { type FloatFlags, type Format, NV, unpack } from './format.ts';

type Comparison = (format: Format, context: FloatFlags, a: bigint, b: bigint) => bigint;

/** feq: 1 if equal, a quiet comparison: only a signalling NaN is invalid. */
export const eq: Comparison = (format, context, a, b) => {
  const x = BigInt.asUintN(format.widthBits, a);
  const y = BigInt.asUintN(format.widthBits, b);
  if (isNaNPattern(format, x) || isNaNPattern(format, y)) {
    if (isSignalling(format, x) || isSignalling(format, y)) context.flags |= NV;
    return 0n;
  }
  return order(format, x) === order(format, y) ? 1n : 0n;
};

/** flt: 1 if less, a signalling comparison: any NaN is invalid. */
export const lt: Comparison = (format, context, a, b) => {
  const x = BigInt.asUintN(format.widthBits, a);
  const y = BigInt.asUintN(format.widthBits, b);
  if (isNaNPattern(format, x) || isNaNPattern(format, y)) return unordered(context);
  return order(format, x) < order(format, y) ? 1n : 0n;
};

/** fle: 1 if less or equal, a signalling comparison: any NaN is invalid. */
export const le: Comparison = (format, context, a, b) => {
  const x = BigInt.asUintN(format.widthBits, a);
  const y = BigInt.asUintN(format.widthBits, b);
  if (isNaNPattern(format, x) || isNaNPattern(format, y)) return unordered(context);
  return order(format, x) <= order(format, y) ? 1n : 0n;
};

/** fmin: minimumNumber of IEEE 754-2019 section 9.6: a NaN loses to a number, and -0 is less than +0. */
export const min: Comparison = (format, context, a, b) => extremum(format, context, a, b, true);

/** fmax: maximumNumber of IEEE 754-2019 section 9.6. */
export const max: Comparison = (format, context, a, b) => extremum(format, context, a, b, false);

/** fclass: one bit of ten (unprivileged specification, "Floating-Point Classify Instruction"). Raises nothing. */
export const classify = (format: Format, a: bigint): bigint => {
  const x = unpack(format, a);
  switch (x.kind) {
    case 'infinity':
      return x.negative ? 1n << 0n : 1n << 7n;
    case 'zero':
      return x.negative ? 1n << 3n : 1n << 4n;
    case 'signallingNaN':
      return 1n << 8n;
    case 'quietNaN':
      return 1n << 9n;
    case 'finite':
      if (x.significand >= format.implicitBit) return x.negative ? 1n << 1n : 1n << 6n;
      return x.negative ? 1n << 2n : 1n << 5n;
  }
};

const extremum = (format: Format, context: FloatFlags, a: bigint, b: bigint, isMinimum: boolean): bigint => {
  const x = BigInt.asUintN(format.widthBits, a);
  const y = BigInt.asUintN(format.widthBits, b);
  if (isNaNPattern(format, x) || isNaNPattern(format, y)) {
    if (isSignalling(format, x) || isSignalling(format, y)) context.flags |= NV;
    if (!isNaNPattern(format, x)) return x;
    return isNaNPattern(format, y) ? format.canonicalNaN : y;
  }
  const [orderX, orderY] = [order(format, x), order(format, y)];
  // Numbers that compare equal differ at most in the sign of zero.
  const isNegative = x >= format.signBit;
  if (orderX === orderY) return isNegative === isMinimum ? x : y;
  return orderX < orderY === isMinimum ? x : y;
};

const unordered = (context: FloatFlags): bigint => {
  context.flags |= NV;
  return 0n;
};

const isNaNPattern = (format: Format, bits: bigint): boolean =>
  (bits >= format.signBit ? bits - format.signBit : bits) > format.infinity;

const isSignalling = (format: Format, bits: bigint): boolean =>
  isNaNPattern(format, bits) && (bits & format.quietBit) === 0n;

/** An integer that orders the patterns of numbers as the numbers themselves: both zeros are 0. */
const order = (format: Format, bits: bigint): bigint => (bits >= format.signBit ? format.signBit - bits : bits);
