/**
 * Plain data to bytes and back: what a machine's saved state is made of. MessagePack, which the other chunks use, cannot
 * tell a bigint from a number, has no words, and is bounded for messages that are small. Bounded on reading: a value has
 * a byte at least, and at most `levelsMax` values are inside each other.
 *
 *     0 null   1 false   2 true   3 whole number: as `signed`   4 bigint: sign (0 or 1), then magnitude, as bytes
 *     5 text: UTF-8, as bytes   6 bytes   7 words: how many, as `unsigned`, then 4 bytes each
 *     8 list: how many, then the values   9 record: how many, then for each its name, as bytes, and its value
 */

import { ColumnReader, ColumnWriter } from './columns.ts';

/** As `PlainState` of a device is; numbers are whole. */
export type PlainValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Uint32Array
  | readonly PlainValue[]
  | { readonly [name: string]: PlainValue };

const tag = {
  null: 0,
  false: 1,
  true: 2,
  number: 3,
  bigint: 4,
  text: 5,
  bytes: 6,
  words: 7,
  list: 8,
  record: 9,
} as const;

const levelsMax = 12;
/** Each block of a disk that a guest may have is one of them. */
const valuesMax = 4 * 2 ** 20;
const bigintBytesMax = 16;

export const packPlain = (value: PlainValue): Uint8Array => {
  const writer = new ColumnWriter();
  put(writer, value);
  return writer.take();
};

const put = (writer: ColumnWriter, value: PlainValue): void => {
  if (value === null) writer.unsigned(tag.null);
  else if (typeof value === 'boolean') writer.unsigned(value ? tag.true : tag.false);
  else if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new Error(`assertion: the number ${value} in a saved state`);
    writer.unsigned(tag.number);
    writer.signed(value);
  } else if (typeof value === 'bigint') {
    writer.unsigned(tag.bigint);
    writer.unsigned(value < 0n ? 1 : 0);
    writer.bytes(magnitudeOf(value < 0n ? -value : value));
  } else if (typeof value === 'string') {
    writer.unsigned(tag.text);
    writer.bytes(new TextEncoder().encode(value));
  } else if (value instanceof Uint8Array) {
    writer.unsigned(tag.bytes);
    writer.bytes(value);
  } else if (value instanceof Uint32Array) {
    writer.unsigned(tag.words);
    writer.unsigned(value.length);
    for (const word of value) writer.u32(word);
  } else if (isList(value)) {
    writer.unsigned(tag.list);
    writer.unsigned(value.length);
    for (const item of value) put(writer, item);
  } else {
    const fields = Object.entries(value);
    writer.unsigned(tag.record);
    writer.unsigned(fields.length);
    for (const [name, field] of fields) {
      writer.bytes(new TextEncoder().encode(name));
      put(writer, field);
    }
  }
};

/** Throws a plain `Error` with a phrase for what was found. */
export const unpackPlain = (bytes: Uint8Array): PlainValue => {
  const reader = new ColumnReader(bytes);
  let left = valuesMax;
  const take = (level: number): PlainValue => {
    if (level > levelsMax) throw new Error(`more than ${levelsMax} levels`);
    left -= 1;
    if (left < 0) throw new Error(`more than ${valuesMax} values`);
    const kind = reader.unsigned();
    switch (kind) {
      case tag.null:
        return null;
      case tag.false:
      case tag.true:
        return kind === tag.true;
      case tag.number:
        return reader.signed();
      case tag.bigint: {
        const sign = reader.unsigned() === 1 ? -1n : 1n;
        return sign * bigintOf(reader.bytes());
      }
      case tag.text:
        return utf8(reader.bytes());
      case tag.bytes:
        return reader.bytes();
      case tag.words:
        return Uint32Array.from(items(reader.unsigned(), 4), () => reader.u32());
      case tag.list:
        return Array.from(items(reader.unsigned(), 1), () => take(level + 1));
      case tag.record: {
        const count = items(reader.unsigned(), 2);
        return Object.fromEntries(Array.from(count, () => [utf8(reader.bytes()), take(level + 1)] as const));
      }
      default:
        throw new Error(`a value of the unknown kind ${kind}`);
    }
  };
  /** Refuses a count that the bytes cannot back, before anything is allocated. */
  const items = (count: number, bytesEach: number): { readonly length: number } => {
    if (count > bytes.length / bytesEach) throw new Error(`${count} items in ${bytes.length} bytes`);
    if (bytesEach < 4 && count > left) throw new Error(`more than ${valuesMax} values`);
    return { length: count };
  };
  const value = take(0);
  if (!reader.done) throw new Error('more bytes than the value has');
  return value;
};

const isList = (value: PlainValue): value is readonly PlainValue[] => Array.isArray(value);

const utf8 = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);

const magnitudeOf = (value: bigint): Uint8Array => {
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.push(Number(rest & 0xffn));
  if (bytes.length > bigintBytesMax) throw new Error('assertion: a bigint of more than 128 bits in a saved state');
  return Uint8Array.from(bytes);
};

const bigintOf = (bytes: Uint8Array): bigint => {
  if (bytes.length > bigintBytesMax) throw new Error(`a bigint of ${bytes.length} bytes`);
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
};
