/**
 * Fused multiply-add natively, to nearest-even. What is not done here is the software's, as in arithmetic.ts.
 *
 * Double precision, with moderate factors: the product is p + e exactly (emitProductError), and p + c is s + t exactly
 * (emitSumError), so the exact result is s + t + e. It is a multiple of 2^-1074; therefore it is exact, not tiny,
 * where it is below 2^-1021, and only overflow must be looked for. It is rounded in one of two ways:
 *
 * 1. d is t + e rounded. As |t + e - d| is at most half the last place of d, t + e lies between d * (1 - 2^-51) and
 *    d * (1 + 2^-51), also as rounded (d below 2^-1021 is exact). Rounding is monotonic: if s plus either gives the
 *    same number, that is the result (Ziv, "Fast Evaluation of Elementary Mathematical Functions with Correctly
 *    Rounded Last Bit", 1991). It nearly always is; it does not say whether the result is inexact.
 * 2. c + e is h + l, p + h is u + v, and RN(u + RO(l + v)) is the result, RO being rounding to odd (Boldo and
 *    Melquiond, "Emulation of a FMA and Correctly Rounded Sums: Proved Algorithms Using Rounding to Odd", 2008). It is
 *    exact if both roundings are: when l + v is not a double, |l + v| is within a few last places of u, and a sum that
 *    were a double again would make l + v a small multiple of half u's last place, which is a double.
 *
 * Single precision: the product is exact in double precision. Its sum with c is rounded to odd in double precision,
 * and then to single, which is the one rounding wanted (the same paper: 53 >= 24 + 2 bits, subnormal results included).
 * Unless the sum, rounded to nearest, is halfway between singles, it is on the same side of all halfway points as the
 * exact one (they are doubles, and rounding is monotonic), and its error is not even needed.
 */

import { NX, OF } from '../../float/format.ts';
import { op } from '../../wasm/opcodes.ts';
import { emitReturnOfNaN } from './nan.ts';
import {
  accrue,
  type Body,
  doubles,
  emitProductError,
  emitSumError,
  type FormatName,
  notTinyMin,
  pushDouble,
  pushIsAtLeast,
  pushIsFinite,
  pushIsInexactSet,
  pushIsModerate,
  toPattern,
} from './pieces.ts';

export interface Signs {
  readonly minusProduct: boolean;
  readonly minusAddend: boolean;
}

export const emitFusedDouble = (body: Body, signs: Signs): void => {
  const { code, operands, mode } = body;
  const [a, b, c] = operands as [number, number, number];
  const { y, z, product, error, sum, rest, part, result } = doubles(
    code,
    'y',
    'z',
    'product',
    'error',
    'sum',
    'rest',
    'part',
    'result',
  );
  const x = code.local('i64');
  code.get(a);
  if (signs.minusProduct) code.i64(1n << 63n).ops(op.i64Xor);
  code.set(x);
  code.get(b).ops(op.f64ReinterpretI64).set(y);
  code.get(c).ops(op.f64ReinterpretI64);
  if (signs.minusAddend) code.ops(op.f64Neg);
  code.set(z);
  code.get(x).ops(op.f64ReinterpretI64).get(y).ops(op.f64Mul).set(product);
  code.get(product).get(z).ops(op.f64Add).set(sum);

  const software = code.block();
  code.get(mode).brIf(software);
  const ordinary = code.block();
  pushIsModerate(code, x);
  pushIsModerate(code, b);
  code.ops(op.i32And).brIf(ordinary);
  // A product of zero from a factor of zero: the sum is exact, for its signs too if the mode is to nearest-even.
  code.get(product).f64(0).ops(op.f64Ne).brIf(software);
  code.get(x).ops(op.f64ReinterpretI64).f64(0).ops(op.f64Ne).get(y).f64(0).ops(op.f64Ne, op.i32And).brIf(software);
  pushIsFinite(code, sum);
  code.ops(op.i32Eqz).brIf(software);
  code.get(sum).ops(op.i64ReinterpretF64, op.return);
  code.end(); // ordinary

  emitProductError(code, x, b, product);
  code.set(error);
  pushIsInexactSet(body);
  code.if();
  emitSumError(code, product, z, sum, part, rest);
  code.get(rest).get(error).ops(op.f64Add).set(rest);
  code
    .get(sum)
    .get(rest)
    .f64(1 + 2 ** -51)
    .ops(op.f64Mul, op.f64Add)
    .set(result);
  code
    .get(sum)
    .get(rest)
    .f64(1 - 2 ** -51)
    .ops(op.f64Mul, op.f64Add)
    .get(result)
    .ops(op.f64Eq);
  pushIsFinite(code, result);
  code.ops(op.i32And).if();
  code.get(result).ops(op.i64ReinterpretF64, op.return).end();
  code.end();
  emitToOdd(body, { x: product, y: z, error, part, sum, result });
  code.end(); // software
  emitExceptional(body, 'd', product, sum, z);
  body.callSoftware();
};

/** The second way, for x + y + error. Returns from the function, or goes on where something is not finite. */
const emitToOdd = (
  body: Body,
  { x, y, error, part, sum, result }: Record<'x' | 'y' | 'error' | 'part' | 'sum' | 'result', number>,
): void => {
  const { code } = body;
  const { h, l, v, odd, lost } = doubles(code, 'h', 'l', 'v', 'odd', 'lost');
  code.get(y).get(error).ops(op.f64Add).set(h);
  emitSumError(code, y, error, h, part, l);
  code.get(x).get(h).ops(op.f64Add).set(sum);
  emitSumError(code, x, h, sum, part, v);
  code.get(l).get(v).ops(op.f64Add).set(odd);
  emitSumError(code, l, v, odd, part, lost);
  emitOdd(body, odd, lost);
  code.get(sum).get(odd).ops(op.f64Add).set(result);
  emitSumError(code, sum, odd, result, part, v);
  pushIsFinite(code, result);
  pushIsFinite(code, v);
  code.ops(op.i32And).if();
  code.get(v).f64(0).ops(op.f64Ne).get(lost).f64(0).ops(op.f64Ne, op.i32Or).if();
  accrue(body, NX);
  code.end();
  code.get(result).ops(op.i64ReinterpretF64, op.return);
  code.end();
};

/** A sum rounded to nearest, and its error: the sum rounded to odd. */
const emitOdd = ({ code }: Body, sum: number, error: number): void => {
  const pattern = code.local('i64');
  code.get(error).f64(0).ops(op.f64Ne).get(sum).ops(op.i64ReinterpretF64).tee(pattern);
  code.i64(1n).ops(op.i64And, op.i64Eqz, op.i32And).if();
  // The neighbour on the error's side: away from zero if the signs agree.
  code.get(pattern).i64(1n).i64(-1n);
  code.get(error).ops(op.i64ReinterpretF64).get(pattern).ops(op.i64Xor).i64(0n).ops(op.i64GeS, op.select, op.i64Add);
  code.ops(op.f64ReinterpretI64).set(sum);
  code.end();
};

export const emitFusedSingle = (body: Body, signs: Signs): void => {
  const { code, operands, mode } = body;
  const [a, b, c] = operands as [number, number, number];
  const { x, z, sum, part, error, value } = doubles(code, 'x', 'z', 'sum', 'part', 'error', 'value');
  const result = code.local('f32');
  pushDouble(code, 's', a);
  pushDouble(code, 's', b);
  code.ops(op.f64Mul);
  if (signs.minusProduct) code.ops(op.f64Neg);
  code.set(x);
  pushDouble(code, 's', c);
  if (signs.minusAddend) code.ops(op.f64Neg);
  code.set(z);
  code.get(x).get(z).ops(op.f64Add).set(sum);
  const round = (): void => {
    code.get(sum).ops(op.f32DemoteF64).tee(result).ops(op.f64PromoteF32).set(value);
  };
  const pushIsSafe = (): void => {
    pushIsFinite(code, value);
    pushIsAtLeast(code, value, notTinyMin.s);
    code.ops(op.i32And);
  };
  const returnResult = (): void => {
    code.get(result);
    toPattern(code, 's');
    code.ops(op.return);
  };

  const software = code.block();
  code.get(mode).brIf(software);
  round();
  const belowHalf = (1n << 29n) - 1n; // the bits of a double that a normal single has not
  code
    .get(sum)
    .ops(op.i64ReinterpretF64)
    .i64(belowHalf)
    .ops(op.i64And)
    .i64(1n << 28n)
    .ops(op.i64Ne);
  pushIsInexactSet(body);
  code.ops(op.i32And);
  pushIsSafe();
  code.ops(op.i32And).if();
  returnResult();
  code.end();

  pushIsFinite(code, sum);
  code.ops(op.i32Eqz).brIf(software);
  emitSumError(code, x, z, sum, part, error);
  emitOdd(body, sum, error);
  round();
  code.get(error).f64(0).ops(op.f64Eq).get(value).get(sum).ops(op.f64Eq, op.i32And);
  pushIsFinite(code, value);
  code.ops(op.i32And).if();
  returnResult(); // exact
  code.end();
  pushIsSafe();
  code.if();
  accrue(body, NX);
  returnResult();
  code.end();
  // Overflow, to nearest-even as everything here.
  code.get(value).ops(op.f64Abs).f64(Number.POSITIVE_INFINITY).ops(op.f64Eq).if();
  accrue(body, OF | NX);
  returnResult();
  code.end();
  code.end(); // software
  emitExceptional(body, 's', x, sum, z);
  body.callSoftware();
};

/** NaNs and infinities among the operands or made by them, which are so in all modes. */
const emitExceptional = (body: Body, format: FormatName, product: number, sum: number, addend: number): void => {
  const { code, operands } = body;
  const [a, b] = operands as [number, number];
  const { x, y, value } = doubles(code, 'x', 'y', 'value');
  for (const [pattern, local] of [
    [a, x],
    [b, y],
  ] as const) {
    pushDouble(code, format, pattern);
    code.set(local);
  }
  const isOrdered = (local: number): void => {
    code.get(local).get(local).ops(op.f64Eq);
  };
  // A product of finite numbers may overflow: then the sum tells nothing, but an infinite addend is the result.
  pushIsFinite(code, x);
  pushIsFinite(code, y);
  code.ops(op.i32And).if();
  code.get(addend).set(value);
  code.else();
  code.get(sum).set(value);
  code.end();
  emitReturnOfNaN(body, format, value, () => {
    isOrdered(x);
    isOrdered(y);
    code.get(product).get(product).ops(op.f64Ne, op.i32And, op.i32And);
  });
  code.get(value).ops(op.f64Abs).f64(Number.POSITIVE_INFINITY).ops(op.f64Eq).if();
  code.get(value);
  if (format === 's') code.ops(op.f32DemoteF64);
  toPattern(code, format);
  code.ops(op.return);
  code.end();
};
