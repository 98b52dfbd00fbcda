/** The history index: segments that were indexed, in any order, and what they say together (history.ts). */

import { type Moment, moment } from '../../traces/time.ts';
import { codeGranuleBytes, writeGranuleBytes } from '../engine/coverage.ts';
import { pageBytes, pageShift } from '../engine/layout.ts';
import { ramBase } from '../machine/memory.ts';
import { intervalsWith } from './bitmap-columns.ts';
import { codeWords, writeWords } from './coverage-reader.ts';
import { Densities } from './densities.ts';
import { readEvents } from './event-log.ts';
import type { Density, History, HistoryEvent, HistoryEventKind, Interval } from './history.ts';
import type { Segment } from './segment.ts';

export class HistoryIndex implements History {
  /** Ascending and apart. */
  readonly #segments: Segment[] = [];
  readonly #densities = new Densities();
  readonly #ramBytes: number;

  constructor(ramBytes: number) {
    this.#ramBytes = ramBytes;
  }

  /** Takes a segment that overlaps none that is there. */
  add(segment: Segment): void {
    const before = this.#segments.findIndex(({ from }) => from >= segment.to);
    this.#segments.splice(before < 0 ? this.#segments.length : before, 0, segment);
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get covered(): readonly Interval[] {
    const covered: { from: Moment; to: Moment }[] = [];
    for (const { from, to } of this.#segments) {
      const last = covered.at(-1);
      if (last?.to === from) last.to = to;
      else covered.push({ from, to });
    }
    return covered;
  }

  executed(physical: number, within: Interval): readonly Interval[] {
    const granule = (physical & (pageBytes - 1)) / codeGranuleBytes;
    return this.#find(physical, 1, within, ({ executed }, page) => {
      const column = executed.get(page);
      return column === undefined ? [] : intervalsWith(column, codeWords, granule, 1);
    });
  }

  written(physical: number, sizeBytes: number, within: Interval): readonly Interval[] {
    return this.#find(physical, sizeBytes, within, ({ written }, page, first, last) => {
      const column = written.get(page);
      const granule = Math.floor(first / writeGranuleBytes);
      const count = Math.floor(last / writeGranuleBytes) - granule + 1;
      return column === undefined ? [] : intervalsWith(column, writeWords, granule, count);
    });
  }

  /** `look` gives the numbers of intervals of a segment for the bytes from `first` to `last` of a page. */
  #find(
    physical: number,
    sizeBytes: number,
    within: Interval,
    look: (segment: Segment, page: number, first: number, last: number) => readonly number[],
  ): readonly Interval[] {
    const end = physical + sizeBytes;
    if (physical < ramBase || end > ramBase + this.#ramBytes) return [within]; // nothing is known of what is not RAM
    const found: Interval[] = [];
    const add = (from: number, to: number): void => {
      const [begin, over] = [Math.max(from, within.from), Math.min(to, within.to)];
      if (begin < over) found.push({ from: moment(begin), to: moment(over) });
    };
    let known: number = within.from;
    for (const segment of this.#segments) {
      if (segment.to <= within.from || segment.from >= within.to) continue;
      add(known, segment.from);
      known = segment.to;
      const numbers = new Set<number>();
      for (let at = physical; at < end; at = pageStart(at) + pageBytes) {
        const page = (at - ramBase) >>> pageShift;
        const last = Math.min(end, pageStart(at) + pageBytes) - 1;
        for (const number of look(segment, page, at & (pageBytes - 1), last & (pageBytes - 1))) numbers.add(number);
      }
      for (const number of [...numbers].sort((one, other) => one - other)) {
        const from = number * segment.intervalSteps;
        add(Math.max(from, segment.from), Math.min(from + segment.intervalSteps, segment.to));
      }
    }
    add(known, within.to);
    return found;
  }

  *events(kinds: readonly HistoryEventKind[], { from, to }: Interval): Generator<HistoryEvent, void> {
    for (const { segment, consoleOffset } of this.#withOffsets()) {
      if (segment.to <= from || segment.from >= to) continue;
      for (const event of readEvents(segment.events, segment.from, consoleOffset)) {
        if (event.at >= to) return;
        if (event.at >= from && kinds.includes(event.kind)) yield event;
      }
    }
  }

  density(within: Interval, count: number): readonly Density[] {
    return this.#densities.of([...this.#withOffsets()], within, count);
  }

  /** Segments, each with how much was printed before it where everything before it is known. */
  *#withOffsets(): Generator<{ readonly segment: Segment; readonly consoleOffset: number | undefined }, void> {
    let offset: number | undefined = 0;
    let end: number = 0;
    for (const segment of this.#segments) {
      if (segment.from !== end) offset = undefined;
      yield { segment, consoleOffset: offset };
      end = segment.to;
      if (offset !== undefined) offset += segment.consoleBytes;
    }
  }
}

const pageStart = (physical: number): number => physical - (physical & (pageBytes - 1));
