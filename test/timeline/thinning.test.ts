/** Which checkpoints are left when there is room for few: near where somebody stands or stood all of them, and ever fewer with the distance. */

import { expect, test } from 'vitest';
import { type Moment, moment } from '../../traces/time.ts';
import { leastUseful, RecentStops } from '../../vmm/timeline/thinning.ts';

const stride = 5_000_000;
const room = 200;

interface Walk {
  /** Where the person goes, one after another; each time the timeline runs there from the stop before and takes checkpoints. */
  readonly stops: readonly number[];
}

/** The moments that are kept after a walk, as `Checkpoints` does it: one that is new comes in, the least useful goes. */
const keptAfter = ({ stops }: Walk): { readonly kept: readonly Moment[]; readonly stops: readonly Moment[] } => {
  const recent = new RecentStops();
  let kept: Moment[] = [moment(0)];
  const take = (at: number): void => {
    if (!kept.includes(moment(at))) kept = [...kept, moment(at)].sort((one, other) => one - other);
    while (kept.length > room) {
      const victim = leastUseful({ moments: kept, stops: [moment(at), ...recent.list] });
      expect(victim).toBeDefined();
      kept.splice(victim!, 1);
    }
  };
  for (const stop of stops) {
    const from = kept.findLast((at) => at <= stop)!;
    for (let at = Math.ceil((from + 1) / stride) * stride; at < stop; at += stride) take(at);
    recent.add(moment(stop));
    take(stop);
  }
  return { kept, stops: recent.list };
};

const check = (
  walk: Walk,
  { nearSteps, ratioMax = Number.POSITIVE_INFINITY }: { nearSteps: number; ratioMax?: number },
): void => {
  const { kept, stops } = keptAfter(walk);
  expect(kept.length).toBeLessThanOrEqual(room);
  expect(kept[0]).toBe(0);
  for (const stop of stops) {
    const before = kept.filter((at) => at <= stop && at >= stop - nearSteps);
    // All that were taken are there.
    expect([stop, before.length]).toEqual([stop, expect.closeTo(nearSteps / stride, -0.5)]);
  }
  const end = Math.max(...walk.stops);
  for (let index = 1; index < kept.length; index += 1) {
    const [from, to] = [kept[index - 1]!, kept[index]!];
    if (to > end) continue;
    const distance = Math.min(
      ...stops.map((stop) => (stop >= from && stop <= to ? 0 : Math.min(Math.abs(stop - from), Math.abs(stop - to)))),
    );
    expect((to - from - 2 * stride) / (distance + 1)).toBeLessThan(ratioMax);
  }
};

test('of a run straight ahead those near its end are all there, and gaps grow with the distance', () =>
  check({ stops: [10_000_000_000] }, { nearSteps: 50_000_000, ratioMax: 0.15 }));

test('ten times as long a run needs no more of them near its end', () =>
  check({ stops: [100_000_000_000] }, { nearSteps: 50_000_000, ratioMax: 0.2 }));

test('around each of the stops before they stay', () =>
  check({ stops: [8_000_000_000, 2_000_000_000, 5_000_000_000, 9_000_000_000] }, { nearSteps: 20_000_000 }));

test('somebody who steps a thousand times stands at one place', () => {
  const recent = new RecentStops();
  for (let at = 5_000_000_000; at > 4_999_999_000; at -= 1) recent.add(moment(at));
  recent.add(moment(1_000_000_000));
  expect(recent.list).toEqual([4_999_999_001, 1_000_000_000]);
  for (let at = 1; at < 20; at += 1) recent.add(moment(at * 100_000_000));
  expect(recent.list).toHaveLength(8);
});
