/**
 * The fused multiply-add family (unprivileged specification, chapter "F"): one rounding, after the exact sum.
 *
 *     fmadd    (a * b) + c        fnmsub  -(a * b) + c
 *     fmsub    (a * b) - c        fnmadd  -(a * b) - c
 */
import { addFinite, negated } from './arithmetic.ts';
import {
  type FloatFlags,
  type Format,
  infinity,
  invalid,
  isNaNOperand,
  type Operand,
  propagateNaN,
  unpack,
} from './format.ts';

type FusedOperation = (format: Format, context: FloatFlags, a: bigint, b: bigint, c: bigint, rm: number) => bigint;

export const madd: FusedOperation = (format, context, a, b, c, rm) =>
  fused(format, context, unpack(format, a), unpack(format, b), unpack(format, c), rm);

export const msub: FusedOperation = (format, context, a, b, c, rm) =>
  fused(format, context, unpack(format, a), unpack(format, b), negated(unpack(format, c)), rm);

export const nmsub: FusedOperation = (format, context, a, b, c, rm) =>
  fused(format, context, negated(unpack(format, a)), unpack(format, b), unpack(format, c), rm);

export const nmadd: FusedOperation = (format, context, a, b, c, rm) =>
  fused(format, context, negated(unpack(format, a)), unpack(format, b), negated(unpack(format, c)), rm);

const fused = (format: Format, context: FloatFlags, x: Operand, y: Operand, addend: Operand, rm: number): bigint => {
  const isInvalidProduct = (x.kind === 'infinity' && y.kind === 'zero') || (x.kind === 'zero' && y.kind === 'infinity');
  // IEEE 754-2019 section 7.2 (c) leaves the flag of infinity times zero plus a quiet NaN to the implementation;
  // RISC-V raises it.
  if (isInvalidProduct) return invalid(format, context);
  if (isNaNOperand(x) || isNaNOperand(y) || isNaNOperand(addend)) return propagateNaN(format, context, x, y, addend);

  const negative = x.negative !== y.negative;
  if (x.kind === 'infinity' || y.kind === 'infinity') {
    return addend.kind === 'infinity' && addend.negative !== negative
      ? invalid(format, context)
      : infinity(format, negative);
  }
  if (addend.kind === 'infinity') return infinity(format, addend.negative);

  const product: Operand = {
    kind: x.kind === 'zero' || y.kind === 'zero' ? 'zero' : 'finite',
    negative,
    significand: x.significand * y.significand,
    exponent: x.exponent + y.exponent,
  };
  return addFinite(format, context, product, addend, rm);
};
