/**
 * Floating-point operations among other instructions: calls of the functions, but for what a call would cost more than.
 * Of sums, differences and products that is the commonest case: to nearest-even with the inexact flag set already (see
 * arithmetic.ts for why that suffices). Words as double-precision numbers are exact and raise nothing.
 */

import type { FloatHelperName } from '../../float/helpers.ts';
import type { Code } from '../../wasm/code.ts';
import { op } from '../../wasm/opcodes.ts';
import { hartOffset } from '../layout.ts';
import { type FormatName, pushNumber, toPattern } from './pieces.ts';

export interface FloatCall {
  /** i32 local. */
  readonly hart: number;
  /** i64 locals. */
  readonly temporaries: readonly [number, number];
  /** Patterns, as many as the helper has. */
  readonly pushOperands: () => void;
  /** i32, if the helper rounds; else nothing. */
  readonly pushMode: () => void;
  readonly functionIndex: number;
  readonly inlinesSums: boolean;
}

/** Leaves the result's pattern on the stack. */
export const emitFloat = (code: Code, helper: FloatHelperName, call: FloatCall): void => {
  if (call.inlinesSums && isInlined(helper)) emitInlined(code, helper, call);
  else if (isExact(helper)) {
    call.pushOperands();
    emitExact(code, helper);
  } else {
    code.get(call.hart);
    call.pushOperands();
    call.pushMode();
    code.call(call.functionIndex);
  }
};

const inlined = {
  'add.s': op.f32Add,
  'sub.s': op.f32Sub,
  'mul.s': op.f32Mul,
  'add.d': op.f64Add,
  'sub.d': op.f64Sub,
  'mul.d': op.f64Mul,
} as const;
type InlinedName = keyof typeof inlined;

const isInlined = (name: FloatHelperName): name is InlinedName => name in inlined;

type ExactName = 'd.w' | 'd.wu';

const isExact = (name: FloatHelperName): name is ExactName => name === 'd.w' || name === 'd.wu';

/** With the operand on the stack, leaves the result. */
export const emitExact = (code: Code, name: ExactName): void => {
  if (name === 'd.w') code.ops(op.i64Extend32S);
  else code.i64(0xffff_ffffn).ops(op.i64And);
  code.ops(op.f64ConvertI64S, op.i64ReinterpretF64);
};

/** Of a pattern without its sign bit, moved up by one: the least that is allowed, and the first that is not. */
const limits = {
  s: { signShift: 33n, tiny: 2n << 56n, infinity: 0xffn << 56n },
  d: { signShift: 1n, tiny: 2n << 53n, infinity: 0x7ffn << 53n },
} as const;

/** One for each function: merging many locals at each branch is what makes compilers slow. */
const resultLocals = new WeakMap<Code, number>();
const resultLocal = (code: Code): number => {
  const local = resultLocals.get(code) ?? code.local('i64');
  resultLocals.set(code, local);
  return local;
};

const emitInlined = (
  code: Code,
  name: InlinedName,
  { hart, temporaries: [a, b], pushOperands, pushMode, functionIndex }: FloatCall,
): void => {
  const result = resultLocal(code);
  const [operation, format] = name.split('.') as ['add' | 'sub' | 'mul', FormatName];
  const { signShift, tiny, infinity } = limits[format];
  pushOperands();
  code.set(b).set(a);
  pushNumber(code, format, a);
  pushNumber(code, format, b);
  code.ops(inlined[name]);
  toPattern(code, format);
  code.set(result);
  const done = code.block('i64');
  const called = code.block();
  code.get(result).i64(signShift).ops(op.i64Shl);
  if (operation === 'mul')
    code
      .i64(tiny)
      .ops(op.i64Sub)
      .i64(infinity - tiny);
  else code.i64(infinity);
  code.ops(op.i64GeU).brIf(called);
  // Nearest-even is mode 0, below the flag if that is 1.
  code.get(hart).memory(op.i32Load, hartOffset.fflags).i32(1).ops(op.i32And);
  pushMode();
  code.ops(op.i32LeU).brIf(called);
  code.get(result).br(done);
  code.end();
  code.get(hart).get(a).get(b);
  pushMode();
  code.call(functionIndex).end();
};
