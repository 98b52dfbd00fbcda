/** Parts of structures by name, as the language has them: through anonymous members, base classes and Rust's variants. */

import {
  type CompositeType,
  findMember,
  isComposite,
  type Member,
  sizeOf,
  stripped,
  type Type,
} from '../program/types/type.ts';
import { rustPointee } from './pointees.ts';
import { elementType, memberOf, numberOf, type ReadMemory, type Value } from './value.ts';

const depthMax = 32;

/** A member; of a tuple `0`, of an enum of Rust one of the variant that it is, of a pointer of Rust's one of what it leads to. */
export const memberNamed = (value: Value, name: string, read: ReadMemory): Value | undefined => {
  const type = stripped(value.type);
  if (!isComposite(type)) return undefined;
  const spelt = /^\d+$/.test(name) ? `__${name}` : name;
  const found = memberIn(value, spelt, read, 0);
  if (found !== undefined) return found;
  const variant = variantOf(value, read);
  if (variant !== undefined) return memberIn(variant.value, spelt, read, 0);
  const pointee = rustPointee(value, read);
  return pointee && memberIn(pointee, spelt, read, 0);
};

/** One that is in a virtual base is looked for in the objects that the bases are. */
const memberIn = (value: Value, name: string, read: ReadMemory, depth: number): Value | undefined => {
  const type = stripped(value.type);
  const member = findMember(type, name);
  if (member?.computed !== true || !isComposite(type)) return member && memberOf(value, member, read);
  if (depth > depthMax) return undefined;
  for (const base of [...type.members.filter((own) => own.name === undefined), ...type.bases]) {
    if (findMember(base.type, name) !== undefined) return memberIn(memberOf(value, base, read), name, read, depth + 1);
  }
  return undefined;
};

/** The variant that an enum of Rust is now, and its fields. */
export interface Variant {
  readonly name: string;
  readonly value: Value;
}

/** Undefined when the value is no such enum, or none of its variants has the discriminant. */
export const variantOf = (value: Value, read: ReadMemory): Variant | undefined => {
  const type = stripped(value.type);
  const part = isComposite(type) ? type.variantParts[0] : undefined;
  if (part === undefined || value.missing !== undefined) return undefined;
  let found = part.variants.length === 1 ? part.variants[0] : undefined;
  if (part.discriminant !== undefined) {
    const tag = numberOf(memberOf(value, part.discriminant, read), read);
    if (typeof tag === 'string') return undefined;
    const width = 8 * (sizeOf(part.discriminant.type) ?? 8);
    const isTag = (wanted: bigint) => BigInt.asUintN(width, wanted) === BigInt.asUintN(width, tag);
    found =
      part.variants.find(({ values }) => values.some(isTag)) ?? part.variants.find(({ values }) => values.length === 0);
  }
  if (found === undefined) return undefined;
  const inside = memberOf(value, found.member, read);
  return { name: found.member.name ?? '?', value: inside };
};

/** The part of a class that a base is, however far up; undefined when it is none. */
export const baseNamed = (value: Value, base: CompositeType, read: ReadMemory): Value | undefined => {
  const search = (within: Value, depth: number): Value | undefined => {
    const type = stripped(within.type);
    if (!isComposite(type) || depth > depthMax) return undefined;
    for (const member of type.bases) {
      const part = memberOf(within, member, read);
      if (isSame(stripped(member.type), base)) return part;
      const found = search(part, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return base.name === undefined ? undefined : search(value, 0);
};

const isSame = (type: Type | undefined, other: CompositeType): boolean =>
  type === other || (isComposite(type) && type.name === other.name && type.sizeBytes === other.sizeBytes);

/** How many bytes into a type `a.b[2].c` is. */
export const pathOffset = (type: Type | undefined, steps: readonly (string | number)[]): number | undefined => {
  let [at, offset]: [Type | undefined, number] = [type, 0];
  for (const step of steps) {
    if (typeof step === 'number') {
      const element = elementType(at);
      if (element === undefined) return undefined;
      offset += step * (sizeOf(element) ?? 1);
      at = element;
      continue;
    }
    const member: Member | undefined = findMember(at, step);
    if (member === undefined || member.computed || member.sizeBits !== undefined) return undefined;
    offset += member.offsetBits / 8;
    at = member.type;
  }
  return offset;
};
