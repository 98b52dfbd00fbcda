/**
 * One piece of work for one seat: how it gets to an interval, the states that it leaves on the way, and the job there. The same
 * in whichever thread the seat is.
 */

import type { Moment } from '../../traces/time.ts';
import type { Interval } from '../../vmm/history/history.ts';
import type { CarriedState } from '../../vmm/timeline/carried-state.ts';
import type { Jobs } from './job.ts';
import type { Seat } from './seat.ts';

/** Plain data. */
export interface Task {
  /** Ascending. */
  readonly id: number;
  readonly start: CarriedState | 'start' | 'here';
  /** Moments at which a state is left, ascending. */
  readonly leave: readonly Moment[];
  readonly interval: Interval;
  readonly job: string;
  readonly plan: unknown;
}

/** Told while a task is under way. */
export interface TaskOutlets {
  readonly left: (state: CarriedState) => void;
  /** What the job found up to here, since this was last called. */
  readonly part: (finding: unknown) => void;
}

/** Yields where it is, between portions; gives what the job found. */
export function* perform(seat: Seat, jobs: Jobs, task: Task, { left, part }: TaskOutlets): Generator<Moment, unknown> {
  const { start, leave, interval, plan } = task;
  if (start !== 'here') seat.adopt(start);
  for (const at of leave) {
    yield* seat.goTo(at);
    left(seat.carry());
  }
  yield* seat.goTo(interval.from);
  const job = jobs.get(task.job);
  if (job === undefined) throw new Error(`there is no job ${task.job}`);
  return yield* job.work(seat, plan, interval, part);
}
