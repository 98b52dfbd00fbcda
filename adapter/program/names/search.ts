/**
 * Searches a run of names for what somebody types: names that contain it, or that have its characters in their order
 * (`fuzzy`: `startknl` finds `start_kernel`). It passes over all names at each search, as bytes: a kernel's 400,000 take some
 * 20 ms. It knows nothing of names but their bytes.
 */

import { countUpTo } from '../sorted.ts';

/** Names one behind the other, each with a zero byte behind it. */
export interface NameRun {
  readonly count: number;
  /** Where each begins, and as one more the end of the last. */
  readonly starts: Uint32Array;
  readonly names: Uint8Array;
}

export type NameMatching = 'substring' | 'fuzzy';

export interface NameQuery {
  readonly text: string;
  readonly matching?: NameMatching | undefined;
  /** Whether `A` and `a` differ; by default they do when the text has a capital letter. */
  readonly caseSensitive?: boolean | undefined;
  /** Which names count at all, by number. */
  readonly wanted?: ((number: number) => boolean) | undefined;
}

/** A name that matches, by number; a lower cost is a better match. */
export interface NameMatch {
  readonly number: number;
  readonly cost: number;
}

/** One search under way. */
interface Pass {
  readonly names: Uint8Array;
  readonly needle: Uint8Array;
  readonly wanted: NameQuery['wanted'];
  readonly add: (number: number, cost: number) => void;
}

/** Names beyond this many would not be told apart in one number with their cost. */
const numbersMax = 2 ** 24;
const costMax = 2 ** 28;

export class NameSearcher {
  readonly #run: NameRun;
  #lower: Uint8Array | undefined;

  constructor(run: NameRun) {
    this.#run = run;
  }

  /** All that match, the best first; of equally good ones, those that come first in the run. */
  search({ text, matching = 'substring', caseSensitive = /[A-Z]/.test(text), wanted }: NameQuery): NameMatch[] {
    const names = caseSensitive ? this.#run.names : this.#lowered();
    const needle = Buffer.from(caseSensitive ? text : text.toLowerCase());
    if (needle.length === 0 || needle.includes(0)) return [];
    const found: number[] = [];
    const add = (number: number, cost: number): void => {
      if (number < numbersMax) found.push(Math.min(cost, costMax) * numbersMax + number);
    };
    if (matching === 'fuzzy') this.#fuzzy({ names, needle, wanted, add });
    else this.#substring({ names, needle, wanted, add });
    return Array.from(Float64Array.from(found).sort(), (both) => ({
      number: both % numbersMax,
      cost: Math.floor(both / numbersMax),
    }));
  }

  /** First those that begin with it, and shorter before longer. */
  #substring({ names, needle, wanted, add }: Pass): void {
    const { starts, count } = this.#run;
    const bytes = Buffer.from(names.buffer, names.byteOffset, names.length);
    for (let at = bytes.indexOf(needle); at >= 0; ) {
      const number = nameAt(starts, count, at);
      const [start, end] = [starts[number]!, starts[number + 1]!];
      if (wanted === undefined || wanted(number)) add(number, end - start + (at === start ? 0 : elsewhereCost));
      at = bytes.indexOf(needle, end);
    }
  }

  #fuzzy({ names, needle, wanted, add }: Pass): void {
    const { starts, count } = this.#run;
    const length = needle.length;
    for (let number = 0; number < count; number++) {
      const [start, end] = [starts[number]!, starts[number + 1]! - 1];
      if (end - start < length) continue;
      let at = start;
      let next = 0;
      for (; at < end && next < length; at++) if (names[at] === needle[next]) next++;
      if (next < length || (wanted !== undefined && !wanted(number))) continue;
      add(number, fuzzyCost(names, needle, start, at) + end - start);
    }
  }

  #lowered(): Uint8Array {
    if (this.#lower === undefined) {
      this.#lower = new Uint8Array(this.#run.names);
      for (let at = 0; at < this.#lower.length; at++) {
        const byte = this.#lower[at]!;
        if (byte >= 0x41 && byte <= 0x5a) this.#lower[at] = byte + 0x20;
      }
    }
    return this.#lower;
  }
}

const elsewhereCost = 2 ** 20;
const gapCost = 16;
const midWordCost = 8;

/** What parts the characters of a match, from its end backwards, so that it is the shortest that ends there. */
const fuzzyCost = (names: Uint8Array, needle: Uint8Array, start: number, end: number): number => {
  let cost = 0;
  let at = end - 1;
  for (let next = needle.length - 1; next >= 0; at--) {
    if (names[at] !== needle[next]) {
      cost += gapCost;
      continue;
    }
    next--;
    // A character that continues nothing is best at the beginning of a word.
    const isWordStart = at === start || !isLetter(names[at - 1]!);
    if (!isWordStart && (next < 0 || names[at - 1] !== needle[next])) cost += midWordCost;
  }
  return cost;
};

const isLetter = (byte: number): boolean =>
  (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x30 && byte <= 0x39);

const nameAt = (starts: Uint32Array, count: number, at: number): number =>
  countUpTo(count, (index) => starts[index]!, at) - 1;
