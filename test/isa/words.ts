/** Random instruction words for the tests, the same in each run. */

import type { FieldKey, Operands } from '../../vmm/isa/fields.ts';
import { insertFields, placesOf } from '../../vmm/isa/fields.ts';
import type { Row } from '../../vmm/isa/row.ts';

export type Random = (below: number) => number;

/** Marsaglia's xorshift32. */
export const seeded = (seed: number): Random => {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
};

/** Operands that fit the row. Zeros, ones and equal registers come often: they are what aliases look at. */
export const randomOperands = (row: Row, random: Random): Operands => {
  const found: { [key in Exclude<FieldKey, 'imm'>]?: number } = {};
  const common = random(32);
  for (const { key, width } of placesOf(row)) {
    const limit = 2 ** width;
    found[key] = [random(limit), random(limit), common % limit, random(4) % limit, limit - 1][random(5)]!;
    if (key === 'rm') found[key] = [0, 1, 2, 3, 4, 7][random(6)]!;
  }
  return row.immediate === 'none' ? found : { ...found, imm: randomImmediate(row.immediate, random) };
};

export const randomWord = (row: Row, random: Random): number => insertFields(row, randomOperands(row, random));

const randomImmediate = (format: Exclude<Row['immediate'], 'none'>, random: Random): bigint => {
  const { bits, unit } = shapes[format];
  const near = [0n, 1n, -1n, 255n][random(4)]!;
  const any = BigInt.asIntN(bits, BigInt(random(2 ** 32)));
  return random(4) === 0 ? BigInt.asIntN(bits, near) * unit : any * unit;
};

const shapes = {
  I: { bits: 12, unit: 1n },
  S: { bits: 12, unit: 1n },
  B: { bits: 12, unit: 2n },
  U: { bits: 20, unit: 4096n },
  J: { bits: 20, unit: 2n },
} as const;
