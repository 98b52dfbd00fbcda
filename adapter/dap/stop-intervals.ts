/**
 * Where in the history stops may be, as far as its index knows: what a search backwards need not look at. Whether there is a
 * stop it does not decide.
 */

import type { History, HistoryEvent, Interval } from '../../vmm/history/history.ts';
import { intervalsAround, intervalsWithEvents, uncovered, union, visitEvents } from '../../vmm/history/history.ts';
import { type WatchRange, watchesReads } from '../../vmm/machine/translations.ts';
import type { Among } from '../../vmm/timeline/timeline.ts';
import { completions } from './console-tape.ts';
import type { GuestStop } from './guest-stops.ts';
import type { StopSettings } from './stop-rules.ts';
import type { Target } from './target.ts';

interface Sought extends Pick<StopSettings, 'breakpoints' | 'filters' | 'guestStops'> {
  /** Where breakpoints may be met. */
  readonly addresses: readonly bigint[];
  /** What expressions were made of at the earliest moment that was looked at; the same array while it is the same. */
  readonly expressionRanges: () => readonly WatchRange[];
}

/** Undefined when any interval may have one. */
export const stopIntervals = (target: Target, sought: Sought): Among | undefined => {
  const { history } = target;
  if (history === undefined || sought.breakpoints.ranges.some(watchesReads)) return undefined;
  let found: readonly Interval[] = [];
  let [stepsKnown, rangesThen]: [number, readonly WatchRange[] | undefined] = [-1, undefined];
  return function* (within) {
    const [steps, ranges] = [stepsCovered(history), sought.expressionRanges()];
    if (steps !== stepsKnown || ranges !== rangesThen) {
      found = yield* intervalsOf(target, history, within, sought, ranges);
      [stepsKnown, rangesThen] = [steps, ranges];
    }
    return found;
  };
};

type Work<Found> = Generator<void, Found>;

const stepsCovered = ({ covered }: History): number => covered.reduce((sum, { from, to }) => sum + to - from, 0);

function* intervalsOf(
  target: Target,
  history: History,
  within: Interval,
  { breakpoints, filters, guestStops, addresses }: Sought,
  expressionRanges: readonly WatchRange[],
): Work<readonly Interval[]> {
  const lists = [
    ...addresses.map((address) => history.executedAt(address, within)),
    ...[...breakpoints.ranges, ...expressionRanges].map(({ address, sizeBytes }) =>
      history.written(address, sizeBytes, within),
    ),
  ];
  const isFiltered = (event: HistoryEvent): boolean =>
    event.kind === 'trap' && filters.wants(event.cause, event.interrupt);
  if (filters.active) lists.push(yield* intervalsWithEvents(history, within, isFiltered));
  for (const stop of guestStops.all) lists.push(yield* intervalsWithStop(target, history, within, stop));
  return union(lists);
}

function* intervalsWithStop(
  target: Target,
  history: History,
  within: Interval,
  stop: GuestStop,
): Work<readonly Interval[]> {
  switch (stop.kind) {
    case 'mode':
      return yield* intervalsWithEvents(history, within, modeComes(stop));
    case 'process':
      return yield* intervalsWithEvents(
        history,
        within,
        (event) => event.kind === 'space' && isOf(stop, event) && (stop.satp === undefined || stop.satp === event.satp),
      );
    case 'console':
      return yield* intervalsPrinting(target, history, within, stop.pattern);
    case 'expression':
      return []; // where its ranges are written
  }
}

const isOf = (stop: { readonly hart?: number }, { hart }: { readonly hart: number }): boolean =>
  stop.hart === undefined || stop.hart === hart;

/** The first event of a hart counts whatever it is: firmware may have started the hart in another mode. */
const modeComes = (stop: Extract<GuestStop, { kind: 'mode' }>): ((event: HistoryEvent) => boolean) => {
  const met = new Set<number>();
  return (event) => {
    if ((event.kind !== 'trap' && event.kind !== 'return') || !isOf(stop, event)) return false;
    const isFirst = !met.has(event.hart);
    met.add(event.hart);
    return isFirst || (event.from !== event.to && (stop.mode === undefined || stop.mode === event.to));
  };
};

/** A text may begin in another interval than it ends in, so that the tape must have what is before. */
function* intervalsPrinting(
  { console: { tape } }: Target,
  history: History,
  within: Interval,
  pattern: RegExp,
): Work<readonly Interval[]> {
  const unknown = uncovered(history, within);
  const pieces: { at: HistoryEvent['at']; bytes: Uint8Array }[] = [];
  yield* visitEvents(history, within, (event) => {
    if (event.kind !== 'console') return;
    tape.add(event.at, event.bytes);
    const last = pieces.at(-1);
    if (last?.at === event.at) last.bytes = Buffer.concat([last.bytes, event.bytes]);
    else pieces.push({ at: event.at, bytes: event.bytes });
  });
  return union([intervalsAround(yield* completions(pieces, pattern), within), unknown]);
}
