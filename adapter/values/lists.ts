/**
 * The linked lists of Linux: heads and links without a type of their own (`list_head`, `hlist_head`, `llist_head`), walked
 * from a head to the elements that they link. Every walk is bounded and says where it stopped: at a node met before, at
 * memory that is not there, at so many. Which type holds the links is the asker's to say, or guessed and marked so.
 */

import { declare } from '../program/types/declaration.ts';
import { isComposite, stripped, type Type } from '../program/types/type.ts';
import { memberNamed } from './members.ts';
import { numberOf, type ReadMemory, type Value } from './value.ts';

/** What links the elements of a list: a structure and where the link is in it. */
export interface Link {
  readonly type: Type | undefined;
  readonly offsetBytes: number;
}

const nodesMax = 10_000;

interface HeadShape {
  readonly first: string;
  /** Whether the last element links back to the head, as opposed to nowhere. */
  readonly circular: boolean;
}

const heads: Readonly<Record<string, HeadShape>> = {
  list_head: { first: 'next', circular: true },
  hlist_head: { first: 'first', circular: false },
  hlist_nulls_head: { first: 'first', circular: false },
  llist_head: { first: 'first', circular: false },
};

export const headShape = (value: Value): HeadShape | undefined => {
  const type = stripped(value.type);
  const name = isComposite(type) ? type.name : undefined;
  return name !== undefined && Object.hasOwn(heads, name) ? heads[name] : undefined;
};

/** The addresses of a list's links after the head, in order, and why there are no more than these. */
export interface Walk {
  readonly links: readonly bigint[];
  readonly damage: string | undefined;
}

/** @returns nothing when the value is no head, or its memory cannot be read */
export const walkList = (head: Value, read: ReadMemory, most = nodesMax): Walk | undefined => {
  const shape = headShape(head);
  if (shape === undefined || head.address === undefined) return undefined;
  const first = memberNamed(head, shape.first, read);
  const start = first === undefined ? undefined : numberOf(first, read);
  if (typeof start !== 'bigint') return undefined;
  const links: bigint[] = [];
  const seen = new Set<bigint>();
  // hlist_nulls ends with an odd number; both kinds of nodes begin with the pointer to the next.
  for (let at = start; at !== 0n && at !== head.address && (shape.circular || (at & 1n) === 0n); ) {
    if (seen.has(at)) return { links, damage: `goes round in a circle at 0x${at.toString(16)}` };
    if (links.length >= most) return { links, damage: `more than ${most} elements` };
    const bytes = read(at, 8);
    if (bytes === undefined) return { links, damage: `no memory at 0x${at.toString(16)}` };
    seen.add(at);
    links.push(at);
    at = Buffer.from(bytes).readBigUInt64LE();
    if (shape.circular && at === 0n) return { links, damage: 'ends in a null pointer' };
  }
  return { links, damage: undefined };
};

/** A list as the run of its elements. */
export const listValue = (head: Value, { type, offsetBytes }: Link, read: ReadMemory): Value | undefined => {
  const walk = walkList(head, read);
  if (walk === undefined) return undefined;
  const addresses = walk.links.map((link) => BigInt.asUintN(64, link - BigInt(offsetBytes)));
  return { type: undefined, list: { element: type, addresses, damage: walk.damage } };
};

/** What an expression is followed by to see its elements: `,list(struct item, link)`. */
export const listSuffix = (type: Type | undefined, member: string): string => `,list(${declare(type)}, ${member})`;

/**
 * Which elements a head that is a member of a structure most likely links: structures of its own type, by the same member, as
 * lists through siblings are made; of some of Linux's, another.
 */
export const likelyLink = (head: Value): { readonly link: Link; readonly member: string } | undefined => {
  const { within } = head;
  const type = stripped(within?.whole.type);
  const own = within?.member.name;
  if (within === undefined || own === undefined || !isComposite(type) || type.name === undefined) return undefined;
  if (headShape(head)?.circular !== true || within.member.offsetBits % 8 !== 0) return undefined;
  const known = knownMembers[`${type.name}.${own}`];
  const member = known ?? own;
  const found = known === undefined ? within.member : type.members.find(({ name }) => name === member);
  if (found === undefined || stripped(found.type) !== stripped(head.type)) return undefined;
  return { link: { type: within.whole.type, offsetBytes: found.offsetBits / 8 }, member };
};

/** Heads of Linux whose elements are of the same structure but linked by another member. */
const knownMembers: Readonly<Record<string, string>> = {
  'task_struct.children': 'sibling',
  'dentry.d_subdirs': 'd_child',
  'cgroup_subsys_state.children': 'sibling',
};
