/**
 * The states that a farm has at hand, by moment: those that its seats have left on their way, and those that somebody else has
 * and gives when asked. They are an optimisation: without them everything begins at the start.
 */

import { type Moment, moment } from '../../traces/time.ts';
import type { CarriedState } from '../../vmm/timeline/carried-state.ts';

/** Another timeline of the recording, which has checkpoints. */
export interface StateSource {
  readonly moments: readonly Moment[];
  carry(at: Moment): CarriedState;
}

interface Held {
  readonly sizeBytes: number;
  states: number;
}

export class Shelf {
  readonly #budgetBytes: number;
  readonly #source: StateSource | undefined;
  readonly #start: Moment;
  /** Ascending. */
  readonly #states: CarriedState[] = [];
  readonly #slabs = new Map<string, Held>();
  #sizeBytes = 0;

  constructor(budgetBytes: number, start: Moment, source?: StateSource) {
    this.#budgetBytes = budgetBytes;
    this.#source = source;
    this.#start = start;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get count(): number {
    return this.#states.length;
  }

  /** The last moment at or before this one that there is a state of; the start needs none. */
  before(at: Moment): Moment {
    const own = this.#states[indexBefore(this.#states, at)]?.at ?? this.#start;
    const theirs = this.#source?.moments.findLast((one) => one <= at) ?? this.#start;
    return moment(Math.max(theirs, own));
  }

  /** The state of a moment that `before` gave. */
  get(at: Moment): CarriedState | 'start' {
    if (at === this.#start) return 'start';
    const own = this.#states[indexBefore(this.#states, at)];
    if (own?.at === at) return own;
    const state = this.#source!.carry(at);
    this.add(state);
    return state;
  }

  add(state: CarriedState): void {
    const index = indexBefore(this.#states, state.at);
    if (this.#states[index]?.at === state.at) return;
    this.#states.splice(index + 1, 0, state);
    for (const { name, bytes } of state.slabs) {
      const held = this.#slabs.get(name) ?? { sizeBytes: bytes.length, states: 0 };
      if (held.states === 0) this.#sizeBytes += held.sizeBytes;
      held.states += 1;
      this.#slabs.set(name, held);
    }
    this.#sizeBytes += state.places.byteLength;
    while (this.#sizeBytes > this.#budgetBytes && this.#states.length > 2) this.#drop(this.#leastUseful());
  }

  #drop(index: number): void {
    const [state] = this.#states.splice(index, 1);
    this.#sizeBytes -= state!.places.byteLength;
    for (const { name } of state!.slabs) {
      const held = this.#slabs.get(name)!;
      held.states -= 1;
      if (held.states > 0) continue;
      this.#slabs.delete(name);
      this.#sizeBytes -= held.sizeBytes;
    }
  }

  /** The one whose loss leaves the smallest gap. */
  #leastUseful(): number {
    let victim = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let index = 0; index < this.#states.length - 1; index += 1) {
      const gap = this.#states[index + 1]!.at - (this.#states[index - 1]?.at ?? this.#start);
      if (gap < least) [victim, least] = [index, gap];
    }
    return victim;
  }
}

/** -1 where none is. */
const indexBefore = (states: readonly CarriedState[], at: Moment): number => {
  let low = -1;
  let high = states.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (states[middle]!.at <= at) low = middle;
    else high = middle;
  }
  return low;
};
