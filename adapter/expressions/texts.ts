/** Comparing characters in memory with a text that was typed: `task->comm == "init"`. */

import { stripped, type Type } from '../program/types/type.ts';
import { isCharacter } from '../values/characters.ts';
import { isRustText, sequenceOf } from '../values/sequences.ts';
import { bytesOf, elementType, lengthOf, numberOf, type ReadMemory, type Value } from '../values/value.ts';
import type { Node } from './node.ts';

const textBytesMax = 1024;

/** Less than, equal to or greater than 0 as the left text is to the right one; undefined when these are no texts. */
export const compareTexts = (
  { left, right }: Extract<Node, { kind: 'binary' }>,
  a: Value,
  b: Value,
  read: ReadMemory,
): number | undefined => {
  if (left.kind !== 'text' && right.kind !== 'text') return undefined;
  const [x, y] = [textBytes(a, read), textBytes(b, read)];
  return x === undefined || y === undefined ? undefined : Buffer.compare(x, y);
};

/** The characters of an array, or those that a pointer leads to, without the zero that ends them. */
const textBytes = (given: Value, read: ReadMemory): Uint8Array | undefined => {
  const value = sequenceOf(given, read) ?? given;
  const type = stripped(value.type);
  if (type?.kind === 'array' && (isCharacter(elementType(type)) || isRustText(given))) {
    const length = Math.min(lengthOf(value) ?? textBytesMax, textBytesMax);
    const bytes = value.address === undefined ? bytesOf(value, read) : readUpTo(value.address, length, read);
    return typeof bytes === 'string' ? undefined : ended(bytes);
  }
  if (type?.kind !== 'pointer' || !isText(type.target)) return undefined;
  const address = numberOf(value, read);
  return typeof address === 'string' ? undefined : ended(readUpTo(address, textBytesMax, read));
};

const isText = (type: Type | undefined): boolean => isCharacter(type) || stripped(type)?.kind === 'array';

const ended = (bytes: Uint8Array): Uint8Array => {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
};

/** What memory has from an address on, up to a zero. */
const readUpTo = (address: bigint, sizeMax: number, read: ReadMemory): Uint8Array => {
  const bytes: number[] = [];
  for (let at = 0; at < sizeMax; at++) {
    const byte = read(BigInt.asUintN(64, address + BigInt(at)), 1)?.[0];
    if (byte === undefined || byte === 0) break;
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
};
