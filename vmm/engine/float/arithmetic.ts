/**
 * Addition, subtraction, multiplication, division and square root, natively. To nearest-even the native result is the
 * result; what is left is to see that it raises no flag but inexact, and whether it raises that one, which need not be
 * known once it is set. Then come NaNs, infinities, zeros and overflow. The software does other modes, and what may be
 * tiny.
 *
 * A finite result has no NaN or infinity among its operands, a quotient of zero excepted.
 */

import { DZ, NX, OF } from '../../float/format.ts';
import type { Label } from '../../wasm/code.ts';
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
  pushNumber,
  toPattern,
} from './pieces.ts';

const operations = ['add', 'sub', 'mul', 'div', 'sqrt'] as const;
type Operation = (typeof operations)[number];

const nativeOpcodes = {
  s: { add: op.f32Add, sub: op.f32Sub, mul: op.f32Mul, div: op.f32Div, sqrt: op.f32Sqrt },
  d: { add: op.f64Add, sub: op.f64Sub, mul: op.f64Mul, div: op.f64Div, sqrt: op.f64Sqrt },
} as const;

interface Locals {
  readonly result: number; // i64: its pattern
  readonly value: number; // f64: the result as a number
  readonly x: number; // f64: the operands
  readonly y: number;
}

export const emitArithmetic = (body: Body, format: FormatName, operation: Operation): void => {
  const { code, operands, mode } = body;
  const { value, x, y } = doubles(code, 'value', 'x', 'y');
  const locals = { result: code.local('i64'), value, x, y };
  for (const operand of operands) pushNumber(code, format, operand);
  code.ops(nativeOpcodes[format][operation]);
  toPattern(code, format);
  code.set(locals.result);
  pushDouble(code, format, locals.result);
  code.set(value);

  const software = code.block();
  code.get(mode).brIf(software);
  pushIsHarmless(body, format, operation, value);
  code.if();
  pushIsInexactSet(body);
  code.if();
  code.get(locals.result).ops(op.return).end();
  emitInexactness(body, format, operation, locals, software);
  code.get(locals.result).ops(op.return);
  code.end();
  code.end(); // software
  emitExceptional(body, format, operation, locals);
  body.callSoftware();
};

/** NaNs, infinities and zeros among the operands or made by them, which are so in all modes; and overflow. */
const emitExceptional = (body: Body, format: FormatName, operation: Operation, { result, value }: Locals): void => {
  const { code, operands, mode } = body;
  const [first, second] = [operands[0]!, operands[1]!];
  const returnIfAny = (among: readonly number[], magnitude: number, flags: number): void => {
    for (const operand of among) {
      pushDouble(code, format, operand);
      code.ops(op.f64Abs).f64(magnitude).ops(op.f64Eq).if();
      if (flags !== 0) accrue(body, flags);
      code.get(result).ops(op.return).end();
    }
  };
  emitReturnOfNaN(body, format, value);
  code.get(value).ops(op.f64Abs).f64(Number.POSITIVE_INFINITY).ops(op.f64Eq).if();
  returnIfAny(operation === 'div' ? [first] : operands, Number.POSITIVE_INFINITY, 0);
  if (operation === 'div') returnIfAny([second], 0, DZ);
  code.get(mode).ops(op.i32Eqz).if();
  accrue(body, OF | NX);
  code.get(result).ops(op.return).end();
  code.end();
  if (operation === 'add' || operation === 'sub') return; // of which zeros are done, or their signs are the mode's
  code.get(value).f64(0).ops(op.f64Eq).if();
  returnIfAny(operation === 'mul' ? operands : [first], 0, 0);
  if (operation === 'div') returnIfAny([second], Number.POSITIVE_INFINITY, 0);
  code.end();
};

/** Pushes an i32: 1 if a result to nearest-even raises nothing but maybe inexact. */
const pushIsHarmless = ({ code }: Body, format: FormatName, operation: Operation, value: number): void => {
  pushIsFinite(code, value);
  if (operation === 'add' || operation === 'sub') return; // sums below the least normal number are exact
  pushIsAtLeast(code, value, notTinyMin[format]);
  code.ops(op.i32And);
};

/** Accrues inexact if the result is; leaves that to the software where an error-free transformation may fail. */
const emitInexactness = (
  body: Body,
  format: FormatName,
  operation: Operation,
  { result, value, x, y }: Locals,
  software: Label,
): void => {
  const { code, operands } = body;
  const [first, second] = [operands[0]!, operands[1]!];
  const { wide, part, error } = doubles(code, 'wide', 'part', 'error'); // wide: a double-precision result
  pushDouble(code, format, first);
  code.set(x);
  if (operation !== 'sqrt') {
    pushDouble(code, format, second);
    if (operation === 'sub') code.ops(op.f64Neg);
    code.set(y);
  }
  const moderate = (...patterns: number[]): void => {
    for (const pattern of patterns) {
      pushIsModerate(code, pattern);
      code.ops(op.i32Eqz).brIf(software);
    }
  };
  /** Sets wide to the product of two doubles and leaves its error. Single-precision numbers' has none. */
  const product = (xPattern: number, yPattern: number, pushFactors: () => void): void => {
    pushFactors();
    code.ops(op.f64Mul).set(wide);
    if (format === 's') code.f64(0);
    else {
      moderate(xPattern, yPattern);
      emitProductError(code, xPattern, yPattern, wide);
    }
    code.set(error);
  };
  switch (operation) {
    case 'add':
    case 'sub':
      code.get(x).get(y).ops(op.f64Add).set(wide);
      emitSumError(code, x, y, wide, part, error);
      pushIsFinite(code, error);
      code.ops(op.i32Eqz).brIf(software);
      code.get(wide).get(value).ops(op.f64Ne);
      break;
    case 'mul':
      product(first, second, () => code.get(x).get(y));
      code.get(wide).get(value).ops(op.f64Ne);
      break;
    case 'div':
      product(result, second, () => code.get(value).get(y));
      code.get(wide).get(x).ops(op.f64Ne);
      break;
    case 'sqrt':
      product(result, result, () => code.get(value).get(value));
      code.get(wide).get(x).ops(op.f64Ne);
      break;
  }
  code.get(error).f64(0).ops(op.f64Ne, op.i32Or).if();
  accrue(body, NX);
  code.end();
};
