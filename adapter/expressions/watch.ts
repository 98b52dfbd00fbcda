/**
 * An expression with how its value is to be seen: `flags,x`, `buffer,[n]`, `table,[4]x`, `head,list(struct item, link)`. Suffixes may
 * follow one another. What the letters look like is adapter/values/numbers.ts's.
 */

import { declare } from '../program/types/declaration.ts';
import { stripped } from '../program/types/type.ts';
import { listValue } from '../values/lists.ts';
import { pathOffset } from '../values/members.ts';
import type { Letter } from '../values/numbers.ts';
import { sequenceOf } from '../values/sequences.ts';
import { settled, targetOf, type Value } from '../values/value.ts';
import { badExpression, noValue, unknownMember } from './errors.ts';
import { evaluateExpression, evaluateToNumber, type Scope } from './evaluate.ts';
import type { Node, TypeName } from './node.ts';
import { type Names, parseExpression, parseType } from './parse.ts';
import { arrayOf, typeNamed } from './types.ts';

/** How a value is to be seen as another before it is shown. */
type View =
  | { readonly kind: 'count'; readonly count: Node }
  | { readonly kind: 'list'; readonly type: TypeName; readonly member: string };

export interface Watch {
  readonly node: Node;
  readonly views: readonly View[];
  readonly letter: Letter | undefined;
  /** The letter as it is written behind an expression, for those of the value's parts. */
  readonly suffix: string;
}

const suffixesMax = 8;

/** @throws {ExpressionError} that says where the text is wrong or which name is unknown */
export const parseWatch = (text: string, names: Names): Watch => {
  let rest = text;
  let letter: Letter | undefined;
  const views: View[] = [];
  for (let count = 0; count < suffixesMax; count++) {
    const comma = lastComma(rest);
    const suffix = comma < 0 ? '' : rest.slice(comma + 1).trim();
    const list = /^list\s*\((.+),\s*([\w.]+)\s*\)$/s.exec(suffix);
    const counted = /^\[(.+)\]\s*([xduobcsa]?)$/s.exec(suffix);
    if (/^[xduobcsa]$/.test(suffix)) letter ??= suffix as Letter;
    else if (list !== null) views.unshift({ kind: 'list', type: parseType(list[1]!, names), member: list[2]! });
    else if (counted !== null) {
      views.unshift({ kind: 'count', count: parseExpression(counted[1]!, names) });
      if (counted[2] !== '') letter ??= counted[2] as Letter;
    } else if (comma >= 0) {
      throw badExpression(text, 'one of ,x ,d ,u ,o ,b ,c ,s ,a ,[n] ,list(TYPE, MEMBER)', suffix, comma + 2);
    } else break;
    rest = rest.slice(0, comma);
  }
  const node = parseExpression(rest, names);
  return { node, views, letter, suffix: letter === undefined ? '' : `,${letter}` };
};

/** The last comma that is in no brackets and no quotation. */
const lastComma = (text: string): number => {
  let depth = 0;
  let last = -1;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (quote !== '') {
      if (character === '\\') at += 1;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '(' || character === '[') depth += 1;
    else if (character === ')' || character === ']') depth -= 1;
    else if (character === ',' && depth === 0 && !isInTypeArguments(text, at)) last = at;
  }
  return last;
};

/** `Box<short, 6>::count`: what is behind the comma closes a bracket that is open before it. */
const isInTypeArguments = (text: string, comma: number): boolean =>
  /\w<[^<>()]*$/.test(text.slice(0, comma)) && /^[^<>()]*>\s*(?:::|\*|\))/.test(text.slice(comma));

/** @throws {ExpressionError} when it has no value */
export const evaluateWatch = ({ node, views }: Watch, scope: Scope): Value => {
  let value = evaluateExpression(node, scope);
  for (const view of views)
    value = view.kind === 'count' ? counted(value, view, node, scope) : listed(value, view, node, scope);
  return value;
};

const countMax = 2n ** 31n;

/** A pointer as so many of what it points to; an array as so many of its elements. */
const counted = (given: Value, { count }: Extract<View, { kind: 'count' }>, node: Node, scope: Scope): Value => {
  const value = settled(given, scope.read);
  const length = BigInt.asIntN(64, evaluateToNumber(count, scope));
  if (length < 0n || length > countMax) throw noValue(count.spot, `${length} elements`);
  const type = stripped(value.type);
  const array = sequenceOf(value, scope.read) ?? value;
  if (type?.kind === 'pointer') {
    const target = targetOf(value, scope.read);
    return { ...target, type: arrayOf(target.type, Number(length)) };
  }
  if (stripped(array.type)?.kind === 'array' || array.list !== undefined) return { ...array, count: Number(length) };
  if (value.address === undefined) throw noValue(node.spot, 'neither an array nor a pointer');
  return { type: arrayOf(value.type, Number(length)), address: value.address };
};

const listed = (
  given: Value,
  { type: name, member }: Extract<View, { kind: 'list' }>,
  node: Node,
  scope: Scope,
): Value => {
  const value = settled(given, scope.read);
  const type = typeNamed(name, scope.type);
  const offsetBytes = pathOffset(type, member.split('.'));
  if (offsetBytes === undefined) throw unknownMember({ text: member, column: 1 }, declare(type));
  const head = stripped(value.type)?.kind === 'pointer' ? targetOf(value, scope.read) : value;
  const list = listValue(head, { type, offsetBytes }, scope.read);
  if (list === undefined) throw noValue(node.spot, 'no head of a list that can be read');
  return list;
};
