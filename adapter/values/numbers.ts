/** Numbers as people read them: in a base, as an enumerator or as flags, as floating point. */

import type { EnumerationType } from '../program/types/type.ts';
import { quoted } from './characters.ts';

/** `x` hexadecimal, `d` and `u` decimal with and without sign, `o` octal, `b` binary, `c` character, `s` text, `a` address. */
export type Letter = 'x' | 'd' | 'u' | 'o' | 'b' | 'c' | 's' | 'a';

export const hex = (value: bigint): string => `0x${value.toString(16)}`;

/** @param bits the number with its sign, of so many bits */
export const numberIn = (bits: bigint, width: number, letter: Exclude<Letter, 's' | 'a'>): string => {
  const unsigned = BigInt.asUintN(width, bits);
  switch (letter) {
    case 'x':
      return hex(unsigned);
    case 'b':
      return `0b${unsigned.toString(2)}`;
    case 'o':
      return unsigned === 0n ? '0' : `0${unsigned.toString(8)}`;
    case 'd':
      return `${BigInt.asIntN(width, bits)}`;
    case 'u':
      return `${unsigned}`;
    case 'c':
      return quoted(Number(unsigned & 0xffn));
  }
};

/** The enumerator, or those whose bits make it up where they are flags. */
export const enumeratorText = (type: EnumerationType, bits: bigint): string => {
  const exact = type.enumerators.find(({ value }) => value === bits);
  if (exact !== undefined) return exact.name;
  if (bits <= 0n || !isFlags(type)) return `${bits}`;
  let rest = bits;
  const flags = type.enumerators.filter(({ value }) => {
    const isSet = isSingleBit(value) && (rest & value) === value;
    if (isSet) rest &= ~value;
    return isSet;
  });
  if (flags.length === 0) return `${bits}`;
  return [...flags.map(({ name }) => name), ...(rest === 0n ? [] : [hex(rest)])].join(' | ');
};

const isSingleBit = (value: bigint): boolean => value > 0n && (value & (value - 1n)) === 0n;

/** Bits, and what is made of them; not numbers that are counted up, of which 1 and 2 are bits by chance. */
const isFlags = ({ enumerators }: EnumerationType): boolean => {
  const values = new Set(enumerators.map(({ value }) => value));
  let bits = 0n;
  for (const value of values) if (isSingleBit(value)) bits |= value;
  for (const value of values) if (value < 0n || (value & ~bits) !== 0n) return false;
  let counted = 0n;
  while (values.has(counted)) counted += 1n;
  return bits !== 0n && (counted < 4n || counted < values.size);
};

/** A floating-point number of 2, 4, 8 or 16 bytes, as near as the host has it (IEEE 754). */
export const floatNumber = (bytes: Uint8Array): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (bytes.length) {
    case 2:
      return scaled(
        view.getUint16(0, true) >> 15,
        (view.getUint16(0, true) >> 10) & 31,
        5,
        view.getUint16(0, true) & 1023,
        10,
      );
    case 4:
      return view.getFloat32(0, true);
    case 8:
      return view.getFloat64(0, true);
    case 16: {
      const high = view.getBigUint64(8, true);
      const fraction = Number(((high & 0xffff_ffff_ffffn) << 64n) | view.getBigUint64(0, true));
      return scaled(Number(high >> 63n), Number(high >> 48n) & 0x7fff, 15, fraction, 112);
    }
    default:
      return Number.NaN;
  }
};

const scaled = (
  sign: number,
  exponent: number,
  exponentBits: number,
  fraction: number,
  fractionBits: number,
): number => {
  const bias = 2 ** (exponentBits - 1) - 1;
  const part = fraction / 2 ** fractionBits;
  const factor = sign === 0 ? 1 : -1;
  if (exponent === 2 * bias + 1) return part === 0 ? factor * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? factor * part * 2 ** (1 - bias) : factor * (1 + part) * 2 ** (exponent - bias);
};

export const floatText = (bytes: Uint8Array): string => {
  const value = floatNumber(bytes);
  const shown = bytes.length === 4 ? Number(value.toPrecision(9)) : value;
  return Object.is(shown, -0) ? '-0' : `${shown}`;
};
