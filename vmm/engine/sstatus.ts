/**
 * Accesses to sstatus in WebAssembly, as long as nothing comes of the change but other bits in it: what is read, and whether a
 * write has other effects, for emitted code; and the whole access as a function, for the interpreter. The machine's own
 * (machine/csr/status.ts) is the reference.
 */

import { mstatus, sstatusHigh, sstatusWritable } from '../machine/csr/status.ts';
import { privilege } from '../machine/hart.ts';
import type { Code } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import { hartOffset } from './layout.ts';

export const sstatusNumber = 0x100;

/** Bits of sstatus whose change has other effects. SIE may have one, too. */
const effective = mstatus.fs | mstatus.sum | mstatus.mxr;

/** Pushes sstatus (i64); `low` is an i32 local with the lower half of mstatus. */
export const pushSstatus = (code: Code, low: number): void => {
  const high = (of: number): bigint => BigInt(sstatusHigh(of)) << 32n;
  code.get(low).i32(sstatusWritable).ops(op.i32And, op.i64ExtendI32U);
  code.i64(high(mstatus.fs)).i64(high(0)).get(low).i32(mstatus.fs).ops(op.i32And).i32(mstatus.fs).ops(op.i32Eq);
  code.ops(op.select, op.i64Or);
};

/** How an instruction changes a CSR; the values are those of the low bits of funct3 (Zicsr). */
export type CsrChange = 'write' | 'set' | 'clear';

/** Consumes the operand (i32); leaves the bits of sstatus that change. All that can be written is in the lower half of mstatus. */
export const emitChanged = (code: Code, low: number, how: CsrChange): void => {
  if (how === 'write') code.get(low).ops(op.i32Xor);
  if (how === 'set') code.get(low).i32(-1).ops(op.i32Xor, op.i32And);
  if (how === 'clear') code.get(low).ops(op.i32And);
  code.i32(sstatusWritable).ops(op.i32And);
};

/** Pushes whether more comes of a change (an i32 local with its bits): not 0 when it does. */
export const pushHasEffect = (code: Code, hart: number, low: number, changed: number): void => {
  code.get(changed).i32(effective).ops(op.i32And);
  // Enabling interrupts, when one may be pending.
  code.get(low).get(changed).ops(op.i32Xor).get(changed).ops(op.i32And).i32(mstatus.sie).ops(op.i32And).i32(0);
  code.ops(op.i32Ne);
  code.get(hart).memory(op.i32Load, hartOffset.mip).get(hart).memory(op.i32Load, hartOffset.lines).ops(op.i32Or);
  code.get(hart).memory(op.i32Load, hartOffset.mie).ops(op.i32And).i32(0);
  code.ops(op.i32Ne, op.i32And, op.i32Or);
};

/** Stores the lower half of mstatus with these bits changed. */
export const emitChange = (code: Code, hart: number, low: number, changed: number): void => {
  code.get(hart).get(low).get(changed).ops(op.i32Xor).memory(op.i32Store, hartOffset.mstatus);
};

/** Pushes whether sfence.vma may be for the machine: in S it is legal unless TVM traps it, and has nothing to do (system.ts). */
export const pushFenceIsUncommon = (code: Code, hart: number): void => {
  code.get(hart).memory(op.i32Load, hartOffset.privilege).i32(privilege.supervisor).ops(op.i32Ne);
  code.get(hart).memory(op.i32Load, hartOffset.mstatus).i32(mstatus.tvm).ops(op.i32And, op.i32Or);
};

/**
 * Defines `(hart: i32, word: i32) -> i32`: does the CSR instruction, if it is one on sstatus that has no other effect, and
 * gives 1; otherwise 0, and nothing is done.
 */
export const defineSstatusAccess = (module: ModuleBuilder): number =>
  module.define({ parameters: ['i32', 'i32'], results: ['i32'] }, emitAccess, 'sstatus');

const emitAccess = (code: Code): void => {
  const [hart, word] = [0, 1];
  const [low, source, operand, changed] = [code.local('i32'), code.local('i32'), code.local('i32'), code.local('i32')];
  const pushField = (bit: number, mask: number): Code =>
    code.get(word).i32(bit).ops(op.i32ShrU).i32(mask).ops(op.i32And);
  const other = code.block();
  pushField(20, 0xfff).i32(sstatusNumber).ops(op.i32Ne).brIf(other);
  code.get(hart).memory(op.i32Load, hartOffset.privilege).ops(op.i32Eqz).brIf(other);
  code.get(hart).memory(op.i32Load, hartOffset.mstatus).set(low);
  pushField(15, 31).set(source);
  code.get(source);
  code.get(source).i32(3).ops(op.i32Shl).get(hart).ops(op.i32Add).memory(op.i32Load, hartOffset.x);
  pushField(14, 1).ops(op.select).set(operand);
  const known = code.block();
  for (const [form, how] of [
    [1, 'write'],
    [2, 'set'],
    [3, 'clear'],
  ] as const) {
    pushField(12, 3).i32(form).ops(op.i32Eq).if();
    code.get(operand);
    emitChanged(code, low, how);
    code.set(changed).br(known);
    code.end();
  }
  code.br(other);
  code.end(); // known
  pushHasEffect(code, hart, low, changed);
  code.brIf(other);
  emitChange(code, hart, low, changed);
  pushField(7, 31).i32(3).ops(op.i32Shl).get(hart).ops(op.i32Add);
  pushSstatus(code, low);
  code.memory(op.i64Store, hartOffset.x);
  code.get(hart).i64Small(0).memory(op.i64Store, hartOffset.x); // x0 is zero again
  code.i32(1).ops(op.return);
  code.end(); // other
  code.i32(0);
};
