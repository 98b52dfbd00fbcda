/**
 * CSR accesses that translated code does itself: registers that are plain storage, `time`, and sstatus as long as nothing
 * comes of the change but other bits in it and other TLBs. What they are comes from the machine's CSR rows; for all others
 * it calls the machine.
 */

import { csrByNumber, csrIsReadOnly, csrLowestPrivilege } from '../../machine/csr.ts';
import type { Code } from '../../wasm/code.ts';
import { op } from '../../wasm/opcodes.ts';
import { hartOffset } from '../layout.ts';
import { type CsrChange, emitChange, emitChanged, pushHasEffect, pushSstatus, sstatusNumber } from '../sstatus.ts';
import { timeNumber } from '../time.ts';

export interface CsrInstruction {
  readonly number: number;
  readonly how: CsrChange;
  /** Pushes the operand (i64), which is a register or a small number. */
  readonly pushOperand: () => void;
  /** Whether it writes the CSR: sets and clears of nothing do not. */
  readonly writes: boolean;
  readonly rd: number;
}

export interface CsrLocals {
  readonly hart: number; // i32
  readonly value: number; // i64
  readonly word: number; // i32
  readonly changed: number; // i32
}

export interface CsrActions {
  /** Consumes an i32; unless it is 0, the instruction is for the interpreter. */
  readonly interpretIf: () => void;
  /** The machine does the instruction. */
  readonly callMachine: () => void;
  /** The TLBs that loads and stores go by are others now. */
  readonly reloadTlbs: () => void;
  /** Pushes the time (i64): see time.ts. */
  readonly pushTime: () => void;
  /** Consumes the CSR's old value (i64); only with rd not 0. */
  readonly setRd: () => void;
}

/** Emits the access if it is one of those; says whether it was. */
export const emitCsrAccess = (code: Code, access: CsrInstruction, locals: CsrLocals, actions: CsrActions): boolean => {
  const { number, writes, rd } = access;
  if (number === timeNumber && !writes && rd !== 0) {
    emitTimeRead(code, locals, actions);
    return true;
  }
  const cell = csrByNumber(number)?.cell;
  if ((cell === undefined && number !== sstatusNumber) || (writes && csrIsReadOnly(number))) return false;
  const lowest = csrLowestPrivilege(number);
  if (lowest > 0) {
    code.get(locals.hart).memory(op.i32Load, hartOffset.privilege).i32(lowest).ops(op.i32LtS);
    actions.interpretIf();
  }
  if (cell === undefined) emitStatusAccess(code, access, locals, actions);
  else emitCellAccess(code, access, locals, actions, hartOffset[cell.field], cell.mask);
  return true;
};

const emitTimeRead = (code: Code, { value }: CsrLocals, actions: CsrActions): void => {
  actions.pushTime();
  code.tee(value).i64Small(0).ops(op.i64LtS);
  actions.interpretIf();
  code.get(value);
  actions.setRd();
};

const emitCellAccess = (
  code: Code,
  { how, pushOperand, writes, rd }: CsrInstruction,
  { hart, value }: CsrLocals,
  actions: CsrActions,
  offset: number,
  mask: bigint,
): void => {
  code.get(hart).memory(op.i64Load, offset).set(value);
  if (writes) {
    code.get(hart);
    if (how !== 'write') code.get(value);
    pushOperand();
    if (how === 'set') code.ops(op.i64Or);
    if (how === 'clear') code.i64(-1n).ops(op.i64Xor, op.i64And);
    if (mask !== all64) code.i64(mask).ops(op.i64And);
    code.memory(op.i64Store, offset);
  }
  if (rd === 0) return;
  code.get(value);
  actions.setRd();
};

const all64 = (1n << 64n) - 1n;

const emitStatusAccess = (
  code: Code,
  { how, pushOperand, writes, rd }: CsrInstruction,
  { hart, value, word, changed }: CsrLocals,
  actions: CsrActions,
): void => {
  code.get(hart).memory(op.i32Load, hartOffset.mstatus).set(word);
  if (rd !== 0) {
    pushSstatus(code, word);
    code.set(value);
  }
  if (writes) {
    pushOperand();
    code.ops(op.i32WrapI64);
    emitChanged(code, word, how);
    code.set(changed);
    pushHasEffect(code, hart, word, changed);
    code.unlikely().if();
    actions.callMachine();
    code.else();
    emitChange(code, hart, word, changed, actions.reloadTlbs);
    if (rd !== 0) {
      code
        .get(hart)
        .get(value)
        .memory(op.i64Store, hartOffset.x + rd * 8)
        .get(value);
      actions.setRd();
    }
    code.end();
    return;
  }
  if (rd === 0) return;
  code.get(value);
  actions.setRd();
};
