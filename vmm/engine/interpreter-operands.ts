/**
 * Where the interpreter's operands come from: the decoded instruction at run time, and the locals that hold the
 * state of its loop. What instructions do with them is emit.ts's.
 */

import { type FField, systemOps, type XField } from '../isa/meaning.ts';
import type { Code } from '../wasm/code.ts';
import { op } from '../wasm/opcodes.ts';
import type { SlowAccess } from './access.ts';
import type { Operands } from './emit.ts';
import type { AtomicAccess, ImportIndices } from './imports.ts';
import { decodedBase, hartOffset, scratch } from './layout.ts';
import { type Misses, storeIsDone } from './misses.ts';
import { fieldBits } from './predecode.ts';

/** mstatus.FS, both bits (privileged specification, "Extension Context Status in mstatus Register"). */
export const fsDirty = 0x6000n;

export const declareLocals = (code: Code) => ({
  hart: 0,
  probing: 1,
  pc: code.local('i64'), // of the next instruction
  current: code.local('i64'), // of this instruction
  next: code.local('i64'), // current + length
  page: code.local('i64'), // virtual page that pageAddend is for, or -1
  address: code.local('i64'),
  value: code.local('i64'),
  operand: code.local('i64'),
  temporary0: code.local('i64'),
  temporary1: code.local('i64'),
  raw: code.local('i32'), // as in memory, perhaps with more bits than the instruction has
  decoded: code.local('i32'), // its entry, from decodedBase (see predecode.ts)
  fields: code.local('i32'), // of that
  budget: code.local('i32'),
  place: code.local('i32'), // where the last arrival was, among the counts
  begun: code.local('i32'), // the budget then
  pageAddend: code.local('i32'),
  entry: code.local('i32'),
  host: code.local('i32'),
  readTlb: code.local('i32'),
  writeTlb: code.local('i32'),
  executeTlb: code.local('i32'),
  rounding: code.local('i32'),
});
export type Locals = ReturnType<typeof declareLocals>;

/** What the TLB did not serve is served by the functions of misses.ts, or they have entered its trap and say: leave. */
export const interpreterSlowAccess = (
  code: Code,
  misses: Misses,
  { hart, address, value, host }: Locals,
  spill: () => void,
  resumeUnless: () => void,
): SlowAccess => {
  const serve = (miss: number, size: number, access?: AtomicAccess): void => {
    spill();
    code.get(hart).get(address).i32(size);
    if (access !== undefined) code.i32(access);
    code.call(miss).tee(host).ops(op.i32Eqz);
    resumeUnless();
  };
  return {
    load: (size) => {
      serve(misses.load, size);
      code.get(host);
    },
    store: (size, done) => {
      code.i32(0).get(value).memory(op.i64Store, scratch.value);
      serve(misses.store, size);
      code.get(host).i32(storeIsDone).ops(op.i32Eq).brIf(done).get(host);
    },
    atomic: (size, access) => {
      serve(misses.atomic, size, access);
      code.get(host);
    },
  };
};

/** The 32-bit form (i32), of rows that have neither an immediate nor a shift amount. */
export const pushWord = (code: Code, { decoded }: Locals): void => {
  code.get(decoded).memory(op.i32Load, decodedBase + 8);
};

/** Operands out of the decoded instruction: register fields become byte offsets into the hart's record. */
export const interpreterOperands = (
  code: Code,
  imports: ImportIndices,
  locals: Locals,
  spill: () => void,
  resumeUnless: () => void,
): Operands => {
  const { hart, fields, decoded } = locals;
  /** hart + 8 * register, whose number is at a bit of the fields. */
  const registerAddress = (bit: number): void => {
    code
      .get(fields)
      .i32(bit - 3)
      .ops(op.i32ShrU)
      .i32(31 << 3)
      .ops(op.i32And)
      .get(hart)
      .ops(op.i32Add);
  };
  const push = (field: XField | FField, file: number): void => {
    if (field === 'rs3') {
      pushWord(code, locals);
      code
        .i32(27 - 3)
        .ops(op.i32ShrU)
        .i32(31 << 3)
        .ops(op.i32And)
        .get(hart)
        .ops(op.i32Add);
    } else registerAddress(fieldBits[field]);
    code.memory(op.i64Load, file);
  };
  return {
    pushX: (field) => push(field, hartOffset.x),
    pushF: (field) => push(field, hartOffset.f),
    pushImmediate: () => {
      code.get(decoded).memory(op.i64Load32S, decodedBase + 8);
    },
    pushShift: () => {
      code.get(decoded).memory(op.i64Load32U, decodedBase + 8);
    },
    pushRoundingMode: () => {
      code.get(locals.rounding);
    },
    pushPc: () => {
      code.get(locals.current);
    },
    pushNextPc: () => {
      code.get(locals.next);
    },
    setX: (pushValue) => {
      registerAddress(fieldBits.rd);
      pushValue();
      code.memory(op.i64Store, hartOffset.x);
    },
    setF: (pushValue) => {
      registerAddress(fieldBits.rd);
      pushValue();
      code.memory(op.i64Store, hartOffset.f);
      code.get(hart).get(hart).memory(op.i64Load, hartOffset.mstatus).i64(fsDirty).ops(op.i64Or);
      code.memory(op.i64Store, hartOffset.mstatus);
    },
    setPc: (pushValue) => {
      pushValue();
      code.set(locals.pc);
    },
    system: (operation) => {
      spill();
      code.i32(systemOps.indexOf(operation));
      pushWord(code, locals);
      code.get(decoded).memory(op.i32Load, decodedBase);
      code
        .i32(-1)
        .i32(0xffff)
        .get(fields)
        .i32(4 << fieldBits.length)
        .ops(op.i32And, op.select, op.i32And);
      code.get(fields).i32(fieldBits.length).ops(op.i32ShrU).call(imports.system);
      resumeUnless();
    },
  };
};
