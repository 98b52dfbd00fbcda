/**
 * Arithmetic on numbers with types: C's promotions and conversions (C11 6.3.1). Two kinds of numbers have no type of C: what
 * comes from registers and symbols is 64 bits without sign and makes what it meets so; a literal among literals is 64 bits
 * with sign, so that `1 << 40` is no overflow, and takes C's type for it where it meets a typed number.
 */

import { type BaseType, stripped, type Type } from '../program/types/type.ts';
import { numberValue, type Value } from '../values/value.ts';
import type { BinaryOperator } from './node.ts';
import { doubleType, floatType, integerType } from './types.ts';

/** How a number takes part in arithmetic. */
interface NumberKind {
  readonly size: number;
  readonly signed: boolean;
  readonly literal: boolean;
  readonly type: Type | undefined;
}

const untyped: NumberKind = { size: 8, signed: false, literal: false, type: undefined };
const typed = (size: number, signed: boolean): NumberKind => {
  const type = integerType(size, signed);
  return { size: type.sizeBytes, signed, literal: false, type };
};

const kindOf = (value: Value): NumberKind => {
  const type = stripped(value.type);
  if (value.literal === true) return type?.kind === 'enumeration' ? typed(4, true) : { ...untyped, literal: true };
  if (type?.kind !== 'base' && type?.kind !== 'enumeration') return untyped;
  // What all values of fit into an int becomes one, also a bit field (C11 6.3.1.1).
  const size = type.sizeBytes ?? 4;
  const bits = value.bits?.size ?? 8 * size;
  if (bits < 32) return typed(4, true);
  return { size, signed: type.signed, literal: false, type: size < 4 ? integerType(4, type.signed) : type };
};

/** C11 6.4.4.1: the first of these types that a literal fits into. */
const literalKind = (value: bigint, base: number): NumberKind => {
  const fits = (bits: number, signed: boolean) =>
    (signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) === value;
  if (fits(32, true)) return typed(4, true);
  if (base !== 10 && fits(32, false)) return typed(4, false);
  return typed(8, fits(64, true));
};

/** A number as it was written. A suffix gives it a type; without one it has none of its own. */
export const literalValue = (value: bigint, base: number, suffix: string): Value => {
  if (suffix === '') return { ...numberValue(value, undefined, true), base };
  const rust = /^([iu])(\d+|size)$/.exec(suffix);
  if (rust !== null) {
    const size = rust[2] === 'size' ? 8 : Number(rust[2]) / 8;
    const signed = rust[1] === 'i';
    const name = `${rust[1]}${rust[2]}`;
    const type: BaseType = { kind: 'base', name, sizeBytes: size, encoding: signed ? 'signed' : 'unsigned', signed };
    return numberValue(value, type);
  }
  const unsigned = suffix.includes('u');
  const long = suffix.includes('l') || value > 0xffff_ffffn || (!unsigned && value > 0x7fff_ffffn);
  return numberValue(value, integerType(long ? 8 : 4, !unsigned && value < 1n << 63n));
};

/** The usual arithmetic conversions (C11 6.3.1.8). */
const common = (a: Operand, b: Operand): NumberKind => {
  let [left, right] = [kindOf(a.value), kindOf(b.value)];
  if (left.literal && right.literal) return left;
  if (left.literal) left = right.type === undefined ? right : literalKind(signedOf(a), a.value.base ?? 10);
  if (right.literal) right = left.type === undefined ? left : literalKind(signedOf(b), b.value.base ?? 10);
  if (left.type === undefined) return left;
  if (right.type === undefined) return right;
  if (left.size !== right.size) return left.size > right.size ? left : right;
  return left.signed ? right : left;
};

/** A value and the number that it is. */
export interface Operand {
  readonly value: Value;
  readonly number: bigint;
}

/** A literal that was computed (`-1`) is kept as 64 bits; what it means has a sign, unless it was written larger. */
const signedOf = ({ value, number }: Operand): bigint =>
  value.base === undefined ? BigInt.asIntN(64, number) : number;

/** What an operator without a second operand gives: `-`, `~`. */
export const unaryNumber = (operator: '-' | '~' | '+', { value, number }: Operand): Value => {
  const kind = kindOf(value);
  const result = operator === '-' ? -number : operator === '~' ? ~number : number;
  return numberValue(cut(result, kind), kind.type, kind.literal);
};

const cut = (value: bigint, { size, signed }: NumberKind): bigint =>
  signed ? BigInt.asIntN(8 * size, value) : BigInt.asUintN(8 * size, value);

/** @throws {RangeError} on a division by zero */
export const binaryNumber = (operator: BinaryOperator, a: Operand, b: Operand): Value => {
  const isShift = operator === '<<' || operator === '>>';
  const kind = isShift ? kindOf(a.value) : common(a, b);
  // Among literals, what depends on the sign has one; bits that are shifted down come from nowhere.
  const exact = { ...kind, signed: kind.signed || (kind.literal && operator !== '>>') };
  const x = cut(a.number, exact);
  const y = isShift ? b.number : cut(b.number, exact);
  const compared = compare(operator, x < y ? -1 : x > y ? 1 : 0);
  if (compared !== undefined) return truthValue(compared);
  return numberValue(cut(arithmetic(operator, x, y, BigInt(8 * kind.size)), exact), kind.type, kind.literal);
};

const arithmetic = (operator: BinaryOperator, x: bigint, y: bigint, bits: bigint): bigint => {
  switch (operator) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return x * y;
    case '/':
      return x / y;
    case '%':
      return x % y;
    case '&':
      return x & y;
    case '|':
      return x | y;
    case '^':
      return x ^ y;
    case '<<':
      return x << (y & (bits - 1n));
    case '>>':
      return x >> (y & (bits - 1n));
    default:
      throw new Error(`${operator} is no arithmetic`);
  }
};

/** In C a comparison is an int. */
export const truthValue = (value: boolean): Value => numberValue(value ? 1n : 0n, integerType(4, true));

export const compare = (operator: string, sign: number): boolean | undefined => {
  switch (operator) {
    case '==':
      return sign === 0;
    case '!=':
      return sign !== 0;
    case '<':
      return sign < 0;
    case '>':
      return sign > 0;
    case '<=':
      return sign <= 0;
    case '>=':
      return sign >= 0;
    default:
      return undefined;
  }
};

// Floating point

export const isFloat = ({ type }: Value): boolean => {
  const found = stripped(type);
  return found?.kind === 'base' && found.encoding === 'float';
};

export const floatValue = (value: number, type: Type = doubleType): Value => {
  const size = (stripped(type) as BaseType).sizeBytes;
  if (size > 8) return floatValue(value);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  if (size === 4) view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  return { type, bytes };
};

/** Undefined: no operator of floating-point numbers. */
export const binaryFloat = (operator: BinaryOperator, a: Value, b: Value, x: number, y: number): Value | undefined => {
  const isSingle = (value: Value) => !isFloat(value) || (stripped(value.type) as BaseType).sizeBytes === 4;
  const single = isSingle(a) && isSingle(b);
  // Converted first, and only then computed with (C11 6.3.1.8).
  const [left, right] = single ? [Math.fround(x), Math.fround(y)] : [x, y];
  const compared = compare(operator, left < right ? -1 : left > right ? 1 : left === right ? 0 : Number.NaN);
  if (compared !== undefined) return truthValue(compared);
  const result = { '+': left + right, '-': left - right, '*': left * right, '/': left / right }[operator as '+'];
  return result === undefined ? undefined : floatValue(result, single ? floatType : doubleType);
};
