/**
 * What Rust keeps elsewhere and is a run of elements: slices, `&str`, `Vec`, `String`, boxed slices, `VecDeque`. Each is a pointer and a
 * length, found by their names in what the compiler says of the type; seen as an array, they are shown and indexed as one.
 */

import {
  type CompositeType,
  findMember,
  isComposite,
  type PointerType,
  sizeOf,
  stripped,
  type Type,
} from '../program/types/type.ts';
import { lengthOf, memberOf, numberOf, type ReadMemory, type Value } from './value.ts';

/** No longer sequence is believed: the value is damaged, or not yet made. */
const lengthMax = 2n ** 40n;
const nestingMax = 8;

/** The elements as an array in memory; nothing when the value is no sequence of Rust's. */
export const sequenceOf = (value: Value, read: ReadMemory): Value | undefined => {
  const type = stripped(value.type);
  if (!isComposite(type) || type.name === undefined || value.missing !== undefined) return undefined;
  const [name] = type.name.split('<');
  if (name === 'String' && findMember(type, 'vec') !== undefined) {
    return sequenceOf(memberOf(value, findMember(type, 'vec')!, read), read);
  }
  if (name === 'Vec' && findMember(type, 'buf') !== undefined) {
    const pointer = firstPointer(memberOf(value, findMember(type, 'buf')!, read), read, 0);
    const element = type.typeArguments?.[0] ?? targetOfPointer(pointer?.type);
    return pointer && joined(value, pointer, 'len', element, read);
  }
  if (name === 'VecDeque' && findMember(type, 'buf') !== undefined) return ringOf(value, type, read);
  const data = findMember(type, 'data_ptr');
  if (data === undefined || findMember(type, 'length') === undefined) return undefined;
  const pointer = memberOf(value, data, read);
  return joined(value, pointer, 'length', targetOfPointer(pointer.type), read);
};

/** More elements of a queue that goes over its buffer's end are not listed one by one. */
const ringLengthMax = 10_000;

/** `VecDeque`: elements from `head` on, which go on at the start of the buffer where that ends. */
const ringOf = (value: Value, type: CompositeType, read: ReadMemory): Value | undefined => {
  const buf = memberOf(value, findMember(type, 'buf')!, read);
  const pointer = firstPointer(buf, read, 0);
  const element = type.typeArguments?.[0];
  const head = findMember(type, 'head');
  if (pointer === undefined || head === undefined || findMember(type, 'len') === undefined) return undefined;
  const whole = joined(value, pointer, 'len', element, read);
  const first = numberOf(memberOf(value, head, read), read);
  const capacity = numberOf(scalarNamed(buf, 'cap', read, 0) ?? { type: undefined, missing: 'no capacity' }, read);
  const size = BigInt(sizeOf(element) ?? 0);
  if (whole?.address === undefined || size === 0n) return whole;
  if (typeof first === 'string' || typeof capacity === 'string') return { type: whole.type, missing: `${first}` };
  const length = BigInt(lengthOf(whole) ?? 0);
  const at = (index: bigint): bigint => whole.address! + size * ((first + index) % capacity);
  if (length > capacity || first >= (capacity || 1n)) return { type: whole.type, missing: 'a queue beyond its buffer' };
  if (first + length <= capacity) return { ...whole, address: whole.address + size * first };
  const shown = Number(length < ringLengthMax ? length : ringLengthMax);
  const damage = shown < length ? `and ${length - BigInt(shown)} more` : undefined;
  const addresses = Array.from({ length: shown }, (_, index) => at(BigInt(index)));
  return { type: whole.type, list: { element, addresses, damage } };
};

/** A number under a name, however it is wrapped. */
const scalarNamed = (value: Value, name: string, read: ReadMemory, depth: number): Value | undefined => {
  const type = stripped(value.type);
  if (!isComposite(type) || depth > nestingMax) return undefined;
  const own = type.members.find((member) => member.name === name);
  if (own !== undefined) return innermost(memberOf(value, own, read), read, 0);
  for (const member of type.members) {
    const found = scalarNamed(memberOf(value, member, read), name, read, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** What is in a structure of one member, in one of one member, and so on. */
const innermost = (value: Value, read: ReadMemory, depth: number): Value => {
  const type = stripped(value.type);
  const only = isComposite(type) && type.members.length === 1 ? type.members[0] : undefined;
  return only === undefined || depth > nestingMax ? value : innermost(memberOf(value, only, read), read, depth + 1);
};

/** Whether the elements are the bytes of a text in UTF-8. */
export const isRustText = (value: Value): boolean => {
  const type = stripped(value.type);
  return (
    isComposite(type) &&
    /^(&(mut )?str|String|alloc::string::String|(alloc::boxed::)?Box<str[,>].*)$/.test(type.name ?? '')
  );
};

/** Whether a pointer owns what it points to: for whoever looks, it is that. */
export const isBox = (type: PointerType): boolean => /^(alloc::boxed::)?Box</.test(type.name ?? '');

const targetOfPointer = (type: Type | undefined): Type | undefined => {
  const found = stripped(type);
  return found?.kind === 'pointer' ? found.target : undefined;
};

/** The pointer that `Unique`, `NonNull` and the like are wrapped around. */
export const firstPointer = (value: Value, read: ReadMemory, depth: number): Value | undefined => {
  const type = stripped(value.type);
  if (type?.kind === 'pointer') return value;
  if (!isComposite(type) || depth > nestingMax) return undefined;
  for (const member of type.members) {
    const found = firstPointer(memberOf(value, member, read), read, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
};

const joined = (
  value: Value,
  pointer: Value,
  lengthName: string,
  element: Type | undefined,
  read: ReadMemory,
): Value | undefined => {
  const length = numberOf(memberOf(value, findMember(value.type, lengthName)!, read), read);
  const address = numberOf(pointer, read);
  const type: Type = { kind: 'array', element, dimensions: [], sizeBytes: undefined };
  if (typeof length === 'string' || typeof address === 'string') return { type, missing: `${length} ${address}` };
  if (length > lengthMax) return { type, missing: `a length of ${length}, which cannot be` };
  return { type: { ...type, dimensions: [{ lowerBound: 0, count: Number(length) }] }, address };
};
