/**
 * Which checkpoint is missed least: dense near where a person stands and near where they stopped lately, and exponentially thinner
 * with the distance from there. This decides about moments alone.
 */

import type { Moment } from '../../traces/time.ts';

/** So many stops are remembered, the latest. */
const stopsMax = 8;
/** Stops that are nearer to each other are one: somebody steps. */
const stopSteps = 1_000_000;

/** Where a person stopped lately. */
export class RecentStops {
  /** The latest last. */
  #list: readonly Moment[] = [];

  get list(): readonly Moment[] {
    return this.#list;
  }

  add(at: Moment): void {
    this.#list = [...this.#list.filter((stop) => Math.abs(stop - at) >= stopSteps), at].slice(-stopsMax);
  }
}

/** How much the steps to come to a place grow, relative to its distance from the nearest of some moments, if a gap is there. */
const harmOf = (at: Moment, gap: number, stops: readonly Moment[]): number => {
  let distance = Number.POSITIVE_INFINITY;
  for (const stop of stops) distance = Math.min(distance, Math.abs(stop - at));
  return gap / (distance + 1);
};

export interface Candidates {
  /** Ascending. The first and the last are never chosen. */
  readonly moments: readonly Moment[];
  /** Where somebody stands or stood: a checkpoint at one of them is not chosen. */
  readonly stops: readonly Moment[];
  /** Which ones may be chosen; all if absent. */
  readonly isCandidate?: (index: number) => boolean;
}

/** Its index; nothing when none may be chosen. */
export const leastUseful = ({ moments, stops, isCandidate }: Candidates): number | undefined => {
  let victim: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (let index = 1; index < moments.length - 1; index += 1) {
    if (isCandidate?.(index) === false || stops.includes(moments[index]!)) continue;
    const harm = harmOf(moments[index]!, moments[index + 1]! - moments[index - 1]!, stops);
    if (harm < least) [victim, least] = [index, harm];
  }
  return victim;
};
