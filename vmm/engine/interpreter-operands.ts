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
import { decodedOffset } from './predecode.ts';
import { pushFenceIsUncommon } from './sstatus.ts';

/** mstatus.FS, both bits (privileged specification, "Extension Context Status in mstatus Register"). */
export const fsDirty = 0x6000n;

export const declareLocals = (code: Code) => ({
  hart: 0,
  probing: 1,
  at: code.local('i32'), // host address of this instruction, or 0 when it is not in the execute TLB
  nextAt: code.local('i32'), // at + length
  origin: code.local('i64'), // pc of this instruction less `at`
  pc: code.local('i64'), // where a jump goes
  address: code.local('i64'),
  value: code.local('i64'),
  operand: code.local('i64'),
  temporary0: code.local('i64'),
  temporary1: code.local('i64'),
  raw: code.local('i32'), // as in memory, perhaps with more bits than the instruction has
  decoded: code.local('i32'), // its entry, from decodedBase (see predecode.ts)
  budget: code.local('i32'),
  place: code.local('i32'), // where the last arrival was, among the counts
  begun: code.local('i32'), // the budget then
  entry: code.local('i32'),
  host: code.local('i32'),
  readTlb: code.local('i32'),
  writeTlb: code.local('i32'),
  rounding: code.local('i32'),
});
export type Locals = ReturnType<typeof declareLocals>;

/** The pc of the instruction at `at`. */
export const pushCurrent = (code: Code, { at, origin }: Locals): Code =>
  code.get(at).ops(op.i64ExtendI32U).get(origin).ops(op.i64Add);

/** Of the instruction at `at`, in bytes (i32). */
export const pushLength = (code: Code, { at, nextAt }: Locals): Code => code.get(nextAt).get(at).ops(op.i32Sub);

/** A part of the decoded instruction that has one byte (i32). */
export const pushByte = (code: Code, { decoded }: Locals, part: 'handler' | 'rd' | 'rs1' | 'rs2'): Code =>
  code.get(decoded).memory(op.i32Load8U, decodedBase + decodedOffset[part]);

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
  const pushAddend = (): void => {
    code.get(host).get(address).ops(op.i32WrapI64, op.i32Sub);
  };
  return {
    load: (size) => {
      serve(misses.load, size);
      pushAddend();
    },
    store: (size, done) => {
      code.i32(0).get(value).memory(op.i64Store, scratch.value);
      serve(misses.store, size);
      code.get(host).i32(storeIsDone).ops(op.i32Eq).brIf(done);
      pushAddend();
    },
    atomic: (size, access) => {
      serve(misses.atomic, size, access);
      pushAddend();
    },
  };
};

/** The 32-bit form (i32), of rows that have neither an immediate nor a shift amount. */
export const pushWord = (code: Code, { decoded }: Locals): void => {
  code.get(decoded).memory(op.i32Load, decodedBase + decodedOffset.number);
};

/** Operands out of the decoded instruction: register fields become byte offsets into the hart's record. `csr`: see csr-function.ts. */
export const interpreterOperands = (
  code: Code,
  imports: ImportIndices,
  locals: Locals,
  spill: () => void,
  resumeUnless: () => void,
  csr: number,
): Operands => {
  const { hart, decoded, nextAt, origin } = locals;
  const registerAddress = (field: 'rd' | 'rs1' | 'rs2'): void => {
    pushByte(code, locals, field).get(hart).ops(op.i32Add);
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
    } else registerAddress(field);
    code.memory(op.i64Load, file);
  };
  return {
    pushX: (field) => push(field, hartOffset.x),
    pushF: (field) => push(field, hartOffset.f),
    pushImmediate: () => {
      code.get(decoded).memory(op.i64Load32S, decodedBase + decodedOffset.number);
    },
    pushShift: () => {
      code.get(decoded).memory(op.i64Load32U, decodedBase + decodedOffset.number);
    },
    pushRoundingMode: () => {
      code.get(locals.rounding);
    },
    pushPc: () => {
      pushCurrent(code, locals);
    },
    pushNextPc: () => {
      code.get(nextAt).ops(op.i64ExtendI32U).get(origin).ops(op.i64Add);
    },
    setX: (pushValue) => {
      registerAddress('rd');
      pushValue();
      code.memory(op.i64Store, hartOffset.x);
    },
    setF: (pushValue) => {
      registerAddress('rd');
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
      if (operation === 'sfenceVma') {
        pushFenceIsUncommon(code, hart);
        code.unlikely().if();
      } else if (operation.startsWith('csrr')) {
        code.get(hart);
        pushWord(code, locals);
        code.get(locals.budget).call(csr).ops(op.i32Eqz).if();
      } else code.block(); // the machine's in any case
      spill();
      code.i32(systemOps.indexOf(operation));
      pushWord(code, locals);
      code.get(decoded).memory(op.i32Load, decodedBase);
      code.i32(-1).i32(0xffff);
      pushLength(code, locals).i32(4).ops(op.i32Eq, op.select, op.i32And);
      pushLength(code, locals).call(imports.system);
      resumeUnless();
      code.end();
    },
  };
};
