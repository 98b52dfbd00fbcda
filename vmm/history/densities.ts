/**
 * How often what happened, at any scale: each segment's events are gone through once and counted by interval; a picture adds
 * up intervals, and looks at single events only where it shows less than an interval in a column.
 */

import { type Moment, moment } from '../../traces/time.ts';
import { readEvents } from './event-log.ts';
import type { Density, HistoryEvent, Interval } from './history.ts';
import type { Segment } from './segment.ts';

interface Counts {
  readonly from: Moment;
  readonly to: Moment;
  readonly traps: Map<string, number>;
  readonly privilegeSteps: [user: number, supervisor: number, machine: number];
  spaces: number;
  consoleBytes: number;
}

export interface PlacedSegment {
  readonly segment: Segment;
  readonly consoleOffset: number | undefined;
}

const privilegeIndex = [0, 1, 1, 2] as const;

export class Densities {
  readonly #counts = new WeakMap<Segment, readonly Counts[]>();

  /** `count` stretches of equal length, as far as moments are whole. */
  of(segments: readonly PlacedSegment[], within: Interval, count: number): readonly Density[] {
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
    return found.map(({ from, to, traps, privilegeSteps, spaces, consoleBytes }) => ({
      interval: { from, to },
      traps: Object.fromEntries(traps),
      privilegeSteps,
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
  spaces: 0,
  consoleBytes: 0,
});

const add = (to: Counts, part: Counts): void => {
  for (const [cause, count] of part.traps) to.traps.set(cause, (to.traps.get(cause) ?? 0) + count);
  for (const index of [0, 1, 2] as const) to.privilegeSteps[index] += part.privilegeSteps[index];
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
  for (const event of readEvents(segment.events, segment.from, undefined)) {
    spendUntil(event.at);
    if (event.kind === 'trap' || event.kind === 'return') privilege = event.to;
    const present = counts[index];
    if (present !== undefined && event.at >= present.from) countEvent(present, event);
    if (index >= counts.length) break;
  }
  spendUntil(segment.to);
  return counts;
};

const countEvent = (counts: Counts, event: HistoryEvent): void => {
  switch (event.kind) {
    case 'trap': {
      const cause = `${event.interrupt ? 'i' : 'e'}${event.cause}`;
      counts.traps.set(cause, (counts.traps.get(cause) ?? 0) + 1);
      return;
    }
    case 'space':
      counts.spaces += 1;
      return;
    case 'console':
      counts.consoleBytes += event.bytes.length;
      return;
    case 'return':
      return;
  }
};
