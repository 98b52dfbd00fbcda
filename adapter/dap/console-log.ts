/**
 * Each byte that the guest printed with the moment of the step that printed it, as far as the machine was seen to run from
 * where the log begins. Running the past again adds nothing. It is bounded: the oldest bytes go first. What the history
 * index (vmm/history) knows of the console is not here; this is what is known without it, and at a live end.
 */

import { type Moment, moment } from '../../traces/time.ts';

/** Nine bytes of memory for each that was printed. */
const bytesMaxDefault = 2 ** 21;
const capacityFirst = 4096;

export interface ConsoleRun {
  /** Of the first byte in all that was ever printed, if the log began at the beginning. */
  readonly offset: number | undefined;
  readonly bytes: Uint8Array;
  /** For each byte. */
  readonly moments: Float64Array;
}

export class ConsoleLog {
  readonly #bytesMax: number;
  #bytes = new Uint8Array(capacityFirst);
  #moments = new Float64Array(capacityFirst);
  #count = 0;
  #dropped = 0;
  #from: Moment;
  readonly #isWhole: boolean;
  /** All that was printed by the steps before this moment is known. */
  #to: number;
  #made: number;

  /** `made`: steps that the machine has made here until now, again and again; it tells running from jumping. */
  constructor(begin: Moment, made: number, bytesMax: number = bytesMaxDefault) {
    this.#from = begin;
    this.#isWhole = begin === 0;
    this.#to = begin;
    this.#made = made;
    this.#bytesMax = bytesMax;
  }

  /** What was printed by the steps between these is known in full. */
  get known(): { readonly from: Moment; readonly to: Moment } {
    return { from: this.#from, to: moment(this.#to) };
  }

  /** The machine has come to a moment. */
  reach(at: Moment, made: number): void {
    this.#follow(at, made);
  }

  /** The step `at` printed. A step prints once at most: a character of a port, or a buffer of one firmware call. */
  add(at: Moment, made: number, bytes: Uint8Array): void {
    if (!this.#follow(at, made)) return;
    this.#to = at + 1;
    this.#made = made + 1;
    if (this.#count > 0 && this.#count + bytes.length > this.#bytesMax) this.#dropOldest(bytes.length);
    this.#grow(this.#count + bytes.length);
    this.#bytes.set(bytes, this.#count);
    this.#moments.fill(at, this.#count, this.#count + bytes.length);
    this.#count += bytes.length;
  }

  /** Whether the machine ran here from what is known, and not over a gap; then all until here is known. */
  #follow(at: Moment, made: number): boolean {
    const ran = made - this.#made;
    this.#made = made;
    if (at < this.#to || at - this.#to > ran) return false;
    this.#to = at;
    return true;
  }

  /** At least a half, so that it is done rarely. */
  #dropOldest(wanted: number): void {
    let count = Math.min(this.#count, Math.max(wanted, this.#bytesMax >>> 1));
    // What one step printed stays together.
    while (count < this.#count && this.#moments[count] === this.#moments[count - 1]) count += 1;
    this.#from = moment(this.#moments[count - 1]! + 1);
    this.#bytes.copyWithin(0, count, this.#count);
    this.#moments.copyWithin(0, count, this.#count);
    this.#count -= count;
    this.#dropped += count;
  }

  #grow(count: number): void {
    if (count <= this.#bytes.length) return;
    const capacity = Math.max(count, this.#bytes.length * 2);
    const [bytes, moments] = [new Uint8Array(capacity), new Float64Array(capacity)];
    bytes.set(this.#bytes);
    moments.set(this.#moments);
    [this.#bytes, this.#moments] = [bytes, moments];
  }

  /** What the steps from `from` until before `to` printed, at most `bytesMax` of it but all that one step did. */
  between(from: Moment, to: Moment, bytesMax: number): ConsoleRun {
    const begin = this.#indexOf(from);
    const all = this.#indexOf(to);
    let end = Math.min(all, begin + bytesMax);
    while (end < all && end > 0 && this.#moments[end] === this.#moments[end - 1]) end += 1;
    return {
      offset: this.#isWhole ? this.#dropped + begin : undefined,
      bytes: this.#bytes.slice(begin, end),
      moments: this.#moments.slice(begin, end),
    };
  }

  /** What the first step, or the last, that printed between these did; nothing where none is known. */
  stepIn(from: Moment, to: Moment, last: boolean): ConsoleRun | undefined {
    const index = last ? this.#indexOf(to) - 1 : this.#indexOf(from);
    const at = this.#moments[index];
    if (index < 0 || index >= this.#count || at === undefined || at < from || at >= to) return undefined;
    return this.between(moment(at), moment(at + 1), 1);
  }

  /** How many bytes were printed in each of `columns` stretches of equal length. */
  countIn(from: Moment, to: Moment, columns: number): number[] {
    let begin = this.#indexOf(from);
    return Array.from({ length: columns }, (_, column) => {
      const end = this.#indexOf(from + ((to - from) * (column + 1)) / columns);
      const count = end - begin;
      begin = end;
      return count;
    });
  }

  /** The first byte that was printed at or after a moment. */
  #indexOf(at: number): number {
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#moments[middle]! < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
