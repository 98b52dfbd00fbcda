/** A stretch of the history that was indexed in one go, and how it is kept as bytes. */

import { type Moment, moment } from '../../traces/time.ts';
import { pageShift } from '../engine/layout.ts';
import type { Machine } from '../machine/machine.ts';
import { noRamPage } from '../machine/translations.ts';
import type { Timeline } from '../timeline/timeline.ts';
import { BitmapColumns } from './bitmap-columns.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { CoverageReader, codeWords, writeWords } from './coverage-reader.ts';
import { EventLog } from './event-log.ts';

export interface Segment {
  readonly from: Moment;
  readonly to: Moment;
  /** Intervals lie between multiples of it. */
  readonly intervalSteps: number;
  /** Columns (bitmap-columns.ts) by RAM page; their intervals are counted from moment 0. */
  readonly executed: ReadonlyMap<number, Uint8Array>;
  readonly written: ReadonlyMap<number, Uint8Array>;
  /** RAM pages that were executed as a virtual page, by the number of that. */
  readonly mappings: ReadonlyMap<number, readonly number[]>;
  /** Intervals in which code was executed that is not in RAM. */
  readonly elsewhere: readonly number[];
  /** See event-log.ts. */
  readonly events: Uint8Array;
  readonly consoleBytes: number;
  /** Of each hart, at the beginning. */
  readonly privileges: readonly number[];
}

export interface SegmentOrder {
  /** Where it ends at the latest. */
  readonly to: Moment;
  readonly intervalSteps: number;
}

/**
 * Indexes what the timeline runs through from where it is. Its machine covers (see Machine), and what it prints is told to
 * the function that `onPrint` is given. Yields the moment that it has come to, between portions.
 */
export function* indexSegment(
  timeline: Timeline,
  { to, intervalSteps }: SegmentOrder,
  onPrint: (printed: ((bytes: Uint8Array) => void) | undefined) => void,
): Generator<Moment, Segment> {
  const { machine } = timeline;
  const from = timeline.now;
  const privileges = machine.harts.map(({ privilege }) => privilege);
  const coverage = new CoverageReader(machine);
  const executed = new BitmapColumns(codeWords);
  const written = new BitmapColumns(writeWords);
  const log = new EventLog(from, () => machine.stepMoment);
  const mappings = new Map<number, number[]>();
  const elsewhere = new Set<number>();
  machine.translations.onExecutable((low, high, ramPage) => {
    if (ramPage === noRamPage) {
      elsewhere.add(Math.floor(machine.stepMoment / intervalSteps));
      return;
    }
    coverage.noteExecutable(ramPage);
    const virtual = virtualPageNumber(low, high);
    const known = mappings.get(virtual);
    if (known === undefined) mappings.set(virtual, [ramPage]);
    else if (!known.includes(ramPage)) known.push(ramPage);
  });
  observe(machine, log);
  onPrint((bytes) => log.printed(bytes));
  try {
    for (let isOver = false; timeline.now < to && !isOver; ) {
      const interval = Math.floor(timeline.now / intervalSteps);
      const end = moment(Math.min(to, (interval + 1) * intervalSteps));
      while (timeline.now < end && !isOver) {
        const { reason } = timeline.forward(end);
        isOver = reason === 'end' || reason === 'power' || reason === 'idle';
        yield timeline.now;
      }
      const found = coverage.read();
      for (const [page, bitmap] of found.executed) executed.add(interval, page, bitmap);
      for (const [page, bitmap] of found.written) written.add(interval, page, bitmap);
    }
  } finally {
    observe(machine, undefined);
    machine.translations.onExecutable(undefined);
    onPrint(undefined);
  }
  return {
    from,
    to: timeline.now,
    intervalSteps,
    executed: executed.finish(),
    written: written.finish(),
    mappings,
    elsewhere: [...elsewhere],
    events: log.finish(),
    consoleBytes: log.consoleBytes,
    privileges,
  };
}

/** Of an address in halves: its upper 52 bits. */
export const virtualPageNumber = (low: number, high: number): number => (high >>> 0) * 2 ** 20 + (low >>> pageShift);

const observe = ({ harts }: Machine, log: EventLog | undefined): void => {
  for (const hart of harts) hart.observer = log;
};

/** Changes with what the bytes mean. */
const version = 2;

export const packSegment = (segment: Segment): Uint8Array<ArrayBuffer> => {
  const out = new ByteWriter(65_536);
  const { from, to, intervalSteps, consoleBytes, privileges } = segment;
  for (const value of [version, from, to, intervalSteps, consoleBytes, privileges.length, ...privileges])
    out.number(value);
  for (const columns of [segment.executed, segment.written]) {
    out.number(columns.size);
    for (const [page, { length }] of columns) {
      out.number(page);
      out.number(length);
    }
    for (const column of columns.values()) out.bytes(column);
  }
  out.number(segment.mappings.size);
  for (const [virtual, pages] of segment.mappings)
    for (const value of [virtual, pages.length, ...pages]) out.number(value);
  out.number(segment.elsewhere.length);
  for (const interval of segment.elsewhere) out.number(interval);
  out.number(segment.events.length);
  out.bytes(segment.events);
  return out.finish();
};

/** @throws {RangeError} when the bytes are not a whole segment of this version */
export const unpackSegment = (bytes: Uint8Array): Segment => {
  const reader = new ByteReader(bytes);
  if (reader.number() !== version) throw new RangeError('the history index is of another version');
  const from = moment(reader.number());
  const to = moment(reader.number());
  const intervalSteps = reader.number();
  const consoleBytes = reader.number();
  const harts = reader.number();
  if (to < from || intervalSteps < 1 || harts > 64) throw new RangeError('the history index contradicts itself');
  const privileges = Array.from({ length: harts }, () => reader.number());
  const columns = (): Map<number, Uint8Array> => {
    const sizes: [page: number, sizeBytes: number][] = [];
    for (let rest = reader.number(); rest > 0; rest -= 1) sizes.push([reader.number(), reader.number()]);
    return new Map(sizes.map(([page, sizeBytes]) => [page, reader.bytes(sizeBytes)]));
  };
  const executed = columns();
  const written = columns();
  const mappings = new Map<number, number[]>();
  for (let rest = reader.number(); rest > 0; rest -= 1) {
    const pages: number[] = [];
    mappings.set(reader.number(), pages);
    for (let count = reader.number(); count > 0; count -= 1) pages.push(reader.number());
  }
  const elsewhere: number[] = [];
  for (let rest = reader.number(); rest > 0; rest -= 1) elsewhere.push(reader.number());
  const events = reader.bytes(reader.number());
  return { from, to, intervalSteps, executed, written, mappings, elsewhere, events, consoleBytes, privileges };
};
