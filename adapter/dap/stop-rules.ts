/**
 * What ends a motion: breakpoints, filters of traps, what the guest does, the end of the recording. It says what a stop of
 * the machine means and what the machine is to stop at; how one moves is in travel.ts.
 *
 * What is compared with what was before is noted where a portion of the run begins; the machine stops after the first step
 * that may have changed any of it. So what a stop means depends on that step alone, and is the same in both directions.
 */

import type { Hart } from '../../vmm/machine/hart.ts';
import type { RunOptions } from '../../vmm/machine/stops.ts';
import type { WatchRange } from '../../vmm/machine/translations.ts';
import type { Among, TimelineStop } from '../../vmm/timeline/timeline.ts';
import { type Breakpoint, type Breakpoints, fulfilled } from './breakpoints.ts';
import type { GuestStops } from './guest-stops.ts';
import { scopeOf } from './scope.ts';
import { stopIntervals } from './stop-intervals.ts';
import type { Target } from './target.ts';
import type { TrapFilters } from './trap-filters.ts';
import { UserReturns } from './user-returns.ts';
import { WatchedBytes } from './watched-bytes.ts';
import type { Watch } from './watches.ts';

/** How a motion ended. `hart` is the one to look at. */
export type Arrival =
  | { readonly reason: 'goto' | 'restart' | 'pause' | 'start' | 'end' | 'unmoved'; readonly hart?: number }
  /** `trapped`: the step was the entry into a trap or an interrupt. */
  | { readonly reason: 'step'; readonly hart: number; readonly trapped?: boolean }
  /** `words`: what happened to the data that is watched. */
  | {
      readonly reason: 'breakpoint';
      readonly hart: number;
      readonly breakpoints: readonly Breakpoint[];
      readonly words: readonly string[];
    }
  | { readonly reason: 'trap'; readonly hart: number }
  /** The guest did what is stopped at. */
  | { readonly reason: 'guest'; readonly hart: number; readonly words: readonly string[] }
  | { readonly reason: 'power'; readonly action: 'off' | 'reset'; readonly exitCode: number };

/** What a stop of the machine may end a motion by. */
export interface Finding {
  readonly hart: Hart;
  readonly isTrap: boolean;
  /** Those that are met and whose conditions hold; hits are not counted yet. */
  readonly breakpoints: readonly Breakpoint[];
  /** What happened to the data of each of them, if they are of data. */
  readonly dataWords: ReadonlyMap<Breakpoint, string>;
  readonly guestWords: readonly string[];
}

/** What the person has set. */
export interface StopSettings {
  readonly breakpoints: Breakpoints;
  readonly filters: TrapFilters;
  readonly guestStops: GuestStops;
}

const noWords: ReadonlyMap<Breakpoint, string> = new Map();

export class StopRules {
  readonly #target: Target;
  readonly #breakpoints: Breakpoints;
  readonly #filters: TrapFilters;
  readonly #stops: GuestStops;
  readonly #say: (message: string) => void;
  readonly #watchedBytes: WatchedBytes;
  readonly #returns: UserReturns;
  /** The same array while it has the same ranges, so that the machine goes on with what it has cached. */
  #ranges: readonly WatchRange[] = [];
  /** What expressions were made of at the earliest moment since `among` was asked. */
  #earliest: { readonly at: number; readonly ranges: readonly WatchRange[] } = { at: 0, ranges: [] };
  /** Each hart's, where the portion began. */
  #traps: readonly number[] = [];

  constructor(target: Target, { breakpoints, filters, guestStops }: StopSettings, say: (message: string) => void) {
    this.#target = target;
    this.#breakpoints = breakpoints;
    this.#filters = filters;
    this.#stops = guestStops;
    this.#say = say;
    this.#returns = new UserReturns(target);
    this.#watchedBytes = new WatchedBytes(target.machine);
  }

  /** Whether anything stops a motion on its way. */
  get isEmpty(): boolean {
    return this.#breakpoints.count === 0 && !this.#filters.active && !this.#comparesStates;
  }

  /** How the machine is to run; arms it. */
  options(watch?: Watch): RunOptions {
    this.arm(watch);
    return this.#optionsOf(this.#breakpoints.count > 0 || watch !== undefined, watch);
  }

  /** The same for a single step, before which no breakpoint stops. */
  stepOptions(): RunOptions {
    return this.#comparesStates ? this.#optionsOf(false) : {};
  }

  #optionsOf(armed: boolean, watch?: Watch): RunOptions {
    const { traps, returns, ...candidates } = this.#stops.candidates;
    const options: RunOptions = {
      ...candidates,
      armed,
      traps: this.#filters.active || traps === true,
      returns: returns === true || watch?.atReturns === true,
    };
    if (!this.#comparesStates) return options;
    // The machine asks for it at the beginning of each portion, which is when the states before are to be noted.
    return Object.defineProperty(options, 'watch', { get: () => this.#note(), enumerable: true });
  }

  get #comparesStates(): boolean {
    return this.#breakpoints.ranges.length > 0 || this.#stops.active;
  }

  #note(): readonly WatchRange[] {
    const { machine } = this.#target;
    this.#watchedBytes.note(this.#breakpoints.watching);
    this.#traps = machine.harts.map((hart) => hart.count('traps'));
    const own = this.#stops.note(machine.harts);
    const { at, ranges: before } = this.#earliest;
    if (machine.now < at) this.#earliest = { at: machine.now, ranges: areSame(own, before) ? before : own };
    const ranges = [...this.#breakpoints.ranges, ...own];
    if (!areSame(ranges, this.#ranges)) this.#ranges = ranges;
    return this.#ranges;
  }

  /** Where stops may be before the present moment, as far as the history is known; undefined when that is anywhere. */
  among(): Among | undefined {
    const { timeline } = this.#target;
    this.#earliest = { at: timeline.now, ranges: this.#stops.note(this.#target.machine.harts) };
    const settings = { breakpoints: this.#breakpoints, filters: this.#filters, guestStops: this.#stops };
    const [addresses, expressionRanges] = [this.#candidates(), () => this.#earliest.ranges];
    return stopIntervals(this.#target, { ...settings, addresses, expressionRanges });
  }

  /** Where breakpoints are, and where programs that they are in may be met at further places. */
  #candidates(): readonly bigint[] {
    const { addresses, isMoving } = this.#breakpoints;
    return isMoving ? [...addresses, ...this.#returns.addresses] : [...addresses];
  }

  /** Lets the machine stop where a breakpoint is. */
  arm(watch?: Watch): void {
    if (this.#breakpoints.isMoving) this.#breakpoints.move();
    const own = this.#candidates();
    this.#target.machine.engine.arm(watch === undefined ? own : [...own, ...watch.addresses]);
  }

  /** What a stop of the machine may end a motion by; counts nothing and says nothing. */
  look(stop: TimelineStop): Finding | undefined {
    if (!('hart' in stop)) return undefined;
    const hart = this.#target.machine.harts[stop.hart]!;
    if (stop.reason !== 'breakpoint') return this.#lookBack(stop, hart);
    const breakpoints = this.#breakpointsAt(hart);
    return breakpoints.length === 0
      ? undefined
      : { hart, isTrap: false, breakpoints, dataWords: noWords, guestWords: [] };
  }

  /** At what the last step did. */
  #lookBack(stop: TimelineStop & { readonly hart: number }, hart: Hart): Finding | undefined {
    const { console, timeline } = this.#target;
    const isCompared = this.#comparesStates;
    const hasTrapped = stop.reason === 'trap' || (isCompared && this.#traps[hart.id] !== hart.count('traps'));
    const isTrap = hasTrapped && this.#filters.active && this.#filters.stops(hart, scopeOf(this.#target, hart));
    const accesses = stop.reason === 'watch' ? stop.accesses : [];
    const met = isCompared ? this.#watchedBytes.met(this.#breakpoints.watching, accesses) : [];
    const dataWords = new Map(met.map(({ breakpoint, words }) => [breakpoint, words]));
    const breakpoints = dataWords.size === 0 ? [] : fulfilled([...dataWords.keys()], scopeOf(this.#target, hart));
    const guestWords = isCompared ? this.#stops.met(hart, timeline.now, console.tape) : [];
    if (!isTrap && breakpoints.length === 0 && guestWords.length === 0) return undefined;
    return { hart, isTrap, breakpoints, dataWords, guestWords };
  }

  #breakpointsAt(hart: Hart): readonly Breakpoint[] {
    const here = this.#breakpoints.at(hart);
    return here.length === 0 ? here : fulfilled(here, scopeOf(this.#target, hart));
  }

  /** What a stop of the machine means for a motion; `undefined`: go on. */
  arrival(stop: TimelineStop, watch?: Watch): Arrival | undefined {
    if (stop.reason === 'end' || stop.reason === 'power') return this.ending(stop);
    if (!('hart' in stop)) return undefined;
    if (stop.reason === 'breakpoint' && this.#breakpoints.isMoving) {
      if (this.#returns.look(this.#target.machine.harts[stop.hart]!)) this.arm(watch);
    }
    const finding = this.look(stop);
    const arrival = finding && this.arriveBy(finding);
    if (arrival !== undefined) return arrival;
    const hart = this.#target.machine.harts[stop.hart]!;
    if (stop.reason === 'return') {
      if (watch?.atReturns !== true || !watch.here(hart)) return undefined;
      return this.#arrivalAt(hart) ?? { reason: 'step', hart: stop.hart };
    }
    const isWatched = stop.reason === 'breakpoint' && watch?.addresses.includes(stop.pc) === true && watch.here(hart);
    return isWatched ? { reason: 'step', hart: stop.hart } : undefined;
  }

  #arrivalAt(hart: Hart): Arrival | undefined {
    const breakpoints = this.#breakpointsAt(hart);
    return this.arriveBy({ hart, isTrap: false, breakpoints, dataWords: noWords, guestWords: [] });
  }

  /** Ends a motion by what was found, unless hit counts or messages let it go on: counts and says them. */
  arriveBy({ hart, isTrap, breakpoints, dataWords, guestWords }: Finding): Arrival | undefined {
    const { programs } = this.#target;
    const symbolic = (address: bigint) => programs.of(hart, address).symbolic(address);
    const { stops, messages } =
      breakpoints.length === 0
        ? { stops: [], messages: [] }
        : this.#breakpoints.meet(breakpoints, scopeOf(this.#target, hart), symbolic);
    for (const message of messages) this.#say(message);
    const words = [...stops.flatMap((stop) => dataWords.get(stop) ?? []), ...guestWords];
    if (isTrap) return { reason: 'trap', hart: hart.id };
    if (stops.length > 0) return { reason: 'breakpoint', hart: hart.id, breakpoints: stops, words };
    return guestWords.length > 0 ? { reason: 'guest', hart: hart.id, words } : undefined;
  }

  /** The end of a recording, or of the machine; a recording that is being made ends with it. */
  ending(stop: Extract<TimelineStop, { reason: 'end' | 'power' }>): Arrival {
    const { session } = this.#target;
    if (stop.reason === 'end') return { reason: 'end' };
    const { action, exitCode } = stop;
    if (session.kind === 'live') {
      session.recorder.end({ reason: action === 'off' ? 'poweroff' : 'reset', exitCode: exitCode >>> 0 });
    }
    return { reason: 'power', action, exitCode };
  }

  /**
   * What stops a motion where a hart is after a step: what the step did, a filter of traps, or a breakpoint.
   * @param stop of the machine after the step, if it had options
   */
  met(hart: Hart, trapped: boolean, stop?: TimelineStop): Arrival | undefined {
    const found = stop && this.look(stop);
    const arrival = found && this.arriveBy(found);
    if (arrival !== undefined) return arrival;
    const isTrap = trapped && this.#filters.active && this.#filters.stops(hart, scopeOf(this.#target, hart));
    return isTrap ? { reason: 'trap', hart: hart.id } : this.#arrivalAt(hart);
  }
}

/** Whether something is found that may stop one who goes backwards: messages do not. */
export const mayStop = (finding: Finding | undefined): finding is Finding =>
  finding !== undefined &&
  (finding.isTrap || finding.guestWords.length > 0 || finding.breakpoints.some(({ log }) => log === undefined));

const areSame = (one: readonly WatchRange[], other: readonly WatchRange[]): boolean =>
  one.length === other.length &&
  one.every((range, index) => {
    const { address, sizeBytes, access } = other[index]!;
    return range.address === address && range.sizeBytes === sizeBytes && range.access === access;
  });
