/**
 * Where walks have found the tables of the last two levels, so that the next one may begin there. It caches pointers
 * between page-table pages, no rights and no leaves; page-tables.ts empties it when a pointer may have changed.
 */

/** Instead of a RAM page. */
export const noTable = -1;

const entries = 256; // for each level
const entryWords = 4; // space, virtual address above the table's span (two words), RAM page of the table
export const cachedLevels = 2;

export class WalkCache {
  readonly #words = new Int32Array(cachedLevels * entries * entryWords);

  /** RAM page of the table of a level on the way to a virtual address of a space (see Tlbs.spaceOf). */
  find(level: number, space: number, low: number, high: number): number {
    const words = this.#words;
    const key = low >>> (21 + 9 * level);
    const at = placeOf(level, space, key, high);
    return words[at] === space && words[at + 1] === key && words[at + 2] === (high | 0) ? words[at + 3]! : noTable;
  }

  remember(level: number, space: number, low: number, high: number, table: number): void {
    if (level >= cachedLevels) return;
    const key = low >>> (21 + 9 * level);
    const at = placeOf(level, space, key, high);
    const words = this.#words;
    words[at] = space;
    words[at + 1] = key;
    words[at + 2] = high;
    words[at + 3] = table;
  }

  /** Spaces are numbered from 1, so zeros are no entries. */
  clear(): void {
    this.#words.fill(0);
  }
}

const placeOf = (level: number, space: number, key: number, high: number): number =>
  (level * entries + (Math.imul(key ^ (high << 11) ^ (space << 20), hashFactor) >>> hashShift)) * entryWords;

/** Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4): 2^32 divided by the golden ratio, odd. */
const hashFactor = 0x9e37_79b1 | 0;
const hashShift = 32 - Math.log2(entries);
