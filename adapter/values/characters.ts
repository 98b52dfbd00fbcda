/** Characters and texts: which types are characters, and text in memory, escaped and bounded. */

import { stripped, type Type } from '../program/types/type.ts';
import type { ReadMemory } from './value.ts';

export const textBytesMax = 200;

/** Whether arrays of the type are text. */
export const isCharacter = (type: Type | undefined): boolean => {
  const found = stripped(type);
  return found?.kind === 'base' && found.sizeBytes === 1 && (found.encoding === 'character' || found.name === 'char');
};

// biome-ignore format: a table
const escapes: Readonly<Record<number, string>> = {
  0: '\\0', 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r', 34: '\\"', 92: '\\\\',
};
const isPlain = (code: number): boolean => code >= 0x20 && code !== 0x7f && code < 0x80;
const byteText = (byte: number): string =>
  escapes[byte] ?? (isPlain(byte) ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`);

/** `'a'`. Those of more than a byte are Unicode's, as Rust's `char` is. */
export const quoted = (code: number, sizeBytes = 1): string => {
  if (code === 34) return `'"'`;
  if (code === 39) return `'\\''`;
  if (sizeBytes === 1 || code < 0x80 || code > 0x10_ffff || (code >= 0xd800 && code < 0xe000))
    return `'${byteText(code & 0xff)}'`;
  return `'${String.fromCodePoint(code)}'`;
};

const utf8 = new TextDecoder('utf-8', { fatal: true });
const printable = /[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]/u;

/** Bytes as text between quotes, up to a zero unless the length is known by other means; as UTF-8 where they are that. */
export const bytesText = (bytes: Uint8Array, { toZero = true, cut = false } = {}): string => {
  const end = toZero ? bytes.indexOf(0) : -1;
  const all = end < 0 ? bytes : bytes.subarray(0, end);
  const shown = all.subarray(0, textBytesMax);
  const isCut = all.length > textBytesMax || (cut && end < 0);
  return `"${unicode(shown) ?? [...shown].map(byteText).join('')}"${isCut ? '...' : ''}`;
};

const unicode = (bytes: Uint8Array): string | undefined => {
  if (bytes.every((byte) => byte < 0x80)) return undefined;
  try {
    const escaped = (part: string) => (part < '\x80' ? byteText(part.charCodeAt(0)) : part);
    const text = utf8.decode(bytes);
    return [...text].every((part) => part < '\x80' || printable.test(part))
      ? [...text].map(escaped).join('')
      : undefined;
  } catch {
    return undefined;
  }
};

/** Text in memory up to its zero, at most so many bytes. */
export const textAt = (address: bigint, sizeMax: number, read: ReadMemory): string => {
  const bytes: number[] = [];
  for (let at = 0; at < sizeMax; at++) {
    const byte = read(BigInt.asUintN(64, address + BigInt(at)), 1)?.[0];
    if (byte === undefined) return at === 0 ? '<no memory>' : bytesText(Uint8Array.from(bytes), { cut: true });
    bytes.push(byte);
    if (byte === 0) break;
  }
  return bytesText(Uint8Array.from(bytes), { cut: true });
};
