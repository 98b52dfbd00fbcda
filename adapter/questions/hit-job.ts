/** What seats do for questions about code: find the moments at which a place is come to, and say a message there. */

import { specOf } from '../dap/breakpoint-requests.ts';
import { Breakpoints, fulfilled } from '../dap/breakpoints.ts';
import { scopeOf } from '../dap/scope.ts';
import type { Target } from '../dap/target.ts';
import type { Job } from '../farm/job.ts';
import { type Hits, HitWriter } from './hits.ts';
import { codeNamed, placeAt } from './places.ts';
import type { Keep } from './question.ts';

/** Where, and what a breakpoint there would have. */
export interface HitsPlan {
  readonly place: string;
  readonly condition?: string | undefined;
  readonly message?: string | undefined;
  readonly keep: Keep;
}

export interface HitsFound {
  readonly count: number;
  /** Those that are kept. */
  readonly hits: Hits;
}

/**
 * The breakpoint that a plan means, as a person would set it.
 * @throws {InputError} when there is no such place, or the condition or message is wrong
 */
export const breakpointOf = (target: Target, { place, condition, message }: HitsPlan) =>
  specOf(target, { name: place, condition, logMessage: message ?? '' }, codeNamed(target, place));

export const hitsJob: Job<HitsPlan, HitsFound> = {
  name: 'hits',
  *work(seat, plan, interval, part) {
    const { target } = seat;
    const { machine, timeline, programs } = target;
    const breakpoints = new Breakpoints();
    breakpoints.set('function', [breakpointOf(target, plan)]);
    machine.engine.arm(breakpoints.addresses);
    let count = 0;
    const hits = new HitWriter();
    const take = (): HitsFound => {
      const found = { count, hits: hits.take() };
      count = 0;
      return found;
    };
    yield* seat.meet(interval, (hart) => {
      const symbolic = (address: bigint) => programs.of(hart, address).symbolic(address);
      const scope = scopeOf(target, hart);
      const met = fulfilled(breakpoints.at(hart), scope);
      if (met.length === 0) return false;
      const { messages } = breakpoints.meet(met, scope, symbolic);
      count += 1;
      if (plan.keep === 'none') return false;
      if (plan.keep === 'last') hits.clear();
      const [message] = messages;
      const { moment, ...place } =
        message === undefined
          ? placeAt(target, hart, timeline.now, hart.get('pc'))
          : { moment: timeline.now, hart: hart.id };
      hits.add(moment, place, message);
      if (hits.isFull) part(take());
      return plan.keep === 'first';
    });
    return take();
  },
};
