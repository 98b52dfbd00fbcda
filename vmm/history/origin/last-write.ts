/**
 * The last write to some bytes of RAM or to some registers before a moment, by whomever, however far back. Intervals
 * between two checkpoints in which nothing can have been written are passed over: both checkpoints have the same copy of
 * the pages, and the harts made no step. Others are run with a watchpoint, the later ones first; where registers are looked
 * for, piece of code by piece of code.
 */

import { type Moment, moment } from '../../../traces/time.ts';
import { hartOffset } from '../../engine/layout.ts';
import { pageIndex } from '../../machine/memory.ts';
import type { WatchRange } from '../../machine/translations.ts';
import type { Checkpoint } from '../../timeline/checkpoints.ts';
import { zeroPage } from '../../timeline/page-store.ts';
import type { Timeline } from '../../timeline/timeline.ts';
import type { History } from '../history.ts';
import type { RegisterPlace } from './place.ts';
import { scanRegisters } from './register-scan.ts';

export interface LastWriteSearch {
  readonly timeline: Timeline;
  readonly ranges: readonly WatchRange[];
  readonly registers: readonly RegisterPlace[];
  readonly before: Moment;
  /** What is known of the whole history, if anything is. */
  readonly history?: History | undefined;
  /** Told how many steps were run; whether more may be. */
  readonly ran: (steps: number) => boolean;
}

/**
 * `found`: the last write is in the step before that moment, or between it and the moment's own. `searched`: there was
 * none since then, and it is the beginning or no more steps may be run.
 */
export type LastWrite = { readonly found: Moment } | { readonly searched: Moment };

/** Leaves the timeline anywhere. */
export function* lastWrite(search: LastWriteSearch): Generator<Moment, LastWrite> {
  const { timeline, ranges, before } = search;
  const pages = [...new Set(ranges.flatMap(pagesOf))];
  const { checkpoints } = timeline;
  for (let upTo: number = before; upTo > 0; ) {
    const from = checkpoints.before(moment(upTo - 1));
    const next = checkpoints.before(moment(upTo));
    const last = writtenUpTo(search, from.at, upTo);
    if (last > from.at && !(next.at === upTo && isUntouched(search, from, next, pages))) {
      if (!search.ran(0)) return { searched: moment(upTo) };
      const found = yield* scan(search, from.at, last);
      if (found !== undefined) return { found };
    }
    upTo = from.at;
  }
  return { searched: moment(0) };
}

/** Up to where an interval must be looked at; its beginning when the history knows that nothing was written in it. */
const writtenUpTo = ({ history, ranges, registers }: LastWriteSearch, from: number, to: number): number => {
  if (history === undefined || registers.length > 0) return to;
  const within = { from: moment(from), to: moment(to) };
  let last = from;
  // Ascending, so that the last one counts.
  for (const { address, sizeBytes } of ranges)
    last = Math.max(last, history.written(address, sizeBytes, within).at(-1)?.to ?? from);
  return Math.min(to, last);
};

/** Whether nothing was written between two checkpoints. The page of zeros is shared, so it says nothing. */
const isUntouched = (
  { registers }: LastWriteSearch,
  from: Checkpoint,
  to: Checkpoint,
  pages: readonly number[],
): boolean =>
  pages.every((page) => from.pages?.[page] === to.pages?.[page] && (from.pages?.[page] ?? zeroPage) !== zeroPage) &&
  registers.every(({ hart }) => stepsOf(from, hart) === stepsOf(to, hart));

const stepsOf = ({ record }: Checkpoint, hart: number): number => {
  const { buffer, byteOffset } = record.harts[hart]!;
  return new DataView(buffer, byteOffset).getFloat64(hartOffset.steps, true);
};

const pagesOf = ({ address, sizeBytes }: WatchRange): readonly number[] => {
  const first = pageIndex(address);
  return Array.from({ length: pageIndex(address + sizeBytes - 1) - first + 1 }, (_, page) => first + page);
};

/** Runs from a checkpoint; nothing is run to come there. */
function* scan(search: LastWriteSearch, from: number, to: number): Generator<Moment, Moment | undefined> {
  const { timeline, ranges, registers, ran } = search;
  const { machine } = timeline;
  let foreign: Moment | undefined;
  const outer = machine.observer;
  // Inputs are applied between two runs, which no watchpoint sees.
  machine.observer = {
    wroteMemory: (address, sizeBytes) => {
      const isIn = (range: WatchRange) =>
        address < range.address + range.sizeBytes && range.address < address + sizeBytes;
      if (ranges.some(isIn)) foreign = machine.now;
    },
  };
  try {
    timeline.seek(moment(from));
    const pass =
      registers.length > 0 ? scanRegisters(timeline, to, registers, ranges) : scanMemory(timeline, to, ranges);
    const found = yield* pass;
    const times = [found, foreign, lastRegisterInput(search, from, to)].filter((at) => at !== undefined);
    return times.length === 0 ? undefined : moment(Math.max(...times));
  } finally {
    ran(timeline.now - from);
    machine.observer = outer;
  }
}

function* scanMemory(
  timeline: Timeline,
  to: number,
  watch: readonly WatchRange[],
): Generator<Moment, Moment | undefined> {
  let found: Moment | undefined;
  while (timeline.now < to) {
    const begin = timeline.now;
    const stop = timeline.forward(moment(to), { watch });
    if (stop.reason === 'watch') found = timeline.now;
    else if (timeline.now === begin && stop.reason !== 'until') break;
    if (timeline.now !== begin) yield timeline.now;
  }
  return found;
}

/** A person wrote a register of a hart that is looked at. */
const lastRegisterInput = ({ timeline: { log }, registers }: LastWriteSearch, from: number, to: number) => {
  if (registers.length === 0) return undefined;
  for (let index = log.count - 1; index >= 0 && log.get(index).at > from; index -= 1) {
    const event = log.get(index);
    if (event.kind === 'setRegister' && event.at <= to && registers.some(({ hart }) => hart === event.hart))
      return event.at;
  }
  return undefined;
};
