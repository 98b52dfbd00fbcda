/**
 * The guest's clock as the CSR `time` shows it, in WebAssembly: a function of the moment (machine/clock.ts, which is the
 * reference), which during a slice follows from what is left of the budget.
 *
 *     time (hart: i32, budget: i32) -> i64    ticks, or -1 when the hart may not read it
 *
 * `budget`: steps that remain after the present instruction.
 */

import { privilege } from '../machine/hart.ts';
import type { Code } from '../wasm/code.ts';
import type { ModuleBuilder, Signature } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import { hartOffset, machineBase, machineOffset, scratch } from './layout.ts';

export const timeNumber = 0xc01;
export const timeName = 'time';
export const timeSignature: Signature = { parameters: ['i32', 'i32'], results: ['i64'] };

export const defineTime = (module: ModuleBuilder): number => module.define(timeSignature, emitTime, timeName);

/** Of mcounteren and scounteren (3.1.11, 4.1.5). */
const timeEnable = 1 << 1;

const emitTime = (code: Code): void => {
  const [hart, budget] = [0, 1];
  const level = code.local('i32');
  const pushEnabled = (register: 'mcounteren' | 'scounteren'): Code =>
    code.get(hart).memory(op.i32Load, hartOffset[register]).i32(timeEnable).ops(op.i32And);
  const enabled = code.block();
  const disabled = code.block();
  code.get(hart).memory(op.i32Load, hartOffset.privilege).tee(level).i32(privilege.machine).ops(op.i32Eq).brIf(enabled);
  pushEnabled('mcounteren').ops(op.i32Eqz).brIf(disabled);
  code.get(level).brIf(enabled);
  pushEnabled('scounteren').brIf(enabled);
  code.end(); // disabled
  code.i64Small(-1).ops(op.return);
  code.end(); // enabled

  // The present step is that before the remaining ones.
  code.i32(0).memory(op.f64Load, machineBase + machineOffset.now);
  code.i32(0).memory(op.i32Load, scratch.sliceBudget).get(budget).ops(op.i32Sub).i32(1);
  code.ops(op.i32Sub, op.i64ExtendI32S, op.f64ConvertI64S, op.f64Add);
  code
    .i32(0)
    .memory(op.f64Load, machineBase + machineOffset.clockMoment)
    .ops(op.f64Sub);
  code.i32(0).memory(op.f64Load, scratch.stepsPerTick).ops(op.f64Div, op.f64Floor);
  code.i32(0).memory(op.f64Load, machineBase + machineOffset.clockTicks);
  code.ops(op.f64Add, op.i64TruncF64S);
};
