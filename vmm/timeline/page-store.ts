/**
 * RAM pages that checkpoints hold, each page's contents once. Page 0 is the page of zeros and is always there. A page
 * lives as long as somebody counts on it, and is in memory as long as somebody who does is not cold. Where there is a place
 * for it (spill.ts), a page that only cold checkpoints count on goes there.
 */

import { pageBytes } from '../engine/layout.ts';
import { type Spill, SpilledPages } from './spill.ts';

export const zeroPage = 0;

export class PageStore {
  readonly #pages: (Uint8Array | undefined)[] = [new Uint8Array(pageBytes)];
  /** By page: who counts on it, and how many of these are not cold. */
  #counts = new Int32Array(1024);
  #warm = new Int32Array(1024);
  readonly #free: number[] = [];
  readonly #spilled: SpilledPages | undefined;
  /** Pages in memory on which perhaps only the cold count. */
  #cooled: number[] = [];
  #live = 0;

  constructor(spill?: Spill) {
    this.#spilled = spill && new SpilledPages(spill);
  }

  /** Bytes of page contents that are held in memory. */
  get sizeBytes(): number {
    return this.#live * pageBytes;
  }

  /** Stores a copy and gives its number, held once. */
  add(bytes: Uint8Array): number {
    return this.keep(bytes.slice());
  }

  /** Stores these very bytes, which nobody changes, and gives their number, held once. */
  keep(bytes: Uint8Array): number {
    const page = this.#free.pop() ?? this.#pages.length;
    this.#pages[page] = bytes;
    if (page >= this.#counts.length) {
      this.#counts = doubled(this.#counts);
      this.#warm = doubled(this.#warm);
    }
    this.#counts[page] = 1;
    this.#warm[page] = 1;
    this.#live += 1;
    return page;
  }

  /** What it holds; nothing when it was outside and is lost. */
  find(page: number): Uint8Array | undefined {
    return this.#pages[page] ?? this.#spilled?.get(page);
  }

  /** What a page holds that is in memory, as all are where nothing is spilled. */
  get(page: number): Uint8Array {
    return this.#pages[page]!;
  }

  hold(page: number): void {
    if (page === zeroPage) return;
    this.#counts[page]! += 1;
    this.#warm[page]! += 1;
  }

  release(page: number): void {
    if (page === zeroPage) return;
    this.#warm[page]! -= 1;
    if (this.#warm[page] === 0 && this.#counts[page]! > 1) this.#cooled.push(page);
    this.releaseCold(page);
  }

  /** The same by one who is cold. */
  releaseCold(page: number): void {
    if (page === zeroPage) return;
    this.#counts[page]! -= 1;
    if (this.#counts[page]! > 0) return;
    if (this.#pages[page] === undefined) this.#spilled!.forget(page);
    else this.#live -= 1;
    this.#pages[page] = undefined;
    this.#free.push(page);
  }

  /** One who holds these pages becomes cold. @returns whether there is room outside for what goes there; else nothing has changed */
  cool(pages: Int32Array): boolean {
    const spilled = this.#spilled;
    if (spilled === undefined) return false;
    const isColdBut = (page: number, warm: number): boolean =>
      page !== zeroPage && this.#pages[page] !== undefined && this.#counts[page]! > 0 && this.#warm[page] === warm;
    const going = new Set(this.#cooled.filter((page) => isColdBut(page, 0)));
    this.#cooled = [];
    for (const page of pages) if (isColdBut(page, 1)) going.add(page);
    const taken = (page: number): void => {
      this.#pages[page] = undefined;
      this.#live -= 1;
    };
    if (!spilled.put([...going], (page) => this.#pages[page]!, taken)) {
      this.#cooled = [...going];
      return false;
    }
    for (const page of pages) if (page !== zeroPage) this.#warm[page]! -= 1;
    return true;
  }
}

const doubled = (counts: Int32Array): Int32Array<ArrayBuffer> => {
  const larger = new Int32Array(counts.length * 2);
  larger.set(counts);
  return larger;
};
