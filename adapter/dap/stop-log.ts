/** Where a session has stopped, for whoever wants to find back: the last stop at each moment, bounded. */

import type { Moment } from '../../traces/time.ts';

export interface NotedStop {
  readonly moment: Moment;
  readonly words: string;
}

const stopsMax = 1000;

export class StopLog {
  readonly #words = new Map<Moment, string>();

  add(at: Moment, words: string): void {
    this.#words.delete(at);
    this.#words.set(at, words);
    const [oldest] = this.#words.keys();
    if (this.#words.size > stopsMax && oldest !== undefined) this.#words.delete(oldest);
  }

  /** Ascending, from `from` until and with `to`. */
  between(from: number, to: number): NotedStop[] {
    const found = [...this.#words].filter(([at]) => at >= from && at <= to);
    return found.map(([moment, words]) => ({ moment, words })).sort((one, other) => one.moment - other.moment);
  }
}
