/**
 * The last write to some bytes of RAM before a moment, by whomever, however far back. Intervals between two checkpoints
 * in which the pages were not written are passed over: both checkpoints have the same copy of them then. Others are run
 * with a watchpoint, the later ones first.
 */

import { type Moment, moment } from '../../../traces/time.ts';
import { pageIndex } from '../../machine/memory.ts';
import type { WatchRange } from '../../machine/translations.ts';
import type { Checkpoint } from '../../timeline/checkpoints.ts';
import { zeroPage } from '../../timeline/page-store.ts';
import type { Timeline } from '../../timeline/timeline.ts';
import type { History } from '../history.ts';

export interface LastWriteSearch {
  readonly timeline: Timeline;
  readonly ranges: readonly WatchRange[];
  readonly before: Moment;
  /** What is known of the whole history, if anything is. */
  readonly history?: History | undefined;
  /** Told how many steps were run. */
  readonly ran: (steps: number) => void;
}

/**
 * A moment `t` such that the last write is in step `t - 1`, or between it and the step of `t`; `undefined` when there is
 * none. Leaves the timeline anywhere.
 */
export function* lastWrite(search: LastWriteSearch): Generator<Moment, Moment | undefined> {
  const { timeline, ranges, before } = search;
  const pages = [...new Set(ranges.flatMap(pagesOf))];
  const { checkpoints } = timeline;
  for (let upTo: number = before; upTo > 0; ) {
    const from = checkpoints.before(moment(upTo - 1));
    const last = writtenUpTo(search, from.at, upTo);
    if (last > from.at && !isUntouched(from, checkpoints.before(moment(upTo)), upTo, pages)) {
      const found = yield* scan(search, from.at, last);
      if (found !== undefined) return found;
    }
    upTo = from.at;
  }
  return undefined;
}

/** Up to where an interval must be looked at; its beginning when the history knows that nothing was written in it. */
const writtenUpTo = ({ history, ranges }: LastWriteSearch, from: number, to: number): number => {
  if (history === undefined) return to;
  const within = { from: moment(from), to: moment(to) };
  const ends = ranges.flatMap(({ address, sizeBytes }) =>
    history.written(address, sizeBytes, within).map((interval) => interval.to),
  );
  return Math.min(to, Math.max(from, ...ends));
};

/** Whether no page was written between two checkpoints. The page of zeros is shared, so it says nothing. */
const isUntouched = (from: Checkpoint, to: Checkpoint, upTo: number, pages: readonly number[]): boolean =>
  to.at === upTo && pages.every((page) => from.pages[page] === to.pages[page] && from.pages[page] !== zeroPage);

const pagesOf = ({ address, sizeBytes }: WatchRange): readonly number[] => {
  const first = pageIndex(address);
  return Array.from({ length: pageIndex(address + sizeBytes - 1) - first + 1 }, (_, page) => first + page);
};

/** Runs from a checkpoint with the ranges watched. */
function* scan(search: LastWriteSearch, from: number, to: number): Generator<Moment, Moment | undefined> {
  const { timeline, ranges, ran } = search;
  const { machine } = timeline;
  let found: Moment | undefined;
  const outer = machine.observer;
  // Inputs are applied between two runs, which no watchpoint sees.
  const observer = {
    wroteMemory: (address: number, sizeBytes: number) => {
      const isIn = (range: WatchRange) =>
        address < range.address + range.sizeBytes && range.address < address + sizeBytes;
      if (ranges.some(isIn)) found = machine.now;
    },
  };
  try {
    machine.observer = observer;
    timeline.seek(moment(from)); // a checkpoint: nothing is run
    while (timeline.now < to) {
      const begin = timeline.now;
      machine.observer = observer;
      const stop = timeline.forward(moment(to), { watch: ranges });
      machine.observer = outer;
      ran(timeline.now - begin);
      if (stop.reason === 'watch') found = timeline.now;
      else if (timeline.now === begin && stop.reason !== 'until') break;
      if (timeline.now !== begin) yield timeline.now;
    }
    return found;
  } finally {
    machine.observer = outer;
  }
}
