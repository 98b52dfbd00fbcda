/**
 * The body of one WebAssembly function under construction: a byte buffer with a method for each form of instruction.
 * Labels are counted from the function inwards, so that a branch names its target and not its depth.
 */

import { type Opcode, op, type ValueType, type VectorOpcode, valueType, vectorOp } from './opcodes.ts';

/** A place to branch to: the end of a block or `if`, the beginning of a loop. */
export interface Label {
  readonly level: number;
}

/** More than any instruction has but `br_table`, and as many bytes as four opcodes. */
const instructionBytesMax = 16;

/** `i32x4.splat` (WebAssembly core specification, 5.4.9). */
const [vectorPrefix, vectorOfInt] = [0xfd, 0x11];

/** Writes LEB128 numbers into bytes; they give the index behind. */
const putUnsigned = (bytes: Uint8Array, begin: number, value: number): number => {
  let at = begin;
  let rest = value >>> 0;
  while (rest >= 0x80) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
};

const putSigned = (bytes: Uint8Array, begin: number, value: number): number => {
  let at = begin;
  let rest = value;
  while (rest < -0x40 || rest >= 0x40) {
    bytes[at++] = (rest & 0x7f) | 0x80;
    rest >>= 7;
  }
  bytes[at++] = rest & 0x7f;
  return at;
};

export class Code {
  #bytes: Uint8Array;
  #length = 0;
  #level = 0;
  /** Of each branch that a hint was given for: twice its offset in `#bytes`, and 1 more if it is likely. */
  readonly #hints: number[] = [];
  /** Of locals in their order, neighbours of one type together: the type and how many. */
  readonly #localTypes: ValueType[] = [];
  readonly #localCounts: number[] = [];
  /** Of the next local. */
  #nextIndex: number;
  /** Of locals, once all of them are known. */
  #declarations: Uint8Array | undefined;

  /** `capacityBytes`: how long it may get before it is moved. */
  constructor(parameterCount: number, capacityBytes = 64) {
    this.#nextIndex = parameterCount;
    this.#bytes = new Uint8Array(capacityBytes);
  }

  /** Declares a local variable and gives its index. */
  local(type: ValueType): number {
    const last = this.#localTypes.length - 1;
    if (last >= 0 && this.#localTypes[last] === type) this.#localCounts[last]! += 1;
    else {
      this.#localTypes.push(type);
      this.#localCounts.push(1);
    }
    return this.#nextIndex++;
  }

  byte(value: number): this {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  /** Makes room for so many more bytes. */
  #grow(bytes: number): void {
    let capacity = this.#bytes.length * 2;
    while (capacity < this.#length + bytes) capacity *= 2;
    const larger = new Uint8Array(capacity);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }

  /** The buffer, with room for one more instruction of any kind but `br_table`. */
  #room(): Uint8Array {
    if (this.#length + instructionBytesMax > this.#bytes.length) this.#grow(instructionBytesMax);
    return this.#bytes;
  }

  unsigned(value: number): this {
    this.#length = putUnsigned(this.#room(), this.#length, value);
    return this;
  }

  signed(value: bigint): this {
    if (value >= -0x8000_0000n && value < 0x8000_0000n) {
      this.#length = putSigned(this.#room(), this.#length, Number(value));
      return this;
    }
    let rest = value;
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)) return this.byte(low);
      this.byte(low | 0x80);
    }
  }

  /** Up to four instructions without immediates, in order. */
  ops(first: Opcode, second?: Opcode, third?: Opcode, fourth?: Opcode): this {
    const bytes = this.#room();
    let at = this.#length;
    bytes[at++] = first;
    if (second !== undefined) bytes[at++] = second;
    if (third !== undefined) bytes[at++] = third;
    if (fourth !== undefined) bytes[at++] = fourth;
    this.#length = at;
    return this;
  }

  get(local: number): this {
    return this.#withIndex(op.localGet, local);
  }
  set(local: number): this {
    return this.#withIndex(op.localSet, local);
  }
  tee(local: number): this {
    return this.#withIndex(op.localTee, local);
  }

  #withIndex(opcode: Opcode, index: number): this {
    const bytes = this.#room();
    const at = this.#length;
    bytes[at] = opcode;
    this.#length = putUnsigned(bytes, at + 1, index);
    return this;
  }

  #withConstant(opcode: Opcode, value: number): this {
    const bytes = this.#room();
    const at = this.#length;
    bytes[at] = opcode;
    this.#length = putSigned(bytes, at + 1, value);
    return this;
  }

  /** A 32-bit constant, given signed or unsigned. */
  i32(value: number): this {
    return this.#withConstant(op.i32Const, value | 0);
  }

  /** A 64-bit constant, given signed or unsigned. */
  i64(value: bigint): this {
    return this.byte(op.i64Const).signed(BigInt.asIntN(64, value));
  }

  /** A double-precision constant; not a NaN, whose pattern would be the host's choice. */
  f64(value: number): this {
    this.byte(op.f64Const);
    for (const byte of new Uint8Array(new Float64Array([value]).buffer)) this.byte(byte);
    return this;
  }

  /** A vector of zeros: of a number, since a vector's own constant has 16 bytes. */
  zeroVector(): this {
    this.i32(0);
    const bytes = this.#room();
    bytes[this.#length] = vectorPrefix;
    bytes[this.#length + 1] = vectorOfInt;
    this.#length += 2;
    return this;
  }

  /** A 64-bit constant that fits 32 bits, signed: many times faster than a bigint. */
  i64Small(value: number): this {
    return this.#withConstant(op.i64Const, value);
  }

  /** The 64-bit constant `high` * 2^28 + `low`, of which `low` has 28 bits and `high` 32, signed. */
  i64Wide(high: number, low: number): this {
    const bytes = this.#room();
    let at = this.#length;
    bytes[at++] = op.i64Const;
    for (let bit = 0; bit < 28; bit += 7) bytes[at++] = ((low >>> bit) & 0x7f) | 0x80;
    this.#length = putSigned(bytes, at, high);
    return this;
  }

  /** A load or store; `offset` is unsigned. Alignment is only a hint: always 1 byte. */
  memory(opcode: Opcode, offset: number): this {
    const bytes = this.#room();
    const at = this.#length;
    bytes[at] = opcode;
    bytes[at + 1] = 0;
    this.#length = putUnsigned(bytes, at + 2, offset);
    return this;
  }

  /** An instruction on vectors without immediates. */
  vector(opcode: VectorOpcode): this {
    return this.byte(vectorPrefix).unsigned(opcode);
  }
  /** A load of 16 bytes, as `memory` has it. */
  vectorLoad(offset: number): this {
    return this.vector(vectorOp.v128Load).byte(0).unsigned(offset);
  }
  /** One of a vector's two 64-bit numbers. */
  i64Lane(lane: number): this {
    return this.vector(vectorOp.i64x2ExtractLane).byte(lane);
  }

  call(functionIndex: number): this {
    return this.#withIndex(op.call, functionIndex);
  }

  /** Calls through table 0. */
  callIndirect(typeIndex: number): this {
    return this.byte(op.callIndirect).unsigned(typeIndex).byte(0);
  }

  #open(opcode: Opcode, result?: ValueType): Label {
    this.byte(opcode).byte(result === undefined ? 0x40 : valueType[result]);
    this.#level += 1;
    return { level: this.#level };
  }
  block(result?: ValueType): Label {
    return this.#open(op.block, result);
  }
  loop(): Label {
    return this.#open(op.loop);
  }
  if(result?: ValueType): Label {
    return this.#open(op.if, result);
  }
  else(): this {
    return this.byte(op.else);
  }
  end(): this {
    this.#level -= 1;
    return this.byte(op.end);
  }

  /** The `if` or `br_if` that follows at once is hardly ever taken: the host keeps what it leads to out of the way. */
  unlikely(): this {
    this.#hints.push(this.#length * 2);
    return this;
  }
  /** The `if` or `br_if` that follows at once is nearly always taken. */
  likely(): this {
    this.#hints.push(this.#length * 2 + 1);
    return this;
  }

  br(label: Label): this {
    return this.#withIndex(op.br, this.#level - label.level);
  }
  brIf(label: Label): this {
    return this.#withIndex(op.brIf, this.#level - label.level);
  }
  brTable(labels: readonly Label[], otherwise: Label): this {
    this.byte(op.brTable).unsigned(labels.length);
    for (let at = 0; at < labels.length; at += 1) this.unsigned(this.#level - labels[at]!.level);
    return this.unsigned(this.#level - otherwise.level);
  }

  /** The bytes as they are. */
  append(bytes: Uint8Array): this {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** Writes the function to where the code section wants it. */
  writeBody(to: Code): void {
    const declarations = this.#declare();
    const sizeBytes = declarations.length + this.#length + 1;
    to.unsigned(sizeBytes).append(declarations).append(this.raw()).byte(op.end);
  }

  get hasHints(): boolean {
    return this.#hints.length > 0;
  }

  /** Writes the function's entries of the section `metadata.code.branch_hint`. */
  writeHints(to: Code): void {
    const begin = this.#declare().length;
    const hints = this.#hints;
    to.unsigned(hints.length);
    for (let at = 0; at < hints.length; at += 1) to.#hint(begin + (hints[at]! >>> 1), hints[at]! & 1);
  }

  #hint(offset: number, likely: number): void {
    const bytes = this.#room();
    const at = putUnsigned(bytes, this.#length, offset);
    bytes[at] = 1;
    bytes[at + 1] = likely;
    this.#length = at + 2;
  }

  #declare(): Uint8Array {
    if (this.#declarations !== undefined) return this.#declarations;
    const types = this.#localTypes;
    const declarations = new Code(0).unsigned(types.length);
    for (let at = 0; at < types.length; at += 1)
      declarations.unsigned(this.#localCounts[at]!).byte(valueType[types[at]!]);
    this.#declarations = declarations.raw();
    return this.#declarations;
  }

  /** The bytes so far. */
  raw(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
