/**
 * Bitmaps of pages over intervals, by page: what is asked is one place in one page, in all intervals. Most of a page's
 * bitmaps are like the one before, so each is kept as its difference to that one, or as it is where that is shorter.
 *
 *     column: {interval - the one before it, times 4, plus kind: number, runs if the kind has any}*
 *     runs: {how many: number, lengths of runs of 0 and 1 in turn: number*}, the rest being 0
 */

import { ByteReader, ByteWriter } from './bytes.ts';
import type { PageBitmap } from './coverage-reader.ts';

const kinds = { same: 0, difference: 1, whole: 2 } as const;

interface Column {
  readonly bytes: ByteWriter;
  interval: number;
  readonly bitmap: Uint32Array;
}

export class BitmapColumns {
  readonly words: number;
  readonly #columns = new Map<number, Column>();

  /** `words`: of each bitmap. */
  constructor(words: number) {
    this.words = words;
  }

  /** Intervals must come in ascending order. */
  add(interval: number, page: number, bitmap: PageBitmap): void {
    let column = this.#columns.get(page);
    if (column === undefined) {
      column = { bytes: new ByteWriter(), interval: 0, bitmap: new Uint32Array(this.words) };
      this.#columns.set(page, column);
    }
    const distance = (interval - column.interval) * 4;
    column.interval = interval;
    const before = column.bitmap;
    if (bitmap.every((word, index) => word === before[index])) {
      column.bytes.number(distance + kinds.same);
      return;
    }
    const changes = runsOf(bitmap.map((word, index) => word ^ before[index]!));
    const whole = runsOf(bitmap);
    const isShorter = changes.length < whole.length;
    column.bytes.number(distance + (isShorter ? kinds.difference : kinds.whole));
    const runs = isShorter ? changes : whole;
    column.bytes.number(runs.length);
    for (const length of runs) column.bytes.number(length);
    before.set(bitmap);
  }

  /** Each page's column, ascending. */
  finish(): ReadonlyMap<number, Uint8Array> {
    return new Map(
      [...this.#columns].sort(([one], [other]) => one - other).map(([page, { bytes }]) => [page, bytes.finish()]),
    );
  }
}

/**
 * Numbers of the intervals in which one of the bits from `first` on is set, ascending.
 * @throws {RangeError} when the column is damaged
 */
export const intervalsWith = (column: Uint8Array, words: number, first: number, count: number): number[] => {
  const found: number[] = [];
  const reader = new ByteReader(column);
  const bits = new Uint8Array(words * 32);
  for (let interval = 0; !reader.isAtEnd; ) {
    const head = reader.number();
    interval += Math.floor(head / 4);
    const kind = head % 4;
    if (kind === kinds.whole) bits.fill(0);
    if (kind !== kinds.same) {
      let at = 0;
      let value = 0;
      for (let rest = reader.number(); rest > 0; rest -= 1, value ^= 1) {
        const end = at + reader.number();
        if (end > bits.length) throw new RangeError('a run of the history index is too long');
        if (value === 1) for (; at < end; at += 1) bits[at]! ^= 1;
        at = end;
      }
    }
    if (bits.subarray(first, first + count).includes(1)) found.push(interval);
  }
  return found;
};

/** Lengths of runs of 0 and 1 in turn; the last run of 0 is left out. */
const runsOf = (bitmap: PageBitmap): number[] => {
  const runs: number[] = [];
  let value = 0;
  let length = 0;
  for (const word of bitmap) {
    const same = value === 0 ? 0 : 0xffff_ffff;
    if (word === same) {
      length += 32;
      continue;
    }
    for (let bit = 0; bit < 32; bit += 1) {
      if (((word >>> bit) & 1) === value) length += 1;
      else {
        runs.push(length);
        length = 1;
        value ^= 1;
      }
    }
  }
  if (value === 1) runs.push(length);
  return runs;
};
