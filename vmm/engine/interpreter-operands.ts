/**
 * Where the interpreter's operands come from: fields of the instruction word at run time, and the locals that hold the
 * state of its loop. What instructions do with them is emit.ts's.
 */

import { type FField, systemOps, type XField } from '../isa/meaning.ts';
import type { Row } from '../isa/row.ts';
import type { Code } from '../wasm/code.ts';
import { op } from '../wasm/opcodes.ts';
import { pushHalves, type SlowAccess } from './access.ts';
import type { Operands } from './emit.ts';
import type { ImportIndices } from './imports.ts';
import { hartOffset, scratch } from './layout.ts';

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
  word: code.local('i32'), // 32-bit form
  raw: code.local('i32'), // as in memory
  budget: code.local('i32'),
  pageAddend: code.local('i32'),
  entry: code.local('i32'),
  host: code.local('i32'),
  readTlb: code.local('i32'),
  writeTlb: code.local('i32'),
  executeTlb: code.local('i32'),
  rounding: code.local('i32'),
});
export type Locals = ReturnType<typeof declareLocals>;

/** JS serves the access, or enters its trap and says: leave. */
export const interpreterSlowAccess = (
  code: Code,
  imports: ImportIndices,
  { address, value, host }: Locals,
  spill: () => void,
  resumeUnless: () => void,
): SlowAccess => ({
  load: (size) => {
    spill();
    pushHalves(code, address);
    code.i32(size).call(imports.loadSlow);
    resumeUnless();
    code.i32(scratch.value);
  },
  store: (size, done) => {
    spill();
    code.i32(0).get(value).memory(op.i64Store, scratch.value);
    pushHalves(code, address);
    code.i32(size).call(imports.storeSlow);
    resumeUnless();
    code.br(done);
  },
  atomic: (size, access) => {
    spill();
    pushHalves(code, address);
    code.i32(size).i32(access).call(imports.atomicSlow).tee(host).ops(op.i32Eqz);
    resumeUnless();
    code.get(host);
  },
});

/** Operands out of the word at run time: register fields become byte offsets into the hart's record. */
export const interpreterOperands = (
  code: Code,
  imports: ImportIndices,
  locals: Locals,
  spill: () => void,
  resumeUnless: () => void,
): Operands => {
  const { hart, word } = locals;
  /** hart + 8 * field, the field's lowest bit being `bit` of the word. */
  const registerAddress = (bit: number): void => {
    if (bit > 3)
      code
        .get(word)
        .i32(bit - 3)
        .ops(op.i32ShrU);
    code
      .i32(31 << 3)
      .ops(op.i32And)
      .get(hart)
      .ops(op.i32Add);
  };
  const bits: Record<XField | FField, number> = { rs1: 15, rs2: 20, rs3: 27 };
  const rdBit = 7;
  const push = (shift: () => void): void => {
    code.get(word);
    shift();
  };
  return {
    pushX: (field) => {
      registerAddress(bits[field]);
      code.memory(op.i64Load, hartOffset.x);
    },
    pushF: (field) => {
      registerAddress(bits[field]);
      code.memory(op.i64Load, hartOffset.f);
    },
    pushImmediate: (format) => {
      push(() => emitImmediate(code, word, format));
      code.ops(op.i64ExtendI32S);
    },
    pushShift: () => {
      code.get(word).i32(20).ops(op.i32ShrU).i32(63).ops(op.i32And, op.i64ExtendI32U);
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
      registerAddress(rdBit);
      pushValue();
      code.memory(op.i64Store, hartOffset.x);
    },
    setF: (pushValue) => {
      registerAddress(rdBit);
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
      code.i32(systemOps.indexOf(operation)).get(word).get(locals.raw);
      code.get(locals.next).get(locals.current).ops(op.i64Sub, op.i32WrapI64).call(imports.system);
      resumeUnless();
    },
  };
};

/** With the word on the stack, leaves the sign-extended immediate (i32). */
const emitImmediate = (code: Code, word: number, format: Row['immediate']): void => {
  /** Or-s in `word[bit + width - 1 : bit]` at `at`. */
  const piece = (bit: number, width: number, at: number): void => {
    const mask = ((1 << width) - 1) << at;
    code.get(word);
    if (bit > at) code.i32(bit - at).ops(op.i32ShrU);
    else if (bit < at) code.i32(at - bit).ops(op.i32Shl);
    code.i32(mask).ops(op.i32And, op.i32Or);
  };
  switch (format) {
    case 'I':
      code.i32(20).ops(op.i32ShrS);
      return;
    case 'S':
      code.i32(25).ops(op.i32ShrS).i32(5).ops(op.i32Shl);
      piece(7, 5, 0);
      return;
    case 'B':
      code.i32(31).ops(op.i32ShrS).i32(12).ops(op.i32Shl);
      piece(7, 1, 11);
      piece(25, 6, 5);
      piece(8, 4, 1);
      return;
    case 'U':
      code.i32(-4096).ops(op.i32And);
      return;
    case 'J':
      code.i32(31).ops(op.i32ShrS).i32(20).ops(op.i32Shl);
      piece(12, 8, 12);
      piece(20, 1, 11);
      piece(21, 10, 1);
      return;
    case 'none':
      throw new Error('a row without an immediate names one');
  }
};
