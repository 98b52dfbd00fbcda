/**
 * Pictures of a stretch of the history at the scale of whoever looks: how often something happened in each column, and each
 * event where there are few. What is asked of the history index and how its answers are worded; not the requests, which are
 * timeline-requests.ts's.
 */

import { type Moment, moment } from '../../traces/time.ts';
import {
  type Density,
  type History,
  type HistoryEvent,
  type HistoryEventKind,
  type Interval,
  uncovered,
} from '../../vmm/history/history.ts';
import type { ConsoleLog } from './console-log.ts';
import { causeWords } from './trap-words.ts';

/** What happened how often in each column, columns being of equal length. */
export interface TimelineDensities {
  /** Steps of all harts together in U, S and M mode. */
  readonly privilegeSteps: readonly [user: number[], supervisor: number[], machine: number[]];
  /** Exceptions and interrupts that were entered, those with the lowest causes first. */
  readonly traps: readonly TrapDensity[];
  /** Traps that each hart entered; empty where nothing is known. */
  readonly hartTraps: readonly (readonly number[])[];
  /** Changes of `satp`. */
  readonly spaces: readonly number[];
  /** Without an index, what the session saw; empty where nothing is known. */
  readonly consoleBytes: readonly number[];
}

export interface TrapDensity {
  /** As in `mcause`, without the interrupt bit. */
  readonly cause: number;
  readonly interrupt: boolean;
  readonly words: string;
  readonly counts: readonly number[];
}

/** As in the history index, with numbers that JSON has: `satp` in hexadecimal digits, bytes in base64. */
export type TimelineEvent =
  | {
      readonly kind: 'trap';
      readonly at: number;
      readonly hart: number;
      readonly cause: number;
      readonly interrupt: boolean;
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly kind: 'return';
      readonly at: number;
      readonly hart: number;
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: 'space'; readonly at: number; readonly hart: number; readonly satp: string }
  | { readonly kind: 'console'; readonly at: number; readonly offset?: number; readonly bytes: string };

export interface TimelinePicture {
  /** The parts of what was asked for of which anything is known, ascending and apart. */
  readonly covered: readonly { readonly from: number; readonly to: number }[];
  /** How many columns there are: not more than there are steps. */
  readonly columns: number;
  readonly densities: TimelineDensities;
  /** All that happened there, where it is little; absent where it is more. */
  readonly events?: readonly TimelineEvent[];
}

/** Above this, events are in densities only. */
export const eventsMax = 2000;

const kinds: readonly HistoryEventKind[] = ['trap', 'return', 'space', 'console'];

/** How many stretches are told apart of so many steps. */
const columnsOf = (within: Interval, columnsMax: number): number =>
  Math.max(1, Math.min(columnsMax, within.to - within.from));

/** Counts what `pictureOf` tells of the same. Yields now and then. */
export function* countForPicture(history: History, within: Interval, columnsMax: number): Generator<void, void> {
  yield* history.counting(within, columnsOf(within, columnsMax));
}

/**
 * @param history absent where there is no index yet: nothing is covered then
 * @param log tells of the console where the index does not
 */
export const pictureOf = (
  history: History | undefined,
  within: Interval,
  columnsMax: number,
  log?: ConsoleLog,
): TimelinePicture => {
  const columns = columnsOf(within, columnsMax);
  const covered = (history?.covered ?? []).map((known) => overlap(known, within)).filter((part) => part.from < part.to);
  if (history === undefined || covered.length === 0) {
    const consoleBytes = log === undefined ? [] : log.countIn(within.from, within.to, columns);
    return { covered, columns, densities: { ...none, consoleBytes } };
  }
  const stretches = history.density(within, columns);
  const events = few(stretches) ? upTo(history.events(kinds, within), eventsMax) : undefined;
  const densities = densitiesOf(stretches);
  return { covered, columns, densities, ...(events !== undefined && { events: events.map(plainEvent) }) };
};

const none: TimelineDensities = {
  privilegeSteps: [[], [], []],
  traps: [],
  hartTraps: [],
  spaces: [],
  consoleBytes: [],
};

const overlap = (one: Interval, other: Interval): Interval => ({
  from: moment(Math.max(one.from, other.from)),
  to: moment(Math.min(one.to, other.to)),
});

/** Whether it is worth looking at each: characters can be many in one event, so only traps count. */
const few = (stretches: readonly Density[]): boolean => {
  let count = 0;
  for (const { traps, spaces } of stretches) {
    count += spaces;
    for (const cause in traps) count += traps[cause]!;
    if (count > eventsMax) return false;
  }
  return true;
};

/** All of them, or nothing when there are more than `max`. */
const upTo = (events: Iterable<HistoryEvent>, max: number): HistoryEvent[] | undefined => {
  const found: HistoryEvent[] = [];
  for (const event of events) {
    if (found.length === max) return undefined;
    found.push(event);
  }
  return found;
};

const densitiesOf = (stretches: readonly Density[]): TimelineDensities => {
  const byCause = new Map<string, number[]>();
  for (const [column, { traps }] of stretches.entries()) {
    for (const key in traps) {
      let counts = byCause.get(key);
      if (counts === undefined) {
        counts = new Array<number>(stretches.length).fill(0);
        byCause.set(key, counts);
      }
      counts[column] = traps[key]!;
    }
  }
  const traps = [...byCause]
    .map(([key, counts]) => ({ ...causeOf(key), counts }))
    .map((row) => ({ ...row, words: causeWords({ code: row.cause, interrupt: row.interrupt }) }))
    .sort((one, other) => Number(one.interrupt) - Number(other.interrupt) || one.cause - other.cause);
  const harts = Math.max(0, ...stretches.map(({ hartTraps }) => hartTraps.length));
  const privilege = (level: 0 | 1 | 2) => stretches.map(({ privilegeSteps }) => Math.round(privilegeSteps[level]));
  return {
    privilegeSteps: [privilege(0), privilege(1), privilege(2)],
    traps,
    hartTraps: Array.from({ length: harts }, (_, hart) => stretches.map(({ hartTraps }) => hartTraps[hart] ?? 0)),
    spaces: stretches.map(({ spaces }) => spaces),
    consoleBytes: stretches.map(({ consoleBytes }) => consoleBytes),
  };
};

const causeOf = (key: string): { readonly cause: number; readonly interrupt: boolean } => ({
  cause: Number(key.slice(1)),
  interrupt: key.startsWith('i'),
});

const plainEvent = (event: HistoryEvent): TimelineEvent => {
  switch (event.kind) {
    case 'trap': {
      const { kind, at, hart, cause, interrupt, from, to } = event;
      return { kind, at, hart, cause, interrupt, from, to };
    }
    case 'return': {
      const { kind, at, hart, from, to } = event;
      return { kind, at, hart, from, to };
    }
    case 'space':
      return { kind: 'space', at: event.at, hart: event.hart, satp: event.satp.toString(16) };
    case 'console': {
      const { kind, at, offset, bytes } = event;
      return { kind, at, ...(offset !== undefined && { offset }), bytes: Buffer.from(bytes).toString('base64') };
    }
  }
};

/** What is looked for among events. */
export interface EventWanted {
  readonly kind: HistoryEventKind;
  /** Of a trap: of this cause only. */
  readonly cause?: number | undefined;
  readonly interrupt?: boolean | undefined;
  readonly hart?: number | undefined;
}

export interface FindEventAnswer {
  readonly event?: TimelineEvent;
  /** Not all of the stretch is known: there may be one before it, or after it, or one at all. */
  readonly partial?: true;
}

/** What an index knows, or where there is none, the log of the console. */
export const findKnownEvent = (
  history: History | undefined,
  log: ConsoleLog | undefined,
  wanted: EventWanted,
  within: Interval,
  last: boolean,
): FindEventAnswer => {
  const indexed = history && findEvent(history, wanted, within, last);
  const isIndexed = history !== undefined && uncovered(history, within).length === 0;
  if (isIndexed || wanted.kind !== 'console' || log === undefined) {
    return { ...(indexed && { event: indexed }), ...(!isIndexed && { partial: true }) };
  }
  const step = log.stepIn(within.from, within.to, last);
  const logged = step && plainEvent({ kind: 'console', at: moment(step.moments[0]!), ...step });
  const [first, second] = [indexed, logged].filter((one) => one !== undefined).sort((one, other) => one.at - other.at);
  const event = last ? (second ?? first) : first;
  const isLogged = log.known.from <= within.from && log.known.to >= within.to;
  return { ...(event && { event }), ...(!isLogged && { partial: true }) };
};

/** Looking for the last event goes back in windows that double from here. */
const windowFirst = 100_000;

/** The first or last event of a kind within some moments, as far as they are known. */
export const findEvent = (
  history: History,
  wanted: EventWanted,
  { from, to }: Interval,
  last: boolean,
): TimelineEvent | undefined => {
  if (!last) {
    for (const event of history.events([wanted.kind], { from, to })) if (fits(event, wanted)) return plainEvent(event);
    return undefined;
  }
  for (let [until, size] = [to, windowFirst]; until > from; size *= 2) {
    const begin: Moment = moment(Math.max(from, until - size));
    let found: HistoryEvent | undefined;
    for (const event of history.events([wanted.kind], { from: begin, to: until })) {
      if (fits(event, wanted)) found = event;
    }
    if (found !== undefined) return plainEvent(found);
    until = begin;
  }
  return undefined;
};

const fits = (event: HistoryEvent, { cause, interrupt, hart }: EventWanted): boolean => {
  if (event.kind === 'console') return true;
  if (hart !== undefined && event.hart !== hart) return false;
  if (event.kind !== 'trap') return true;
  return (cause === undefined || event.cause === cause) && (interrupt === undefined || event.interrupt === interrupt);
};
