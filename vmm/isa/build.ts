/**
 * The builder of instruction rows: reads the picture of an encoding and the tree of a meaning, and derives what
 * every reader needs (mask, match, immediate format, use of floating point and of a rounding mode).
 * It knows no instruction.
 */

import { type Effect, effectValues, type Value, valueChildren } from './meaning.ts';
import type { ImmediateFormat, Row } from './row.ts';

/** A row that contradicts itself: our own mistake, found when the tables load. */
export class RowError extends Error {
  override readonly name = 'RowError';
}

export type RowBuilder = (
  name: string,
  picture: string,
  syntax: string,
  meaning: Effect,
  /** Only B and J need saying: their bits stand where those of S and U do. */
  immediate?: 'B' | 'J',
) => Row;

/** Rows of one extension. */
export const rowsOf =
  (extension: string): RowBuilder =>
  (name, picture, syntax, meaning, immediate) => {
    const signs = signsOf(name, picture, 32);
    const { mask, match } = maskAndMatch(signs);
    return {
      name,
      picture,
      syntax,
      meaning,
      mask,
      match,
      immediate: immediateFormat(name, signs, immediate),
      usesFloat: usesFloat(meaning),
      rounds: signs.includes('m'),
      extension,
    };
  };

/** The picture without blanks, most significant bit first. */
export const signsOf = (name: string, picture: string, length: 16 | 32): string => {
  const signs = picture.replaceAll(' ', '');
  if (signs.length !== length)
    throw new RowError(`The picture of ${name} must have ${length} signs; it has ${signs.length}. Count its fields.`);
  return signs;
};

/** The fixed bits of an encoding, and their values; both unsigned. */
export const maskAndMatch = (signs: string): { readonly mask: number; readonly match: number } => ({
  mask: Number.parseInt(signs.replace(/[01]/g, '#').replace(/[^#]/g, '0').replaceAll('#', '1'), 2),
  match: Number.parseInt(signs.replace(/[^01]/g, '0'), 2),
});

const immediateFormat = (name: string, signs: string, said: 'B' | 'J' | undefined): ImmediateFormat => {
  const found = immediateBits[signs.replace(/[^i]/g, '-')];
  if (found === undefined)
    throw new RowError(
      `The immediate bits of ${name} stand in no format of the manual. Compare its picture with I, S, U.`,
    );
  if (said === undefined) return found;
  if ((said === 'B' && found === 'S') || (said === 'J' && found === 'U')) return said;
  throw new RowError(`The row ${name} says format ${said}, but its immediate bits stand as in format ${found}.`);
};

/** Where the immediate's bits stand (unprivileged specification, "Immediate Encoding Variants"). */
const immediateBits: Readonly<Record<string, ImmediateFormat>> = {
  '--------------------------------': 'none',
  'iiiiiiiiiiii--------------------': 'I',
  'iiiiiii-------------iiiii-------': 'S',
  'iiiiiiiiiiiiiiiiiiii------------': 'U',
};

const usesFloat = (effect: Effect): boolean =>
  effect.k === 'setF' ||
  (effect.k === 'sequence' && effect.effects.some(usesFloat)) ||
  effectValues(effect).some(valueUsesFloat);

const valueUsesFloat = (value: Value): boolean =>
  value.k === 'f' || value.k === 'float' || valueChildren(value).some(valueUsesFloat);
