/** Events are looked through in pieces, so that a search can be paused; what becomes known meanwhile is not taken for looked at. */

import { expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import { type HistoryEvent, type Interval, intervalsWithEvents } from '../../vmm/history/history.ts';
import { FakeHistory, kernelEvents, kernelHistory } from '../dap/fake-history.ts';

const [count, stride] = [200_000, 100];
const end = moment(count * stride);
const whole: Interval = { from: moment(0), to: end };
const rare = moment(160_000 * stride); // a system call, one of many

/** What is found, and how often others had a turn on the way. */
const look = (
  history: FakeHistory,
  isWanted: (event: HistoryEvent) => boolean,
  turn: () => void = () => {},
): { readonly found: readonly Interval[]; readonly turns: number } => {
  const work = intervalsWithEvents(history, whole, isWanted);
  for (let turns = 0; ; turns += 1) {
    const { done, value } = work.next();
    if (done === true) return { found: value, turns };
    turn();
  }
};

test('many events are looked through with turns for others, also those that are not wanted', () => {
  const { found, turns } = look(kernelHistory(count, stride), ({ at }) => at === rare);
  expect(found).toHaveLength(1);
  expect(found[0]!.from <= rare && rare < found[0]!.to).toBe(true);
  expect(turns).toBeGreaterThan(10);
});

test('what was unknown when the look began may have what is wanted, known meanwhile or not', () => {
  const known = { from: moment(0), to: moment(end / 2) };
  const covered = [known];
  const history = new FakeHistory(covered, kernelEvents(count / 2, stride));
  const { found } = look(
    history,
    () => false,
    () => covered.splice(0, 1, whole),
  );
  expect(found).toEqual([{ from: end / 2, to: end }]);
});
