/**
 * The history index leaves out nothing that happened, on translated and on interpreted code: every instruction that single
 * steps execute, every write that a watch sees, every trap. What it has too much is little.
 */

import { describe, expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import type { HistoryEvent, Interval } from '../../vmm/history/history.ts';
import { HistoryIndex } from '../../vmm/history/history-index.ts';
import { packSegment, unpackSegment } from '../../vmm/history/segment.ts';
import { peekTranslate } from '../../vmm/machine/debug-access.ts';
import { ramBase } from '../../vmm/machine/memory.ts';
import { Random } from '../oracle/random.ts';
import { indexOf, type Run, runOf, stretch } from './fixture.ts';

const end = 400_000;
const intervalSteps = 4096;
const whole = stretch(0, end);
const cases = [
  'demo/demo.elf',
  'bench/calls.elf',
  'bench/spaces.elf',
  'harts/harts-O2.elf -smp 2',
  'bench/churn.elf',
] as const;

/** Translated at once or never: both mark. */
const indexed = async (guest: string, isEager: boolean) => {
  const run = await runOf(guest, end, true);
  if (isEager) run.machine.engine.translateEagerly();
  else run.machine.engine.translating = false;
  return indexOf(run, intervalSteps, [50_000, 50_001, 200_000, end].map(moment));
};

type Executed = Map<number | bigint, Set<number>>;

/** The intervals in which each instruction was executed, found step by step: by physical and by virtual address. */
const steppedThrough = ({ machine, timeline }: Run): readonly Executed[] => {
  const [physical, virtual]: Executed[] = [new Map(), new Map()];
  const note = (executed: Executed, place: number | bigint, interval: number): void => {
    executed.set(place, (executed.get(place) ?? new Set()).add(interval));
  };
  while (timeline.now < end) {
    const interval = Math.floor(timeline.now / intervalSteps);
    const before = machine.harts.map((hart) => [hart.count('steps'), hart.count('traps'), hart.get('pc')] as const);
    const places = machine.harts.map((hart) => peekTranslate(hart, hart.get('pc')));
    const { reason } = timeline.forward(moment(timeline.now + 1));
    if (reason === 'end' || reason === 'power' || reason === 'idle') break;
    for (const [id, hart] of machine.harts.entries()) {
      const [steps, traps, pc] = before[id]!;
      const place = places[id];
      if (hart.count('steps') === steps || hart.count('traps') !== traps || place === undefined) continue;
      note(physical!, place, interval);
      note(virtual!, pc, interval);
    }
  }
  return [physical!, virtual!];
};

const numbersOf = (intervals: readonly Interval[]): Set<number> =>
  new Set(intervals.map(({ from }) => Math.floor(from / intervalSteps)));

describe.each(cases)('%s', (guest) => {
  test.each([true, false])(
    'has each instruction in each interval in which it was executed (translated: %s)',
    async (isEager) => {
      const index = await indexed(guest, isEager);
      let said = 0;
      let happened = 0;
      for (const executed of steppedThrough(await runOf(guest, end))) {
        expect(executed.size).toBeGreaterThan(50);
        for (const [place, intervals] of executed) {
          const among = typeof place === 'bigint' ? index.executedAt(place, whole) : index.executed(place, whole);
          const found = numbersOf(among);
          const missing = [...intervals].filter((each) => !found.has(each));
          expect([place.toString(16), missing]).toEqual([place.toString(16), []]);
          said += found.size;
          happened += intervals.size;
        }
      }
      expect(said / happened).toBeLessThan(1.2);
    },
  );

  test.each([true, false])('has each write (translated: %s)', async (isEager) => {
    const index = await indexed(guest, isEager);
    const random = new Random(5);
    const { machine, timeline } = await runOf(guest, end);
    const pages = [...new Set(index.segments.flatMap(({ written }) => [...written.keys()]))];
    const ranges = Array.from({ length: 40 }, () => ({
      address: ramBase + random.pick(pages) * 4096 + 8 * random.below(512),
      sizeBytes: random.pick([1, 4, 8, 30]),
    }));
    const expected = ranges.map(() => new Set<number>());
    for (const [number, range] of ranges.entries()) {
      timeline.seek(moment(0));
      const watch = [range];
      while (timeline.now < end) {
        const { reason } = timeline.forward(moment(end), { watch });
        if (reason === 'watch') expected[number]!.add(Math.floor((timeline.now - 1) / intervalSteps));
        if (reason === 'end' || reason === 'power' || reason === 'idle') break;
      }
      const found = numbersOf(index.written(range.address, range.sizeBytes, whole));
      const missing = [...expected[number]!].filter((each) => !found.has(each));
      expect([range.address.toString(16), missing]).toEqual([range.address.toString(16), []]);
    }
    expect(machine.now).toBeGreaterThan(0);
  });

  test('has the traps, returns and characters with their moments', async () => {
    const index = await indexed(guest, true);
    const { machine, timeline, onPrint } = await runOf(guest, end);
    const traps: number[] = [];
    const printed: string[] = [];
    onPrint((bytes) => printed.push(`${machine.stepMoment} ${Buffer.from(bytes).toString('latin1')}`));
    while (timeline.now < end) {
      const { reason } = timeline.forward(moment(end), { traps: true });
      if (reason === 'trap') traps.push(timeline.now - 1);
      if (reason === 'end' || reason === 'power' || reason === 'idle') break;
    }
    const events = [...index.events(['trap', 'console'], whole)];
    expect(events.filter(({ kind }) => kind === 'trap').map(({ at }) => at)).toEqual(traps);
    const texts = events.filter(
      (event): event is Extract<HistoryEvent, { kind: 'console' }> => event.kind === 'console',
    );
    expect(texts.map(({ at, bytes }) => `${at} ${Buffer.from(bytes).toString('latin1')}`)).toEqual(printed);
    let offset = 0;
    for (const text of texts) {
      expect(text.offset).toBe(offset);
      offset += text.bytes.length;
    }
    for (const count of [1, 7, 50, 500, 9000]) {
      const densities = index.density(whole, count);
      const sum = (of: (density: (typeof densities)[number]) => number): number =>
        densities.reduce((total, density) => total + of(density), 0);
      expect(sum(({ traps: counts }) => Object.values(counts).reduce((one, other) => one + other, 0))).toBe(
        traps.length,
      );
      expect(sum(({ hartTraps }) => hartTraps.reduce((one, other) => one + other, 0))).toBe(traps.length);
      expect(sum(({ privilegeSteps: [u, s, m] }) => u + s + m)).toBe(index.covered[0]!.to);
      expect(sum(({ consoleBytes }) => consoleBytes)).toBe(offset);
    }
  });
});

test('a segment is the same after it was kept as bytes, and damage is an error or another index, never a crash', async () => {
  const index = await indexed('demo/demo.elf', false);
  for (const segment of index.segments) {
    const bytes = packSegment(segment);
    expect(unpackSegment(bytes)).toEqual(segment);
    for (let length = 0; length < bytes.length; length += 1 + Math.floor(bytes.length / 200))
      expect(() => unpackSegment(bytes.subarray(0, length))).toThrow(RangeError);
  }
});

test('what is not indexed may have happened', async () => {
  const run = await runOf('demo/demo.elf', end, true);
  const index = indexOf(run, intervalSteps, [moment(100_000)]);
  expect(index.covered).toEqual([stretch(0, 100_000)]);
  const nowhere = ramBase + 0x300_0000;
  expect(index.executed(nowhere, whole)).toEqual([stretch(100_000, end)]);
  expect(index.written(nowhere, 8, stretch(50_000, 120_000))).toEqual([stretch(100_000, 120_000)]);
  expect(index.written(0x1000_0000, 1, whole)).toEqual([whole]);
});

test('a density counts what each event says where one looks closely, and again when there is more to know', async () => {
  const whole = await indexed('demo/demo.elf', false);
  const { length } = whole.segments;
  const index = new HistoryIndex(128 * 2 ** 20);
  const check = (from: number, to: number, count: number): void => {
    const stretch = { from: moment(from), to: moment(to) };
    const counted = index.density(stretch, count).map(({ interval, traps, spaces }) => {
      const inside = [...index.events(['trap', 'space'], interval)];
      const byCause: Record<string, number> = {};
      for (const event of inside) {
        if (event.kind !== 'trap') continue;
        const cause = `${event.interrupt ? 'i' : 'e'}${event.cause}`;
        byCause[cause] = (byCause[cause] ?? 0) + 1;
      }
      return [
        { traps, spaces },
        { traps: byCause, spaces: inside.filter(({ kind }) => kind === 'space').length },
      ];
    });
    expect(counted.map(([found]) => found)).toEqual(counted.map(([, expected]) => expected));
  };
  for (const [number, segment] of whole.segments.entries()) {
    index.add(segment);
    if (number % Math.ceil(length / 4) !== 0) continue;
    for (const from of [0, 0, 3_500_000, segment.to - 50_000]) check(from, from + 100_000, 200);
  }
});
