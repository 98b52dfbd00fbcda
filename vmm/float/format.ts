/**
 * The two formats of the F and D extensions, and what a bit pattern means in each.
 *
 * A pattern is a bigint: its low 32 or 64 bits are the encoding of IEEE 754-2019 section 3.4. Callers may hand
 * in the same bits as a signed bigint (WebAssembly does); patterns that leave this folder are never negative.
 * Rounding is in round.ts; NaN boxing (unprivileged specification, "NaN Boxing of Narrower Values") is not here
 * but with the instructions.
 *
 *     sign | biased exponent | fraction
 *       1  |     8 or 11     | 23 or 52
 */

/** The accrued exceptions of a hart. Every operation ORs its own into `flags` and clears none. */
export type FloatFlags = { flags: number };

// The accrued exception flags of `fcsr` (unprivileged specification, "Floating-Point Control and Status Register").
export const NX = 1; // inexact
export const UF = 2; // underflow
export const OF = 4; // overflow
export const DZ = 8; // divide by zero
export const NV = 16; // invalid operation

export type Format = {
  readonly widthBits: number;
  readonly fractionBits: number;
  readonly fractionShift: bigint; // fractionBits, as shifts of bigints take it
  readonly biasedExponentMax: number;
  /** p, the bits of a normal number's significand, with the implicit one. */
  readonly precision: number;
  /** The exponent of the last place of every subnormal number: the smallest positive number is 2 ** quantumMin. */
  readonly quantumMin: number;
  readonly signBit: bigint;
  /** The leading one of a normal number's significand, which its encoding leaves out. */
  readonly implicitBit: bigint;
  readonly quietBit: bigint;
  readonly infinity: bigint;
  /** The one NaN that operations return (unprivileged specification, "NaN Generation and Propagation"). */
  readonly canonicalNaN: bigint;
};

const formatOf = (exponentBits: number, fractionBits: number): Format => {
  const bias = 2 ** (exponentBits - 1) - 1;
  const infinity = ((1n << BigInt(exponentBits)) - 1n) << BigInt(fractionBits);
  const quietBit = 1n << BigInt(fractionBits - 1);
  return {
    widthBits: 1 + exponentBits + fractionBits,
    fractionBits,
    fractionShift: BigInt(fractionBits),
    biasedExponentMax: 2 ** exponentBits - 1,
    precision: fractionBits + 1,
    quantumMin: 1 - bias - fractionBits,
    signBit: 1n << BigInt(exponentBits + fractionBits),
    implicitBit: 1n << BigInt(fractionBits),
    quietBit,
    infinity,
    canonicalNaN: infinity | quietBit,
  };
};

export const binary32 = formatOf(8, 23);
export const binary64 = formatOf(11, 52);

/** A pattern taken apart. A finite operand is (-1) ** negative * significand * 2 ** exponent, exactly. */
export type Operand = {
  readonly kind: 'zero' | 'finite' | 'infinity' | 'quietNaN' | 'signallingNaN';
  readonly negative: boolean;
  /** Zero unless the kind is finite. */
  readonly significand: bigint;
  readonly exponent: number;
};

export const unpack = (format: Format, pattern: bigint): Operand => {
  const signAndExponent = Number(BigInt.asUintN(format.widthBits, pattern) >> format.fractionShift);
  const fraction = BigInt.asUintN(format.fractionBits, pattern);
  const negative = signAndExponent > format.biasedExponentMax;
  const biasedExponent = signAndExponent & format.biasedExponentMax;
  if (biasedExponent === format.biasedExponentMax) {
    const kind = fraction === 0n ? 'infinity' : fraction >= format.quietBit ? 'quietNaN' : 'signallingNaN';
    return { kind, negative, significand: 0n, exponent: 0 };
  }
  if (biasedExponent === 0) {
    const kind = fraction === 0n ? 'zero' : 'finite';
    return { kind, negative, significand: fraction, exponent: format.quantumMin };
  }
  const significand = fraction + format.implicitBit;
  return { kind: 'finite', negative, significand, exponent: format.quantumMin + biasedExponent - 1 };
};

export const isNaNOperand = (operand: Operand): boolean =>
  operand.kind === 'quietNaN' || operand.kind === 'signallingNaN';

export const zero = (format: Format, negative: boolean): bigint => (negative ? format.signBit : 0n);

export const infinity = (format: Format, negative: boolean): bigint =>
  negative ? format.signBit | format.infinity : format.infinity;

/** The result of an operation that has no answer: the canonical NaN, and the invalid flag. */
export const invalid = (format: Format, context: FloatFlags): bigint => {
  context.flags |= NV;
  return format.canonicalNaN;
};

/**
 * The result of an operation with a NaN among its operands: the canonical NaN, whose payload is not that of the
 * operand, and the invalid flag if one of them signals (IEEE 754-2019 section 6.2).
 */
export const propagateNaN = (format: Format, context: FloatFlags, ...operands: Operand[]): bigint => {
  if (operands.some((operand) => operand.kind === 'signallingNaN')) context.flags |= NV;
  return format.canonicalNaN;
};
