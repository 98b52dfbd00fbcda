/**
 * What a value leads to beyond what its type says: the whole object that a class is a part of, by its vtable; what Rust's `Rc`
 * and `Arc` share; what a `dyn Trait` is. Each is told from names that compilers give (GCC and LLVM, rustc), and is nothing
 * where these are not as expected.
 */

import { littleEndian } from '../program/dwarf/expression.ts';
import {
  type CompositeType,
  findMember,
  isComposite,
  type Member,
  stripped,
  type Type,
} from '../program/types/type.ts';
import { firstPointer } from './sequences.ts';
import { memberOf, numberOf, type ReadMemory, targetOf, type Value } from './value.ts';

/** A vtable's pointer is nearer than this to the start of its object (Itanium C++ ABI 2.5.1, "offset to top"). */
const topBytesMax = 2n ** 32n;
const depthMax = 32;

/** The object of a class that a value of one of its bases is a part of; nothing when it is no part, or that is not known. */
export const wholeObject = (value: Value, read: ReadMemory): Value | undefined => {
  const type = stripped(value.type);
  const { address } = value;
  const member = isComposite(type) ? vtableMember(type, 0) : undefined;
  if (!isComposite(type) || member === undefined || member.computed || address === undefined) return undefined;
  const holder = address + BigInt(member.offsetBits / 8);
  const vtable = wordAt(holder, read);
  if (vtable === undefined || vtable === 0n) return undefined;
  const top = wordAt(vtable - 16n, read);
  const found = type.typeOfVtable?.(vtable);
  if (top === undefined || found === undefined) return undefined;
  const offset = BigInt.asIntN(64, top);
  if (offset > 0n || offset < -topBytesMax) return undefined;
  const whole = { type: found, address: holder + offset };
  return whole.address === address && isSame(found, type) ? undefined : whole;
};

const isSame = (found: Type, type: CompositeType): boolean => {
  const other = stripped(found);
  return other === type || (isComposite(other) && other.name === type.name && other.sizeBytes === type.sizeBytes);
};

/** `_vptr.Base` of GCC, `_vptr$Base` of LLVM: a class's own, or that of its first base. */
const vtableMember = (type: CompositeType, depth: number): Member | undefined => {
  const own = type.members.find(({ artificial, name }) => artificial && name?.startsWith('_vptr'));
  if (own !== undefined || depth > depthMax) return own;
  for (const base of type.bases) {
    const within = stripped(base.type);
    const found = isComposite(within) && !base.computed ? vtableMember(within, depth + 1) : undefined;
    if (found !== undefined) return { ...found, offsetBits: found.offsetBits + base.offsetBits };
  }
  return undefined;
};

const wordAt = (address: bigint, read: ReadMemory): bigint | undefined => {
  const bytes = read(BigInt.asUintN(64, address), 8);
  return bytes === undefined || bytes.length < 8 ? undefined : littleEndian(bytes);
};

/** What a pointer of Rust that is a structure leads to: `Rc`, `Arc`, and whatever points to a `dyn Trait`. */
export const rustPointee = (value: Value, read: ReadMemory): Value | undefined => {
  const type = stripped(value.type);
  if (!isComposite(type) || type.name === undefined || value.missing !== undefined) return undefined;
  return dynPointee(type, value, read) ?? sharedBy(type, value, read)?.contents;
};

/** A pointer and a vtable, whose entry says of which type. */
const dynPointee = (type: CompositeType, value: Value, read: ReadMemory): Value | undefined => {
  const [pointer, vtable] = ['pointer', 'vtable'].map((name) => type.members.find((member) => member.name === name));
  if (pointer === undefined || vtable === undefined || type.members.length !== 2) return undefined;
  const at = numberOf(memberOf(value, vtable, read), read);
  const address = numberOf(memberOf(value, pointer, read), read);
  if (typeof at === 'string' || typeof address === 'string') return undefined;
  const found = type.typeOfVtable?.(BigInt.asUintN(64, at));
  return found && { type: found, address: BigInt.asUintN(64, address) };
};

/** What is shared, and how often. */
export interface Shared {
  readonly contents: Value;
  readonly strong: Value | undefined;
  readonly weak: Value | undefined;
}

/** What an `Rc` or `Arc` shares, as its contents lie behind the two counts. */
export const sharedOf = (value: Value, read: ReadMemory): Shared | undefined => {
  const type = stripped(value.type);
  return isComposite(type) ? sharedBy(type, value, read) : undefined;
};

const sharedBy = (type: CompositeType, value: Value, read: ReadMemory): Shared | undefined => {
  if (!/^(alloc::rc::|alloc::sync::)?(Rc|Arc)</.test(type.name ?? '')) return undefined;
  const ptr = findMember(type, 'ptr');
  const pointer = ptr && firstPointer(memberOf(value, ptr, read), read, 0);
  const inner = pointer && targetOf(pointer, read);
  const contents = findMember(inner?.type, 'value') ?? findMember(inner?.type, 'data');
  // What has no size of its own, as `str`, is behind a pointer with more to it.
  if (inner === undefined || contents === undefined || isFat(ptr, pointer)) return undefined;
  const count = (name: string) => {
    const member = findMember(inner.type, name);
    return member && memberOf(inner, member, read);
  };
  return { contents: memberOf(inner, contents, read), strong: count('strong'), weak: count('weak') };
};

const isFat = (ptr: Member | undefined, pointer: Value | undefined): boolean => {
  const within = pointer?.within?.whole.type;
  return ptr === undefined || findMember(within, 'vtable') !== undefined || findMember(within, 'length') !== undefined;
};
