/** An item of an answer as one line of text. */

import { basename } from '../host/paths.ts';
import type { Item, Place } from './answer.ts';

/** `usertrap+0x1c (trap.c:61)`, or as much of that as is known. */
export const placeText = ({ pc, symbol, source, program }: Place): string => {
  if (pc === undefined) return 'between two steps, by a device or an input';
  const line = source === undefined ? '' : ` (${basename(source.path)}:${source.line})`;
  return `${program === undefined ? '' : `${program}!`}${symbol ?? pc}${line}`;
};

/** Without the moment. */
export const itemText = (item: Item): string => {
  switch (item.kind) {
    case 'write':
      return `${placeText(item)}: ${item.before} -> ${item.after}`;
    case 'mapping':
      return `${placeText(item)}: mapped to ${item.after ?? 'nothing'}, before to ${item.before ?? 'nothing'}`;
    case 'execution':
      return placeText(item);
    case 'count':
      return String(item.count);
    case 'call': {
      const given = item.arguments.map(({ name, value }) => `${name}=${value}`).join(', ');
      return `${item.function}(${given}) from hart ${item.hart}${returnText(item.returned)}`;
    }
    case 'truth':
      return `${placeText(item)}: ${item.value}`;
    case 'trap':
      return item.words;
    case 'print':
      return `${placeText(item)}: byte ${item.offset}, ${JSON.stringify(item.text)}`;
    case 'message':
      return item.text;
    case 'origin':
      return item.pc === undefined ? item.text : `${placeText(item)}: ${item.text}`;
  }
};

const returnText = (returned: Extract<Item, { kind: 'call' }>['returned']): string => {
  if (returned === undefined) return ', did not come back';
  return `${returned.value === undefined ? '' : ` = ${returned.value}`}, until ${returned.moment}`;
};

/** What it is about in time; nothing for a count. */
export const momentOf = (item: Item): number | undefined => ('moment' in item ? item.moment : undefined);
