/**
 * The reference evaluator: does what a row's meaning says, one node at a time, on big integers. Slow and plain, it is
 * the reader that the engine is compared with. It checks no privilege and enters no trap: that is the machine's.
 */

import { type Fields, fields } from './fields.ts';
import type { AtomicBinary, Binary, Effect, Size, SystemOp, Unary, Value } from './meaning.ts';
import type { Row } from './row.ts';

/**
 * What a meaning acts on. Register values and memory are unsigned: registers 64 bits, memory the access's width.
 * An access that gives `undefined` has faulted; the port remembers why.
 */
export interface EvaluationPort {
  /** `index` is never 0. */
  readX(index: number): bigint;
  writeX(index: number, value: bigint): void;
  readF(index: number): bigint;
  writeF(index: number, value: bigint): void;
  load(address: bigint, size: Size): bigint | undefined;
  store(address: bigint, size: Size, value: bigint): true | undefined;
  /** Replaces memory by what `modify` makes of it, and gives the old value. */
  atomic(address: bigint, size: 4 | 8, modify: (old: bigint) => bigint): bigint | undefined;
  loadReserved(address: bigint, size: 4 | 8): bigint | undefined;
  /** True when the reservation held and memory was written. */
  storeConditional(address: bigint, size: 4 | 8, value: bigint): boolean | undefined;
  /** `rm` is the raw field of the encoding: 7 asks for frm. Accrues flags. */
  float(helper: Extract<Value, { k: 'float' }>['helper'], operands: readonly bigint[], rm: number): bigint;
}

/** How an instruction ended. After a fault nothing is written. */
export type Evaluation =
  | { readonly k: 'next'; readonly pc: bigint }
  | { readonly k: 'fault' }
  | { readonly k: 'system'; readonly op: SystemOp };

/**
 * Executes one instruction. `word` is the full word (of a 16-bit instruction, its expansion), `length` the bytes that
 * it has in memory.
 */
export const evaluate = (row: Row, word: number, pc: bigint, length: 2 | 4, port: EvaluationPort): Evaluation => {
  const state: State = { found: fields(word, row), pc, nextPc: wrap(pc + BigInt(length)), port };
  try {
    return perform(row.meaning, state);
  } catch (thrown) {
    if (thrown === fault) return { k: 'fault' };
    throw thrown;
  }
};

/** The value of a tree that is not a whole instruction, such as the address of an access. */
export const evaluateValue = (
  value: Value,
  row: Row,
  word: number,
  pc: bigint,
  length: 2 | 4,
  port: EvaluationPort,
): bigint => evaluated(value, { found: fields(word, row), pc, nextPc: wrap(pc + BigInt(length)), port });

interface State {
  readonly found: Fields;
  readonly pc: bigint;
  readonly nextPc: bigint;
  readonly port: EvaluationPort;
}

/** Thrown from an access that faulted to the instruction's beginning, and no further. */
const fault = Symbol('fault');

const unlessFault = <T>(result: T | undefined): T => {
  if (result === undefined) throw fault;
  return result;
};

const perform = (effect: Effect, state: State): Evaluation => {
  const { found, port } = state;
  const next: Evaluation = { k: 'next', pc: state.nextPc };
  switch (effect.k) {
    case 'setX': {
      const value = evaluated(effect.value, state);
      if (found.rd !== 0) port.writeX(found.rd, value);
      return next;
    }
    case 'setF':
      port.writeF(found.rd, evaluated(effect.value, state));
      return next;
    case 'store': {
      const address = evaluated(effect.address, state);
      const value = BigInt.asUintN(effect.size * 8, evaluated(effect.value, state));
      unlessFault(port.store(address, effect.size, value));
      return next;
    }
    case 'jump':
      return { k: 'next', pc: evaluated(effect.target, state) };
    case 'branch':
      return evaluated(effect.condition, state) === 0n ? next : { k: 'next', pc: evaluated(effect.target, state) };
    case 'sequence':
      return performAll(effect.effects, state);
    case 'nothing':
      return next;
    case 'system':
      return { k: 'system', op: effect.op };
  }
};

/** In order; a jump among them decides where the next instruction is. */
const performAll = (effects: readonly Effect[], state: State): Evaluation => {
  let result: Evaluation = { k: 'next', pc: state.nextPc };
  for (const effect of effects) {
    const one = perform(effect, state);
    if (effect.k === 'jump' || effect.k === 'branch' || one.k === 'system') result = one;
  }
  return result;
};

const evaluated = (value: Value, state: State): bigint => {
  const { found, port } = state;
  switch (value.k) {
    case 'const':
      return wrap(value.value);
    case 'x':
      return found[value.field] === 0 ? 0n : port.readX(found[value.field]);
    case 'f':
      return port.readF(found[value.field]);
    case 'imm':
      return wrap(found.imm);
    case 'field':
      return BigInt(found[value.name]);
    case 'pc':
      return state.pc;
    case 'nextPc':
      return state.nextPc;
    case 'binary':
      return wrap(binaries[value.op](evaluated(value.a, state), evaluated(value.b, state)));
    case 'unary':
      return wrap(unaries[value.op](evaluated(value.a, state)));
    case 'select':
      return evaluated(evaluated(value.condition, state) !== 0n ? value.then : value.else, state);
    case 'load': {
      const loaded = unlessFault(port.load(evaluated(value.address, state), value.size));
      return value.signed ? wrap(BigInt.asIntN(value.size * 8, loaded)) : loaded;
    }
    case 'atomic': {
      const bits = value.size * 8;
      const address = evaluated(value.address, state);
      const b = BigInt.asUintN(bits, evaluated(value.b, state));
      const modify = (old: bigint) => BigInt.asUintN(bits, atomics[value.op](old, b, bits));
      return wrap(BigInt.asIntN(bits, unlessFault(port.atomic(address, value.size, modify))));
    }
    case 'loadReserved': {
      const loaded = unlessFault(port.loadReserved(evaluated(value.address, state), value.size));
      return wrap(BigInt.asIntN(value.size * 8, loaded));
    }
    case 'storeConditional': {
      const address = evaluated(value.address, state);
      const stored = BigInt.asUintN(value.size * 8, evaluated(value.value, state));
      return unlessFault(port.storeConditional(address, value.size, stored)) ? 0n : 1n;
    }
    case 'float': {
      const operands = value.operands.map((operand) => evaluated(operand, state));
      return wrap(port.float(value.helper, operands, found.rm));
    }
  }
};

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
const signed = (value: bigint): bigint => BigInt.asIntN(64, value);
const flag = (condition: boolean): bigint => (condition ? 1n : 0n);
const allOnes = 0xffff_ffff_ffff_ffffn;

// biome-ignore-start lint/complexity/useMathMinMax: Math.min and Math.max take no big integers
/** Operands come unsigned, results are wrapped to 64 bits by the caller. */
const binaries: Readonly<Record<Binary, (a: bigint, b: bigint) => bigint>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  shl: (a, b) => a << (b & 63n),
  shrU: (a, b) => a >> (b & 63n),
  shrS: (a, b) => signed(a) >> (b & 63n),
  rotl: (a, b) => (a << (b & 63n)) | (a >> (64n - (b & 63n))),
  rotr: (a, b) => (a >> (b & 63n)) | (a << (64n - (b & 63n))),
  mul: (a, b) => a * b,
  mulhSS: (a, b) => (signed(a) * signed(b)) >> 64n,
  mulhSU: (a, b) => (signed(a) * b) >> 64n,
  mulhUU: (a, b) => (a * b) >> 64n,
  // "M Extension", table of division by zero and overflow; big integers cannot overflow, so -2^63 / -1 wraps to itself.
  divS: (a, b) => (b === 0n ? allOnes : signed(a) / signed(b)),
  divU: (a, b) => (b === 0n ? allOnes : a / b),
  remS: (a, b) => (b === 0n ? a : signed(a) % signed(b)),
  remU: (a, b) => (b === 0n ? a : a % b),
  eq: (a, b) => flag(a === b),
  ne: (a, b) => flag(a !== b),
  ltS: (a, b) => flag(signed(a) < signed(b)),
  ltU: (a, b) => flag(a < b),
  geS: (a, b) => flag(signed(a) >= signed(b)),
  geU: (a, b) => flag(a >= b),
  minS: (a, b) => (signed(a) < signed(b) ? a : b),
  minU: (a, b) => (a < b ? a : b),
  maxS: (a, b) => (signed(a) > signed(b) ? a : b),
  maxU: (a, b) => (a > b ? a : b),
};

const unaries: Readonly<Record<Unary, (a: bigint) => bigint>> = {
  sext8: (a) => BigInt.asIntN(8, a),
  sext16: (a) => BigInt.asIntN(16, a),
  sext32: (a) => BigInt.asIntN(32, a),
  zext8: (a) => BigInt.asUintN(8, a),
  zext16: (a) => BigInt.asUintN(16, a),
  zext32: (a) => BigInt.asUintN(32, a),
  clz: (a) => (a === 0n ? 64n : BigInt(binaryDigits(a).indexOf('1'))),
  ctz: (a) => (a === 0n ? 64n : BigInt(63 - binaryDigits(a).lastIndexOf('1'))),
  popcount: (a) => BigInt(binaryDigits(a).replaceAll('0', '').length),
  byteReverse: (a) => fromBytes(bytesOf(a).reverse()),
  orCombineBytes: (a) => fromBytes(bytesOf(a).map((byte) => (byte === 0n ? 0n : 0xffn))),
  unboxSingle: (a) => (a >> 32n === 0xffff_ffffn ? a & 0xffff_ffffn : 0x7fc0_0000n),
  boxSingle: (a) => 0xffff_ffff_0000_0000n | BigInt.asUintN(32, a),
};

const atomics: Readonly<Record<AtomicBinary, (old: bigint, b: bigint, bits: number) => bigint>> = {
  swap: (_, b) => b,
  add: (old, b) => old + b,
  xor: (old, b) => old ^ b,
  and: (old, b) => old & b,
  or: (old, b) => old | b,
  minS: (old, b, bits) => (BigInt.asIntN(bits, old) < BigInt.asIntN(bits, b) ? old : b),
  maxS: (old, b, bits) => (BigInt.asIntN(bits, old) > BigInt.asIntN(bits, b) ? old : b),
  minU: (old, b) => (old < b ? old : b),
  maxU: (old, b) => (old > b ? old : b),
};
// biome-ignore-end lint/complexity/useMathMinMax: as above

/** What an operator makes of its operands; both are unsigned, the result is to be wrapped to 64 bits. */
export const binaryValue = (op: Binary, a: bigint, b: bigint): bigint => binaries[op](a, b);
export const unaryValue = (op: Unary, a: bigint): bigint => unaries[op](a);

const binaryDigits = (a: bigint): string => a.toString(2).padStart(64, '0');

/** Least significant first. */
const bytesOf = (a: bigint): bigint[] => Array.from({ length: 8 }, (_, index) => (a >> BigInt(index * 8)) & 0xffn);
const fromBytes = (bytes: readonly bigint[]): bigint =>
  bytes.reduce((value, byte, index) => value | (byte << BigInt(index * 8)), 0n);
