/**
 * Conversions between the formats and integers, and between the two formats (unprivileged specification,
 * "Floating-Point Conversion and Move Instructions"). Moves and sign injection are bit operations, not here.
 */
import { type FloatFlags, type Format, infinity, isNaNOperand, NV, NX, propagateNaN, unpack, zero } from './format.ts';
import { isInexact, roundAndPack, roundedShift } from './round.ts';

export type IntegerFormat = { readonly widthBits: number; readonly min: bigint; readonly max: bigint };

// The integers of the mnemonics: word and long, signed and unsigned.
export const w: IntegerFormat = { widthBits: 32, min: -(1n << 31n), max: (1n << 31n) - 1n };
export const wu: IntegerFormat = { widthBits: 32, min: 0n, max: (1n << 32n) - 1n };
export const l: IntegerFormat = { widthBits: 64, min: -(1n << 63n), max: (1n << 63n) - 1n };
export const lu: IntegerFormat = { widthBits: 64, min: 0n, max: (1n << 64n) - 1n };

/**
 * A number as the 64 bits to be written to an integer register: a word, also an unsigned one, is sign-extended.
 * What does not fit once it is rounded becomes the nearest limit and is invalid, not inexact; a NaN counts as
 * plus infinity.
 */
export const toInteger = (format: Format, to: IntegerFormat, context: FloatFlags, a: bigint, rm: number): bigint => {
  const x = unpack(format, a);
  if (isNaNOperand(x)) return saturated(to, context, false);
  if (x.kind === 'infinity') return saturated(to, context, x.negative);
  if (x.kind === 'zero') return 0n;
  const magnitude = roundedShift(x.significand, -x.exponent, x.negative, rm);
  const integer = x.negative ? -magnitude : magnitude;
  if (integer < to.min || integer > to.max) return saturated(to, context, x.negative);
  if (isInexact(x.significand, -x.exponent)) context.flags |= NX;
  return registerValue(to, integer);
};

/** The low bits of an integer register, as a number. */
export const fromInteger = (
  format: Format,
  from: IntegerFormat,
  context: FloatFlags,
  a: bigint,
  rm: number,
): bigint => {
  const integer = from.min < 0n ? BigInt.asIntN(from.widthBits, a) : BigInt.asUintN(from.widthBits, a);
  if (integer === 0n) return zero(format, false);
  return roundAndPack(format, context, integer < 0n, integer < 0n ? -integer : integer, 0, rm);
};

/** A number of one format in the other; widening is exact. */
export const toFormat = (from: Format, to: Format, context: FloatFlags, a: bigint, rm: number): bigint => {
  const x = unpack(from, a);
  if (isNaNOperand(x)) return propagateNaN(to, context, x);
  if (x.kind === 'infinity') return infinity(to, x.negative);
  if (x.kind === 'zero') return zero(to, x.negative);
  return roundAndPack(to, context, x.negative, x.significand, x.exponent, rm);
};

const saturated = (to: IntegerFormat, context: FloatFlags, negative: boolean): bigint => {
  context.flags |= NV;
  return registerValue(to, negative ? to.min : to.max);
};

const registerValue = (to: IntegerFormat, integer: bigint): bigint =>
  BigInt.asUintN(64, BigInt.asIntN(to.widthBits, integer));
