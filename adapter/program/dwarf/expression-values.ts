/**
 * The values on an expression's stack: bits with the base type that they are read as. Most have the generic type, an integer
 * of an address's size; DW_OP_const_type and its like push others, also floating-point ones. DWARF 5 chapter 2.5.1.
 */

import { attribute, encoding } from './constants.ts';
import type { Entry } from './entry.ts';

/** How bits are read; undefined is the generic type. */
export interface ValueType {
  readonly sizeBytes: number;
  readonly signed: boolean;
  readonly float: boolean;
}

export interface StackValue {
  /** Without sign, cut to the type's size. */
  readonly bits: bigint;
  readonly type: ValueType | undefined;
}

export type Operator = 'plus' | 'minus' | 'mul' | 'div' | 'mod' | 'and' | 'or' | 'xor' | 'shl' | 'shr' | 'shra';
export type Comparison = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';

const genericBits = 64;

export const generic = (bits: bigint): StackValue => ({ bits: BigInt.asUintN(genericBits, bits), type: undefined });

const sizeBits = (type: ValueType | undefined): number => (type === undefined ? genericBits : 8 * type.sizeBytes);

const typed = (bits: bigint, type: ValueType | undefined): StackValue => ({
  bits: BigInt.asUintN(sizeBits(type), bits),
  type,
});

/** The type that a DW_TAG_base_type entry says. */
export const valueType = (entry: Entry): ValueType => {
  const kind = entry.count(attribute.encoding) ?? encoding.unsigned;
  return {
    sizeBytes: Math.min(16, entry.count(attribute.byteSize) ?? 8),
    signed: kind === encoding.signed || kind === encoding.signedChar,
    float: kind === encoding.float,
  };
};

/** The bits of a number in a floating-point type of 4 or 8 bytes; wider ones cannot be computed with. */
const floatOf = ({ bits, type }: StackValue): number | undefined => {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt.asUintN(64, bits));
  if (type?.sizeBytes === 8) return view.getFloat64(0);
  return type?.sizeBytes === 4 ? view.getFloat32(4) : undefined;
};

const ofFloat = (value: number, type: ValueType): StackValue | undefined => {
  const view = new DataView(new ArrayBuffer(8));
  if (type.sizeBytes === 8) view.setFloat64(0, value);
  else if (type.sizeBytes === 4) view.setFloat32(4, value);
  else return undefined;
  return typed(view.getBigUint64(0), type);
};

const signedOf = ({ bits, type }: StackValue): bigint => BigInt.asIntN(sizeBits(type), bits);

/** The number that an integer value means: the generic type counts as signed, as the comparisons take it. */
const integerOf = (value: StackValue): bigint =>
  value.type === undefined || value.type.signed ? signedOf(value) : value.bits;

/** Nothing when the operation has no result: a division by zero, or a type that cannot be computed with. */
export const operate = (operator: Operator, left: StackValue, right: StackValue): StackValue | undefined => {
  const { type } = left;
  if (type?.float) return operateFloat(operator, left, right);
  const [a, b] = [left.bits, right.bits];
  switch (operator) {
    case 'plus':
      return typed(a + b, type);
    case 'minus':
      return typed(a - b, type);
    case 'mul':
      return typed(a * b, type);
    case 'div':
      return b === 0n ? undefined : typed(integerOf(left) / integerOf(right), type);
    case 'mod':
      // Of the generic type without a sign, unlike the division: so do GDB and LLDB.
      if (b === 0n) return undefined;
      return typed(type === undefined ? a % b : integerOf(left) % integerOf(right), type);
    case 'and':
      return typed(a & b, type);
    case 'or':
      return typed(a | b, type);
    case 'xor':
      return typed(a ^ b, type);
    // No compiler means a negative count. GCC 14 writes such for shifts of 32-bit values: 8 - 32 where it means 64 - 32.
    case 'shl':
      return isNegative(right) ? undefined : typed(b >= BigInt(sizeBits(type)) ? 0n : a << b, type);
    case 'shr':
      return isNegative(right) ? undefined : typed(b >= BigInt(sizeBits(type)) ? 0n : a >> b, type);
    case 'shra':
      if (isNegative(right)) return undefined;
      return typed(signedOf(left) >> (b >= BigInt(sizeBits(type)) ? BigInt(sizeBits(type)) : b), type);
  }
};

const isNegative = (value: StackValue): boolean => signedOf(value) < 0n && value.type?.signed !== false;

const operateFloat = (operator: Operator, left: StackValue, right: StackValue): StackValue | undefined => {
  const [a, b] = [floatOf(left), floatOf(right)];
  if (a === undefined || b === undefined || left.type === undefined) return undefined;
  switch (operator) {
    case 'plus':
      return ofFloat(a + b, left.type);
    case 'minus':
      return ofFloat(a - b, left.type);
    case 'mul':
      return ofFloat(a * b, left.type);
    case 'div':
      return ofFloat(a / b, left.type);
    default:
      return undefined;
  }
};

export const compare = (comparison: Comparison, left: StackValue, right: StackValue): StackValue => {
  const [a, b] = left.type?.float
    ? [floatOf(left) ?? Number.NaN, floatOf(right) ?? Number.NaN]
    : [integerOf(left), integerOf(right)];
  const results = { eq: a === b, ne: a !== b, lt: a < b, le: a <= b, gt: a > b, ge: a >= b };
  return generic(results[comparison] ? 1n : 0n);
};

export const negate = (value: StackValue): StackValue | undefined => {
  if (!value.type?.float) return typed(-value.bits, value.type);
  const number = floatOf(value);
  return number === undefined ? undefined : ofFloat(-number, value.type);
};

export const invert = (value: StackValue): StackValue => typed(~value.bits, value.type);

export const absolute = (value: StackValue): StackValue | undefined => {
  if (value.type?.float) return (floatOf(value) ?? 0) < 0 ? negate(value) : value;
  return signedOf(value) < 0n && (value.type === undefined || value.type.signed) ? negate(value) : value;
};

/** DW_OP_convert: the same number in another type. */
export const convert = (value: StackValue, type: ValueType | undefined): StackValue | undefined => {
  if (type?.float) {
    const number = value.type?.float ? floatOf(value) : Number(integerOf(value));
    return number === undefined ? undefined : ofFloat(number, type);
  }
  if (!value.type?.float) return typed(integerOf(value), type);
  const number = floatOf(value);
  return number === undefined || !Number.isFinite(number) ? undefined : typed(BigInt(Math.trunc(number)), type);
};

/** DW_OP_reinterpret: the same bits in another type. */
export const reinterpret = (value: StackValue, type: ValueType | undefined): StackValue => typed(value.bits, type);
