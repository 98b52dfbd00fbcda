/**
 * What is known of a machine's whole history without running it again: for each interval of it, which code was executed and
 * what was written, and each trap, change of privilege or address space, and character of the console with its moment. It is
 * derived from a replay and an optimisation: without it every answer is the same and comes later.
 *
 * Where it says that something may have happened in an interval, a replay of that interval finds out where, or that it did
 * not; where it says that something did not happen, it did not. These are the types; how they are kept is not here.
 */

import { type Moment, moment } from '../../traces/time.ts';

/** Moments from `from` until before `to`. */
export interface Interval {
  readonly from: Moment;
  readonly to: Moment;
}

/** A trap or an interrupt that was entered: the step `at` was its entry. */
export interface TrapEvent {
  readonly kind: 'trap';
  readonly at: Moment;
  readonly hart: number;
  /** As in `mcause` or `scause`, without the interrupt bit. */
  readonly cause: number;
  readonly interrupt: boolean;
  /** Privilege that the hart came from and went to: 0 U, 1 S, 3 M. */
  readonly from: number;
  readonly to: number;
}

/** A return from a trap: the step `at` was the `sret` or `mret`. */
export interface ReturnEvent {
  readonly kind: 'return';
  readonly at: Moment;
  readonly hart: number;
  readonly from: number;
  readonly to: number;
}

/** The step `at` wrote another value to `satp`. */
export interface SpaceEvent {
  readonly kind: 'space';
  readonly at: Moment;
  readonly hart: number;
  readonly satp: bigint;
}

/** The step `at` made the machine print; `offset` of the first byte in all that it ever printed, where that is known. */
export interface ConsoleEvent {
  readonly kind: 'console';
  readonly at: Moment;
  readonly offset: number | undefined;
  readonly bytes: Uint8Array;
}

export type HistoryEvent = TrapEvent | ReturnEvent | SpaceEvent | ConsoleEvent;
export type HistoryEventKind = HistoryEvent['kind'];

/** How often something happened in a stretch of the history; what a picture of it needs at its scale. */
export interface Density {
  readonly interval: Interval;
  /** By `${interrupt ? 'i' : 'e'}${cause}`. */
  readonly traps: Readonly<Record<string, number>>;
  /** Steps by privilege, of all harts together: U, S, M. Approximate where harts take turns within the stretch. */
  readonly privilegeSteps: readonly [number, number, number];
  /** Traps that each hart entered; empty where nothing is known. */
  readonly hartTraps: readonly number[];
  readonly spaces: number;
  readonly consoleBytes: number;
}

export interface History {
  /** What it knows, ascending and apart; all else is unknown. */
  readonly covered: readonly Interval[];

  /**
   * Intervals between two moments in which the instruction at a physical address may have been executed, ascending. What
   * is not covered is among them.
   */
  executed(physical: number, within: Interval): readonly Interval[];

  /** The same for a virtual address, in whatever address space. */
  executedAt(virtual: bigint, within: Interval): readonly Interval[];

  /** The same for writes, by anybody, to any of `sizeBytes` bytes of RAM. */
  written(physical: number, sizeBytes: number, within: Interval): readonly Interval[];

  /** Events of the covered part between two moments, ascending. Can be long: it is an iterator. */
  events(kinds: readonly HistoryEventKind[], within: Interval): Iterable<HistoryEvent>;

  /** `count` stretches of equal length that together are `within`. */
  density(within: Interval, count: number): readonly Density[];

  /** Counts what `density` will be asked for: there may be very many events. Yields now and then. */
  counting(within: Interval, count: number): Generator<void, void>;
}

/** All moments of several lists of intervals, ascending and apart. */
export const union = (lists: readonly (readonly Interval[])[]): Interval[] => {
  const found: { from: Moment; to: Moment }[] = [];
  for (const { from, to } of lists.flat().sort((one, other) => one.from - other.from)) {
    const last = found.at(-1);
    if (last === undefined || last.to < from) found.push({ from, to });
    else if (to > last.to) last.to = to;
  }
  return found;
};

/** Of what is not covered between two moments. */
export const uncovered = ({ covered }: History, within: Interval): Interval[] => {
  const found: Interval[] = [];
  let known = within.from;
  for (const { from, to } of covered) {
    if (from > known && known < within.to) found.push({ from: known, to: moment(Math.min(from, within.to)) });
    if (to > known) known = to;
  }
  if (known < within.to) found.push({ from: known, to: within.to });
  return found;
};

/** Intervals of a search are no shorter: nothing is gained by it. */
const searchSteps = 2 ** 16;

/** The intervals of a search that have some moments, which ascend. */
export const intervalsAround = (moments: readonly Moment[], within: Interval): Interval[] => {
  const found: Interval[] = [];
  for (const at of moments) {
    if (at < (found.at(-1)?.to ?? 0)) continue;
    const from = Math.floor(at / searchSteps) * searchSteps;
    found.push({
      from: moment(Math.max(from, within.from)),
      to: moment(Math.min(from + searchSteps, within.to)),
    });
  }
  return found;
};

/** Some milliseconds' worth. */
const eventsAtOnce = 10_000;
const allKinds: readonly HistoryEventKind[] = ['trap', 'return', 'space', 'console'];

/** Visits the events between two moments. There may be very many: it yields now and then. */
export function* visitEvents(
  history: History,
  within: Interval,
  visit: (event: HistoryEvent) => void,
): Generator<void, void> {
  let count = 0;
  // Asked for some kinds it would pass over the others without coming back.
  for (const event of history.events(allKinds, within)) {
    visit(event);
    count += 1;
    if (count % eventsAtOnce === 0) yield;
  }
}

/** Intervals with events that are wanted, ascending, and what is not covered. Asks about some of the events only. */
export function* intervalsWithEvents(
  history: History,
  within: Interval,
  isWanted: (event: HistoryEvent) => boolean,
): Generator<void, Interval[]> {
  const unknown = uncovered(history, within); // what becomes known meanwhile has not been looked at
  const wanted: Moment[] = [];
  let known = 0;
  yield* visitEvents(history, within, (event) => {
    if (event.at < known || !isWanted(event)) return;
    wanted.push(event.at);
    known = (Math.floor(event.at / searchSteps) + 1) * searchSteps;
  });
  return union([intervalsAround(wanted, within), unknown]);
}
