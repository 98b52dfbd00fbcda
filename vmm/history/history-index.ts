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
    if (!this.#isRam(physical, codeGranuleBytes)) return this.#find(within, ({ elsewhere }) => elsewhere);
    const page = (physical - ramBase) >>> pageShift;
    return this.#find(within, (segment) => executedIn(segment, page, physical & (pageBytes - 1)));
  }

  executedAt(virtual: bigint, within: Interval): readonly Interval[] {
    const page = Number(BigInt.asUintN(64, virtual) >> BigInt(pageShift));
    const offset = Number(virtual & BigInt(pageBytes - 1));
    return this.#find(within, (segment) => [
      ...(segment.mappings.get(page) ?? []).flatMap((ramPage) => executedIn(segment, ramPage, offset)),
      ...segment.elsewhere,
    ]);
  }

  written(physical: number, sizeBytes: number, within: Interval): readonly Interval[] {
    if (!this.#isRam(physical, sizeBytes)) return [within]; // nothing is known of what is not RAM
    const end = physical + sizeBytes;
    return this.#find(within, (segment) => {
      const numbers: number[] = [];
      for (let at = physical; at < end; at = pageStart(at) + pageBytes) {
        const column = segment.written.get((at - ramBase) >>> pageShift);
        if (column === undefined) continue;
        const first = Math.floor((at & (pageBytes - 1)) / writeGranuleBytes);
        const last = Math.floor(((Math.min(end, pageStart(at) + pageBytes) - 1) & (pageBytes - 1)) / writeGranuleBytes);
        for (const number of intervalsWith(column, writeWords, first, last - first + 1)) numbers.push(number);
      }
      return numbers;
    });
  }

  #isRam(physical: number, sizeBytes: number): boolean {
    return physical >= ramBase && physical + sizeBytes <= ramBase + this.#ramBytes;
  }

  /** `look` gives the numbers of intervals of a segment. */
  #find(within: Interval, look: (segment: Segment) => readonly number[]): readonly Interval[] {
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
      for (const number of [...new Set(look(segment))].sort((one, other) => one - other)) {
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

  *counting(within: Interval, count: number): Generator<void, void> {
    yield* this.#densities.counting([...this.#withOffsets()], within, count);
  }

  /** Segments, each with how much was printed before it where everything before it is known. */
  *#withOffsets(): Generator<{ readonly segment: Segment; readonly consoleOffset: number | undefined }, void> {
    let offset: number | undefined = 0;
    let end: number = 0;
    // More may be added while somebody goes through them.
    for (const segment of [...this.#segments]) {
      if (segment.from !== end) offset = undefined;
      yield { segment, consoleOffset: offset };
      end = segment.to;
      if (offset !== undefined) offset += segment.consoleBytes;
    }
  }
}

const executedIn = ({ executed }: Segment, page: number, offset: number): readonly number[] => {
  const column = executed.get(page);
  return column === undefined ? [] : intervalsWith(column, codeWords, Math.floor(offset / codeGranuleBytes), 1);
};

const pageStart = (physical: number): number => physical - (physical & (pageBytes - 1));
