/**
 * Through which operand of an instruction each byte of its result came, found by walking its meaning with the values
 * that its operands had. It knows one instruction at a time and nothing of where its operands came from.
 *
 * A byte is carried when the instruction moves it as it is: a load, a move, a shift by whole bytes, an extension, or a
 * mask or an `or` that left it alone, with the values that there were. All else is computed.
 */

import { binaryValue, unaryValue } from '../../isa/evaluate.ts';
import type { Fields } from '../../isa/fields.ts';
import type { AtomicBinary, Binary, Unary, Value } from '../../isa/meaning.ts';

/** What an instruction reads: its register fields, and the memory that it accesses. */
export type Leaf = 'rs1' | 'rs2' | 'rs3' | 'memory';

export type ByteFlow =
  /** The instruction, its address or x0 says it. */
  | { readonly kind: 'constant' }
  /** Zeros or copies of a sign that were put beside a narrower value. */
  | { readonly kind: 'filled' }
  | { readonly kind: 'carried'; readonly leaf: Leaf; readonly byte: number }
  | { readonly kind: 'computed'; readonly leaves: ReadonlySet<Leaf> };

/** A value and where each of its eight bytes is from. */
export interface Flow {
  readonly value: bigint;
  readonly bytes: readonly ByteFlow[];
}

/** The values that the operands had. A register field that is x0 is absent. */
export interface OperandValues {
  readonly rs1?: bigint;
  readonly rs2?: bigint;
  readonly rs3?: bigint;
  /** What was loaded, zero-extended; of an atomic, the old value. */
  readonly memory?: bigint;
}

export interface InstructionAt {
  readonly found: Fields;
  readonly pc: bigint;
  readonly lengthBytes: number;
  readonly operands: OperandValues;
}

/** Where the bytes of a value of an instruction's meaning are from. */
export const flowOf = (value: Value, at: InstructionAt): Flow => {
  switch (value.k) {
    case 'const':
      return constant(value.value);
    case 'imm':
      return constant(at.found.imm);
    case 'field':
      return constant(BigInt(at.found[value.name]));
    case 'pc':
      return constant(at.pc);
    case 'nextPc':
      return constant(at.pc + BigInt(at.lengthBytes));
    case 'x':
    case 'f':
      return leafFlow(value.field, at.operands[value.field]);
    case 'unary':
      return unaryFlow(value.op, flowOf(value.a, at));
    case 'binary':
      return binaryFlow(value.op, flowOf(value.a, at), flowOf(value.b, at));
    case 'select':
      return flowOf(value.condition, at).value !== 0n ? flowOf(value.then, at) : flowOf(value.else, at);
    case 'load': {
      const loaded = leafFlow('memory', at.operands.memory);
      return unaryFlow(value.signed ? signExtensions[value.size] : zeroExtensions[value.size], loaded);
    }
    case 'atomic':
    case 'loadReserved':
      return unaryFlow(signExtensions[value.size], leafFlow('memory', at.operands.memory));
    case 'storeConditional':
      return constant(0n);
    case 'float':
      return computed(0n, ...value.operands.map((operand) => flowOf(operand, at)));
  }
};

/** What an atomic memory operation leaves in memory. */
export const atomicFlow = (value: Extract<Value, { k: 'atomic' }>, at: InstructionAt): Flow => {
  const extension = value.op.endsWith('U') ? zeroExtensions[value.size] : signExtensions[value.size];
  const old = unaryFlow(extension, leafFlow('memory', at.operands.memory));
  const operand = unaryFlow(extension, flowOf(value.b, at));
  return value.op === 'swap' ? operand : binaryFlow(atomicOps[value.op], old, operand);
};

const atomicOps: Readonly<Record<Exclude<AtomicBinary, 'swap'>, Binary>> = {
  add: 'add',
  xor: 'xor',
  and: 'and',
  or: 'or',
  minS: 'minS',
  maxS: 'maxS',
  minU: 'minU',
  maxU: 'maxU',
};

const bytesOfValue = 8;
type Extension = Unary | undefined; // of 8 bytes there is none
const signExtensions: Readonly<Record<1 | 2 | 4 | 8, Extension>> = {
  1: 'sext8',
  2: 'sext16',
  4: 'sext32',
  8: undefined,
};
const zeroExtensions: Readonly<Record<1 | 2 | 4 | 8, Extension>> = {
  1: 'zext8',
  2: 'zext16',
  4: 'zext32',
  8: undefined,
};

const constantByte: ByteFlow = { kind: 'constant' };
const filledByte: ByteFlow = { kind: 'filled' };

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
const eight = (byteAt: (byte: number) => ByteFlow): ByteFlow[] =>
  Array.from({ length: bytesOfValue }, (_, byte) => byteAt(byte));
const constant = (value: bigint): Flow => ({ value: wrap(value), bytes: eight(() => constantByte) });

const leafFlow = (leaf: Leaf, value: bigint | undefined): Flow =>
  value === undefined ? constant(0n) : { value, bytes: eight((byte) => ({ kind: 'carried', leaf, byte })) };

/** The result of what mixes its operands. Of constants only, it is one. */
const computed = (value: bigint, ...from: readonly Flow[]): Flow => {
  const leaves = new Set(from.flatMap(({ bytes }) => bytes).flatMap(leavesOf));
  const byte: ByteFlow = leaves.size === 0 ? constantByte : { kind: 'computed', leaves };
  return { value: wrap(value), bytes: eight(() => byte) };
};

const leavesOf = (byte: ByteFlow): readonly Leaf[] => {
  if (byte.kind === 'carried') return [byte.leaf];
  return byte.kind === 'computed' ? [...byte.leaves] : [];
};

const unaryFlow = (op: Extension, a: Flow): Flow => {
  if (op === undefined) return a;
  const value = wrap(unaryValue(op, a.value));
  const narrow = narrowBytes[op];
  if (narrow !== undefined) {
    const fill = a.bytes[narrow - 1]!.kind === 'constant' ? constantByte : filledByte;
    return { value, bytes: eight((byte) => (byte < narrow ? a.bytes[byte]! : fill)) };
  }
  if (op === 'byteReverse') return { value, bytes: [...a.bytes].reverse() };
  return computed(value, a);
};

/** Operators that keep so many low bytes. The canonical NaN of a broken box is no constant that anybody looks for. */
const narrowBytes: Readonly<Partial<Record<Unary, number>>> = {
  sext8: 1,
  sext16: 2,
  sext32: 4,
  zext8: 1,
  zext16: 2,
  zext32: 4,
  boxSingle: 4,
  unboxSingle: 4,
};

const binaryFlow = (op: Binary, a: Flow, b: Flow): Flow => {
  const value = wrap(binaryValue(op, a.value, b.value));
  const amount = Number(b.value & 63n);
  const wholeBytes = amount / 8;
  const isWhole = amount % 8 === 0;
  switch (op) {
    case 'add':
      if (isZero(a)) return b;
      return isZero(b) ? a : computed(value, a, b);
    case 'sub':
      return isZero(b) ? a : computed(value, a, b);
    case 'and':
    case 'or':
    case 'xor':
      return { value, bytes: eight((byte) => logicByte(op, byte, a, b)) };
    case 'shl':
      if (!isWhole) return computed(value, a, b);
      return { value, bytes: eight((byte) => (byte < wholeBytes ? filledByte : a.bytes[byte - wholeBytes]!)) };
    case 'shrU':
    case 'shrS':
      if (!isWhole) return computed(value, a, b);
      return { value, bytes: eight((byte) => a.bytes[byte + wholeBytes] ?? filledByte) };
    case 'rotl':
    case 'rotr': {
      if (!isWhole) return computed(value, a, b);
      const by = op === 'rotr' ? wholeBytes : bytesOfValue - wholeBytes;
      return { value, bytes: eight((byte) => a.bytes[(byte + by) % bytesOfValue]!) };
    }
    case 'minS':
    case 'minU':
    case 'maxS':
    case 'maxU':
      return value === a.value ? a : b;
    default:
      return computed(value, a, b);
  }
};

const isZero = ({ value, bytes }: Flow): boolean => value === 0n && bytes.every(({ kind }) => kind === 'constant');

const isFixed = ({ kind }: ByteFlow): boolean => kind === 'constant' || kind === 'filled';

/** One byte of a logical operation: carried by the operand that the other one let through, or that decided. */
const logicByte = (op: 'and' | 'or' | 'xor', byte: number, a: Flow, b: Flow): ByteFlow => {
  const [from, other] = [a.bytes[byte]!, b.bytes[byte]!];
  const [value, otherValue] = [byteOf(a.value, byte), byteOf(b.value, byte)];
  if (isFixed(from) && isFixed(other)) return from.kind === 'constant' ? other : from;
  const neutral = op === 'and' ? 0xff : 0;
  if (isFixed(other)) return throughMask(op, from, value, otherValue);
  if (isFixed(from)) return throughMask(op, other, otherValue, value);
  // Of two variable ones xor mixes both; the others let one through where the other one is neutral.
  if (op !== 'xor' && otherValue === neutral) return from;
  if (op !== 'xor' && value === neutral) return other;
  if (op === 'and' && (value === 0 || otherValue === 0)) return value === 0 ? from : other;
  return { kind: 'computed', leaves: new Set([from, other].flatMap(leavesOf)) };
};

/** One byte of a logical operation with a mask. */
const throughMask = (op: 'and' | 'or' | 'xor', from: ByteFlow, value: number, mask: number): ByteFlow => {
  if (op === 'and' && mask === 0) return filledByte;
  const result = op === 'and' ? value & mask : op === 'or' ? value | mask : value ^ mask;
  if (result === value) return from;
  return { kind: 'computed', leaves: new Set(leavesOf(from)) };
};

const byteOf = (value: bigint, byte: number): number => Number((value >> BigInt(8 * byte)) & 0xffn);
