/** The index of a machine that is being recorded, and of a fork, grows with it and says what one of the whole recording says. */

import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { createFork } from '../../adapter/forks/fork.ts';
import { LiveHistory } from '../../adapter/history/live-history.ts';
import { createRecording } from '../../adapter/session/record.ts';
import type { LiveSession } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import type { History } from '../../vmm/history/history.ts';
import { demoElf, folder } from '../dap/fixture.ts';
import { bundleWorker } from '../farm/bundle.ts';
import { historyOf } from '../questions/history.ts';
import { stretch } from './fixture.ts';

let workerFile = '';
beforeAll(async () => {
  workerFile = await bundleWorker(folder, 'history/history-worker');
});

const checkpoints = { stride: 100_000, budgetBytes: 2 ** 27 };
const live = (file: string): Promise<LiveSession> =>
  createRecording({
    options: parseMachineOptions(['-m', '32M', '-bios', 'none', '-kernel', demoElf]),
    policy: virtualPolicy,
    trace: { file, embedded: true },
    checkpoints,
    console: () => {},
  });
const run = ({ timeline }: LiveSession, to: number): void => {
  while (timeline.now < to) timeline.forward(moment(to));
};
const events = (history: History, from: number, to: number) => [
  ...history.events(['trap', 'return', 'space'], stretch(from, to)),
];

test('of a machine that goes on, part after part', async () => {
  const file = join(folder, 'growing-index.chrono');
  const session = await live(file);
  let growths = 0;
  const history = new LiveHistory(session, { from: moment(0), workerFile, onGrowth: () => growths++ });
  expect(history.index.covered).toEqual([]);
  for (const end of [300_000, 750_001, 1_200_000]) {
    run(session, end);
    session.timeline.seek(moment(end - 200_000)); // where one stands does not matter
    await history.grow();
    expect(history.index.covered).toEqual([stretch(0, end)]);
    session.timeline.seek(moment(end));
  }
  expect(growths).toBe(3);
  history.close();
  session.recorder.end({ reason: 'stopped' });
  const whole = await historyOf(file);
  expect(events(whole, 0, 1_200_000).length).toBeGreaterThan(100);
  expect(events(history.index, 0, 1_200_000)).toEqual(events(whole, 0, 1_200_000));
});

test('of a fork, from its moment on', async () => {
  const session = await live(join(folder, 'forked-index.chrono'));
  run(session, 600_000);
  session.timeline.seek(moment(400_000));
  const edits = [{ kind: 'serial', bytes: new TextEncoder().encode('x') }] as const;
  const fork = createFork(session, { name: 'other', edits, checkpoints, console: () => {} });
  const history = new LiveHistory(fork.session, { from: fork.at, workerFile });
  run(fork.session, 900_000);
  await history.grow();
  expect(history.index.covered).toEqual([stretch(400_000, 900_000)]);
  const file = join(folder, 'saved-index.chrono');
  await fork.save(file);
  const whole = await historyOf(file);
  expect(events(whole, 400_000, 900_000).length).toBeGreaterThan(50);
  expect(events(history.index, 400_000, 900_000)).toEqual(events(whole, 400_000, 900_000));
  history.close();
  session.recorder.end({ reason: 'stopped' });
});

test('of what has failed nothing is said, and one that is closed does no more', async () => {
  const session = await live(join(folder, 'no-index.chrono'));
  run(session, 100_000);
  const lines: string[] = [];
  const broken = new LiveHistory(session, {
    from: moment(0),
    workerFile: join(folder, 'no-such-worker.mjs'),
    log: (line) => lines.push(line),
  });
  await broken.grow();
  broken.close();
  const closed = new LiveHistory(session, { from: moment(0), workerFile });
  closed.close();
  await closed.grow();
  expect([broken.index.covered, closed.index.covered, lines]).toEqual([[], [], []]);
  session.recorder.end({ reason: 'stopped' });
});
