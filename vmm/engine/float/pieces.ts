/**
 * What the floating-point functions are made of: operands, flags, and error-free transformations, which give the exact
 * rounding error of a native operation as a number. Native arithmetic is IEEE 754 to nearest-even (WebAssembly core
 * specification, "Floating-Point Operations"); its NaNs have patterns of the host's choice and never leave a function.
 */

import type { Code } from '../../wasm/code.ts';
import { op } from '../../wasm/opcodes.ts';
import { fsDirty } from '../interpreter-operands.ts';
import { hartOffset } from '../layout.ts';

export type FormatName = 's' | 'd';

/** Functions that others of the module call. */
export interface Shared {
  /** `(hart: i32, flags: i32)`: accrues them; mstatus.FS becomes dirty if that changes anything. */
  readonly accrue: number;
  /** `(a: i64) -> i32`: 1 for a signalling NaN. */
  readonly isSignalling: Readonly<Record<FormatName, number>>;
  /** `(x: f64, mode: i32) -> f64`: to an integer. */
  readonly toIntegral: number;
}

/** One function under construction. */
export interface Body {
  readonly code: Code;
  /** Locals of the parameters. */
  readonly hart: 0;
  readonly operands: readonly number[];
  readonly mode: number;
  readonly shared: Shared;
  /** Lets the software do it all: leaves its result (i64). */
  readonly callSoftware: () => void;
}

/** Declares f64 locals. */
export const doubles = <K extends string>(code: Code, ...names: readonly K[]): Readonly<Record<K, number>> =>
  Object.fromEntries(names.map((name) => [name, code.local('f64')])) as Record<K, number>;

/** Pushes a pattern (i64 local) as a number of its format. */
export const pushNumber = (code: Code, format: FormatName, pattern: number): void => {
  code.get(pattern);
  if (format === 'd') code.ops(op.f64ReinterpretI64);
  else code.ops(op.i32WrapI64, op.f32ReinterpretI32);
};

/** Pushes a pattern as f64: a single-precision number exactly. */
export const pushDouble = (code: Code, format: FormatName, pattern: number): void => {
  pushNumber(code, format, pattern);
  if (format === 's') code.ops(op.f64PromoteF32);
};

/** The number on the stack as its pattern. It is not a NaN. */
export const toPattern = (code: Code, format: FormatName): void => {
  if (format === 'd') code.ops(op.i64ReinterpretF64);
  else code.ops(op.i32ReinterpretF32, op.i64ExtendI32U);
};

/** Pushes an i32: 1 while an f64 local is finite, which no NaN is. */
export const pushIsFinite = (code: Code, x: number): void => {
  code.get(x).ops(op.f64Abs).f64(Number.POSITIVE_INFINITY).ops(op.f64Lt);
};

/** Finite single- and double-precision numbers of at least this magnitude are not tiny, however they were rounded. */
export const notTinyMin = { s: 2 ** -125, d: 2 ** -1021 } as const;

/** Pushes an i32: 1 while least <= |x|, which no NaN is. */
export const pushIsAtLeast = (code: Code, x: number, least: number): void => {
  code.get(x).ops(op.f64Abs).f64(least).ops(op.f64Ge);
};

/** Pushes an i32: 1 if the inexact flag is set already. */
export const pushIsInexactSet = ({ code, hart }: Body): void => {
  code.get(hart).memory(op.i32Load, hartOffset.fflags).i32(1).ops(op.i32And);
};

export const accrue = ({ code, hart, shared }: Body, flags: number): void => {
  code.get(hart).i32(flags).call(shared.accrue);
};

/** Body of `accrue`. */
export const emitAccrue = (code: Code): void => {
  const [hart, flags] = [0, 1];
  const before = code.local('i32');
  code.get(hart).memory(op.i32Load, hartOffset.fflags).tee(before).get(flags).ops(op.i32Or).tee(flags);
  code.get(before).ops(op.i32Ne).if();
  code.get(hart).get(flags).memory(op.i32Store, hartOffset.fflags);
  code.get(hart).get(hart).memory(op.i64Load, hartOffset.mstatus).i64(fsDirty).ops(op.i64Or);
  code.memory(op.i64Store, hartOffset.mstatus);
  code.end();
};

/**
 * error = (x + y) - sum, exactly, where sum is x + y rounded (Knuth's TwoSum; The Art of Computer Programming,
 * section 4.2.2). Underflow does no harm: sums that small are exact. Where an intermediate result overflows, the error
 * becomes infinite or NaN.
 */
export const emitSumError = (code: Code, x: number, y: number, sum: number, part: number, error: number): void => {
  code.get(sum).get(x).ops(op.f64Sub).set(part); // what of the sum came from y
  code.get(x).get(sum).get(part).ops(op.f64Sub, op.f64Sub);
  code.get(y).get(part).ops(op.f64Sub, op.f64Add).set(error);
};

const moderate = { least: BigInt(1023 - 480) << 53n, above: BigInt(1023 + 480) << 53n };

/** Pushes an i32: 1 if the pattern (i64 local) is of a double from 2^-480 to below 2^480 in magnitude. */
export const pushIsModerate = (code: Code, pattern: number): void => {
  code.get(pattern).i64(1n).ops(op.i64Shl).i64(moderate.least).ops(op.i64Sub);
  code.i64(moderate.above - moderate.least).ops(op.i64LtU);
};

/**
 * Leaves x * y - product, exactly, where product is x * y rounded and both factors are moderate (Dekker, "A
 * Floating-Point Technique for Extending the Available Precision", 1971).
 *
 * Let x and y be integers X and Y of 53 bits times their last places. Rounding the pattern to a multiple of 2^27 gives
 * the high part, of 26 bits, and |low| <= 2^26. So each of the four products has at most 52 bits, and is exact. The
 * rounded product P is a multiple of 2^52, and within 2^52 of X * Y; so the partial sums are exact too:
 *
 *     XhYh - P                         a multiple of 2^52 below 2^81
 *     XhYh - P + XhYl                  a multiple of 2^27 below 2^80
 *     XhYh - P + XhYl + XlYh           a multiple of 2^27 below 2^54
 *     XhYh - P + XhYl + XlYh + XlYl    an integer of at most 2^52
 *
 * Nothing overflows or underflows: the unit, the product of the last places, is at least 2^-1064.
 */
export const emitProductError = (code: Code, xPattern: number, yPattern: number, product: number): void => {
  const { x, y, xHigh, xLow, yHigh, yLow } = doubles(code, 'x', 'y', 'xHigh', 'xLow', 'yHigh', 'yLow');
  for (const [pattern, whole, high, low] of [
    [xPattern, x, xHigh, xLow],
    [yPattern, y, yHigh, yLow],
  ] as const) {
    code.get(pattern).ops(op.f64ReinterpretI64).set(whole);
    code
      .get(pattern)
      .i64(1n << 26n)
      .ops(op.i64Add)
      .i64(-1n << 27n)
      .ops(op.i64And, op.f64ReinterpretI64)
      .set(high);
    code.get(whole).get(high).ops(op.f64Sub).set(low);
  }
  code.get(xHigh).get(yHigh).ops(op.f64Mul).get(product).ops(op.f64Sub);
  code.get(xHigh).get(yLow).ops(op.f64Mul, op.f64Add);
  code.get(xLow).get(yHigh).ops(op.f64Mul, op.f64Add);
  code.get(xLow).get(yLow).ops(op.f64Mul, op.f64Add);
};
