/**
 * Where walks have found the tables of the last two levels, so that the next one may begin there. It caches pointers
 * between page-table pages, no rights and no leaves; page-tables.ts empties it when a pointer may have changed.
 */

import { pageBytes } from '../engine/layout.ts';
import { pageIndex, ramBase } from './memory.ts';

/** What an observer says of a walk: the table's physical address plus its level; -1 when it must begin at the root. */
export type KnownTable = number;
export const unknownTable: KnownTable = -1;

const entries = 256; // for each level
const entryWords = 4; // space, virtual address above the table's span (two words), RAM page of the table
const cachedLevels = 2;

export class WalkCache {
  readonly #words = new Int32Array(cachedLevels * entries * entryWords);

  /** The lowest table that is known on the way to a virtual address of a space (see Tlbs.spaceOf). */
  find(space: number, low: number, high: number): KnownTable {
    const words = this.#words;
    for (let level = 0; level < cachedLevels; level += 1) {
      const key = low >>> (21 + 9 * level);
      const at = placeOf(level, space, key, high);
      if (words[at] === space && words[at + 1] === key && words[at + 2] === (high | 0))
        return ramBase + words[at + 3]! * pageBytes + level;
    }
    return unknownTable;
  }

  remember(space: number, level: number, low: number, high: number, table: number): void {
    if (level >= cachedLevels) return;
    const key = low >>> (21 + 9 * level);
    const at = placeOf(level, space, key, high);
    const words = this.#words;
    words[at] = space;
    words[at + 1] = key;
    words[at + 2] = high;
    words[at + 3] = pageIndex(table);
  }

  /** Spaces are numbered from 1, so zeros are no entries. */
  clear(): void {
    this.#words.fill(0);
  }
}

const placeOf = (level: number, space: number, key: number, high: number): number =>
  (level * entries + ((key ^ (high << 2) ^ (space * 37)) & (entries - 1))) * entryWords;
