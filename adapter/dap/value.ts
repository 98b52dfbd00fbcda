/**
 * Values of the source: a type, and where the bits are or what they are. Reading is bounded and says why when it cannot. How
 * a value looks is in value-text.ts, how one is computed in evaluate-expression.ts.
 */

import { littleEndian, type Piece } from '../program/dwarf/expression.ts';
import type { Variable } from '../program/dwarf/functions.ts';
import type { MachineState } from '../program/dwarf/unwind.ts';
import { InputError } from '../program/input-error.ts';
import type { StackFrame } from '../program/stack.ts';
import { findMember, isComposite, type Member, sizeOf, stripped, type Type } from '../program/types/type.ts';

export interface Value {
  /** Undefined: 64 bits of a register, a symbol, or a number as it was typed. */
  readonly type: Type | undefined;
  /** Where it is in memory, when it is there; linked. */
  readonly address?: bigint | undefined;
  /** What it is, when it is not in memory. */
  readonly bytes?: Uint8Array | undefined;
  /** Of a bit field: where it begins in the bytes, and how long it is. */
  readonly bits?: { readonly offset: number; readonly size: number } | undefined;
  /** Why there is none. */
  readonly missing?: string | undefined;
  /** A number as it was typed takes the type of what it is combined with. */
  readonly literal?: boolean;
  /** Of an array whose length the type does not say, or a slice. */
  readonly count?: number | undefined;
}

export type ReadMemory = MachineState['readMemory'];

/** No value that is read as a whole is larger. */
export const valueBytesMax = 65_536;
export const optimisedOut = 'optimised out';

const littleBytes = (value: bigint, sizeBytes: number): Uint8Array => {
  const bytes = new Uint8Array(sizeBytes);
  let rest = BigInt.asUintN(8 * sizeBytes, value);
  for (let at = 0; at < sizeBytes; at++, rest >>= 8n) bytes[at] = Number(rest & 0xffn);
  return bytes;
};

/** A number as a value of a type. */
export const numberValue = (value: bigint, type?: Type, literal = false): Value => ({
  type,
  bytes: littleBytes(value, Math.min(sizeOf(type) ?? 8, 16)),
  ...(literal && { literal }),
});

/** The bytes of a value; a sentence when they cannot be had. */
export const bytesOf = (value: Value, read: ReadMemory): Uint8Array | string => {
  if (value.missing !== undefined) return value.missing;
  if (value.bytes !== undefined) return value.bytes;
  const sizeBytes = value.bits ? Math.ceil((value.bits.offset + value.bits.size) / 8) : (sizeOf(value.type) ?? 8);
  if (value.address === undefined) return 'not available';
  if (sizeBytes > valueBytesMax) return `too large: ${sizeBytes} bytes`;
  return read(value.address, sizeBytes) ?? `no memory at 0x${value.address.toString(16)}`;
};

const isSigned = (type: Type | undefined): boolean => {
  const found = stripped(type);
  return (found?.kind === 'base' || found?.kind === 'enumeration') && found.signed;
};

/** The number that a scalar holds, with its sign where the type has one; a sentence when there is none. */
export const numberOf = (value: Value, read: ReadMemory): bigint | string => {
  const bytes = bytesOf(value, read);
  if (typeof bytes === 'string') return bytes;
  let bits = littleEndian(bytes);
  let size = 8 * bytes.length;
  if (value.bits !== undefined) {
    size = value.bits.size;
    bits >>= BigInt(value.bits.offset);
  }
  return isSigned(value.type) ? BigInt.asIntN(size, bits) : BigInt.asUintN(size, bits);
};

/** A part of a value at an offset. */
const partAt = (value: Value, offsetBytes: number, type: Type | undefined): Value => {
  if (value.missing !== undefined) return { type, missing: value.missing };
  if (value.address !== undefined) {
    return { type, address: BigInt.asUintN(64, value.address + BigInt(offsetBytes)) };
  }
  const size = sizeOf(type) ?? 0;
  const bytes = value.bytes?.subarray(offsetBytes, offsetBytes + size);
  return bytes === undefined || bytes.length < size ? { type, missing: optimisedOut } : { type, bytes };
};

export const memberOf = (value: Value, member: Member): Value => {
  if (member.computed) return { type: member.type, missing: 'a virtual base' };
  const offsetBytes = Math.floor(member.offsetBits / 8);
  if (member.sizeBits === undefined) return partAt(value, offsetBytes, member.type);
  const bits = { offset: member.offsetBits % 8, size: member.sizeBits };
  const size = Math.ceil((bits.offset + bits.size) / 8);
  if (value.address !== undefined) {
    return { type: member.type, address: BigInt.asUintN(64, value.address + BigInt(offsetBytes)), bits };
  }
  return value.bytes === undefined
    ? { type: member.type, missing: value.missing ?? optimisedOut }
    : { type: member.type, bytes: value.bytes.subarray(offsetBytes, offsetBytes + size), bits };
};

export const memberNamed = (value: Value, name: string): Value | undefined => {
  const type = stripped(value.type);
  if (!isComposite(type)) return undefined;
  const member = findMember(type, name);
  return member && memberOf(value, member);
};

/** The type of an array's elements: of one with several dimensions, arrays. */
export const elementType = (type: Type | undefined): Type | undefined => {
  const array = stripped(type);
  if (array?.kind !== 'array') return undefined;
  if (array.dimensions.length < 2) return array.element;
  return { ...array, dimensions: array.dimensions.slice(1), sizeBytes: undefined };
};

/** How many elements an array has, when that is known. */
export const lengthOf = (value: Value): number | undefined => {
  const type = stripped(value.type);
  return value.count ?? (type?.kind === 'array' ? type.dimensions[0]?.count : undefined);
};

export const elementOf = (value: Value, index: number): Value => {
  const type = elementType(value.type);
  return partAt(value, index * (sizeOf(type) ?? 1), type);
};

/** What a pointer points to. */
export const targetOf = (value: Value, read: ReadMemory): Value => {
  const type = stripped(value.type);
  const target = type?.kind === 'pointer' ? type.target : undefined;
  const address = numberOf(value, read);
  return typeof address === 'string' ? { type: target, missing: address } : { type: target, address };
};

/** What a variable of a frame is now. Without a frame, only what lies at an address can be found. */
export const variableValue = (frame: StackFrame, variable: Variable, type: Type | undefined): Value => {
  if (variable.locations === undefined && variable.constant !== undefined) return constantValue(variable, type);
  try {
    const location = frame.locate(variable);
    if (location.kind === 'unavailable') return { type, missing: location.why };
    const [only] = location.pieces;
    if (location.pieces.length === 1 && only?.place.kind === 'memory') return { type, address: only.place.address };
    return assembled(frame.state, location.pieces, type);
  } catch (error) {
    if (error instanceof InputError) return { type, missing: error.message };
    throw error;
  }
};

const constantValue = ({ constant }: Variable, type: Type | undefined): Value => {
  if (typeof constant === 'bigint') return { ...numberValue(constant, type), type };
  return { type, bytes: constant };
};

/** The pieces side by side, from the lowest bit on. One that is lost loses the whole. */
const assembled = (state: MachineState, pieces: readonly Piece[], type: Type | undefined): Value => {
  const size = sizeOf(type) ?? 8;
  if (size > valueBytesMax) return { type, missing: `too large: ${size} bytes` };
  let bits = 0n;
  let at = 0n;
  for (const { place, sizeBits, offsetBits } of pieces) {
    const wanted = sizeBits ?? 8 * size;
    if (wanted > 8 * valueBytesMax) return { type, missing: 'a piece is too large' };
    const found = placeBits(state, place, Math.ceil((offsetBits + wanted) / 8));
    if (typeof found === 'string') return { type, missing: found };
    bits |= BigInt.asUintN(wanted, found >> BigInt(offsetBits)) << at;
    at += BigInt(wanted);
  }
  return { type, bytes: littleBytes(bits, size) };
};

const placeBits = (state: MachineState, place: Piece['place'], sizeBytes: number): bigint | string => {
  switch (place.kind) {
    case 'memory': {
      const bytes = state.readMemory(place.address, sizeBytes);
      return bytes === undefined ? `no memory at 0x${place.address.toString(16)}` : littleAll(bytes);
    }
    case 'register':
      return state.readRegister(place.register) ?? 'not saved by the functions that were called';
    case 'value':
      return place.value;
    case 'bytes':
      return littleAll(place.bytes);
    case 'implicit-pointer':
      return 'a pointer to what was optimised out';
    case 'optimised-out':
      return optimisedOut;
  }
};

const littleAll = (bytes: Uint8Array): bigint =>
  bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
