/** Stretches of a history as sets: joined, cut, and what an index of the history leaves of them. */

import { moment } from '../../traces/time.ts';
import type { History, HistoryEvent, HistoryEventKind, Interval } from '../../vmm/history/history.ts';
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

/** Where any of some ranges may have been written. */
export const whereWritten = (
  history: History | undefined,
  ranges: readonly WatchRange[],
  within: Interval,
): readonly Interval[] => {
  if (history === undefined) return joined([within]);
  return joined(ranges.flatMap(({ address, sizeBytes }) => history.written(address, sizeBytes, within)));
};

/** Where any of some instructions may have been executed; `undefined`: it is not known where they are in memory. */
export const whereExecuted = (
  history: History | undefined,
  physical: readonly number[] | undefined,
  within: Interval,
): readonly Interval[] => {
  if (history === undefined || physical === undefined) return joined([within]);
  return joined(physical.flatMap((address) => history.executed(address, within)));
};

/** Where events of a kind may have happened: around those that are known, and what is not covered. */
export const whereHappened = (
  history: History | undefined,
  kind: HistoryEventKind,
  within: Interval,
  wanted: (event: HistoryEvent) => boolean,
): readonly Interval[] => {
  if (history === undefined) return joined([within]);
  const found: Interval[] = [];
  let at: number = within.from;
  for (const { from, to } of history.covered) {
    if (from > at) found.push(between(at, Math.min(from, within.to)));
    at = Math.max(at, to);
  }
  if (at < within.to) found.push(between(at, within.to));
  for (const event of history.events([kind], within)) if (wanted(event)) found.push(between(event.at, event.at + 1));
  return joined(found);
};
