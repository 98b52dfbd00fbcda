/** What is known of a history that branched off another: the other's past, its own from there on, and nothing of the other's future. */

import { beforeAll, expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import { BranchedHistory } from '../../vmm/history/branched-history.ts';
import { HistoryIndex } from '../../vmm/history/history-index.ts';
import { indexOf, runOf, stretch } from './fixture.ts';

const end = 400_000;
const at = moment(150_000);
const whole = stretch(0, end);
const intervalSteps = 4096;

let index: HistoryIndex;
let nothing: HistoryIndex;
let own: HistoryIndex;
let code: number;
let data: number;
/** Interpreted: of translated code a block counts as a whole, also where the end of a segment cuts it. */
const indexed = async (...ends: readonly number[]): Promise<HistoryIndex> => {
  const run = await runOf('demo/demo.elf', end, true);
  run.machine.engine.translating = false;
  return indexOf(run, intervalSteps, ends.map(moment));
};
beforeAll(async () => {
  index = await indexed(100_000, 200_704, end);
  nothing = new HistoryIndex(64 * 2 ** 20);
  own = await indexed(at, end);
  code = 0x8000_0000 + [...index.segments[2]!.executed.keys()][0]! * 4096;
  data = 0x8000_0000 + [...index.segments[2]!.written.keys()].at(-1)! * 4096;
});

test('without anything of its own, all from the branch on is unknown', () => {
  const branched = new BranchedHistory(at, index, nothing);
  expect(branched.covered).toEqual([stretch(0, at)]);
  expect(branched.executed(code, stretch(at, end))).toEqual([stretch(at, end)]);
  expect(branched.written(data, 8, stretch(200_000, 300_000))).toEqual([stretch(200_000, 300_000)]);
  expect([...branched.events(['trap'], stretch(at, end))]).toEqual([]);
  const past = stretch(0, at);
  expect(branched.written(data, 8, past)).toEqual(index.written(data, 8, past));
  expect([...branched.events(['trap', 'console'], whole)]).toEqual([...index.events(['trap', 'console'], past)]);
});

test('with its own it says what one index of all of it says', () => {
  const branched = new BranchedHistory(at, index, own);
  expect(branched.covered).toEqual([whole]);
  expect([...branched.events(['trap', 'console', 'space'], whole)]).toEqual([
    ...index.events(['trap', 'console', 'space'], whole),
  ]);
  const total = (history: typeof index | typeof branched, count: number): unknown =>
    history.density(whole, count).reduce<number>((sum, { traps }) => {
      for (const number of Object.values(traps)) sum += number;
      return sum;
    }, 0);
  for (const count of [1, 3, 100]) {
    expect(branched.density(whole, count).map(({ interval }) => interval)).toEqual(
      index.density(whole, count).map(({ interval }) => interval),
    );
    expect(total(branched, count)).toBe(total(index, count));
  }
});

test('what was executed or written is what the one says of before the branch, and the other of behind it', () => {
  const branched = new BranchedHistory(at, index, own);
  const [before, after] = [stretch(0, at), stretch(at, end)];
  let named = 0;
  for (let offset = 0; offset < 4096; offset += 8) {
    const written = [...index.written(data + offset, 8, before), ...own.written(data + offset, 8, after)];
    expect(branched.written(data + offset, 8, whole)).toEqual(written);
    const executed = [...index.executed(code + offset, before), ...own.executed(code + offset, after)];
    expect(branched.executed(code + offset, whole)).toEqual(executed);
    named += written.length + executed.length;
  }
  expect(named).toBeGreaterThan(50);
});
