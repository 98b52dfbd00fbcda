/**
 * Where checkpoints go that memory has no room for: a place outside, which whoever has files gives. It may lose what it was
 * given at any time; then answers come later. What is put there and when is decided by checkpoints.ts and page-store.ts.
 */

import { pageBytes } from '../engine/layout.ts';

export interface Spill {
  /** A checkpoint whose loss leaves no larger gap than this is not worth the writing. */
  readonly stepsMin: number;
  /** Takes bytes and gives a number to ask for them by; nothing when there is no room for them. */
  put(bytes: Uint8Array): number | undefined;
  /** Nothing when they are lost or damaged. */
  get(block: number): Uint8Array | undefined;
  drop(block: number): void;
}

/** Of a block. */
const pagesMax = 512;
/** Blocks at hand that were read lately: a checkpoint's pages lie in few. */
const blocksAtHand = 8;

interface Place {
  readonly block: number;
  readonly index: number;
}

/** RAM pages that are outside, by their number in the page store. */
export class SpilledPages {
  readonly #spill: Spill;
  readonly #places = new Map<number, Place>();
  /** How many pages of each block are still wanted. */
  readonly #live = new Map<number, number>();
  readonly #atHand = new Map<number, Uint8Array>();

  constructor(spill: Spill) {
    this.#spill = spill;
  }

  /** Takes pages; calls `taken` with each that is outside now. @returns whether all are */
  put(pages: readonly number[], contents: (page: number) => Uint8Array, taken: (page: number) => void): boolean {
    for (let from = 0; from < pages.length; from += pagesMax) {
      const some = pages.slice(from, from + pagesMax);
      const bytes = new Uint8Array(some.length * pageBytes);
      for (const [index, page] of some.entries()) bytes.set(contents(page), index * pageBytes);
      const block = this.#spill.put(bytes);
      if (block === undefined) return false;
      this.#live.set(block, some.length);
      for (const [index, page] of some.entries()) {
        this.#places.set(page, { block, index });
        taken(page);
      }
    }
    return true;
  }

  has(page: number): boolean {
    return this.#places.has(page);
  }

  /** Nothing when it is lost. */
  get(page: number): Uint8Array | undefined {
    const { block, index } = this.#places.get(page)!;
    const bytes = this.#blockOf(block);
    const found = bytes?.subarray(index * pageBytes, (index + 1) * pageBytes);
    return found?.length === pageBytes ? found : undefined;
  }

  #blockOf(block: number): Uint8Array | undefined {
    const bytes = this.#atHand.get(block) ?? this.#spill.get(block);
    if (bytes === undefined) return undefined;
    this.#atHand.delete(block);
    this.#atHand.set(block, bytes); // the one that was used last is last
    if (this.#atHand.size > blocksAtHand) this.#atHand.delete(this.#atHand.keys().next().value!);
    return bytes;
  }

  /** Nobody wants this page any more. */
  forget(page: number): void {
    const { block } = this.#places.get(page)!;
    this.#places.delete(page);
    const live = this.#live.get(block)! - 1;
    this.#live.set(block, live);
    if (live > 0) return;
    this.#live.delete(block);
    this.#atHand.delete(block);
    this.#spill.drop(block);
  }
}
