/**
 * Addition, subtraction, multiplication, division and square root (IEEE 754-2019 section 5.4.1), in software: exact
 * integers, rounded once by round.ts. Fused multiply-add is in fused.ts.
 */
import {
  DZ,
  type FloatFlags,
  type Format,
  infinity,
  invalid,
  isNaNOperand,
  type Operand,
  propagateNaN,
  unpack,
  zero,
} from './format.ts';
import { bitLength, RDN, roundAndPack } from './round.ts';

/** A binary operation in software: the pattern of the result; exceptions go to the context. */
type BinaryOperation = (format: Format, context: FloatFlags, a: bigint, b: bigint, rm: number) => bigint;

export const add: BinaryOperation = (format, context, a, b, rm) =>
  addOperands(format, context, unpack(format, a), unpack(format, b), rm);

export const sub: BinaryOperation = (format, context, a, b, rm) =>
  addOperands(format, context, unpack(format, a), negated(unpack(format, b)), rm);

export const mul: BinaryOperation = (format, context, a, b, rm) => {
  const x = unpack(format, a);
  const y = unpack(format, b);
  const negative = x.negative !== y.negative;
  if (isNaNOperand(x) || isNaNOperand(y)) return propagateNaN(format, context, x, y);
  if (x.kind === 'infinity' || y.kind === 'infinity') {
    return x.kind === 'zero' || y.kind === 'zero' ? invalid(format, context) : infinity(format, negative);
  }
  if (x.kind === 'zero' || y.kind === 'zero') return zero(format, negative);
  return roundAndPack(format, context, negative, x.significand * y.significand, x.exponent + y.exponent, rm);
};

export const div: BinaryOperation = (format, context, a, b, rm) => {
  const x = unpack(format, a);
  const y = unpack(format, b);
  const negative = x.negative !== y.negative;
  if (isNaNOperand(x) || isNaNOperand(y)) return propagateNaN(format, context, x, y);
  if (x.kind === 'infinity') return y.kind === 'infinity' ? invalid(format, context) : infinity(format, negative);
  if (y.kind === 'infinity') return zero(format, negative);
  if (y.kind === 'zero') {
    if (x.kind === 'zero') return invalid(format, context);
    context.flags |= DZ;
    return infinity(format, negative);
  }
  if (x.kind === 'zero') return zero(format, negative);
  // Significands have 1 to p bits, so this quotient has at least p + 2, and the remainder matters only as "some".
  const places = 2 * format.precision + 2;
  const dividend = x.significand << BigInt(places);
  const quotient = dividend / y.significand;
  const sticky = quotient * y.significand === dividend ? 0n : 1n;
  return roundAndPack(format, context, negative, (quotient << 1n) | sticky, x.exponent - y.exponent - places - 1, rm);
};

export const sqrt = (format: Format, context: FloatFlags, a: bigint, rm: number): bigint => {
  const x = unpack(format, a);
  if (isNaNOperand(x)) return propagateNaN(format, context, x);
  if (x.kind === 'zero') return zero(format, x.negative); // The root of -0 is -0.
  if (x.negative) return invalid(format, context);
  if (x.kind === 'infinity') return infinity(format, false);
  // An even exponent can be halved; 2p + 4 or more bits under the root leave p + 2 or more above it.
  const places = 2 * format.precision + 4 + ((x.exponent & 1) === 0 ? 0 : 1);
  const radicand = x.significand << BigInt(places);
  const root = integerRoot(radicand);
  const sticky = root * root === radicand ? 0n : 1n;
  return roundAndPack(format, context, false, (root << 1n) | sticky, (x.exponent - places) / 2 - 1, rm);
};

/** x + y, each of them a number, infinity or NaN. */
export const addOperands = (format: Format, context: FloatFlags, x: Operand, y: Operand, rm: number): bigint => {
  if (isNaNOperand(x) || isNaNOperand(y)) return propagateNaN(format, context, x, y);
  if (x.kind === 'infinity') {
    return y.kind === 'infinity' && x.negative !== y.negative ? invalid(format, context) : infinity(format, x.negative);
  }
  if (y.kind === 'infinity') return infinity(format, y.negative);
  return addFinite(format, context, x, y, rm);
};

/** x + y for zeros and finite numbers, whose significands may be longer than the format's (a product's are). */
export const addFinite = (format: Format, context: FloatFlags, x: Operand, y: Operand, rm: number): bigint => {
  if (x.kind === 'zero' && y.kind === 'zero') {
    return zero(format, x.negative === y.negative ? x.negative : rm === RDN);
  }
  if (x.kind === 'zero') return roundAndPack(format, context, y.negative, y.significand, y.exponent, rm);
  if (y.kind === 'zero') return roundAndPack(format, context, x.negative, x.significand, x.exponent, rm);
  const [upper, lower] = x.exponent >= y.exponent ? [x, y] : [y, x];

  // Between the last place of the upper and the leading bit of the lower, p + 3 places are all that can matter to
  // the rounding. A wider gap is cut to that, and what lies below it becomes one sticky unit.
  const gap = upper.exponent - (lower.exponent + bitLength(lower.significand));
  const isFar = gap > format.precision + 3;
  const exponent = isFar ? upper.exponent - (format.precision + 3) : lower.exponent;
  const lowerSignificand = isFar ? 1n : lower.significand;
  const upperSignificand = upper.significand << BigInt(upper.exponent - exponent);

  const sum = signed(upperSignificand, upper.negative) + signed(lowerSignificand, lower.negative);
  // An exact zero from numbers of opposite sign is +0, or -0 when rounding down (IEEE 754-2019 section 6.3).
  if (sum === 0n) return zero(format, rm === RDN);
  return roundAndPack(format, context, sum < 0n, sum < 0n ? -sum : sum, exponent, rm);
};

export const negated = (operand: Operand): Operand => ({ ...operand, negative: !operand.negative });

const signed = (magnitude: bigint, negative: boolean): bigint => (negative ? -magnitude : magnitude);

/** The greatest integer whose square is not above the value, for values from 1 to 2 ** 1000. */
const integerRoot = (value: bigint): bigint => {
  // The double's 53 bits are the start; from any positive start, Newton's steps after the first come from above.
  let root = BigInt(Math.floor(Math.sqrt(Number(value))));
  root = (root + value / root) >> 1n;
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) break;
    root = next;
  }
  return root;
};
