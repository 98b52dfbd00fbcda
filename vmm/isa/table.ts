/**
 * The instructions that exist, all extensions together. A word has one meaning: `test/isa/table.test.ts` refuses two
 * encodings that overlap, which would take too long at each start. Decoding is decode.ts's.
 */

import { a } from './a.ts';
import { zba, zbb, zbs } from './b.ts';
import { RowError } from './build.ts';
import { c } from './c.ts';
import { d } from './d.ts';
import { f } from './f.ts';
import { m } from './m.ts';
import { privileged } from './privileged.ts';
import type { CompressedRow, Row } from './row.ts';
import { rv64i } from './rv64i.ts';
import { zicsr } from './zicsr.ts';
import { zifencei } from './zifencei.ts';

interface Encoding {
  readonly name: string;
  readonly mask: number;
  readonly match: number;
}

/** True when some word is both. */
const overlap = (one: Encoding, other: Encoding): boolean => ((one.match ^ other.match) & one.mask & other.mask) === 0;

/** True when every word of `one` is a word of `other`, and not the reverse. */
const moreSpecific = (one: Encoding, other: Encoding): boolean =>
  (one.mask & other.mask) >>> 0 === other.mask && one.mask !== other.mask;

/** Refuses two rows of one name, and two that share a word. */
export const refuseOverlap = (encodings: readonly Encoding[], mayNest: boolean): void => {
  for (const [index, one] of encodings.entries())
    for (const other of encodings.slice(index + 1)) {
      if (one.name === other.name)
        throw new RowError(`Two rows are named ${one.name}; names are unique. Rename or remove one.`);
      if (!overlap(one, other) || (mayNest && (moreSpecific(one, other) || moreSpecific(other, one)))) continue;
      const word = ((one.match | other.match) >>> 0).toString(16);
      throw new RowError(
        `The encodings of ${one.name} and ${other.name} both match 0x${word}. Compare their pictures.`,
      );
    }
};

/** Every 32-bit instruction. No two match the same word. */
export const rows: readonly Row[] = [
  ...rv64i,
  ...zifencei,
  ...m,
  ...a,
  ...f,
  ...d,
  ...zicsr,
  ...privileged,
  ...zba,
  ...zbb,
  ...zbs,
];

const fixedBits = (mask: number): number => mask.toString(2).replaceAll('0', '').length;

/**
 * Every 16-bit instruction, the more specific first: the manual nests some (c.mv with rs2 = x0 is c.jr, c.lui to sp is
 * c.addi16sp).
 */
export const compressedRows: readonly CompressedRow[] = [...c].sort(
  (one, other) => fixedBits(other.mask) - fixedBits(one.mask),
);

const byName: ReadonlyMap<string, Row> = new Map(rows.map((row) => [row.name, row]));

/** The row of a mnemonic, such as `fcvt.w.s`. */
export const rowNamed = (name: string): Row | undefined => byName.get(name);
