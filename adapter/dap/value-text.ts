/**
 * Values as people read them: enumerators by name, `char[]` as text, pointers with the symbol that they point to, structures
 * in one line and as parts that can be opened. What has no value says why. Everything is bounded.
 */

import { declare } from '../program/types/declaration.ts';
import { type EnumerationType, isComposite, sizeOf, stripped, type Type } from '../program/types/type.ts';
import {
  bytesOf,
  elementOf,
  elementType,
  lengthOf,
  memberOf,
  numberOf,
  type ReadMemory,
  targetOf,
  type Value,
} from './value.ts';

/** What a number is called, and where memory is. */
export interface Surroundings {
  readonly read: ReadMemory;
  /** `usertrap+0x1c`, or nothing. */
  readonly symbolic: (address: bigint) => string | undefined;
}

/** How a number is asked to be shown: `x` hexadecimal, `b` binary, `o` octal, `d` decimal, `c` character, `s` text. */
export type Format = 'x' | 'b' | 'o' | 'd' | 'c' | 's';

export interface Part {
  readonly name: string;
  readonly value: Value;
  /** How an expression gets to it from the whole's. */
  readonly path: (whole: string) => string;
}

const textBytesMax = 200;
const itemsMax = 8;
const depthMax = 2;
const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** An expression without its format: `flags,x`. */
export const splitFormat = (text: string): { readonly expression: string; readonly format: Format | undefined } => {
  const match = /^([\s\S]*),\s*([xbodcs])\s*$/.exec(text);
  return match === null
    ? { expression: text, format: undefined }
    : { expression: match[1]!, format: match[2] as Format };
};

export const typeText = ({ type }: Value): string | undefined => (type === undefined ? undefined : declare(type));

/** A value in one line. */
export const valueText = (value: Value, around: Surroundings, format?: Format): string =>
  text(value, around, format, 0);

const text = (value: Value, around: Surroundings, format: Format | undefined, depth: number): string => {
  if (value.missing !== undefined) return `<${value.missing}>`;
  const type = stripped(value.type);
  switch (type?.kind) {
    case 'structure':
    case 'union':
    case 'class':
      return compositeText(value, around, format, depth);
    case 'array':
      return arrayText(value, around, format, depth);
    case 'function':
      return value.address === undefined ? '<no address>' : withSymbol(value.address, around);
  }
  const bits = numberOf(value, around.read);
  if (typeof bits === 'string') return `<${bits}>`;
  if (format !== undefined && format !== 's') return formatted(value, bits, format);
  switch (type?.kind) {
    case 'pointer':
    case 'member-pointer': {
      const shown = withSymbol(BigInt.asUintN(64, bits), around);
      const isText = type.kind === 'pointer' && isCharacter(type.target);
      if ((!isText && format !== 's') || bits === 0n) return shown;
      return `${shown} ${textAt(bits, textBytesMax, around)}`;
    }
    case 'enumeration':
      return enumeratorText(type, bits);
    case 'base':
      return baseText(value, bits, around);
    default:
      return withSymbol(BigInt.asUintN(64, bits), around);
  }
};

const withSymbol = (address: bigint, { symbolic }: Surroundings): string => {
  const name = symbolic(address);
  return name === undefined ? hex(address) : `${hex(address)} <${name}>`;
};

const baseText = (value: Value, bits: bigint, around: Surroundings): string => {
  const type = stripped(value.type);
  if (type?.kind !== 'base') return `${bits}`;
  if (type.encoding === 'boolean') return bits === 0n ? 'false' : bits === 1n ? 'true' : `${bits}`;
  if (isCharacter(type)) return `${bits} ${quoted(Number(BigInt.asUintN(8, bits)))}`;
  if (type.encoding !== 'float') return `${bits}`;
  const bytes = bytesOf(value, around.read);
  if (typeof bytes === 'string') return `<${bytes}>`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length === 4) return `${Number(view.getFloat32(0, true).toPrecision(9))}`;
  return bytes.length === 8 ? `${view.getFloat64(0, true)}` : hex(bits);
};

const formatted = (value: Value, bits: bigint, format: Format): string => {
  const width = value.bits?.size ?? 8 * (sizeOf(value.type) ?? 8);
  const unsigned = BigInt.asUintN(width, bits);
  switch (format) {
    case 'b':
      return `0b${unsigned.toString(2)}`;
    case 'o':
      return `0${unsigned.toString(8)}`;
    case 'd':
      return `${bits}`;
    case 'c':
      return quoted(Number(unsigned & 0xffn));
    default:
      return hex(unsigned);
  }
};

const isCharacter = (type: Type | undefined): boolean => {
  const found = stripped(type);
  return found?.kind === 'base' && found.sizeBytes === 1 && (found.encoding === 'character' || found.name === 'char');
};

const escapes: Readonly<Record<number, string>> = { 0: '\\0', 9: '\\t', 10: '\\n', 13: '\\r', 34: '\\"', 92: '\\\\' };
const character = (byte: number): string =>
  escapes[byte] ??
  (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`);
const quoted = (byte: number): string => (byte === 34 ? `'"'` : `'${byte === 39 ? "\\'" : character(byte)}'`);

const bytesText = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  const shown = end < 0 ? bytes : bytes.subarray(0, end);
  const cut = shown.length > textBytesMax;
  return `"${[...shown.subarray(0, textBytesMax)].map(character).join('')}"${cut ? '...' : ''}`;
};

/** Text in memory up to its zero, at most so many bytes. */
const textAt = (address: bigint, sizeMax: number, { read }: Surroundings): string => {
  const bytes: number[] = [];
  for (let at = 0; at < sizeMax; at++) {
    const byte = read(BigInt.asUintN(64, address + BigInt(at)), 1)?.[0];
    if (byte === undefined) return at === 0 ? '<no memory>' : `${bytesText(Uint8Array.from(bytes))}...`;
    if (byte === 0) return bytesText(Uint8Array.from(bytes));
    bytes.push(byte);
  }
  return `${bytesText(Uint8Array.from(bytes))}...`;
};

/** The enumerator, or those whose bits make it up. */
const enumeratorText = ({ enumerators }: EnumerationType, bits: bigint): string => {
  const exact = enumerators.find(({ value }) => value === bits);
  if (exact !== undefined) return exact.name;
  let rest = bits;
  const flags = enumerators.filter(({ value }) => {
    const isFlag = value > 0n && (value & (value - 1n)) === 0n && (rest & value) === value;
    if (isFlag) rest &= ~value;
    return isFlag;
  });
  if (flags.length === 0 || rest < 0n) return `${bits}`;
  return [...flags.map(({ name }) => name), ...(rest === 0n ? [] : [hex(rest)])].join(' | ');
};

const compositeText = (value: Value, around: Surroundings, format: Format | undefined, depth: number): string => {
  if (depth >= depthMax) return '{...}';
  const parts = partsOf(value, around, 0, itemsMax + 1);
  const shown = parts
    .slice(0, itemsMax)
    .map(({ name, value: part }) => `${name} = ${text(part, around, format, depth + 1)}`);
  return `{${[...shown, ...(parts.length > itemsMax ? ['...'] : [])].join(', ')}}`;
};

const arrayText = (value: Value, around: Surroundings, format: Format | undefined, depth: number): string => {
  const length = lengthOf(value);
  if (isCharacter(elementType(value.type)) && (format === undefined || format === 's')) {
    if (length === undefined)
      return value.address === undefined ? '<no length>' : textAt(value.address, textBytesMax, around);
    const bytes = bytesOf({ ...value }, around.read);
    return typeof bytes === 'string' ? `<${bytes}>` : bytesText(bytes);
  }
  if (length === undefined) return '[?]';
  if (depth >= depthMax) return '{...}';
  const count = Math.min(length, itemsMax);
  const shown = Array.from({ length: count }, (_, index) => text(elementOf(value, index), around, format, depth + 1));
  return `[${length}] {${[...shown, ...(length > count ? ['...'] : [])].join(', ')}}`;
};

/** How many numbered parts a value has. */
export const indexedCount = (value: Value): number | undefined => {
  if (stripped(value.type)?.kind !== 'array' || value.missing !== undefined) return undefined;
  return lengthOf(value) ?? 0;
};

/** Whether a value can be opened. */
export const hasParts = (value: Value, around: Surroundings): boolean => {
  if (value.missing !== undefined) return false;
  const type = stripped(value.type);
  if (type?.kind === 'array') return (lengthOf(value) ?? 0) > 0;
  if (isComposite(type)) return type.members.length + type.bases.length > 0;
  if (type?.kind !== 'pointer' || type.target === undefined || stripped(type.target)?.kind === 'function') return false;
  const address = numberOf(value, around.read);
  return typeof address === 'bigint' && address !== 0n && sizeOf(type.target) !== undefined;
};

/** What a value consists of: members, elements, or what a pointer leads to. */
export const partsOf = (value: Value, around: Surroundings, first: number, count: number): readonly Part[] => {
  const type = stripped(value.type);
  if (type?.kind === 'array') {
    const end = Math.min(lengthOf(value) ?? 0, first + count);
    return Array.from({ length: Math.max(0, end - first) }, (_, offset) => {
      const index = first + offset;
      return { name: `[${index}]`, value: elementOf(value, index), path: (whole) => `${whole}[${index}]` };
    });
  }
  if (type?.kind === 'pointer') {
    const target = targetOf(value, around.read);
    if (!isComposite(stripped(target.type))) {
      return first === 0 ? [{ name: '*', value: target, path: (whole) => `*(${whole})` }] : [];
    }
    return members(target, (whole, name) => `${whole}->${name}`, 0).slice(first, first + count);
  }
  return isComposite(type) ? members(value, (whole, name) => `${whole}.${name}`, 0).slice(first, first + count) : [];
};

const anonymousMax = 8;

/** Bases first; the members of anonymous members as one's own, as the language has it. */
const members = (value: Value, join: (whole: string, name: string) => string, depth: number): Part[] => {
  const type = stripped(value.type);
  if (!isComposite(type)) return [];
  const own = type.members.flatMap((member): Part[] => {
    const found = memberOf(value, member);
    const { name } = member;
    if (name !== undefined) return [{ name, value: found, path: (whole) => join(whole, name) }];
    return depth < anonymousMax ? members(found, join, depth + 1) : [];
  });
  const bases = type.bases.map((base): Part => {
    const name = declare(base.type);
    return { name, value: memberOf(value, base), path: (whole) => `(${name})(${whole})` };
  });
  return [...bases, ...own];
};
