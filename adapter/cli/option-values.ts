/** How QEMU spells the values of options: lists of properties, sizes, switches. It knows no option. */

import { badValue, unknownProperty } from './errors.ts';

/** `file=fs.img,if=none` as a map. Two commas stand for one in a value; the first item may lack its name. */
export const properties = (option: string, value: string, first?: string): Map<string, string> => {
  const found = new Map<string, string>();
  for (const [index, item] of splitItems(value).entries()) {
    const equals = item.indexOf('=');
    if (equals >= 0) found.set(item.slice(0, equals), item.slice(equals + 1));
    else if (index === 0 && first !== undefined) found.set(first, item);
    else if (item !== '') found.set(item, 'on');
    else throw badValue(option, 'properties such as name=value, separated by commas', `"${value}"`);
  }
  return found;
};

/** Refuses every property that is not known. */
export const onlyKnown = (option: string, found: ReadonlyMap<string, string>, known: readonly string[]): void => {
  for (const name of found.keys()) if (!known.includes(name)) throw unknownProperty(option, name, known);
};

/** `128M`, `1G`, or a number of MiB when there is no letter. */
export const sizeOf = (option: string, value: string): number => {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)([bkmgt]?)(?:i?b)?$/i.exec(value);
  if (match === null) throw badValue(option, 'a size such as 128M or 1G', `"${value}"`);
  const unit = units[match[2]!.toLowerCase()] ?? 2 ** 20;
  return Math.floor(Number(match[1]) * unit);
};

const units: Readonly<Record<string, number>> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

export const wholeNumber = (option: string, value: string, min: number, max: number): number => {
  const number = /^(0x[0-9a-f]{1,13}|\d{1,15})$/i.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max)) throw badValue(option, `a whole number from ${min} to ${max}`, `"${value}"`);
  return number;
};

export const switchOf = (option: string, value: string): boolean => {
  if (['on', 'yes', 'true', 'y'].includes(value)) return true;
  if (['off', 'no', 'false', 'n'].includes(value)) return false;
  throw badValue(option, 'on or off', `"${value}"`);
};

/** The candidate with the fewest edits, if it is near enough to be a slip of the finger. */
export const nearest = (word: string, candidates: readonly string[]): string | undefined => {
  let best: string | undefined;
  let bestEdits = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const count = edits(word.slice(0, 64), candidate);
    if (count < bestEdits) [best, bestEdits] = [candidate, count];
  }
  return best;
};

/** Levenshtein's distance: insertions, deletions and replacements. */
const edits = (from: string, to: string): number => {
  let row: number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next: number[] = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next.at(-1)! + 1));
    }
    row = next;
  }
  return row[to.length]!;
};

const splitItems = (value: string): string[] => {
  const items: string[] = [];
  let item = '';
  for (let index = 0; index < value.length; index++) {
    if (value[index] !== ',') item += value[index];
    else if (value[index + 1] === ',') {
      item += ',';
      index++;
    } else {
      items.push(item);
      item = '';
    }
  }
  return [...items, item];
};
