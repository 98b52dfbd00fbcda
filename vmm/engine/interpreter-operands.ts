/**
 * Where the interpreter's operands come from: the decoded instruction at run time, and the locals that hold the
 * state of its loop. What instructions do with them is emit.ts's.
 */

import { type FField, systemOps, type XField } from '../isa/meaning.ts';
import type { Code } from '../wasm/code.ts';
import { op } from '../wasm/opcodes.ts';
import { emitTlbLocals, type SlowAccess } from './access.ts';
import type { Operands } from './emit.ts';
import type { AtomicAccess, ImportIndices } from './imports.ts';
import { decodedBase, hartOffset, scratch } from './layout.ts';
import { type Misses, storeIsDone } from './misses.ts';
import { decodedOffset } from './predecode.ts';
import { pushFenceIsUncommon } from './sstatus.ts';

/** mstatus.FS, both bits (privileged specification, "Extension Context Status in mstatus Register"). */
export const fsDirty = 0x6000n;

/** What a row's effect needs. */
export const declareRowLocals = (code: Code, decoded: number) => ({
  hart: 0,
  decoded, // the instruction's entry, from decodedBase (see predecode.ts)
  address: code.local('i64'),
  value: code.local('i64'),
  operand: code.local('i64'),
  temporary0: code.local('i64'),
  temporary1: code.local('i64'),
  entry: code.local('i32'),
  host: code.local('i32'),
  readTlb: code.local('i32'),
  writeTlb: code.local('i32'),
  rounding: code.local('i32'),
});
export type RowLocals = ReturnType<typeof declareRowLocals>;

export const declareLocals = (code: Code) => ({
  ...declareRowLocals(code, code.local('i32')),
  probing: 1,
  at: code.local('i32'), // host address of this instruction, or 0 when it is not in the execute TLB
  nextAt: code.local('i32'), // at + length
  origin: code.local('i64'), // pc of this instruction less `at`
  pc: code.local('i64'), // where a jump goes
  raw: code.local('i32'), // as in memory, perhaps with more bits than the instruction has
  budget: code.local('i32'),
  place: code.local('i32'), // where the last arrival was, among the counts
  begun: code.local('i32'), // the budget then
});
export type Locals = ReturnType<typeof declareLocals>;

/** The pc of the instruction at `at`. */
export const pushCurrent = (code: Code, { at, origin }: Locals): Code =>
  code.get(at).ops(op.i64ExtendI32U).get(origin).ops(op.i64Add);

/** Of the instruction at `at`, in bytes (i32). */
export const pushLength = (code: Code, { at, nextAt }: Locals): Code => code.get(nextAt).get(at).ops(op.i32Sub);

/** A part of the decoded instruction that has one byte (i32). */
export const pushByte = (code: Code, { decoded }: RowLocals, part: 'handler' | 'rd' | 'rs1' | 'rs2'): Code =>
  code.get(decoded).memory(op.i32Load8U, decodedBase + decodedOffset[part]);

/** What the TLB did not serve is served by the functions of misses.ts, or they have entered its trap and say: leave. */
export const interpreterSlowAccess = (
  code: Code,
  misses: Misses,
  { hart, address, value, host }: RowLocals,
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
export const pushWord = (code: Code, { decoded }: RowLocals): void => {
  code.get(decoded).memory(op.i32Load, decodedBase + decodedOffset.number);
};

const notHere = (): never => {
  throw new Error('only rows that compute or access memory can be outside of the interpreter');
};

/** Operands out of the decoded instruction: register fields become byte offsets into the hart's record. Without pc and the machine. */
export const rowOperands = (code: Code, locals: RowLocals): Operands => {
  const { hart, decoded } = locals;
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
    pushPc: notHere,
    pushNextPc: notHere,
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
    setPc: notHere,
    system: notHere,
  };
};

export interface Outside {
  /** What the machine looks at goes to memory. */
  readonly spill: () => void;
  /** Consumes an i32: leaves when it is not 0, goes on behind the instruction when it is. */
  readonly goOnUnless: () => void;
  /** See csr-function.ts. */
  readonly csr: number;
}

/** The same with pc and the machine. */
export const interpreterOperands = (
  code: Code,
  imports: ImportIndices,
  locals: Locals,
  { spill, goOnUnless, csr }: Outside,
): Operands => {
  const { hart, decoded, nextAt, origin } = locals;
  return {
    ...rowOperands(code, locals),
    pushPc: () => {
      pushCurrent(code, locals);
    },
    pushNextPc: () => {
      code.get(nextAt).ops(op.i64ExtendI32U).get(origin).ops(op.i64Add);
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
        code.get(locals.budget).call(csr).if();
        emitTlbLocals(code, locals);
        code.else();
      } else code.block(); // the machine's in any case
      spill();
      code.i32(systemOps.indexOf(operation));
      pushWord(code, locals);
      code.get(decoded).memory(op.i32Load, decodedBase);
      code.i32(-1).i32(0xffff);
      pushLength(code, locals).i32(4).ops(op.i32Eq, op.select, op.i32And);
      pushLength(code, locals).call(imports.system);
      goOnUnless();
      code.end();
    },
  };
};
