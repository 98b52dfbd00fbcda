/**
 * From meanings to WebAssembly. The tree walk is here once; where operands come from (fields of a word at run time, or
 * constants at translation) is the `Operands` that it is given, and how memory is reached is access.ts's.
 */

import type { FloatHelperName } from '../float/helpers.ts';
import type { Binary, Effect, FField, SystemOp, Unary, Value, XField } from '../isa/meaning.ts';
import type { Row } from '../isa/row.ts';
import type { Code } from '../wasm/code.ts';
import { op } from '../wasm/opcodes.ts';
import type { Access } from './access.ts';
import { emitFloat } from './float/inline.ts';
import type { Library } from './library.ts';
import { isSignExtended } from './narrow-values.ts';

/** Where operands come from. `push` methods leave one i64 on the stack unless they say otherwise. */
export interface Operands {
  pushX(field: XField): void;
  /** Whether the register is known to hold a sign-extended number of 32 bits. */
  isSignExtended?(field: XField): boolean;
  pushF(field: FField): void;
  pushImmediate(format: Row['immediate']): void;
  pushShift(): void;
  /** i32, already resolved to 0-4. */
  pushRoundingMode(): void;
  pushPc(): void;
  pushNextPc(): void;
  setX(push: () => void): void;
  setF(push: () => void): void;
  setPc(push: () => void): void;
  /** A system instruction: the machine does it, and control may go anywhere. */
  system(op: SystemOp): void;
}

/** Every function that instructions are emitted into has the base of the hart's record as its first parameter. */
export const hartLocal = 0;

export interface EmitContext {
  readonly code: Code;
  readonly operands: Operands;
  readonly access: Access;
  readonly imports: {
    readonly float: Readonly<Partial<Record<FloatHelperName, number>>>;
    /** Whether sums and products are emitted in place: for code that is translated because it is hot. */
    readonly inlinesSums?: boolean;
  };
  readonly library: Library;
  /** Two i64 locals for minima, maxima and the like. */
  readonly temporaries: readonly [number, number];
}

const direct: Partial<Record<Binary, (typeof op)[keyof typeof op]>> = {
  add: op.i64Add,
  sub: op.i64Sub,
  and: op.i64And,
  or: op.i64Or,
  xor: op.i64Xor,
  shl: op.i64Shl, // Wasm takes shift amounts modulo 64, as RISC-V does
  shrU: op.i64ShrU,
  shrS: op.i64ShrS,
  rotl: op.i64Rotl,
  rotr: op.i64Rotr,
  mul: op.i64Mul,
};

/** What gives the low 32 bits of a result from the low 32 bits of its operands. */
const narrow: Partial<Record<Binary, (typeof op)[keyof typeof op]>> = {
  add: op.i32Add,
  sub: op.i32Sub,
  and: op.i32And,
  or: op.i32Or,
  xor: op.i32Xor,
  mul: op.i32Mul,
};

const comparisons: Partial<Record<Binary, (typeof op)[keyof typeof op]>> = {
  eq: op.i64Eq,
  ne: op.i64Ne,
  ltS: op.i64LtS,
  ltU: op.i64LtU,
  geS: op.i64GeS,
  geU: op.i64GeU,
};

const narrowComparisons: typeof comparisons = {
  eq: op.i32Eq,
  ne: op.i32Ne,
  ltS: op.i32LtS,
  ltU: op.i32LtU,
  geS: op.i32GeS,
  geU: op.i32GeU,
};

const unaries: Partial<Record<Unary, (typeof op)[keyof typeof op]>> = {
  sext8: op.i64Extend8S,
  sext16: op.i64Extend16S,
  clz: op.i64Clz,
  ctz: op.i64Ctz,
  popcount: op.i64Popcnt,
};

const masks: Partial<Record<Unary, bigint>> = { zext8: 0xffn, zext16: 0xffffn };
const widenings = { sext32: op.i64ExtendI32S, zext32: op.i64ExtendI32U } as const;

const extremes = { minS: op.i64LtS, minU: op.i64LtU, maxS: op.i64GeS, maxU: op.i64GeU } as const;

const bitwise = { and: true, or: true, xor: true };

const isNarrow = ({ operands }: EmitContext, value: Value): boolean =>
  operands.isSignExtended !== undefined && isSignExtended(value, (field) => operands.isSignExtended!(field));

/** Leaves the value on the stack as i64. */
export const emitValue = (context: EmitContext, row: Row, value: Value): void => {
  const { code, operands, access, imports } = context;
  const push = (inner: Value) => emitValue(context, row, inner);
  switch (value.k) {
    case 'const':
      code.i64(value.value);
      return;
    case 'x':
      operands.pushX(value.field);
      return;
    case 'f':
      operands.pushF(value.field);
      return;
    case 'imm':
      operands.pushImmediate(row.immediate);
      return;
    case 'field':
      if (value.name === 'shamt') operands.pushShift();
      else {
        operands.pushRoundingMode();
        code.ops(op.i64ExtendI32U);
      }
      return;
    case 'pc':
      operands.pushPc();
      return;
    case 'nextPc':
      operands.pushNextPc();
      return;
    case 'binary':
      emitBinary(context, row, value.op, value.a, value.b);
      return;
    case 'unary':
      emitUnary(context, row, value.op, value.a);
      return;
    case 'select':
      push(value.then);
      push(value.else);
      emitCondition(context, row, value.condition);
      code.ops(op.select);
      return;
    case 'load':
      access.load(value.size, value.signed, () => push(value.address));
      return;
    case 'atomic':
      access.atomic(
        value.size,
        () => push(value.address),
        () => push(value.b),
        (old, b) => emitAtomic(context, value.op, value.size, old, b),
      );
      return;
    case 'loadReserved':
      access.loadReserved(value.size, () => push(value.address));
      return;
    case 'storeConditional':
      access.storeConditional(
        value.size,
        () => push(value.address),
        () => push(value.value),
      );
      return;
    case 'float':
      emitFloat(code, value.helper, {
        hart: hartLocal,
        temporaries: context.temporaries,
        pushOperands: () => value.operands.forEach(push),
        pushMode: row.rounds ? () => operands.pushRoundingMode() : () => {},
        functionIndex: imports.float[value.helper]!,
        inlinesSums: imports.inlinesSums ?? false,
      });
      return;
  }
};

/** Leaves an i32 on the stack, non-zero when the value is. */
export const emitCondition = (context: EmitContext, row: Row, value: Value): void => {
  const comparison = value.k === 'binary' ? comparisons[value.op] : undefined;
  if (value.k === 'binary' && comparison !== undefined) {
    // Sign extension keeps both orders.
    if (isNarrow(context, value.a) && isNarrow(context, value.b)) {
      emitNarrow(context, row, value.a);
      emitNarrow(context, row, value.b);
      context.code.ops(narrowComparisons[value.op]!);
      return;
    }
    emitValue(context, row, value.a);
    emitValue(context, row, value.b);
    context.code.ops(comparison);
    return;
  }
  emitValue(context, row, value);
  context.code.i64Small(0).ops(op.i64Ne);
};

const emitBinary = (context: EmitContext, row: Row, operation: Binary, a: Value, b: Value): void => {
  const { code, library } = context;
  const opcode = direct[operation];
  const comparison = comparisons[operation];
  if (operation in bitwise && isNarrow(context, a) && isNarrow(context, b)) {
    emitNarrow(context, row, a);
    emitNarrow(context, row, b);
    code.ops(narrow[operation]!, op.i64ExtendI32S);
    return;
  }
  emitValue(context, row, a);
  emitValue(context, row, b);
  if (opcode !== undefined) code.ops(opcode);
  else if (comparison !== undefined) code.ops(comparison, op.i64ExtendI32U);
  else if (operation in extremes) {
    const [x, y] = context.temporaries;
    code.set(y).set(x).get(x).get(y).get(x).get(y);
    code.ops(extremes[operation as keyof typeof extremes], op.select);
  } else code.call(library[operation]!);
};

/**
 * Leaves the low 32 bits of the value as i32. V8's optimiser sees through a widening that a narrowing follows, which it does not
 * through `i64.extend32_s`; so a chain of W instructions widens only what else is looked at.
 */
const emitNarrow = (context: EmitContext, row: Row, value: Value): void => {
  const { code } = context;
  if (value.k === 'unary' && value.op in widenings) {
    emitNarrow(context, row, value.a);
    return;
  }
  const opcode = value.k === 'binary' ? (narrow[value.op] ?? narrowShift(row, value)) : undefined;
  if (value.k !== 'binary' || opcode === undefined) {
    emitValue(context, row, value);
    code.ops(op.i32WrapI64);
    return;
  }
  emitNarrow(context, row, value.a);
  emitNarrow(context, row, value.b);
  code.ops(opcode);
};

/** Wasm takes shift amounts of i32 modulo 32; so only those may be narrow that are known to be less. */
const narrowShift = (row: Row, { op: operation, a, b }: Extract<Value, { k: 'binary' }>) => {
  const isBelow32 =
    b.k === 'field'
      ? b.name === 'shamt' && row.mask & (1 << 25) // five bits: the W forms
      : b.k === 'binary' && b.op === 'and' && b.b.k === 'const' && b.b.value === 31n;
  if (!isBelow32) return undefined;
  if (operation === 'shl') return op.i32Shl;
  if (operation === 'shrU' && a.k === 'unary' && a.op === 'zext32') return op.i32ShrU;
  if (operation === 'shrS' && a.k === 'unary' && a.op === 'sext32') return op.i32ShrS;
  return undefined;
};

const emitUnary = (context: EmitContext, row: Row, operation: Unary, a: Value): void => {
  const { code, library } = context;
  if (operation === 'sext32' || operation === 'zext32') {
    emitNarrow(context, row, a);
    code.ops(widenings[operation]);
    return;
  }
  emitValue(context, row, a);
  const opcode = unaries[operation];
  const mask = masks[operation];
  if (opcode !== undefined) code.ops(opcode);
  else if (mask !== undefined) code.i64(mask).ops(op.i64And);
  else if (operation === 'boxSingle') code.i64(0xffff_ffff_0000_0000n).ops(op.i64Or);
  else if (operation === 'unboxSingle') {
    const [x] = context.temporaries;
    code.tee(x).i64(0xffff_ffffn).ops(op.i64And).i64(0x7fc0_0000n);
    code.get(x).i64(0xffff_ffff_0000_0000n).ops(op.i64GeU, op.select);
  } else code.call(library[operation]!);
};

/** Combines two i64 locals at the access's width; what lies above the width does not matter. */
const emitAtomic = (
  { code }: EmitContext,
  operation: Extract<Value, { k: 'atomic' }>['op'],
  size: 4 | 8,
  old: number,
  b: number,
): void => {
  if (operation === 'swap') {
    code.get(b);
    return;
  }
  if (operation in extremes) {
    // `old` is sign-extended; so is b for both orders: sign extension keeps the unsigned order of 32-bit values too.
    if (size === 4) code.get(b).ops(op.i64Extend32S).set(b);
    code
      .get(old)
      .get(b)
      .get(old)
      .get(b)
      .ops(extremes[operation as keyof typeof extremes], op.select);
    return;
  }
  code
    .get(old)
    .get(b)
    .ops(direct[operation as Binary]!);
};

export const emitEffect = (context: EmitContext, row: Row, effect: Effect): void => {
  const { code, operands, access } = context;
  const push = (value: Value) => emitValue(context, row, value);
  switch (effect.k) {
    case 'setX':
      operands.setX(() => push(effect.value));
      return;
    case 'setF':
      operands.setF(() => push(effect.value));
      return;
    case 'store':
      access.store(
        effect.size,
        () => push(effect.address),
        () => push(effect.value),
      );
      return;
    case 'jump':
      operands.setPc(() => push(effect.target));
      return;
    case 'branch':
      emitCondition(context, row, effect.condition);
      code.if();
      operands.setPc(() => push(effect.target));
      code.end();
      return;
    case 'sequence':
      for (const inner of effect.effects) emitEffect(context, row, inner);
      return;
    case 'nothing':
      return;
    case 'system':
      operands.system(effect.op);
      return;
  }
};
