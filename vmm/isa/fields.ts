/**
 * The operand fields of a 32-bit instruction word: taking them out and putting them in, as a row's picture and
 * immediate format say. It knows no instruction.
 */

import { signsOf } from './build.ts';
import type { ImmediateFormat, Row } from './row.ts';

/** Every field of a word by the manual's name. A field that the row's picture lacks is 0. */
export interface Fields {
  readonly rd: number;
  readonly rs1: number;
  readonly rs2: number;
  readonly rs3: number;
  /** Sign-extended; that of U is already shifted left by 12, those of B and J are even offsets from the pc. */
  readonly imm: bigint;
  readonly shamt: number;
  readonly csr: number;
  readonly zimm: number;
  readonly rm: number;
  readonly pred: number;
  readonly succ: number;
  readonly aq: number;
  readonly rl: number;
}

export type FieldKey = keyof Fields;

/** What an assembler line says: the fields of the row; those left out are 0. */
export type Operands = Partial<Fields>;

/** An operand that its field cannot hold. */
export class OperandError extends Error {
  override readonly name = 'OperandError';
}

export const fields = (word: number, row: Row): Fields => {
  const found: Record<Exclude<FieldKey, 'imm'>, number> = { ...none };
  for (const { key, low, width } of placesOf(row)) found[key] = (word >>> low) & ((1 << width) - 1);
  return { ...found, imm: immediateOf(word, row.immediate) };
};

/** The immediate of a word in a format, sign-extended. */
export const immediateOf = (word: number, format: ImmediateFormat): bigint => BigInt(smallImmediateOf(word, format));

/** The same as a number: every immediate fits 32 bits. */
export const smallImmediateOf = (word: number, format: ImmediateFormat): number => {
  switch (format) {
    case 'I':
      return word >> 20;
    case 'S':
      return ((word >> 25) << 5) | ((word >>> 7) & 0x1f);
    case 'B':
      return (
        ((word >> 31) << 12) | (((word >>> 7) & 1) << 11) | (((word >>> 25) & 0x3f) << 5) | (((word >>> 8) & 0xf) << 1)
      );
    case 'U':
      return word & ~0xfff;
    case 'J':
      return (
        ((word >> 31) << 20) |
        (((word >>> 12) & 0xff) << 12) |
        (((word >>> 20) & 1) << 11) |
        (((word >>> 21) & 0x3ff) << 1)
      );
    case 'none':
      return 0;
  }
};

/** The word of a row with these operands. Throws `OperandError` when one does not fit or the row has no such field. */
export const insertFields = (row: Row, operands: Operands): number => {
  const places = placesOf(row);
  let word = row.match;
  for (const [name, given] of Object.entries(operands) as [FieldKey, number | bigint][]) {
    if (name === 'imm') {
      if (given !== 0n || row.immediate !== 'none') word |= placeImmediate(row, BigInt(given));
      continue;
    }
    const place = places.find(({ key }) => key === name);
    const limit = place === undefined ? 1 : 2 ** place.width;
    const value = Number(given);
    if (!Number.isInteger(value) || value < 0 || value >= limit)
      throw new OperandError(
        `The operand ${name} of ${row.name} must be from 0 to ${limit - 1}; found ${given}. Choose one that fits.`,
      );
    if (place !== undefined) word |= value << place.low;
  }
  return word >>> 0;
};

const placeImmediate = (row: Row, imm: bigint): number => {
  const low = Number(BigInt.asIntN(32, imm));
  const word = scatterImmediate(low, row.immediate) >>> 0;
  if (immediateOf(word, row.immediate) !== imm)
    throw new OperandError(
      `The immediate of ${row.name} must be ${immediateRange[row.immediate]}; found ${imm}. Choose one that fits.`,
    );
  return word;
};

const scatterImmediate = (imm: number, format: ImmediateFormat): number => {
  switch (format) {
    case 'I':
      return imm << 20;
    case 'S':
      return ((imm >> 5) << 25) | ((imm & 0x1f) << 7);
    case 'B':
      return (
        ((imm >>> 31) << 31) | (((imm >>> 5) & 0x3f) << 25) | (((imm >>> 1) & 0xf) << 8) | (((imm >>> 11) & 1) << 7)
      );
    case 'U':
      return imm & ~0xfff;
    case 'J':
      return ((imm >>> 31) << 31) | (((imm >>> 1) & 0x3ff) << 21) | (((imm >>> 11) & 1) << 20) | (imm & (0xff << 12));
    case 'none':
      return 0;
  }
};

const immediateRange: Readonly<Record<ImmediateFormat, string>> = {
  I: 'from -2048 to 2047',
  S: 'from -2048 to 2047',
  B: 'even and from -4096 to 4094',
  U: 'a multiple of 4096 that fits a signed 32-bit number',
  J: 'even and from -1048576 to 1048574',
  none: 'absent',
};

interface Place {
  readonly key: Exclude<FieldKey, 'imm'>;
  readonly low: number;
  readonly width: number;
}

const letters: readonly (readonly [letter: string, key: Place['key']])[] = [
  ['d', 'rd'],
  ['s', 'rs1'],
  ['t', 'rs2'],
  ['r', 'rs3'],
  ['h', 'shamt'],
  ['c', 'csr'],
  ['z', 'zimm'],
  ['m', 'rm'],
  ['p', 'pred'],
  ['u', 'succ'],
  ['a', 'aq'],
  ['l', 'rl'],
];

const none = {
  rd: 0,
  rs1: 0,
  rs2: 0,
  rs3: 0,
  shamt: 0,
  csr: 0,
  zimm: 0,
  rm: 0,
  pred: 0,
  succ: 0,
  aq: 0,
  rl: 0,
};

const places = new Map<Row, readonly Place[]>();

/** Where a row's fields stand; each is one run of bits, unlike the immediate. */
export const placesOf = (row: Row): readonly Place[] => {
  const known = places.get(row);
  if (known !== undefined) return known;
  const signs = signsOf(row.name, row.picture, 32);
  const found = letters.flatMap(([letter, key]) => {
    const first = signs.indexOf(letter);
    if (first < 0) return [];
    const last = signs.lastIndexOf(letter);
    return [{ key, low: 31 - last, width: last - first + 1 }];
  });
  places.set(row, found);
  return found;
};
