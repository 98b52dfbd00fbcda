/**
 * Comparisons, minimum and maximum, and classification. None of them rounds.
 */
import { type FloatFlags, type Format, isNaNOperand, NV, type Operand, unpack } from './format.ts';

type Comparison = (format: Format, context: FloatFlags, a: bigint, b: bigint) => bigint;

/** feq: 1 if equal, a quiet comparison: only a signalling NaN is invalid. */
export const eq: Comparison = (format, context, a, b) => {
  const x = unpack(format, a);
  const y = unpack(format, b);
  if (isUnordered(context, x, y)) return 0n;
  return order(format, a) === order(format, b) ? 1n : 0n;
};

/** flt: 1 if less, a signalling comparison: any NaN is invalid. */
export const lt: Comparison = (format, context, a, b) => {
  if (isInvalidOrder(format, context, a, b)) return 0n;
  return order(format, a) < order(format, b) ? 1n : 0n;
};

/** fle: 1 if less or equal, a signalling comparison: any NaN is invalid. */
export const le: Comparison = (format, context, a, b) => {
  if (isInvalidOrder(format, context, a, b)) return 0n;
  return order(format, a) <= order(format, b) ? 1n : 0n;
};

/** fmin: minimumNumber of IEEE 754-2019 section 9.6: a NaN loses to a number, and -0 is less than +0. */
export const min: Comparison = (format, context, a, b) => numberOf(format, context, a, b, (x, y) => x <= y);

/** fmax: maximumNumber of IEEE 754-2019 section 9.6. */
export const max: Comparison = (format, context, a, b) => numberOf(format, context, a, b, (x, y) => x >= y);

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
      if (x.significand > format.fractionMask) return x.negative ? 1n << 1n : 1n << 6n;
      return x.negative ? 1n << 2n : 1n << 5n;
  }
};

/** Whether a NaN is among the operands; a signalling one is invalid. */
const isUnordered = (context: FloatFlags, x: Operand, y: Operand): boolean => {
  if (x.kind === 'signallingNaN' || y.kind === 'signallingNaN') context.flags |= NV;
  return isNaNOperand(x) || isNaNOperand(y);
};

const isInvalidOrder = (format: Format, context: FloatFlags, a: bigint, b: bigint): boolean => {
  const isNaNPresent = isNaNOperand(unpack(format, a)) || isNaNOperand(unpack(format, b));
  if (isNaNPresent) context.flags |= NV;
  return isNaNPresent;
};

/** An integer that orders patterns as the numbers they stand for: both zeros are 0. Not for NaNs. */
const order = (format: Format, pattern: bigint): bigint => {
  const bits = BigInt.asUintN(format.widthBits, pattern);
  return bits >= format.signBit ? format.signBit - bits : bits;
};

const numberOf = (
  format: Format,
  context: FloatFlags,
  a: bigint,
  b: bigint,
  isFirst: (x: bigint, y: bigint) => boolean,
): bigint => {
  const x = unpack(format, a);
  const y = unpack(format, b);
  if (isUnordered(context, x, y)) {
    const isNaNBoth = isNaNOperand(x) && isNaNOperand(y);
    if (isNaNBoth) return format.canonicalNaN;
    return BigInt.asUintN(format.widthBits, isNaNOperand(x) ? b : a);
  }
  // Here -0 comes before +0, so the negative numbers are moved down by one.
  const totalOrder = (pattern: bigint): bigint => {
    const bits = BigInt.asUintN(format.widthBits, pattern);
    return bits >= format.signBit ? format.signBit - bits - 1n : bits;
  };
  return BigInt.asUintN(format.widthBits, isFirst(totalOrder(a), totalOrder(b)) ? a : b);
};
