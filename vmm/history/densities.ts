/**
 * How often what happened, at any scale: each segment's events are gone through once and counted by interval; a picture adds
 * up intervals, and looks at single events only where it shows less than an interval in a column.
 */

import { type Moment, moment } from '../../traces/time.ts';
import { causeNumberOf, eventKinds, hartOf, privilegeAfter, scanEvents } from './event-log.ts';
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
    const asked: Asked = { within, count, segments: segments.map(({ segment }) => segment) };
    const known = this.#answered.find((each) => isSame(each, asked));
    if (known !== undefined) return known.densities;
    const densities = this.#find(segments, within, count);
    this.#answered = [{ ...asked, densities }, ...this.#answered].slice(0, answersKept);
    return densities;
  }

  #find(segments: readonly PlacedSegment[], within: Interval, count: number): readonly Density[] {
    const steps = (within.to - within.from) / count;
    const found = Array.from({ length: count }, (_, index) =>
      emptyCounts(within.from + Math.floor(index * steps), within.from + Math.floor((index + 1) * steps)),
    );
    const indexOf = (at: number): number => Math.min(count - 1, Math.max(0, Math.floor((at - within.from) / steps)));
    for (const { segment } of segments) {
      if (segment.to <= within.from || segment.from >= within.to) continue;
      const isFine = steps < segment.intervalSteps * 2;
      const parts = isFine ? countFinely(segment, found) : undefined;
      if (parts !== undefined) continue;
      for (const part of this.#countsOf(segment)) {
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

  #countsOf(segment: Segment): readonly Counts[] {
    const known = this.#counts.get(segment);
    if (known !== undefined) return known;
    const { from, to, intervalSteps } = segment;
    const first = Math.floor(from / intervalSteps);
    const counts = Array.from({ length: Math.ceil(to / intervalSteps) - first }, (_, index) =>
      emptyCounts(Math.max(from, (first + index) * intervalSteps), Math.min(to, (first + index + 1) * intervalSteps)),
    );
    countFinely(segment, counts);
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

/** Counts the events of a segment into stretches that are ascending and side by side; those outside are passed over. */
const countFinely = (segment: Segment, counts: readonly Counts[]): readonly Counts[] => {
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
  scanEvents(segment.events, segment.from, (when, kind, value) => {
    spendUntil(when);
    if (kind === eventKinds.trap || kind === eventKinds.return) privilege = privilegeAfter(kind, value);
    const present = counts[index];
    if (present !== undefined && when >= present.from) countEvent(present, kind, value);
    return index < counts.length;
  });
  spendUntil(segment.to);
  return counts;
};

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
