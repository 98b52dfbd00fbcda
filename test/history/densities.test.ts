import { expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import { EventLog } from '../../vmm/history/event-log.ts';
import { HistoryIndex } from '../../vmm/history/history-index.ts';
import type { Segment } from '../../vmm/history/segment.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { stretch } from './fixture.ts';

const traps = 100_000;
const hart = { id: 1 } as Hart;

/** A guest that traps at every other step, from user to supervisor mode and back. */
const storm = (): Segment => {
  let now = 0;
  const log = new EventLog(moment(0), () => moment(now));
  for (let count = 0; count < traps; count += 1) {
    log.trapped(hart, 8, false, 0, 1);
    now += 1;
    log.returned(hart, 1, 0);
    now += 1;
  }
  const none = new Map<number, never>();
  return {
    ...{ from: moment(0), to: moment(now), intervalSteps: 1024, executed: none, written: none, mappings: none },
    ...{ elsewhere: [], events: log.finish(), consoleBytes: 0, privileges: [3, 0] },
  };
};

for (const [scale, from, columns] of [
  ['of the whole', 0, 50],
  ['from near', 100_000, 4000],
] as const)
  test(`very many events are counted in pieces, and asked again they are known: ${scale}`, () => {
    const index = new HistoryIndex(2 ** 20);
    index.add(storm());
    const within = stretch(from, 2 * traps);
    const pieces = [...index.counting(within, columns)].length;
    expect(pieces).toBeGreaterThan(3);
    const densities = index.density(within, columns);
    const counted = densities.reduce((sum, { hartTraps }) => sum + hartTraps[1]!, 0);
    expect(counted).toBe(traps - from / 2);
    expect([...index.counting(within, columns)]).toEqual([]);
    expect(index.density(within, columns)).toBe(densities);
  });
