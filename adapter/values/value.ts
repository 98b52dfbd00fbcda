/**
 * Values of the source: a type, and where the bits are or what they are. Reading is bounded and says why when it cannot. How
 * a value looks is in text.ts, what it consists of in parts.ts, where a variable's is in variable.ts.
 */

import { littleEndian } from '../program/dwarf/expression.ts';
import { type Member, type ReadMemory, sizeOf, stripped, type Type } from '../program/types/type.ts';

export interface Value {
  /** Undefined: 64 bits of a register, a symbol, or a number as it was typed. */
  readonly type: Type | undefined;
  /** Where it is in memory, when it is there; linked. */
  readonly address?: bigint | undefined;
  /** What it is, when it is not in memory. */
  readonly bytes?: Uint8Array | undefined;
  /** The register that holds it alone, by DWARF's number. */
  readonly register?: number | undefined;
  /** Of a bit field: where it begins in the bytes, and how long it is. */
  readonly bits?: { readonly offset: number; readonly size: number } | undefined;
  /** Why there is none. */
  readonly missing?: string | undefined;
  /** A number as it was typed takes the type of what it is combined with. */
  readonly literal?: boolean;
  /** Of a number as it was typed: in which base. */
  readonly base?: number;
  /** Of an array whose length the type does not say, or a slice. */
  readonly count?: number | undefined;
  /** Of what is not in memory: runs of its bytes that nobody keeps. */
  readonly lost?: readonly LostBytes[] | undefined;
  /** Of a member: what it was taken from. */
  readonly within?: { readonly whole: Value; readonly member: Member } | undefined;
  /** Of a list that was walked: what it links, and why there is no more. */
  readonly list?: ListElements | undefined;
}

export interface ListElements {
  readonly element: Type | undefined;
  readonly addresses: readonly bigint[];
  readonly damage: string | undefined;
}

export interface LostBytes {
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

export type { ReadMemory };

/** No value that is read as a whole is larger. */
export const valueBytesMax = 65_536;
export const optimisedOut = 'optimised out';

export const littleBytes = (value: bigint, sizeBytes: number): Uint8Array => {
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
  if (value.lost?.[0] !== undefined) return value.lost[0].why;
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
  if (bytes === undefined || bytes.length < size) return { type, missing: optimisedOut };
  return { type, bytes, ...lostIn(value, offsetBytes, size) };
};

/** What is lost of a part. */
const lostIn = ({ lost }: Value, offsetBytes: number, size: number): Pick<Value, 'lost' | 'missing'> => {
  const own = (lost ?? [])
    .filter(({ from, to }) => from < offsetBytes + size && to > offsetBytes)
    .map(({ from, to, why }) => ({ from: Math.max(0, from - offsetBytes), to: Math.min(size, to - offsetBytes), why }));
  const [first] = own;
  if (first === undefined) return {};
  return own.length === 1 && first.from === 0 && first.to === size ? { missing: first.why } : { lost: own };
};

export const memberOf = (whole: Value, member: Member, read: ReadMemory): Value => ({
  ...memberPart(whole, member, read),
  within: { whole, member },
});

const memberPart = (value: Value, member: Member, read: ReadMemory): Value => {
  if (member.computed) return virtualBase(value, member, read);
  const offsetBytes = Math.floor(member.offsetBits / 8);
  if (member.sizeBits === undefined) return partAt(value, offsetBytes, member.type);
  const bits = { offset: member.offsetBits % 8, size: member.sizeBits };
  const size = Math.ceil((bits.offset + bits.size) / 8);
  if (value.address !== undefined) {
    return { type: member.type, address: BigInt.asUintN(64, value.address + BigInt(offsetBytes)), bits };
  }
  return value.bytes === undefined
    ? { type: member.type, missing: value.missing ?? optimisedOut }
    : {
        type: member.type,
        bytes: value.bytes.subarray(offsetBytes, offsetBytes + size),
        bits,
        ...lostIn(value, offsetBytes, size),
      };
};

const virtualBase = ({ address, missing }: Value, { type, placeIn }: Member, read: ReadMemory): Value => {
  const found = address === undefined ? undefined : placeIn?.(address, read);
  return found === undefined ? { type, missing: missing ?? 'a virtual base' } : { type, address: found };
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
  if (value.list !== undefined)
    return Math.min(value.count ?? value.list.addresses.length, value.list.addresses.length);
  const type = stripped(value.type);
  return value.count ?? (type?.kind === 'array' ? type.dimensions[0]?.count : undefined);
};

export const elementOf = (value: Value, index: number): Value => {
  const { list } = value;
  if (list !== undefined) return { type: list.element, address: list.addresses[index] };
  const type = elementType(value.type);
  return partAt(value, index * (sizeOf(type) ?? 1), type);
};

/** What a reference of C++ refers to; other values as they are. */
export const settled = (value: Value, read: ReadMemory): Value => {
  const type = stripped(value.type);
  return type?.kind === 'pointer' && type.flavour !== 'pointer' ? targetOf(value, read) : value;
};

/** What a pointer points to. */
export const targetOf = (value: Value, read: ReadMemory): Value => {
  const type = stripped(value.type);
  const target = type?.kind === 'pointer' ? type.target : undefined;
  const address = numberOf(value, read);
  return typeof address === 'string' ? { type: target, missing: address } : { type: target, address };
};
