/**
 * Hits as columns: thousands of them go from the thread that met them to the one that tells them as a few arrays and one text.
 * What meets them is hit-job.ts's, what is told of them executions.ts's.
 */

import type { Place } from './answer.ts';

/** Where a hit is, but for the moment: all of it, or the hart alone. */
export type HitPlace = Pick<Place, 'hart'> & Partial<Omit<Place, 'moment'>>;

/** Plain data. */
export interface Hits {
  /** In order. */
  readonly moments: Float64Array;
  /** Each one's place, which many have. */
  readonly placeOf: Uint32Array;
  readonly places: readonly HitPlace[];
  /** What was said, one message behind the other, and where each ends; no ends: nothing was said. */
  readonly text: string;
  readonly ends: Uint32Array;
}

export interface Hit {
  readonly moment: number;
  readonly place: HitPlace;
  /** Empty where nothing was said. */
  readonly message: string;
}

export function* hitsOf({ moments, placeOf, places, text, ends }: Hits): Generator<Hit, void> {
  let begin = 0;
  for (const [index, moment] of moments.entries()) {
    const end = ends[index] ?? 0;
    yield { moment, place: places[placeOf[index]!]!, message: text.slice(begin, end) };
    begin = end;
  }
}

/** So many are handed over at once, unless their messages are long. */
const countMax = 8192;
const textMax = 2 ** 20;

export class HitWriter {
  #moments: number[] = [];
  #placeOf: number[] = [];
  #places: HitPlace[] = [];
  #numbers = new Map<string, number>();
  #text = '';
  #ends: number[] = [];

  get isFull(): boolean {
    return this.#moments.length >= countMax || this.#text.length >= textMax;
  }

  add(moment: number, place: HitPlace, message: string | undefined): void {
    this.#moments.push(moment);
    this.#placeOf.push(this.#numberOf(place));
    if (message === undefined) return;
    this.#text += message;
    this.#ends.push(this.#text.length);
  }

  #numberOf(place: HitPlace): number {
    const key = `${place.hart} ${place.mode} ${place.pc} ${place.program}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#places.push(place) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  /** Those since it was last called. */
  take(): Hits {
    const hits = {
      moments: Float64Array.from(this.#moments),
      placeOf: Uint32Array.from(this.#placeOf),
      places: this.#places,
      text: this.#text,
      ends: Uint32Array.from(this.#ends),
    };
    this.clear();
    return hits;
  }

  clear(): void {
    [this.#moments, this.#placeOf, this.#places, this.#ends] = [[], [], [], []];
    this.#numbers.clear();
    this.#text = '';
  }
}
