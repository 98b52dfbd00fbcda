/**
 * The motions that a person can ask for, each as a generator that works in portions: whoever drives it (motion.ts) can
 * pause it, show progress or give up between two of them. A generator yields the moment it has come to, or a promise to
 * wait for; it returns how the motion ended.
 */

import { type Moment, moment } from '../../traces/time.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { RunOptions } from '../../vmm/machine/machine.ts';
import type { TimelineStop } from '../../vmm/timeline/timeline.ts';
import type { Breakpoint, Breakpoints, Verdict } from './breakpoints.ts';
import { instructionAt } from './instructions.ts';
import { scopeOf } from './scope.ts';
import type { Target } from './target.ts';
import { lastTrap, type TrapFilters } from './trap-filters.ts';
import { trapCause } from './trap-words.ts';
import { WatchedBytes } from './watched-bytes.ts';

/** How a motion ended. `hart` is the one to look at. */
export type Arrival =
  | { readonly reason: 'goto' | 'pause' | 'start' | 'end' | 'unmoved'; readonly hart?: number }
  /** `trapped`: the step was the entry into a trap or an interrupt. */
  | { readonly reason: 'step'; readonly hart: number; readonly trapped?: boolean }
  | { readonly reason: 'breakpoint'; readonly hart: number; readonly breakpoints: readonly Breakpoint[] }
  | { readonly reason: 'trap'; readonly hart: number }
  | { readonly reason: 'power'; readonly action: 'off' | 'reset'; readonly exitCode: number };

export type Motion = Generator<Moment | Promise<void>, Arrival>;

/** A place at which a motion ends that no breakpoint knows of. */
export interface Watch {
  readonly address: bigint;
  readonly here: (hart: Hart) => boolean;
}

const forever = moment(Number.MAX_SAFE_INTEGER);
/** Steps of other harts that are made one by one before a hart is waited for in larger pieces. */
const singleStepsMax = 1_000;
const waitPieceSteps = 100_000;

export class Traveller {
  readonly #target: Target;
  readonly #breakpoints: Breakpoints;
  readonly #filters: TrapFilters;
  readonly #say: (message: string) => void;
  readonly #watchedBytes: WatchedBytes;
  /** Up to where the person has seen what the guest printed. */
  #seen = 0;

  constructor(target: Target, breakpoints: Breakpoints, filters: TrapFilters, say: (message: string) => void) {
    this.#target = target;
    this.#breakpoints = breakpoints;
    this.#filters = filters;
    this.#say = say;
    this.#watchedBytes = new WatchedBytes(target.machine);
  }

  /** Runs until something stops it. */
  *forward(watch?: Watch): Motion {
    const { timeline } = this.#target;
    // Where one stands has been looked at: a breakpoint here stops only when one comes here again.
    let passing = true;
    this.#watchedBytes.note(this.#breakpoints.watching);
    for (;;) {
      const before = timeline.now;
      const until = passing ? moment(before + 1) : forever;
      const stop = this.#portion(until, { ...this.#options(watch), ...(passing && { armed: false }) });
      passing = passing && timeline.now === before;
      const arrival = this.#arrival(stop, watch);
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
      const stop = this.#portion(moment(begin + (singles > 0 ? 1 : waitPieceSteps)), {});
      if (hart.count('steps') > steps + 1) {
        yield* timeline.travel(begin);
        singles = waitPieceSteps;
        continue;
      }
      if (stop.reason === 'end' || stop.reason === 'power') return this.#ending(stop);
      if (hart.count('steps') !== steps) {
        return { reason: 'step', hart: hart.id, trapped: hart.count('traps') !== traps };
      }
      yield stop.reason === 'idle' ? this.#idle(stop) : timeline.now;
    }
  }

  /**
   * The next instruction of the same routine: over calls, environment calls and interrupts, which are over when the hart
   * comes to the instruction behind them with a stack that is as high as before. Breakpoints on the way stop it.
   * @param enters whether to stop in what was called
   */
  *next(hart: Hart, enters: () => boolean = () => false): Motion {
    const pc = hart.get('pc');
    const instruction = instructionAt(this.#target.memory, hart, pc);
    const back = this.#returnsTo(hart, pc);
    const arrival = yield* this.step(hart);
    if (arrival.reason !== 'step') return arrival;
    if (arrival.trapped === true && trapCause(lastTrap(hart).cause).interrupt) return yield* this.forward(back);
    if (instruction?.kind !== 'call' || enters()) return arrival;
    const behind = { ...back, address: pc + BigInt(instruction.length) };
    // A call of the next instruction, as position-independent code does it, is over at once.
    if (hart.get('pc') === behind.address && behind.here(hart)) return arrival;
    return yield* this.forward(behind);
  }

  /**
   * To the caller: runs instruction by instruction, over calls, until a return (or a return from a trap) has been
   * executed. Where the stack is unusual (a context switch) it goes on until a return comes; pausing ends it.
   */
  *out(hart: Hart): Motion {
    for (;;) {
      const isReturn = instructionAt(this.#target.memory, hart, hart.get('pc'))?.kind === 'return';
      const arrival = yield* this.next(hart);
      if (arrival.reason !== 'step' || isReturn) return arrival;
      const stops = this.#breakpoints.mayStop(hart, scopeOf(this.#target, hart)) ? this.#meet(hart) : [];
      if (stops.length > 0) {
        return { reason: 'breakpoint', hart: hart.id, breakpoints: stops };
      }
      yield this.#target.timeline.now;
    }
  }

  /** Back to the moment before the last step of a hart. */
  *stepBack(hart: Hart): Motion {
    const { timeline, console } = this.#target;
    if (timeline.now === 0) return { reason: 'start', hart: hart.id };
    const steps = hart.count('steps');
    if (steps === 0) return { reason: 'unmoved', hart: hart.id };
    console.muted = true;
    // The hart's count never falls: first ever further back until it is smaller, then halve.
    let later: number = timeline.now;
    let earlier = later - 1;
    yield* timeline.travel(moment(earlier));
    for (let distance = 8; hart.count('steps') >= steps; distance *= 8) {
      later = earlier;
      earlier = Math.max(0, later - distance);
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
    const { timeline, console } = this.#target;
    console.muted = true;
    this.#arm();
    for (;;) {
      const options = this.#options();
      const found = yield* timeline.reverse(options, (stop) => this.#mayStop(stop));
      if (found === undefined) return { reason: 'start' };
      if (found.reason === 'watch') yield* this.#noteBefore();
      const arrival = this.#arrival(found);
      if (arrival !== undefined) return arrival;
    }
  }

  /** Looks at what watched memory held a step ago. */
  *#noteBefore(): Generator<Moment, void> {
    const { timeline } = this.#target;
    const { now } = timeline;
    yield* timeline.travel(moment(Math.max(0, now - 1)));
    this.#watchedBytes.note(this.#breakpoints.watching);
    yield* timeline.travel(now);
  }

  /** Back to the last moment at which a hart was at one of some addresses, as `here` wants it, or to the start. */
  *backTo(addresses: readonly bigint[], here: Watch['here']): Motion {
    const { timeline, console, machine } = this.#target;
    console.muted = true;
    machine.engine.arm(addresses);
    const found = yield* timeline.reverse({ armed: true }, (stop) => {
      return stop.reason === 'breakpoint' && addresses.includes(stop.pc) && here(machine.harts[stop.hart]!);
    });
    if (found?.reason !== 'breakpoint') return { reason: 'start' };
    return { reason: 'step', hart: found.hart };
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

  #options(watch?: Watch): RunOptions {
    this.#arm(watch);
    const { count, ranges } = this.#breakpoints;
    return {
      armed: count > 0 || watch !== undefined,
      traps: this.#filters.active,
      ...(ranges.length > 0 && { watch: ranges }),
    };
  }

  #arm(watch?: Watch): void {
    const own = this.#breakpoints.addresses;
    this.#target.machine.engine.arm(watch === undefined ? own : [...own, watch.address]);
  }

  /** Whether a candidate might end a motion; counts nothing and says nothing. */
  #mayStop(stop: TimelineStop): boolean {
    if (stop.reason === 'watch') return true; // whether it changed anything is looked at on arriving
    if (stop.reason !== 'breakpoint' && stop.reason !== 'trap') return false;
    const hart = this.#target.machine.harts[stop.hart]!;
    const scope = scopeOf(this.#target, hart);
    return stop.reason === 'trap' ? this.#filters.stops(hart, scope) : this.#breakpoints.mayStop(hart, scope);
  }

  /** What a stop of the machine means for a motion; `undefined`: go on. */
  #arrival(stop: TimelineStop, watch?: Watch): Arrival | undefined {
    switch (stop.reason) {
      case 'until':
      case 'requested':
      case 'idle':
        return undefined;
      case 'end':
      case 'power':
        return this.#ending(stop);
      case 'trap':
        return this.#mayStop(stop) ? { reason: 'trap', hart: stop.hart } : undefined;
      case 'watch': {
        const breakpoints = this.#meetChanged(this.#target.machine.harts[stop.hart]!);
        return breakpoints.length === 0 ? undefined : { reason: 'breakpoint', hart: stop.hart, breakpoints };
      }
      case 'breakpoint': {
        const hart = this.#target.machine.harts[stop.hart]!;
        const stops = this.#meet(hart);
        if (stops.length > 0) return { reason: 'breakpoint', hart: stop.hart, breakpoints: stops };
        return watch?.address === stop.pc && watch.here(hart) ? { reason: 'step', hart: stop.hart } : undefined;
      }
    }
  }

  /** The breakpoints that stop a hart where it is; says the messages of those that only say something. */
  #meet(hart: Hart): readonly Breakpoint[] {
    return this.#said(this.#breakpoints.meet(hart, scopeOf(this.#target, hart), this.#symbolic));
  }

  #meetChanged(hart: Hart): readonly Breakpoint[] {
    const changed = this.#watchedBytes.changed(this.#breakpoints.watching);
    return this.#said(this.#breakpoints.meetChanged(changed, scopeOf(this.#target, hart), this.#symbolic));
  }

  readonly #symbolic = (address: bigint): string | undefined => this.#target.program.symbolic(address);

  #said({ stops, messages }: Verdict): readonly Breakpoint[] {
    for (const message of messages) this.#say(message);
    return stops;
  }

  #ending(stop: Extract<TimelineStop, { reason: 'end' | 'power' }>): Arrival {
    const { session } = this.#target;
    if (stop.reason === 'end') return { reason: 'end' };
    const { action, exitCode } = stop;
    if (session.kind === 'live') {
      session.recorder.end({ reason: action === 'off' ? 'poweroff' : 'reset', exitCode: exitCode >>> 0 });
    }
    return { reason: 'power', action, exitCode };
  }

  #idle(stop: Extract<TimelineStop, { reason: 'idle' }>): Promise<void> | Moment {
    return this.#target.live?.idle(stop) ?? this.#target.timeline.now;
  }

  /** Where a hart is when it has come back to an address of the routine that it is in now. */
  #returnsTo(hart: Hart, address: bigint): Watch {
    const [sp, mode] = [hart.x(stackPointer), hart.privilege];
    return {
      address,
      here: (other) => other.id === hart.id && other.privilege === mode && other.x(stackPointer) >= sp,
    };
  }
}

const stackPointer = 2;
