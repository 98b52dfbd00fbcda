/**
 * What the farm is given to do: a job finds something out about one interval of the history, in a replay of its own. Jobs are
 * known by name, because the thread that does one has no part of the thread that asks; plans and findings are plain data.
 */

import type { Moment } from '../../traces/time.ts';
import type { Interval } from '../../vmm/history/history.ts';
import type { Seat } from './seat.ts';

export interface Job<Plan, Finding> {
  readonly name: string;
  /**
   * Begins where the interval does, with the inputs of that moment applied, and goes to its end unless it knows enough before.
   * Yields between portions; gives what it found. Where that may be much, it hands over parts of it on the way, in order.
   */
  work(seat: Seat, plan: Plan, interval: Interval, part: (finding: Finding) => void): Generator<Moment, Finding>;
}

export type Jobs = ReadonlyMap<string, Job<unknown, unknown>>;
