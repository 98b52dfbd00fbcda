/** What seats do for questions about code: find the moments at which a place is come to, and say a message there. */

import { specOf } from '../dap/breakpoint-requests.ts';
import { Breakpoints, fulfilled } from '../dap/breakpoints.ts';
import { scopeOf } from '../dap/scope.ts';
import type { Target } from '../dap/target.ts';
import type { Job } from '../farm/job.ts';
import type { Place } from './answer.ts';
import { codeNamed, placeAt } from './places.ts';
import type { Keep } from './question.ts';

/** Where, and what a breakpoint there would have. */
export interface HitsPlan {
  readonly place: string;
  readonly condition?: string | undefined;
  readonly message?: string | undefined;
  readonly keep: Keep;
}

export interface Hit {
  readonly place: Pick<Place, 'moment' | 'hart'> & Partial<Place>;
  readonly message?: string;
}

export interface HitsFound {
  readonly count: number;
  /** Those that are kept, in order of time. */
  readonly hits: readonly Hit[];
}

/**
 * The breakpoint that a plan means, as a person would set it.
 * @throws {InputError} when there is no such place, or the condition or message is wrong
 */
export const breakpointOf = (target: Target, { place, condition, message }: HitsPlan) =>
  specOf(target, { name: place, condition, logMessage: message ?? '' }, codeNamed(target, place));

export const hitsJob: Job<HitsPlan, HitsFound> = {
  name: 'hits',
  *work(seat, plan, interval) {
    const { target } = seat;
    const { machine, timeline, programs } = target;
    const breakpoints = new Breakpoints();
    breakpoints.set('function', [breakpointOf(target, plan)]);
    machine.engine.arm(breakpoints.addresses);
    let count = 0;
    const hits: Hit[] = [];
    yield* seat.meet(interval, (hart) => {
      const symbolic = (address: bigint) => programs.of(hart, address).symbolic(address);
      const scope = scopeOf(target, hart);
      const met = fulfilled(breakpoints.at(hart), scope);
      if (met.length === 0) return false;
      const { messages } = breakpoints.meet(met, scope, symbolic);
      count += 1;
      if (plan.keep === 'none') return false;
      if (plan.keep === 'last') hits.length = 0;
      const [message] = messages;
      hits.push(
        message === undefined
          ? { place: placeAt(target, hart, timeline.now, hart.get('pc')) }
          : { place: { moment: timeline.now, hart: hart.id }, message },
      );
      return plan.keep === 'first';
    });
    return { count, hits };
  },
};
