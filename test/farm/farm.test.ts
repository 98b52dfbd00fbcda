/** The farm finds the same in threads as in this one, in order, and gives up when it is told. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Farm, type FarmOptions } from '../../adapter/farm/farm.ts';
import { hitsJob } from '../../adapter/questions/hit-job.ts';
import { between } from '../../adapter/questions/intervals.ts';
import { jobs } from '../../adapter/questions/jobs.ts';
import { openRecording } from '../../adapter/session/replay.ts';
import { noCheckpoints } from '../../adapter/session/session.ts';
import type { Moment } from '../../traces/time.ts';
import { demoElf, folder, record } from '../dap/fixture.ts';
import { bundleWorker } from './bundle.ts';

let trace = '';
let workerFile = '';
let end = 0 as Moment;
const farms: Farm[] = [];

beforeAll(async () => {
  trace = await record(demoElf, 'farm', 4_000_000);
  workerFile = await bundleWorker(folder);
  const session = await openRecording({ file: trace, verify: false, checkpoints: noCheckpoints, console: () => {} });
  end = session.timeline.end;
  session.close();
});
afterAll(async () => {
  for (const farm of farms) await farm.close();
});

const farmOf = (options: Partial<FarmOptions> = {}): Farm => {
  const farm = new Farm({ replayed: { launch: { trace, cache: false } }, end, jobs, workerFile, ...options });
  farms.push(farm);
  return farm;
};

const plan = { place: 'system_call', keep: 'all' } as const;

const found = async (farm: Farm, order: 'forward' | 'backward' = 'forward') => {
  const intervals = [between(0, end)];
  const all: [from: number, moments: number[]][] = [];
  for await (const { interval, finding } of farm.run(hitsJob, plan, { intervals, order }))
    all.push([interval.from, [...finding.hits.moments]]);
  return all;
};

describe('a farm', () => {
  test('finds the same with any number of threads, in either order', async () => {
    const expected = await found(farmOf({ threads: 0 }));
    expect(expected.length).toBe(8);
    expect(expected.flatMap(([, moments]) => moments).length).toBeGreaterThan(300);
    const farm = farmOf({ threads: 3 });
    expect(await found(farm)).toEqual(expected);
    for (const threads of [0, 2]) expect(await found(farmOf({ threads }), 'backward')).toEqual([...expected].reverse());
  });

  test('finds the same when it may keep hardly any states', async () => {
    const expected = await found(farmOf({ threads: 0 }));
    expect(await found(farmOf({ threads: 2, budgetBytes: 1 }), 'backward')).toEqual([...expected].reverse());
  });

  test('does several runs at once', async () => {
    const farm = farmOf({ threads: 2 });
    const [one, other, third] = await Promise.all([found(farm), found(farm, 'backward'), found(farm)]);
    expect(third).toEqual(one);
    expect(other).toEqual([...one].reverse());
  });

  test('gives up at once when it is told, and goes on being of use', async () => {
    const farm = farmOf({ threads: 2 });
    const stop = new AbortController();
    const intervals = [between(0, end)];
    let count = 0;
    for await (const _ of farm.run(hitsJob, plan, { intervals, order: 'forward', signal: stop.signal })) {
      count += 1;
      stop.abort();
    }
    expect(count).toBe(1);
    expect((await found(farm)).length).toBe(8);
    for await (const _ of farm.run(hitsJob, plan, { intervals, order: 'forward', signal: stop.signal })) count += 1;
    expect(count).toBe(1);
  });

  test('tells how far it has come', async () => {
    const steps: number[] = [];
    const request = { intervals: [between(0, end)], order: 'forward' } as const;
    const onProgress = ({ stepsDone, stepsTotal }: { stepsDone: number; stepsTotal: number }) => {
      expect(stepsTotal).toBe(end);
      steps.push(stepsDone);
    };
    for await (const _ of farmOf({ threads: 2 }).run(hitsJob, plan, { ...request, onProgress }));
    expect(steps.at(-1)).toBe(end);
  });

  test('says what a job threw in a thread as the error that it was', async () => {
    const request = { intervals: [between(0, end)], order: 'forward' } as const;
    const run = farmOf({ threads: 2 }).run(hitsJob, { place: 'nowhere', keep: 'all' }, request);
    await expect(run.next()).rejects.toThrow('nowhere');
  });

  test('says that the recording cannot be opened', async () => {
    const farm = farmOf({ threads: 2, replayed: { launch: { trace: `${trace}.missing`, cache: false } } });
    await expect(found(farm)).rejects.toThrow('missing');
  });
});
