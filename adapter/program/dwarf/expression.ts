/**
 * Evaluates location expressions (DWARF 5 chapters 2.5 and 2.6): where a variable is, or what it is when it is nowhere. The
 * machine is behind a narrow interface, so that the same evaluator serves the moment, a checkpoint, an unwound frame, or a
 * test. It never reads what the expression does not ask for, and it makes a bounded number of steps.
 *
 * That something cannot be had (a register that a callee has overwritten, memory that is not mapped) is an outcome, not an
 * error; what is damaged is a `ProgramError`. It is long because every operation of the manual's table is here, in the order of
 * its chapters, over one stack.
 */

import { Cursor, sectionData } from '../cursor.ts';
import { attribute, operation as op } from './constants.ts';
import type { Entry } from './entry.ts';
import {
  absolute,
  type Comparison,
  compare,
  convert,
  generic,
  invert,
  negate,
  type Operator,
  operate,
  reinterpret,
  type StackValue,
  type ValueType,
  valueType,
} from './expression-values.ts';
import { locationAt, locationsOf } from './lists.ts';
import type { Unit } from './unit.ts';

/** The frame that an expression is evaluated in. Registers have DWARF's numbers: x0 to x31 are 0 to 31, f0 to f31 32 to 63. */
export interface FrameContext {
  /** Nothing when the register's value in this frame is not known. */
  readRegister(number: number): bigint | undefined;
  /** Nothing when the memory cannot be read. */
  readMemory(address: bigint, sizeBytes: number): Uint8Array | undefined;
  /** The canonical frame address. */
  cfa(): bigint | undefined;
  /** What DW_AT_frame_base of the function gives. */
  frameBase(): bigint | undefined;
  /** The pc, for location lists of called entries. */
  readonly pc?: bigint;
  /** The address of the object whose part is asked for (DW_OP_push_object_address). */
  readonly objectAddress?: bigint;
  /** The address of a thread-local variable at an offset of its module's block. */
  threadLocal?(offset: bigint): bigint | undefined;
  /** What an expression gave when the function was entered: see `entry-value.ts`. */
  entryValue?(expression: Uint8Array): bigint | undefined;
}

/** Where one part of a value is, or what it is. */
export type Place =
  | { readonly kind: 'memory'; readonly address: bigint }
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'value'; readonly value: bigint; readonly sizeBytes: number }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** A pointer to something that is nowhere: what `entry` describes, and so many bytes into it. */
  | { readonly kind: 'implicit-pointer'; readonly entry: Entry; readonly offsetBytes: number }
  | { readonly kind: 'optimised-out' };

export interface Piece {
  readonly place: Place;
  /** Undefined: all of the value. */
  readonly sizeBits: number | undefined;
  /** From where in the place the piece is taken. */
  readonly offsetBits: number;
}

export type Location =
  | { readonly kind: 'pieces'; readonly pieces: readonly Piece[] }
  | { readonly kind: 'unavailable'; readonly why: string };

const stepsMax = 10_000;
const stackMax = 1024;
const callDepthMax = 16;
const piecesMax = 1024;

/** @param initial what is on the stack before the first operation */
export const evaluateLocation = (
  expression: Uint8Array,
  unit: Unit,
  frame: FrameContext,
  initial: readonly bigint[] = [],
): Location => {
  try {
    return { kind: 'pieces', pieces: new Evaluation(unit, frame, initial).location(expression) };
  } catch (error) {
    if (error instanceof Unavailable) return { kind: 'unavailable', why: error.message };
    throw error;
  }
};

/** The number that an expression computes: a frame base, a bound of an array, the value of a call's parameter. */
export const evaluateNumber = (
  expression: Uint8Array,
  unit: Unit,
  frame: FrameContext,
  initial: readonly bigint[] = [],
): bigint | undefined => {
  const location = evaluateLocation(expression, unit, frame, initial);
  if (location.kind !== 'pieces' || location.pieces.length !== 1) return undefined;
  const { place } = location.pieces[0]!;
  switch (place.kind) {
    case 'memory':
      return place.address;
    case 'value':
      return place.value;
    case 'bytes':
      return littleEndian(place.bytes);
    case 'register':
      return frame.readRegister(place.register);
    default:
      return undefined;
  }
};

/** Why there is no location; it never leaves this file. */
class Unavailable extends Error {}

const operators: Readonly<Record<number, Operator>> = {
  [op.and]: 'and',
  [op.div]: 'div',
  [op.minus]: 'minus',
  [op.mod]: 'mod',
  [op.mul]: 'mul',
  [op.or]: 'or',
  [op.plus]: 'plus',
  [op.shl]: 'shl',
  [op.shr]: 'shr',
  [op.shra]: 'shra',
  [op.xor]: 'xor',
};
const comparisons: Readonly<Record<number, Comparison>> = {
  [op.eq]: 'eq',
  [op.ge]: 'ge',
  [op.gt]: 'gt',
  [op.le]: 'le',
  [op.lt]: 'lt',
  [op.ne]: 'ne',
};

class Evaluation {
  readonly #unit: Unit;
  readonly #frame: FrameContext;
  readonly #stack: StackValue[];
  readonly #pieces: Piece[] = [];
  /** What the operations so far name, when it is not an address on the stack. */
  #place: Place | undefined;
  #steps = 0;

  constructor(unit: Unit, frame: FrameContext, initial: readonly bigint[]) {
    this.#unit = unit;
    this.#frame = frame;
    this.#stack = initial.map(generic);
  }

  location(expression: Uint8Array): readonly Piece[] {
    // No operation at all: the value is not there (DWARF 5 chapter 2.6.1.1.4).
    if (expression.length === 0) return [whole({ kind: 'optimised-out' })];
    this.#run(expression, 0);
    if (this.#pieces.length === 0) this.#pieces.push(whole(this.#taken()));
    return this.#pieces;
  }

  /** What stands at the end of a simple location description. */
  #taken(): Place {
    const place = this.#place;
    this.#place = undefined;
    if (place !== undefined) return place;
    if (this.#stack.length === 0) return { kind: 'optimised-out' };
    return { kind: 'memory', address: this.#pop().bits };
  }

  #push(value: StackValue | undefined): void {
    if (value === undefined)
      throw new Unavailable('the expression has no value: a division by zero or an unknown type');
    if (this.#stack.length >= stackMax) throw new Unavailable(`the expression needs more than ${stackMax} values`);
    this.#stack.push(value);
  }

  #number(bits: bigint): void {
    this.#push(generic(bits));
  }

  #pop(): StackValue {
    const value = this.#stack.pop();
    if (value === undefined) throw new Unavailable('the expression takes a value from an empty stack');
    return value;
  }

  #pick(index: number): StackValue {
    const value = this.#stack[this.#stack.length - 1 - index];
    if (value === undefined) throw new Unavailable('the expression takes a value from an empty stack');
    return value;
  }

  #register(number: number): bigint {
    const value = this.#frame.readRegister(number);
    if (value === undefined) throw new Unavailable(`register ${number} is not known in this frame`);
    return value;
  }

  #memory(address: bigint, sizeBytes: number): bigint {
    const bytes = this.#frame.readMemory(address, sizeBytes);
    if (bytes === undefined) throw new Unavailable(`memory at 0x${address.toString(16)} cannot be read`);
    return littleEndian(bytes);
  }

  #known(value: bigint | undefined, what: string): bigint {
    if (value === undefined) throw new Unavailable(`${what} is not known`);
    return value;
  }

  #run(expression: Uint8Array, depth: number): void {
    const cursor = new Cursor(sectionData(this.#unit.file.name, 'a location expression', expression));
    while (!cursor.atEnd) {
      if (++this.#steps > stepsMax) throw new Unavailable(`the expression makes more than ${stepsMax} steps`);
      this.#operation(cursor, depth);
    }
  }

  #operation(cursor: Cursor, depth: number): void {
    const at = cursor.offset;
    const code = cursor.u8();
    const operator = operators[code];
    const comparison = comparisons[code];
    if (code >= op.lit0 && code <= op.lit31) this.#number(BigInt(code - op.lit0));
    else if (code >= op.reg0 && code <= op.reg31) this.#at({ kind: 'register', register: code - op.reg0 });
    else if (code >= op.breg0 && code <= op.breg31) {
      const offset = cursor.sleb64();
      this.#number(this.#register(code - op.breg0) + offset);
    } else if (operator !== undefined) {
      const right = this.#pop();
      this.#push(operate(operator, this.#pop(), right));
    } else if (comparison !== undefined) {
      const right = this.#pop();
      this.#push(compare(comparison, this.#pop(), right));
    } else if (!this.#rest(code, cursor, depth)) {
      throw cursor.damaged('an operation of DWARF 5', `0x${code.toString(16)}`, at);
    }
  }

  #rest(code: number, cursor: Cursor, depth: number): boolean {
    if (this.#constant(code, cursor) || this.#shuffle(code, cursor) || this.#name(code, cursor)) return true;
    return this.#fetch(code, cursor, depth) || this.#typed(code, cursor);
  }

  #at(place: Place): void {
    this.#place = place;
  }

  /** Chapter 2.5.1.1: literals. */
  #constant(code: number, cursor: Cursor): boolean {
    const { addressBytes } = this.#unit.header;
    switch (code) {
      case op.addr:
        this.#number(cursor.unsigned(addressBytes));
        return true;
      case op.const1u:
      case op.const2u:
      case op.const4u:
      case op.const8u:
        this.#number(cursor.unsigned(1 << ((code - op.const1u) >> 1)));
        return true;
      case op.const1s:
      case op.const2s:
      case op.const4s:
      case op.const8s:
        this.#number(cursor.signed(1 << ((code - op.const1s) >> 1)));
        return true;
      case op.constu:
        this.#number(cursor.uleb64());
        return true;
      case op.consts:
        this.#number(cursor.sleb64());
        return true;
      case op.addrx:
      case op.constx:
      case op.gnuAddrIndex:
      case op.gnuConstIndex:
        this.#number(this.#unit.file.addressByIndex(this.#unit, cursor.uleb()));
        return true;
      default:
        return false;
    }
  }

  /** Chapters 2.5.1.3 to 2.5.1.5: the stack, arithmetic of one operand, control flow. */
  #shuffle(code: number, cursor: Cursor): boolean {
    switch (code) {
      case op.dup:
        this.#push(this.#pick(0));
        return true;
      case op.drop:
        this.#pop();
        return true;
      case op.over:
        this.#push(this.#pick(1));
        return true;
      case op.pick:
        this.#push(this.#pick(cursor.u8()));
        return true;
      case op.swap: {
        const [first, second] = [this.#pop(), this.#pop()];
        this.#stack.push(first, second);
        return true;
      }
      case op.rot: {
        const [first, second, third] = [this.#pop(), this.#pop(), this.#pop()];
        this.#stack.push(first, third, second);
        return true;
      }
      case op.abs:
        this.#push(absolute(this.#pop()));
        return true;
      case op.neg:
        this.#push(negate(this.#pop()));
        return true;
      case op.not:
        this.#push(invert(this.#pop()));
        return true;
      case op.plusUconst: {
        const value = this.#pop();
        this.#push(operate('plus', value, { bits: cursor.uleb64(), type: value.type }));
        return true;
      }
      case op.skip:
        jump(cursor, Number(cursor.signed(2)));
        return true;
      case op.bra: {
        const distance = Number(cursor.signed(2));
        if (this.#pop().bits !== 0n) jump(cursor, distance);
        return true;
      }
      case op.nop:
      case op.gnuUninit:
        return true;
      default:
        return false;
    }
  }

  /** Chapter 2.6: what is no address. */
  #name(code: number, cursor: Cursor): boolean {
    switch (code) {
      case op.regx:
        this.#at({ kind: 'register', register: cursor.uleb() });
        return true;
      case op.implicitValue:
        this.#at({ kind: 'bytes', bytes: cursor.view(cursor.uleb()) });
        return true;
      case op.stackValue: {
        const { bits, type } = this.#pop();
        this.#at({ kind: 'value', value: bits, sizeBytes: type?.sizeBytes ?? 8 });
        return true;
      }
      case op.implicitPointer:
      case op.gnuImplicitPointer: {
        const { version, addressBytes, offsetBytes } = this.#unit.header;
        const target = cursor.sized(version <= 2 ? addressBytes : offsetBytes);
        const entry = this.#unit.file.entryAt(target);
        this.#at({ kind: 'implicit-pointer', entry, offsetBytes: cursor.sleb() });
        return true;
      }
      case op.piece:
        this.#piece(8 * cursor.uleb(), 0);
        return true;
      case op.bitPiece: {
        const sizeBits = cursor.uleb();
        this.#piece(sizeBits, cursor.uleb());
        return true;
      }
      default:
        return false;
    }
  }

  #piece(sizeBits: number, offsetBits: number): void {
    if (this.#pieces.length >= piecesMax) throw new Unavailable(`the value has more than ${piecesMax} pieces`);
    this.#pieces.push({ place: this.#taken(), sizeBits, offsetBits });
  }

  /** Chapters 2.5.1.2 and 2.5.1.3: registers, memory, the frame, other entries. */
  #fetch(code: number, cursor: Cursor, depth: number): boolean {
    const { addressBytes, offset } = this.#unit.header;
    switch (code) {
      case op.bregx: {
        const register = cursor.uleb();
        this.#number(this.#register(register) + cursor.sleb64());
        return true;
      }
      case op.fbreg:
        this.#number(this.#known(this.#frame.frameBase(), "the function's frame base") + cursor.sleb64());
        return true;
      case op.deref:
        this.#number(this.#memory(this.#pop().bits, addressBytes));
        return true;
      case op.derefSize:
        this.#number(this.#memory(this.#pop().bits, sizeUpTo(cursor, addressBytes)));
        return true;
      case op.xderef:
      case op.xderefSize:
      case op.xderefType:
        throw new Unavailable('the expression reads another address space, which RISC-V does not have');
      case op.pushObjectAddress:
        this.#number(this.#known(this.#frame.objectAddress, 'the address of the object'));
        return true;
      case op.callFrameCfa:
        this.#number(this.#known(this.#frame.cfa(), 'the canonical frame address'));
        return true;
      case op.formTlsAddress:
      case op.gnuPushTlsAddress:
        this.#number(this.#known(this.#frame.threadLocal?.(this.#pop().bits), 'the block of thread-local variables'));
        return true;
      case op.entryValue:
      case op.gnuEntryValue: {
        const inner = cursor.view(cursor.uleb());
        const bits = this.#known(this.#frame.entryValue?.(inner), 'the value at the entry of the function');
        const { type } = registerOf(inner) ?? {};
        this.#push(type === undefined ? generic(bits) : reinterpret({ bits, type: undefined }, this.#type(type)));
        return true;
      }
      case op.call2:
        this.#call(offset + cursor.u16(), depth);
        return true;
      case op.call4:
        this.#call(offset + cursor.u32(), depth);
        return true;
      case op.callRef:
        this.#call(cursor.sized(this.#unit.header.offsetBytes), depth);
        return true;
      case op.gnuParameterRef:
        cursor.skip(4);
        throw new Unavailable('the value was passed by the caller and is not kept');
      case op.gnuVariableValue:
        throw new Unavailable('the expression uses the value of another variable');
      default:
        return false;
    }
  }

  #call(target: number, depth: number): void {
    if (depth >= callDepthMax) throw new Unavailable(`expressions call each other more than ${callDepthMax} deep`);
    const entry = this.#unit.file.entryAt(target);
    const locations = locationsOf(entry, attribute.location);
    const expression = locations === undefined ? undefined : locationAt(locations, this.#frame.pc ?? 0n);
    if (expression !== undefined) this.#run(expression, depth + 1);
  }

  /** Chapters 2.5.1.1 to 2.5.1.6: values of a base type. */
  #typed(code: number, cursor: Cursor): boolean {
    switch (code) {
      case op.constType:
      case op.gnuConstType: {
        const type = this.#type(cursor.uleb());
        this.#push({ bits: littleEndian(cursor.view(cursor.u8())), type });
        return true;
      }
      case op.regvalType:
      case op.gnuRegvalType: {
        const value = this.#register(cursor.uleb());
        this.#push(reinterpret(generic(value), this.#type(cursor.uleb())));
        return true;
      }
      case op.derefType:
      case op.gnuDerefType: {
        const sizeBytes = sizeUpTo(cursor, 16);
        const type = this.#type(cursor.uleb());
        this.#push({ bits: this.#memory(this.#pop().bits, sizeBytes), type });
        return true;
      }
      case op.convert:
      case op.gnuConvert:
        this.#push(convert(this.#pop(), this.#type(cursor.uleb())));
        return true;
      case op.reinterpret:
      case op.gnuReinterpret:
        this.#push(reinterpret(this.#pop(), this.#type(cursor.uleb())));
        return true;
      default:
        return false;
    }
  }

  /** The base type at an offset of the unit; offset 0 is the generic type. */
  #type(offset: number): ValueType | undefined {
    return offset === 0 ? undefined : valueType(this.#unit.entry(this.#unit.header.offset + offset));
  }
}

const whole = (place: Place): Piece => ({ place, sizeBits: undefined, offsetBits: 0 });

const jump = (cursor: Cursor, distance: number): void => {
  const target = cursor.offset + distance;
  if (target < 0 || target > cursor.end) throw cursor.damaged('a jump within the expression', `to ${target}`);
  cursor.offset = target;
};

const sizeUpTo = (cursor: Cursor, sizeMax: number): number => {
  const sizeBytes = cursor.u8();
  if (sizeBytes === 0 || sizeBytes > sizeMax) throw cursor.damaged(`a size from 1 to ${sizeMax}`, `${sizeBytes}`);
  return sizeBytes;
};

/** The register that an expression of one operation names, and the base type's offset if it is read as one. */
export const registerOf = (expression: Uint8Array): { register: number; type: number | undefined } | undefined => {
  const cursor = new Cursor(sectionData('', 'a location expression', expression));
  if (cursor.atEnd) return undefined;
  const code = cursor.u8();
  let register: number;
  let type: number | undefined;
  if (code >= op.reg0 && code <= op.reg31) register = code - op.reg0;
  else if (code === op.regx) register = cursor.uleb();
  else if (code === op.regvalType || code === op.gnuRegvalType) {
    register = cursor.uleb();
    type = cursor.uleb();
  } else return undefined;
  return cursor.atEnd ? { register, type } : undefined;
};

export const littleEndian = (bytes: Uint8Array): bigint => {
  let value = 0n;
  for (let at = Math.min(bytes.length, 64) - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at]!);
  return value;
};
