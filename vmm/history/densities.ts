/**
 * How often what happened, at any scale: each segment's events are gone through once and counted by interval; a picture adds
 * up intervals, and looks at single events only where it shows less than an interval in a column.
 */

import { type Moment, moment } from '../../traces/time.ts';
import { causeNumberOf, EventScan, eventKinds, hartOf, privilegeAfter } from './event-log.ts';
import type { Density, Interval } from './history.ts';
import type { Segment } from './segment.ts';

interface Counts {
  readonly from: Moment;
  readonly to: Moment;
  /** By cause, 64 added for interrupts. */
  readonly traps: Map<number, number>;
  readonly privilegeSteps: [user: number, supervisor: number, machine: number];
  /** By hart, of which a machine has 8 at most. */
  readonly hartTraps: number[];
  spaces: number;
  consoleBytes: number;
}

export interface PlacedSegment {
  readonly segment: Segment;
  readonly consoleOffset: number | undefined;
}

const privilegeIndex = [0, 1, 1, 2] as const;

/** What was asked, and of what: segments do not change, but more come. */
interface Asked {
  readonly within: Interval;
  readonly count: number;
  readonly segments: readonly Segment[];
}

const askedOf = (segments: readonly PlacedSegment[], within: Interval, count: number): Asked => ({
  within,
  count,
  segments: segments.map(({ segment }) => segment),
});

const isSame = (one: Asked, other: Asked): boolean =>
  one.within.from === other.within.from &&
  one.within.to === other.within.to &&
  one.count === other.count &&
  one.segments.length === other.segments.length &&
  one.segments.every((segment, index) => segment === other.segments[index]);

/** Whoever looks asks for the whole and for a part of it again at each stop. */
const answersKept = 4;

export class Densities {
  #answered: readonly (Asked & { readonly densities: readonly Density[] })[] = [];
  readonly #counts = new WeakMap<Segment, readonly Counts[]>();

  /** `count` stretches of equal length, as far as moments are whole. */
  of(segments: readonly PlacedSegment[], within: Interval, count: number): readonly Density[] {
    return this.#known(segments, within, count) ?? atOnce(this.counting(segments, within, count));
  }

  /** Finds out what `of` will be asked for. Yields now and then. */
  *counting(segments: readonly PlacedSegment[], within: Interval, count: number): Generator<void, readonly Density[]> {
    const known = this.#known(segments, within, count);
    if (known !== undefined) return known;
    const densities = yield* this.#find(segments, within, count);
    this.#answered = [{ ...askedOf(segments, within, count), densities }, ...this.#answered].slice(0, answersKept);
    return densities;
  }

  #known(segments: readonly PlacedSegment[], within: Interval, count: number): readonly Density[] | undefined {
    const asked = askedOf(segments, within, count);
    return this.#answered.find((each) => isSame(each, asked))?.densities;
  }

  *#find(segments: readonly PlacedSegment[], within: Interval, count: number): Generator<void, readonly Density[]> {
    const steps = (within.to - within.from) / count;
    const found = Array.from({ length: count }, (_, index) =>
      emptyCounts(within.from + Math.floor(index * steps), within.from + Math.floor((index + 1) * steps)),
    );
    const indexOf = (at: number): number => Math.min(count - 1, Math.max(0, Math.floor((at - within.from) / steps)));
    for (const { segment } of segments) {
      if (segment.to <= within.from || segment.from >= within.to) continue;
      const isFine = steps < segment.intervalSteps * 2;
      if (isFine) {
        yield* countFinely(segment, found);
        continue;
      }
      for (const part of yield* this.#countsOf(segment)) {
        if (part.to <= within.from || part.from >= within.to) continue;
        add(found[indexOf((part.from + part.to) / 2)]!, part);
      }
    }
    const harts = segments[0]?.segment.privileges.length ?? 0;
    return found.map(({ from, to, traps, privilegeSteps, hartTraps, spaces, consoleBytes }) => ({
      interval: { from, to },
      traps: named(traps),
      privilegeSteps,
      hartTraps: hartTraps.slice(0, harts),
      spaces,
      consoleBytes,
    }));
  }

  *#countsOf(segment: Segment): Generator<void, readonly Counts[]> {
    const known = this.#counts.get(segment);
    if (known !== undefined) return known;
    const { from, to, intervalSteps } = segment;
    const first = Math.floor(from / intervalSteps);
    const counts = Array.from({ length: Math.ceil(to / intervalSteps) - first }, (_, index) =>
      emptyCounts(Math.max(from, (first + index) * intervalSteps), Math.min(to, (first + index + 1) * intervalSteps)),
    );
    yield* countFinely(segment, counts);
    this.#counts.set(segment, counts);
    return counts;
  }
}

const emptyCounts = (from: number, to: number): Counts => ({
  from: moment(from),
  to: moment(to),
  traps: new Map(),
  privilegeSteps: [0, 0, 0],
  hartTraps: [0, 0, 0, 0, 0, 0, 0, 0],
  spaces: 0,
  consoleBytes: 0,
});

const add = (to: Counts, part: Counts): void => {
  for (const [cause, count] of part.traps) to.traps.set(cause, (to.traps.get(cause) ?? 0) + count);
  for (const index of [0, 1, 2] as const) to.privilegeSteps[index] += part.privilegeSteps[index];
  for (const [hart, count] of part.hartTraps.entries()) to.hartTraps[hart]! += count;
  to.spaces += part.spaces;
  to.consoleBytes += part.consoleBytes;
};

const atOnce = <Found>(work: Generator<void, Found>): Found => {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
};

/** Some milliseconds' worth. */
const eventsAtOnce = 20_000;

/** Counts the events of a segment into stretches that are ascending and side by side; those outside are passed over. */
function* countFinely(segment: Segment, counts: readonly Counts[]): Generator<void, void> {
  let at: number = segment.from;
  let privilege = segment.privileges[0] ?? 3;
  let index = 0;
  const spendUntil = (to: number): void => {
    const stretch = privilegeIndex[privilege & 3]!;
    for (; index < counts.length && counts[index]!.to <= to; index += 1) {
      const { from, to: end, privilegeSteps } = counts[index]!;
      privilegeSteps[stretch] += Math.max(0, end - Math.max(at, from));
    }
    const present = counts[index];
    if (present !== undefined) present.privilegeSteps[stretch] += Math.max(0, to - Math.max(at, present.from));
    at = Math.max(at, to);
  };
  const see = (when: number, kind: number, value: number): boolean => {
    spendUntil(when);
    if (kind === eventKinds.trap || kind === eventKinds.return) privilege = privilegeAfter(kind, value);
    const present = counts[index];
    if (present !== undefined && when >= present.from) countEvent(present, kind, value);
    return index < counts.length;
  };
  const scan = new EventScan(segment.events, segment.from);
  while (scan.next(eventsAtOnce, see)) yield;
  spendUntil(segment.to);
}

const countEvent = (counts: Counts, kind: number, value: number): void => {
  switch (kind) {
    case eventKinds.trap: {
      const cause = causeNumberOf(value);
      counts.traps.set(cause, (counts.traps.get(cause) ?? 0) + 1);
      counts.hartTraps[hartOf(value)]! += 1;
      return;
    }
    case eventKinds.return:
      return;
    case eventKinds.space:
      counts.spaces += 1;
      return;
    case eventKinds.console:
      counts.consoleBytes += value;
  }
};

/** As `Density` has it. */
const named = (traps: ReadonlyMap<number, number>): Readonly<Record<string, number>> =>
  Object.fromEntries([...traps].map(([cause, count]) => [`${cause >= 64 ? 'i' : 'e'}${cause & 63}`, count]));
