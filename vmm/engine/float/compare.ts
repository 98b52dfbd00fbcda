/** Comparisons, minimum and maximum, and classification, wholly native; the software is not needed. */

import { NV } from '../../float/format.ts';
import { op } from '../../wasm/opcodes.ts';
import { accrueSignalling, canonicalNaN, patterns, pushIsOrdered, pushMagnitude } from './nan.ts';
import { accrue, type Body, type FormatName, pushDouble } from './pieces.ts';

const comparisons = { eq: op.f64Eq, lt: op.f64Lt, le: op.f64Le } as const;

/** feq is a quiet comparison, the others signal at any NaN (unprivileged specification, "Compare Instructions"). */
export const emitComparison = (body: Body, format: FormatName, comparison: keyof typeof comparisons): void => {
  const { code, operands } = body;
  const answer = code.local('i32');
  for (const operand of operands) pushDouble(code, format, operand);
  code.ops(comparisons[comparison]).tee(answer).ops(op.i32Eqz).if();
  pushIsOrdered(body, format);
  code.ops(op.i32Eqz).if();
  if (comparison === 'eq') accrueSignalling(body, format);
  else accrue(body, NV);
  code.end();
  code.end();
  code.get(answer).ops(op.i64ExtendI32U);
};

/** A NaN loses to a number, and -0 is less than +0. */
export const emitExtremum = (body: Body, format: FormatName, isMinimum: boolean): void => {
  const { code, operands } = body;
  const [a, b] = operands as [number, number];
  const numbers = (): void => {
    for (const operand of operands) pushDouble(code, format, operand);
  };
  const masked = (pattern: number): void => {
    code.get(pattern);
    if (format === 's') code.i64(0xffff_ffffn).ops(op.i64And);
  };
  numbers();
  code.ops(isMinimum ? op.f64Lt : op.f64Gt).if();
  masked(a);
  code.ops(op.return).end();
  numbers();
  code.ops(isMinimum ? op.f64Gt : op.f64Lt).if();
  masked(b);
  code.ops(op.return).end();
  numbers();
  code.ops(op.f64Eq).if(); // the same, or zeros of any signs
  masked(a);
  masked(b);
  code.ops(isMinimum ? op.i64Or : op.i64And, op.return).end();
  accrueSignalling(body, format);
  for (const operand of operands) {
    pushDouble(code, format, operand);
    pushDouble(code, format, operand);
    code.ops(op.f64Eq).if();
    masked(operand);
    code.ops(op.return).end();
  }
  code.i64(canonicalNaN[format]);
};

/** One bit of ten: from minus infinity up to plus infinity, then the NaNs. */
export const emitClass = ({ code, operands }: Body, format: FormatName): void => {
  const [a] = operands as [number];
  const { sign, infinity, quiet, implicit } = patterns[format];
  const magnitude = code.local('i64');
  const rank = code.local('i64');
  pushMagnitude(code, format, a);
  code.tee(magnitude).i64(infinity).ops(op.i64GtU).if();
  code.i64(1n << 9n).i64(1n << 8n);
  code.get(a).i64(quiet).ops(op.i64And).i64(0n).ops(op.i64Ne, op.select, op.return).end();
  // 0 for infinity, 1 normal, 2 subnormal, 3 zero; of negative numbers. The positive ones' bits mirror them.
  code.get(magnitude).i64(infinity).ops(op.i64LtU, op.i64ExtendI32U);
  code.get(magnitude).i64(implicit).ops(op.i64LtU, op.i64ExtendI32U, op.i64Add);
  code.get(magnitude).ops(op.i64Eqz, op.i64ExtendI32U, op.i64Add).set(rank);
  code.i64(1n);
  code.get(rank).i64(7n).get(rank).ops(op.i64Sub).get(a).i64(sign).ops(op.i64And).i64(0n).ops(op.i64Ne, op.select);
  code.ops(op.i64Shl);
};
