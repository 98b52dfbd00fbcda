/**
 * The motions that a person can ask for, each as a generator that works in portions: whoever drives it (motion.ts) can
 * pause it, show progress or give up between two of them. A generator yields the moment it has come to, or a promise to
 * wait for; it returns how the motion ended.
 */

import { type Moment, moment } from '../../traces/time.ts';
import { union } from '../../vmm/history/history.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { RunOptions } from '../../vmm/machine/stops.ts';
import type { Timeline, TimelineStop } from '../../vmm/timeline/timeline.ts';
import { type Arrival, type Finding, mayStop, type StopRules } from './stop-rules.ts';
import type { Target } from './target.ts';
import type { Watch } from './watches.ts';

export type { Arrival } from './stop-rules.ts';
export type Motion = Generator<Moment | Promise<void>, Arrival>;

const forever = moment(Number.MAX_SAFE_INTEGER);
/** Steps of other harts that are made one by one before a hart is waited for in larger pieces. */
const singleStepsMax = 1_000;
const waitPieceSteps = 100_000;

export class Traveller {
  readonly #target: Target;
  readonly #rules: StopRules;
  /** Up to where the person has seen what the guest printed. */
  #seen = 0;
  /** How the machine stopped after the last single step. */
  #stepStop: TimelineStop | undefined;

  constructor(target: Target, rules: StopRules) {
    this.#target = target;
    this.#rules = rules;
    this.#seen = target.timeline.now;
  }

  /** What stops a motion where a hart is after a step: what it did, a filter of traps, or a breakpoint. */
  met(hart: Hart, trapped: boolean): Arrival | undefined {
    return this.#rules.met(hart, trapped, this.#stepStop);
  }

  /** Runs until something stops it. */
  *forward(watch?: Watch): Motion {
    const { timeline } = this.#target;
    // Where one stands has been looked at: a breakpoint here stops only when one comes here again.
    let passing = true;
    for (;;) {
      const before = timeline.now;
      const until = passing ? moment(before + 1) : forever;
      const stop = this.#portion(until, { ...this.#rules.options(watch), ...(passing && { armed: false }) });
      passing = passing && timeline.now === before;
      const arrival = this.#rules.arrival(stop, watch);
      if (arrival !== undefined) return arrival;
      if (stop.reason === 'breakpoint') passing = true;
      yield stop.reason === 'idle' ? this.#idle(stop) : timeline.now;
    }
  }

  /** One step of a hart: an instruction, or the entry into a trap. Other harts go on meanwhile. */
  *step(hart: Hart): Motion {
    const { timeline } = this.#target;
    const [steps, traps] = [hart.count('steps'), hart.count('traps')];
    // Its turn may be far away: after some steps of the others, larger pieces, and back when one was too large.
    for (let singles = singleStepsMax; ; singles -= 1) {
      const begin = timeline.now;
      const isSingle = singles > 0;
      const options = isSingle ? this.#rules.stepOptions() : {};
      const stop = this.#portion(moment(begin + (isSingle ? 1 : waitPieceSteps)), options);
      this.#stepStop = isSingle ? stop : undefined;
      if (hart.count('steps') > steps + 1) {
        yield* timeline.travel(begin);
        singles = waitPieceSteps;
        continue;
      }
      if (stop.reason === 'end' || stop.reason === 'power') return this.#rules.ending(stop);
      if (hart.count('steps') !== steps) {
        return { reason: 'step', hart: hart.id, trapped: hart.count('traps') !== traps };
      }
      yield stop.reason === 'idle' ? this.#idle(stop) : timeline.now;
    }
  }

  /** Back to the moment before the last step of a hart. */
  *stepBack(hart: Hart): Motion {
    const { timeline, console } = this.#target;
    if (timeline.now === timeline.start) return { reason: 'start', hart: hart.id };
    const steps = hart.count('steps');
    if (steps === 0) return { reason: 'unmoved', hart: hart.id };
    console.muted = true;
    // The hart's count never falls: first ever further back until it is smaller, then halve.
    let later: number = timeline.now;
    let earlier = later - 1;
    yield* timeline.travel(moment(earlier));
    for (let distance = 8; hart.count('steps') >= steps; distance *= 8) {
      later = earlier;
      earlier = Math.max(timeline.start, later - distance);
      yield* timeline.travel(moment(earlier));
    }
    while (later - earlier > 1) {
      const middle = Math.floor((earlier + later) / 2);
      yield* timeline.travel(moment(middle));
      if (hart.count('steps') < steps) earlier = middle;
      else later = middle;
    }
    yield* timeline.travel(moment(earlier));
    return { reason: 'step', hart: hart.id };
  }

  /** Back to the last stop before the present moment that running forwards would have made, or to the start. */
  *reverse(): Motion {
    this.#target.console.muted = true;
    for (;;) {
      let finding: Finding | undefined;
      const isStop = (stop: TimelineStop): boolean => {
        const one = this.#rules.look(stop);
        if (!mayStop(one)) return false;
        finding = one;
        return true;
      };
      const found = yield* this.#searchBack(this.#rules.options(), isStop, this.#rules.among());
      if (found === undefined || finding === undefined) return { reason: 'start' };
      const arrival = this.#rules.arriveBy(finding);
      if (arrival !== undefined) return arrival;
    }
  }

  *#searchBack(...search: Parameters<Timeline['reverse']>): ReturnType<Timeline['reverse']> {
    const isOver = this.#target.makeWay();
    try {
      return yield* this.#target.timeline.reverse(...search);
    } finally {
      isOver();
    }
  }

  /** Back to the last moment at which a hart was at one of some addresses, as `here` wants it, or to the start. */
  *backTo(addresses: readonly bigint[], here: Watch['here']): Motion {
    const { console, machine, history } = this.#target;
    console.muted = true;
    machine.engine.arm(addresses);
    const found = yield* this.#searchBack(
      { armed: true },
      (stop) => stop.reason === 'breakpoint' && addresses.includes(stop.pc) && here(machine.harts[stop.hart]!),
      history &&
        function* (within) {
          return union(addresses.map((address) => history.executedAt(address, within)));
        },
    );
    if (found?.reason !== 'breakpoint') return { reason: 'start' };
    return { reason: 'step', hart: found.hart };
  }

  /**
   * To the last stop between two moments, neither of them included, that running forwards would have made; to the first of the
   * two where there is none.
   */
  *lastStop(from: Moment, to: Moment): Generator<Moment | Promise<void>, Arrival | undefined> {
    const { timeline } = this.#target;
    if (this.#rules.isEmpty) return undefined;
    const options = this.#rules.options();
    yield* timeline.travel(from);
    let found: { readonly at: Moment; readonly finding: Finding } | undefined;
    for (let passing = true; timeline.now < to; ) {
      const until = passing ? moment(timeline.now + 1) : to;
      const stop = timeline.forward(until, passing ? { ...options, armed: false } : options);
      if (stop.reason === 'end' || stop.reason === 'power') break;
      const finding = timeline.now < to ? this.#rules.look(stop) : undefined;
      if (mayStop(finding)) found = { at: timeline.now, finding };
      passing = stop.reason === 'breakpoint';
      yield timeline.now;
    }
    yield* timeline.travel(found?.at ?? from);
    const arrival = found && this.#rules.arriveBy(found.finding);
    if (arrival === undefined) yield* timeline.travel(from);
    return arrival;
  }

  /** To a moment, at most to the end of what is known. */
  *goTo(destination: Moment): Motion {
    const { timeline, console } = this.#target;
    console.muted = true;
    yield* timeline.travel(moment(Math.min(destination, this.#seen)));
    console.muted = false;
    yield* timeline.travel(destination);
    this.#seen = Math.max(this.#seen, timeline.now);
    return { reason: 'goto' };
  }

  /** A portion forwards. What the guest printed in its past is not said again. */
  #portion(until: Moment, options: RunOptions): TimelineStop {
    const { timeline, console, live } = this.#target;
    const longest = timeline.atLiveEnd ? (live?.beforePortion() ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
    const fresh = timeline.now >= this.#seen;
    console.muted = !fresh;
    const limit = Math.min(until, fresh ? timeline.now + longest : this.#seen);
    const stop = timeline.forward(moment(limit), options);
    this.#seen = Math.max(this.#seen, timeline.now);
    return stop;
  }

  #idle(stop: Extract<TimelineStop, { reason: 'idle' }>): Promise<void> | Moment {
    return this.#target.live?.idle(stop) ?? this.#target.timeline.now;
  }
}
