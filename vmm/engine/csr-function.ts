/**
 * What the interpreter does of CSR accesses without JS: reads of `time`, accesses to sstatus that have no effect but on the choice of
 * TLBs, and to what a trap leaves and takes, which is plain storage. Translated code has the same, and more, in place (jit/csr-access.ts).
 */

import { csrByName } from '../machine/csr.ts';
import type { Code } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import { hartOffset } from './layout.ts';
import { emitChange, emitChanged, pushHasEffect, pushSstatus, sstatusNumber } from './sstatus.ts';
import { timeNumber } from './time.ts';

/**
 * Defines `(hart: i32, word: i32, budget: i32) -> i32`: does the CSR instruction, if it is one of these, and gives 1; otherwise
 * 0, and nothing is done. `budget` is as for `time` (time.ts), whose function it is given.
 */
export const defineCsrFunction = (module: ModuleBuilder, time: number): number =>
  module.define({ parameters: ['i32', 'i32', 'i32'], results: ['i32'] }, (code) => emitCsrFunction(code, time), 'csr');

const [hart, word, budget] = [0, 1, 2];

/** Pushes a field of the instruction. */
const pushField = (code: Code, bit: number, mask: number): Code =>
  code.get(word).i32(bit).ops(op.i32ShrU).i32(mask).ops(op.i32And);
const pushNumber = (code: Code): Code => pushField(code, 20, 0xfff);
const pushSource = (code: Code): Code => pushField(code, 15, 31);

/** Pushes the address of the record's register that a field names, for `hartOffset.x`. */
const pushRegisterAddress = (code: Code, bit: number): Code =>
  pushField(code, bit, 31).i32(3).ops(op.i32Shl).get(hart).ops(op.i32Add);

const emitCsrFunction = (code: Code, time: number): void => {
  const ticks = code.local('i64');
  pushNumber(code).i32(sstatusNumber).ops(op.i32Eq).if();
  emitSstatus(code);
  code.end();
  emitCells(code);

  const other = code.block();
  pushNumber(code).i32(timeNumber).ops(op.i32Ne).brIf(other);
  // It is read-only: any but a set or clear of nothing is illegal.
  pushField(code, 12, 3).i32(1).ops(op.i32Eq).brIf(other);
  pushSource(code).brIf(other);
  code.get(hart).get(budget).call(time).tee(ticks).i64Small(0).ops(op.i64LtS).brIf(other);
  emitSetRd(code, () => code.get(ticks));
  code.i32(1).ops(op.return);
  code.end(); // other
  code.i32(0);
};

const emitSetRd = (code: Code, pushValue: () => void): void => {
  pushRegisterAddress(code, 7);
  pushValue();
  code.memory(op.i64Store, hartOffset.x);
  code.get(hart).i64Small(0).memory(op.i64Store, hartOffset.x); // x0 is zero again
};

const cellNames = ['sscratch', 'sepc', 'scause', 'stval'] as const;

/** Returns if it is one of these. */
const emitCells = (code: Code): void => {
  const offset = code.local('i32');
  const [mask, old, operand] = [code.local('i64'), code.local('i64'), code.local('i64')];
  const other = code.block();
  const known = code.block();
  for (const name of cellNames) {
    const { number, cell } = csrByName(name)!;
    pushNumber(code).i32(number).ops(op.i32Eq).if();
    code.get(hart).i32(hartOffset[cell!.field]).ops(op.i32Add).set(offset);
    code.i64(cell!.mask).set(mask).br(known);
    code.end();
  }
  code.br(other);
  code.end(); // known
  code.get(hart).memory(op.i32Load, hartOffset.privilege).ops(op.i32Eqz).brIf(other); // they are all of S
  code.get(offset).memory(op.i64Load, 0).set(old);
  pushSource(code).ops(op.i64ExtendI32U);
  pushRegisterAddress(code, 15).memory(op.i64Load, hartOffset.x);
  pushField(code, 14, 1).ops(op.select).set(operand);
  // By the two low bits of funct3. A set or clear of nothing writes what is there.
  code.get(offset);
  code.get(operand);
  code.get(old).get(operand).ops(op.i64Or);
  code.get(old).get(operand).i64Small(-1).ops(op.i64Xor, op.i64And);
  pushField(code, 12, 3).i32(2).ops(op.i32Eq, op.select);
  pushField(code, 12, 3).i32(1).ops(op.i32Eq, op.select);
  code.get(mask).ops(op.i64And).memory(op.i64Store, 0);
  emitSetRd(code, () => code.get(old));
  code.i32(1).ops(op.return);
  code.end(); // other
};

/** Returns. */
const emitSstatus = (code: Code): void => {
  const [low, operand, changed] = [code.local('i32'), code.local('i32'), code.local('i32')];
  const other = code.block();
  code.get(hart).memory(op.i32Load, hartOffset.privilege).ops(op.i32Eqz).brIf(other);
  code.get(hart).memory(op.i32Load, hartOffset.mstatus).set(low);
  pushSource(code);
  pushRegisterAddress(code, 15).memory(op.i32Load, hartOffset.x);
  pushField(code, 14, 1).ops(op.select).set(operand);
  const known = code.block();
  for (const [form, how] of [
    [1, 'write'],
    [2, 'set'],
    [3, 'clear'],
  ] as const) {
    pushField(code, 12, 3).i32(form).ops(op.i32Eq).if();
    code.get(operand);
    emitChanged(code, low, how);
    code.set(changed).br(known);
    code.end();
  }
  code.br(other);
  code.end(); // known
  pushHasEffect(code, hart, low, changed);
  code.brIf(other);
  emitChange(code, hart, low, changed, () => {}); // the interpreter takes its TLBs anew in any case
  emitSetRd(code, () => pushSstatus(code, low));
  code.i32(1).ops(op.return);
  code.end(); // other
  code.i32(0).ops(op.return);
};
