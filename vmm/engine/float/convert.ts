/**
 * Conversions natively: to integers in all rounding modes, from integers and between the formats wherever the result
 * is exact or rounded to nearest-even. The rest is the software's.
 */

import { NV, NX } from '../../float/format.ts';
import type { Code } from '../../wasm/code.ts';
import { op } from '../../wasm/opcodes.ts';
import { emitExact } from './inline.ts';
import { accrueSignalling, canonicalNaN } from './nan.ts';
import {
  accrue,
  type Body,
  doubles,
  type FormatName,
  notTinyMin,
  pushDouble,
  pushIsAtLeast,
  pushIsFinite,
  toPattern,
} from './pieces.ts';

/** The integers: the doubles between which an integral double must be to be one of them, and their limits. */
const integers = {
  w: { least: -(2 ** 31), above: 2 ** 31, min: -(1n << 31n), max: (1n << 31n) - 1n, signed: true },
  wu: { least: 0, above: 2 ** 32, min: 0n, max: -1n, signed: true }, // sign-extended, as an unsigned word is too
  l: { least: -(2 ** 63), above: 2 ** 63, min: -(1n << 63n), max: (1n << 63n) - 1n, signed: true },
  lu: { least: 0, above: 2 ** 64, min: 0n, max: -1n, signed: false },
} as const;
export type IntegerName = keyof typeof integers;

/** Body of `toIntegral`: modes as in `rm`. */
export const emitToIntegral = (code: Code): void => {
  const [x, mode] = [0, 1];
  const truncated = code.local('f64');
  const outer = code.block();
  const [nearest, zero, down, up] = [code.block(), code.block(), code.block(), code.block()].reverse() as [
    typeof outer,
    typeof outer,
    typeof outer,
    typeof outer,
  ];
  code.get(mode).brTable([nearest, zero, down, up], outer);
  for (const opcode of [op.f64Nearest, op.f64Trunc, op.f64Floor, op.f64Ceil]) {
    code.end();
    code.get(x).ops(opcode, op.return);
  }
  code.end(); // ties away from zero: the fraction is exact
  code.get(x).ops(op.f64Trunc).tee(truncated);
  code.f64(1).get(x).ops(op.f64Copysign).f64(0);
  code.get(x).get(truncated).ops(op.f64Sub, op.f64Abs).f64(0.5).ops(op.f64Ge, op.select, op.f64Add);
};

/** What does not fit once it is rounded becomes the nearest limit and is invalid; a NaN counts as plus infinity. */
export const emitToInteger = (body: Body, to: IntegerName, from: FormatName): void => {
  const { code, operands, mode, shared } = body;
  const { least, above, min, max, signed } = integers[to];
  const { x, integral } = doubles(code, 'x', 'integral');
  pushDouble(code, from, operands[0]!);
  code.tee(x).get(mode).call(shared.toIntegral).tee(integral);
  code.f64(least).ops(op.f64Ge).get(integral).f64(above).ops(op.f64Lt, op.i32And).if('i64');
  code.get(integral).get(x).ops(op.f64Ne).if();
  accrue(body, NX);
  code.end();
  code.get(integral).ops(signed ? op.i64TruncF64S : op.i64TruncF64U);
  if (to === 'wu') code.ops(op.i64Extend32S);
  code.else();
  accrue(body, NV);
  code.i64(min).i64(max).get(x).f64(0).ops(op.f64Lt, op.select).end();
};

/** Integers of no more bits than the significand, from the first one to the last, are exact. */
export const emitFromInteger = (body: Body, to: FormatName, from: IntegerName): void => {
  const { code, operands, mode } = body;
  const [a] = operands as [number];
  const integer = code.local('i64');
  const magnitude = code.local('i64');
  const convert = (): void => {
    code.get(integer);
    if (to === 'd') code.ops(from === 'lu' ? op.f64ConvertI64U : op.f64ConvertI64S);
    else code.ops(from === 'lu' ? op.f32ConvertI64U : op.f32ConvertI64S);
    toPattern(code, to);
  };
  code.get(a);
  if (to === 'd' && (from === 'w' || from === 'wu')) {
    emitExact(code, `d.${from}`);
    return;
  }
  if (from === 'w') code.ops(op.i64Extend32S);
  if (from === 'wu') code.i64(0xffff_ffffn).ops(op.i64And);
  code.set(integer);
  if (from === 'lu') code.get(integer);
  else code.i64(0n).get(integer).ops(op.i64Sub).get(integer).get(integer).i64(0n).ops(op.i64LtS, op.select);
  code.tee(magnitude).ops(op.i64Clz).get(magnitude).ops(op.i64Ctz, op.i64Add);
  const inexactBelow = to === 'd' ? 64 - 53 : 64 - 24; // zeros of 64 that are not between ones
  code.i64(BigInt(inexactBelow)).ops(op.i64LtU).if();
  code.get(mode).if();
  body.callSoftware();
  code.ops(op.return).end();
  accrue(body, NX);
  code.end();
  convert();
};

/** Widening is exact. */
export const emitWiden = (body: Body): void => {
  const { code, operands } = body;
  const { x } = doubles(code, 'x');
  pushDouble(code, 's', operands[0]!);
  code.tee(x).get(x).ops(op.f64Eq).if();
  code.get(x);
  toPattern(code, 'd');
  code.ops(op.return).end();
  accrueSignalling(body, 's');
  code.i64(canonicalNaN.d);
};

export const emitNarrow = (body: Body): void => {
  const { code, operands, mode } = body;
  const { x, value } = doubles(code, 'x', 'value');
  const result = code.local('f32');
  const returnResult = (): void => {
    code.get(result);
    toPattern(code, 's');
    code.ops(op.return);
  };
  pushDouble(code, 'd', operands[0]!);
  code.tee(x).ops(op.f32DemoteF64).tee(result).ops(op.f64PromoteF32).tee(value);
  code.get(x).ops(op.f64Eq).if();
  returnResult(); // exact, or infinite
  code.end();
  pushIsFinite(code, value);
  pushIsAtLeast(code, value, notTinyMin.s);
  code.ops(op.i32And).get(mode).ops(op.i32Eqz, op.i32And).if();
  accrue(body, NX);
  returnResult();
  code.end();
  code.get(x).get(x).ops(op.f64Ne).if();
  accrueSignalling(body, 'd');
  code.i64(canonicalNaN.s).ops(op.return);
  code.end();
  body.callSoftware();
};
