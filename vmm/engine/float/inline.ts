/**
 * The commonest case of the commonest operations, to be emitted where a call would cost more than the work: sums,
 * differences and products to nearest-even with the inexact flag set already (see arithmetic.ts for why that suffices).
 * Every other case calls the function.
 */

import type { FloatHelperName } from '../../float/helpers.ts';
import type { Code } from '../../wasm/code.ts';
import { op } from '../../wasm/opcodes.ts';
import { hartOffset } from '../layout.ts';
import { type FormatName, pushNumber, toPattern } from './pieces.ts';

const inlined = {
  'add.s': op.f32Add,
  'sub.s': op.f32Sub,
  'mul.s': op.f32Mul,
  'add.d': op.f64Add,
  'sub.d': op.f64Sub,
  'mul.d': op.f64Mul,
} as const;
type InlinedName = keyof typeof inlined;

export const isInlined = (name: FloatHelperName): name is InlinedName => name in inlined;

/** Of a pattern without its sign bit, moved up by one: the least that is allowed, and the first that is not. */
const limits = {
  s: { signShift: 33n, tiny: 2n << 56n, infinity: 0xffn << 56n },
  d: { signShift: 1n, tiny: 2n << 53n, infinity: 0x7ffn << 53n },
} as const;

export interface InlineLocals {
  readonly hart: number; // i32
  readonly a: number; // i64
  readonly b: number;
  readonly result: number;
}

/** With both operands' patterns on the stack, leaves the result's. `otherwise` is the function's index. */
export const emitInlined = (
  code: Code,
  name: InlinedName,
  { hart, a, b, result }: InlineLocals,
  pushMode: () => void,
  otherwise: number,
): void => {
  const [operation, format] = name.split('.') as ['add' | 'sub' | 'mul', FormatName];
  const { signShift, tiny, infinity } = limits[format];
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
  code.call(otherwise).end();
};
