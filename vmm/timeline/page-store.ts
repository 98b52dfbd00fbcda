/**
 * RAM pages that checkpoints hold, each page's contents once. Page 0 is the page of zeros and is always there. A page
 * lives as long as somebody counts on it.
 */

import { pageBytes } from '../engine/layout.ts';

export const zeroPage = 0;

export class PageStore {
  readonly #pages: (Uint8Array | undefined)[] = [new Uint8Array(pageBytes)];
  #counts = new Int32Array(1024);
  readonly #free: number[] = [];
  #live = 0;

  /** Bytes of page contents that are held. */
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
      const larger = new Int32Array(this.#counts.length * 2);
      larger.set(this.#counts);
      this.#counts = larger;
    }
    this.#counts[page] = 1;
    this.#live += 1;
    return page;
  }

  get(page: number): Uint8Array {
    return this.#pages[page]!;
  }

  hold(page: number): void {
    if (page !== zeroPage) this.#counts[page]! += 1;
  }

  release(page: number): void {
    if (page === zeroPage) return;
    this.#counts[page]! -= 1;
    if (this.#counts[page]! > 0) return;
    this.#pages[page] = undefined;
    this.#free.push(page);
    this.#live -= 1;
  }
}
