/**
 * What ends a motion: breakpoints, filters of traps, the end of the recording. It says what a stop of the machine means and
 * what the machine is to stop at; how one moves is in travel.ts.
 */

import { type Interval, intervalsWithTraps, type TrapEvent, union } from '../../vmm/history/history.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { RunOptions } from '../../vmm/machine/machine.ts';
import { watchesReads } from '../../vmm/machine/translations.ts';
import type { TimelineStop } from '../../vmm/timeline/timeline.ts';
import type { Breakpoint, Breakpoints, Verdict } from './breakpoints.ts';
import { scopeOf } from './scope.ts';
import type { Target } from './target.ts';
import type { TrapFilters } from './trap-filters.ts';
import { WatchedBytes } from './watched-bytes.ts';
import type { Watch } from './watches.ts';

/** How a motion ended. `hart` is the one to look at. */
export type Arrival =
  | { readonly reason: 'goto' | 'pause' | 'start' | 'end' | 'unmoved'; readonly hart?: number }
  /** `trapped`: the step was the entry into a trap or an interrupt. */
  | { readonly reason: 'step'; readonly hart: number; readonly trapped?: boolean }
  | { readonly reason: 'breakpoint'; readonly hart: number; readonly breakpoints: readonly Breakpoint[] }
  | { readonly reason: 'trap'; readonly hart: number }
  | { readonly reason: 'power'; readonly action: 'off' | 'reset'; readonly exitCode: number };

export class StopRules {
  readonly #target: Target;
  readonly #breakpoints: Breakpoints;
  readonly #filters: TrapFilters;
  readonly #say: (message: string) => void;
  readonly #watchedBytes: WatchedBytes;

  constructor(target: Target, breakpoints: Breakpoints, filters: TrapFilters, say: (message: string) => void) {
    this.#target = target;
    this.#breakpoints = breakpoints;
    this.#filters = filters;
    this.#say = say;
    this.#watchedBytes = new WatchedBytes(target.machine);
  }

  /** Looks at what watched memory holds, to know later whether it has changed. */
  noteWatched(): void {
    this.#watchedBytes.note(this.#breakpoints.watching);
  }

  /** How the machine is to run; arms it. */
  options(watch?: Watch): RunOptions {
    this.arm(watch);
    const { count, ranges } = this.#breakpoints;
    return {
      armed: count > 0 || watch !== undefined,
      traps: this.#filters.active,
      returns: watch?.atReturns === true,
      ...(ranges.length > 0 && { watch: ranges }),
    };
  }

  /** The intervals with stops, as far as the history is known; undefined when any interval may have one. */
  among(): ((within: Interval) => readonly Interval[]) | undefined {
    const { history } = this.#target;
    if (history === undefined || this.#breakpoints.ranges.some(watchesReads)) return undefined;
    const isStop = ({ cause, interrupt }: TrapEvent): boolean => this.#filters.wants(cause, interrupt);
    return (within) =>
      union([
        this.#filters.active ? intervalsWithTraps(history, within, isStop) : [],
        ...[...this.#breakpoints.addresses].map((address) => history.executedAt(address, within)),
        ...this.#breakpoints.ranges.map(({ address, sizeBytes }) => history.written(address, sizeBytes, within)),
      ]);
  }

  /** Lets the machine stop where a breakpoint is. */
  arm(watch?: Watch): void {
    const own = this.#breakpoints.addresses;
    this.#target.machine.engine.arm(watch === undefined ? own : [...own, ...watch.addresses]);
  }

  /** Whether a candidate might end a motion; counts nothing and says nothing. */
  mayStop(stop: TimelineStop): boolean {
    if (stop.reason === 'watch') return true; // whether it changed anything is looked at on arriving
    if (stop.reason !== 'breakpoint' && stop.reason !== 'trap') return false;
    const hart = this.#target.machine.harts[stop.hart]!;
    const scope = scopeOf(this.#target, hart);
    return stop.reason === 'trap' ? this.#filters.stops(hart, scope) : this.#breakpoints.mayStop(hart, scope);
  }

  /** What a stop of the machine means for a motion; `undefined`: go on. */
  arrival(stop: TimelineStop, watch?: Watch): Arrival | undefined {
    switch (stop.reason) {
      case 'until':
      case 'requested':
      case 'idle':
        return undefined;
      case 'end':
      case 'power':
        return this.ending(stop);
      case 'return': {
        const hart = this.#target.machine.harts[stop.hart]!;
        if (watch?.atReturns !== true || !watch.here(hart)) return undefined;
        return this.met(hart, false) ?? { reason: 'step', hart: stop.hart };
      }
      case 'space':
      case 'console':
        return undefined;
      case 'trap':
        return this.mayStop(stop) ? { reason: 'trap', hart: stop.hart } : undefined;
      case 'watch': {
        const breakpoints = this.#meetChanged(this.#target.machine.harts[stop.hart]!);
        return breakpoints.length === 0 ? undefined : { reason: 'breakpoint', hart: stop.hart, breakpoints };
      }
      case 'breakpoint': {
        const hart = this.#target.machine.harts[stop.hart]!;
        const stops = this.#breakpoints.count > 0 ? this.#meet(hart) : [];
        if (stops.length > 0) return { reason: 'breakpoint', hart: stop.hart, breakpoints: stops };
        return watch?.addresses.includes(stop.pc) === true && watch.here(hart)
          ? { reason: 'step', hart: stop.hart }
          : undefined;
      }
    }
  }

  /** The breakpoints that stop a hart where it is; says the messages of those that only say something. */
  #meet(hart: Hart): readonly Breakpoint[] {
    return this.#said(this.#breakpoints.meet(hart, scopeOf(this.#target, hart), this.#symbolic(hart)));
  }

  #meetChanged(hart: Hart): readonly Breakpoint[] {
    const changed = this.#watchedBytes.changed(this.#breakpoints.watching);
    return this.#said(this.#breakpoints.meetChanged(changed, scopeOf(this.#target, hart), this.#symbolic(hart)));
  }

  #symbolic(hart: Hart): (address: bigint) => string | undefined {
    const { programs } = this.#target;
    return (address) => programs.of(hart, address).symbolic(address);
  }

  #said({ stops, messages }: Verdict): readonly Breakpoint[] {
    for (const message of messages) this.#say(message);
    return stops;
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

  /** What stops a motion where a hart is after a step, a breakpoint or a filter of traps. */
  met(hart: Hart, trapped: boolean): Arrival | undefined {
    const scope = () => scopeOf(this.#target, hart);
    if (trapped && this.#filters.active && this.#filters.stops(hart, scope())) return { reason: 'trap', hart: hart.id };
    const stops =
      this.#breakpoints.count > 0 && this.#breakpoints.mayStop(hart, scope()) ? this.#meet(hart) : ([] as const);
    return stops.length > 0 ? { reason: 'breakpoint', hart: hart.id, breakpoints: stops } : undefined;
  }
}
