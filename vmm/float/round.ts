/**
 * Rounding: the one place where an exact result becomes a pattern and raises inexact, underflow and overflow.
 *
 * Operations compute their result exactly (or with a sticky last bit that stands for "a little more") as an
 * integer significand of any length and an exponent, and round once, here. IEEE 754-2019 sections 4.3 and 7.4-7.6.
 */
import { type FloatFlags, type Format, infinity, NX, OF, UF } from './format.ts';

// Rounding modes as encoded in `rm` and `frm` (unprivileged specification, "Floating-Point Control and Status
// Register"). `dyn` (7) is resolved before an operation is called; 5 and 6 are reserved and trap there.
export const RNE = 0; // to nearest, ties to even
export const RTZ = 1; // towards zero
export const RDN = 2; // down, towards minus infinity
export const RUP = 3; // up, towards plus infinity
export const RMM = 4; // to nearest, ties away from zero

/**
 * The pattern nearest, in the sense of `rm`, to (-1) ** negative * significand * 2 ** exponent.
 * The significand is greater than zero; a sticky last bit is allowed if it lies below the rounding position by two.
 */
export const roundAndPack = (
  format: Format,
  context: FloatFlags,
  negative: boolean,
  significand: bigint,
  exponent: number,
  rm: number,
): bigint => {
  // The quantum is the weight of the result's last place: p places below the leading bit, but not below the
  // subnormal numbers' own.
  const quantumUnbounded = exponent + bitLength(significand) - format.precision;
  const quantum = Math.max(quantumUnbounded, format.quantumMin);
  const shift = quantum - exponent;
  const integer = roundedShift(significand, shift, negative, rm);

  // A normal number's leading bit adds one to the biased exponent, which is why the quantum of both the subnormal
  // and the least normal numbers counts as 0, and why a carry out of the significand needs no care.
  const magnitude = (BigInt(quantum - format.quantumMin) << format.fractionShift) + integer;
  if (magnitude >= format.infinity) return overflow(format, context, negative, rm);

  if (isInexact(significand, shift)) {
    context.flags |= NX;
    if (isTiny(format, negative, significand, quantumUnbounded, exponent, rm)) context.flags |= UF;
  }
  return negative ? magnitude | format.signBit : magnitude;
};

/** significand * 2 ** -shift as an integer, rounded in the sense of `rm` as the magnitude of a number of that sign. */
export const roundedShift = (significand: bigint, shift: number, negative: boolean, rm: number): bigint => {
  if (shift <= 0) return significand << BigInt(-shift);
  const integer = significand >> BigInt(shift);
  const remainder = BigInt.asUintN(shift, significand);
  if (remainder === 0n) return integer;
  return roundsAway(integer, remainder, shift, negative, rm) ? integer + 1n : integer;
};

export const isInexact = (significand: bigint, shift: number): boolean =>
  shift > 0 && BigInt.asUintN(shift, significand) !== 0n;

/** The bits of a positive integer up to its leading one. */
export const bitLength = (value: bigint): number => {
  // Conversion to a double rounds, so it may arrive at the next power of two, but never beyond it.
  const estimate = exponentOfDouble(Number(value)) + 1;
  return value >> BigInt(estimate - 1) === 0n ? estimate - 1 : estimate;
};

const roundsAway = (integer: bigint, remainder: bigint, shift: number, negative: boolean, rm: number): boolean => {
  switch (rm) {
    case RNE: {
      const half = 1n << BigInt(shift - 1);
      return remainder > half || (remainder === half && (integer & 1n) === 1n);
    }
    case RTZ:
      return false;
    case RDN:
      return negative;
    case RUP:
      return !negative;
    case RMM:
      return remainder >= 1n << BigInt(shift - 1);
    default:
      throw new Error(`assertion: a rounding mode is 0 to 4 once it is resolved, found ${rm}`);
  }
};

/**
 * RISC-V detects tininess after rounding (unprivileged specification, chapter "F"): a result is tiny if, rounded to
 * the same precision but with no bound on the exponent, it is less than the least normal number. So a result just
 * below that number is not tiny if it carries up to it.
 */
const isTiny = (
  format: Format,
  negative: boolean,
  significand: bigint,
  quantumUnbounded: number,
  exponent: number,
  rm: number,
): boolean => {
  if (quantumUnbounded !== format.quantumMin - 1) return quantumUnbounded < format.quantumMin;
  const integer = roundedShift(significand, quantumUnbounded - exponent, negative, rm);
  return integer < 1n << BigInt(format.precision);
};

/** IEEE 754-2019 section 7.4: infinity, or the greatest finite number where the mode forbids rounding outwards. */
const overflow = (format: Format, context: FloatFlags, negative: boolean, rm: number): bigint => {
  context.flags |= OF | NX;
  const isOutward = rm === RNE || rm === RMM || (rm === RDN && negative) || (rm === RUP && !negative);
  return infinity(format, negative) - (isOutward ? 0n : 1n);
};

const doubles = new Float64Array(1);
const words = new Uint32Array(doubles.buffer); // little-endian, as WebAssembly memory is

/** The unbiased exponent of a finite double of at least 1. */
const exponentOfDouble = (value: number): number => {
  doubles[0] = value;
  return ((words[1]! >>> 20) & 0x7ff) - 1023;
};
