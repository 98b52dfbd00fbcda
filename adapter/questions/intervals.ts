/** Stretches of a history as sets: joined, cut, and what an index of the history leaves of them. */

import { moment } from '../../traces/time.ts';
import {
  type History,
  type HistoryEvent,
  type HistoryEventKind,
  type Interval,
  uncovered,
} from '../../vmm/history/history.ts';
import type { WatchRange } from '../../vmm/machine/translations.ts';

/** Intervals that are nearer to one another than this are gone through as one: each costs a state and a walk. */
const gapStepsMin = 100_000;

export const between = (from: number, to: number): Interval => ({ from: moment(from), to: moment(to) });

/** The same moments and those between neighbours, ascending and apart. */
export const joined = (intervals: readonly Interval[], gapSteps = gapStepsMin): readonly Interval[] => {
  const found: Interval[] = [];
  for (const one of [...intervals].sort((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (one.to <= one.from) continue;
    if (last === undefined || one.from > last.to + gapSteps) found.push(one);
    else if (one.to > last.to) found[found.length - 1] = { from: last.from, to: one.to };
  }
  return found;
};

const clipped = (intervals: readonly Interval[], within: Interval): readonly Interval[] =>
  intervals.map(({ from, to }) => between(Math.max(from, within.from), Math.min(to, within.to)));

/** Where any of some ranges may have been written. */
export const whereWritten = (
  history: History | undefined,
  ranges: readonly WatchRange[],
  within: Interval,
): readonly Interval[] => {
  if (history === undefined) return joined([within]);
  return joined(
    clipped(
      ranges.flatMap(({ address, sizeBytes }) => history.written(address, sizeBytes, within)),
      within,
    ),
  );
};

/** Where the instruction at any of some virtual addresses may have been executed, in whatever address space. */
export const whereExecuted = (
  history: History | undefined,
  addresses: readonly bigint[],
  within: Interval,
): readonly Interval[] => {
  if (history === undefined) return joined([within]);
  return joined(
    clipped(
      addresses.flatMap((address) => history.executedAt(address, within)),
      within,
    ),
  );
};

/** Where events of a kind may have happened: around those that are known, and what is not covered. */
export const whereHappened = (
  history: History | undefined,
  kind: HistoryEventKind,
  within: Interval,
  wanted: (event: HistoryEvent) => boolean,
): readonly Interval[] => {
  if (history === undefined) return joined([within]);
  const found = uncovered(history, within);
  for (const event of history.events([kind], within)) if (wanted(event)) found.push(between(event.at, event.at + 1));
  return joined(found);
};
