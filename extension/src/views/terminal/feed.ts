/**
 * Fills a screen with what the adapter tells of the console, piece by piece and in order, as far as it is known without a
 * gap. What is beyond a gap waits until the gap is filled.
 */

import type { ConsoleAnswer } from '../requests.ts';
import { Screen } from './screen.ts';

export class ConsoleFeed {
  screen = new Screen();
  #begun = false;
  /** All that was printed before this moment is on the screen. */
  #to = 0;
  /** Whether the console before the first line is not known. */
  isCut = false;
  /** Whether there is more behind a gap. */
  hasGap = false;

  /** Whether nothing is known yet. */
  get isEmpty(): boolean {
    return this.#to === 0;
  }

  /** What to ask for next. */
  get wanted(): { readonly from: number } {
    return { from: this.#to };
  }

  /** Gives whether the answer went on the screen up to where it was given, so that more can be asked for. */
  take({ chunks, known, to }: ConsoleAnswer): boolean {
    const first = known.find((part) => part.to > this.#to);
    this.hasGap = first !== undefined && this.#begun && first.from > this.#to;
    if (first === undefined || this.hasGap) return false;
    if (!this.#begun) this.isCut = first.from > 0;
    for (const { moment, bytes, later } of chunks) {
      if (moment < Math.max(first.from, this.#to) || moment >= first.to) continue;
      const moments = momentsOf(moment, later);
      this.screen.write(bytesOf(bytes), (index) => moments[Math.min(index, moments.length - 1)]!);
    }
    this.#begun = true;
    this.#to = first.to;
    this.hasGap = known.some((part) => part.from > first.to);
    return first.to === to && chunks.length > 0;
  }
}

const momentsOf = (first: number, later: readonly number[] | undefined): number[] => {
  const moments = [first];
  for (const steps of later ?? []) moments.push(moments.at(-1)! + steps);
  return moments;
};

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
