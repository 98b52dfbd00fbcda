/**
 * What a value consists of: members, elements, what a pointer leads to, the elements of a list. Each part has its name and
 * how an expression gets to it from the whole's, so that what is seen in a tree can be asked for again.
 */

import { declare } from '../program/types/declaration.ts';
import { isComposite, sizeOf, stripped, type Type } from '../program/types/type.ts';
import { likelyLink, listSuffix, listValue } from './lists.ts';
import { variantOf } from './members.ts';
import { rustPointee, sharedOf, wholeObject } from './pointees.ts';
import { sequenceOf } from './sequences.ts';
import { elementOf, lengthOf, memberOf, numberOf, type ReadMemory, targetOf, type Value } from './value.ts';

export interface Part {
  readonly name: string;
  readonly value: Value;
  /** How an expression gets to it from the whole's; nothing where none does. */
  readonly path: (whole: string) => string | undefined;
  /** `view`: no part by the language but another look at the whole. */
  readonly kind: 'member' | 'element' | 'base' | 'target' | 'view';
}

const anonymousMax = 8;

/** What can be indexed of a value: an array, a list, or what Rust keeps as a sequence. */
const indexable = (value: Value, read: ReadMemory): Value | undefined => {
  if (value.missing !== undefined) return undefined;
  if (value.list !== undefined || stripped(value.type)?.kind === 'array') return value;
  const sequence = sequenceOf(value, read);
  return sequence?.missing === undefined ? sequence : undefined;
};

/** How many numbered parts a value has. */
export const indexedCount = (value: Value, read: ReadMemory): number | undefined => {
  const found = indexable(value, read);
  return found === undefined ? undefined : (lengthOf(found) ?? 0);
};

/** Whether a value can be opened. */
export const hasParts = (value: Value, read: ReadMemory): boolean => {
  if (value.missing !== undefined) return false;
  const indexed = indexedCount(value, read);
  if (indexed !== undefined) return indexed > 0;
  const type = stripped(value.type);
  if (isComposite(type)) return type.members.length + type.bases.length + type.variantParts.length > 0;
  if (type?.kind !== 'pointer' || type.target === undefined || stripped(type.target)?.kind === 'function') return false;
  const address = numberOf(value, read);
  return typeof address === 'bigint' && address !== 0n && sizeOf(type.target) !== undefined;
};

export const partsOf = (value: Value, read: ReadMemory, first: number, count: number): readonly Part[] => {
  const indexed = indexable(value, read);
  if (indexed !== undefined) return elements(indexed, first, count);
  const type = stripped(value.type);
  if (type?.kind === 'pointer') {
    const target = targetOf(value, read);
    const isReference = type.flavour !== 'pointer';
    if (isReference) return partsOf(target, read, first, count);
    if (!isComposite(stripped(target.type)) || sequenceOf(target, read) !== undefined) {
      return first === 0 ? [{ name: '*', value: target, path: (whole) => `*${whole}`, kind: 'target' }] : [];
    }
    return [...compositeParts(target, read, '->')].slice(first, first + count);
  }
  return isComposite(type) ? [...compositeParts(value, read, '.')].slice(first, first + count) : [];
};

const elements = (value: Value, first: number, count: number): readonly Part[] => {
  const end = Math.min(lengthOf(value) ?? 0, first + count);
  return Array.from({ length: Math.max(0, end - first) }, (_, offset): Part => {
    const index = first + offset;
    const element = elementOf(value, index);
    const { address } = element;
    const listed = `*(${pointerText(element.type)})0x${address?.toString(16)}`;
    const isListed = value.list !== undefined;
    return {
      name: `[${index}]`,
      value: element,
      kind: 'element',
      path: (whole) => (isListed ? listed : `${whole}[${index}]`),
    };
  });
};

const pointerText = (type: Type | undefined): string =>
  declare({ kind: 'pointer', flavour: 'pointer', name: undefined, sizeBytes: 8, target: type });

/** What a value is a part of, or leads to, where its own type does not say so. */
function* views(value: Value, read: ReadMemory): Generator<Part> {
  const found = wholeObject(value, read) ?? rustPointee(value, read);
  if (found === undefined) return;
  const { type, address } = found;
  const path = address === undefined ? undefined : `*(${pointerText(type)})0x${address.toString(16)}`;
  yield { name: `as ${declare(type).replace(/^(class|struct) /, '')}`, value: found, path: () => path, kind: 'view' };
  const shared = sharedOf(value, read);
  for (const name of ['strong', 'weak'] as const) {
    const count = shared?.[name];
    if (count !== undefined) yield { name, value: count, path: () => undefined, kind: 'view' };
  }
}

/** Of an enum of Rust, the fields of its variant; of a head of a list, its elements behind its members. */
function* compositeParts(value: Value, read: ReadMemory, joint: '.' | '->'): Generator<Part> {
  const variant = variantOf(value, read);
  yield* members(variant?.value ?? value, joint, read, 0);
  yield* views(value, read);
  const likely = likelyLink(value);
  const list = likely && listValue(value, likely.link, read);
  if (likely === undefined || list === undefined || (list.list?.addresses.length ?? 0) === 0) return;
  const { link, member } = likely;
  const suffix = listSuffix(link.type, member);
  yield {
    name: `elements (assumed ${declare(link.type)} by ${member})`,
    value: list,
    path: (whole) => `${joint === '.' ? whole : `*${whole}`}${suffix}`,
    kind: 'view',
  };
}

/** The first members of a structure, those of its base classes apart. */
export const membersOf = (value: Value, count: number, read: ReadMemory): readonly Part[] => {
  const found: Part[] = [];
  for (const part of members(value, '.', read, 0)) {
    if (found.length === count) break;
    found.push(part);
  }
  return found;
};

/** The names of a value's members with their types, for whoever goes on typing. */
export const membersIn = (
  value: Value,
  read: ReadMemory,
): readonly { readonly name: string; readonly detail: string }[] =>
  [...members(variantOf(value, read)?.value ?? value, '.', read, 0)]
    .filter(({ kind }) => kind === 'member')
    .map(({ name, value: member }) => ({ name, detail: declare(member.type) }));

/** Bases first; the members of anonymous members as one's own, as the language has it. */
function* members(value: Value, joint: '.' | '->', read: ReadMemory, depth: number): Generator<Part> {
  const type = stripped(value.type);
  if (!isComposite(type)) return;
  for (const base of type.bases) {
    const name = declare(base.type).replace(/^(class|struct) /, '');
    const cast = (whole: string) => `((${declare(base.type)})${joint === '.' ? whole : `*${whole}`})`;
    yield { name, value: memberOf(value, base, read), kind: 'base', path: cast };
  }
  for (const member of type.members) {
    const found = memberOf(value, member, read);
    if (member.name === undefined) {
      if (depth < anonymousMax) yield* members(found, joint, read, depth + 1);
      continue;
    }
    // Rust's tuples have members `__0`, which the language calls `0`.
    const name = member.name.replace(/^__(\d+)$/, '$1');
    yield { name, value: found, kind: 'member', path: (whole) => `${whole}${joint}${name}` };
  }
}

/** An expression as the left side of `.` or `[`: in parentheses unless it is a name or a path. */
export const asOperand = (path: string): string =>
  /^[\w$]+(?:::[\w$]+)*(?:(?:\.|->)\w+|\[\w+\])*$/.test(path) || /^\([^()]*\)$/.test(path) ? path : `(${path})`;
