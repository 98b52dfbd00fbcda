/**
 * NaNs: which patterns are, what they raise, and the results of arithmetic that has one or makes one. The one that
 * goes to the guest is a constant here, never what the host made.
 */

import { NV } from '../../float/format.ts';
import type { Code } from '../../wasm/code.ts';
import { op } from '../../wasm/opcodes.ts';
import { accrue, type Body, type FormatName, pushDouble } from './pieces.ts';

/** Patterns of each format, and masks on them. */
export const patterns = {
  s: { sign: 1n << 31n, infinity: 0x7f80_0000n, quiet: 1n << 22n, implicit: 1n << 23n },
  d: { sign: 1n << 63n, infinity: 0x7ff0_0000_0000_0000n, quiet: 1n << 51n, implicit: 1n << 52n },
} as const;

export const canonicalNaN = {
  s: patterns.s.infinity | patterns.s.quiet,
  d: patterns.d.infinity | patterns.d.quiet,
} as const;

export const pushMagnitude = (code: Code, format: FormatName, pattern: number): void => {
  code
    .get(pattern)
    .i64(patterns[format].sign - 1n)
    .ops(op.i64And);
};

/** Body of `isSignalling`. */
export const emitIsSignalling = (code: Code, format: FormatName): void => {
  const { infinity, quiet } = patterns[format];
  pushMagnitude(code, format, 0);
  code.i64(infinity).ops(op.i64GtU).get(0).i64(quiet).ops(op.i64And, op.i64Eqz, op.i32And);
};

/** Accrues invalid if one of the operands is a signalling NaN. */
export const accrueSignalling = (body: Body, format: FormatName): void => {
  const { code, operands, shared } = body;
  for (const [index, operand] of operands.entries()) {
    code.get(operand).call(shared.isSignalling[format]);
    if (index > 0) code.ops(op.i32Or);
  }
  code.if();
  accrue(body, NV);
  code.end();
};

/** Pushes an i32: 1 if no operand is a NaN. */
export const pushIsOrdered = ({ code, operands }: Body, format: FormatName): void => {
  for (const [index, operand] of operands.entries()) {
    pushDouble(code, format, operand);
    pushDouble(code, format, operand);
    code.ops(op.f64Eq);
    if (index > 0) code.ops(op.i32And);
  }
};

/**
 * If an f64 local is a NaN, returns the canonical NaN. It is the native result: a NaN comes of a NaN, and is invalid if
 * that one signals, or is made by an invalid operation. `pushIsMadeBefore`, where given, leaves an i32 that is 1 if one
 * was made although there is a NaN among the operands: fused operations multiply before they look at the addend.
 */
export const emitReturnOfNaN = (body: Body, format: FormatName, value: number, pushIsMadeBefore?: () => void): void => {
  const { code } = body;
  code.get(value).get(value).ops(op.f64Ne).if();
  accrueSignalling(body, format);
  pushIsOrdered(body, format);
  if (pushIsMadeBefore !== undefined) {
    pushIsMadeBefore();
    code.ops(op.i32Or);
  }
  code.if();
  accrue(body, NV);
  code.end();
  code.i64(canonicalNaN[format]).ops(op.return);
  code.end();
};
