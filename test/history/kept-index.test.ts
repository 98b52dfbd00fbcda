/** The index that is kept of a trace: who finds it, who makes it, and that answers are the same with it and without. */

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { KeptIndex } from '../../adapter/history/kept-index.ts';
import { Asker, type AskerOptions } from '../../adapter/questions/api.ts';
import { createRecording } from '../../adapter/session/record.ts';
import { noCheckpoints } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import { demoElf, folder, record } from '../dap/fixture.ts';
import { bundleWorker } from '../farm/bundle.ts';
import { answers } from '../questions/brute-force.ts';
import { runWords } from '../replay/support.ts';

const questions = [
  'last-write &processes[1].state',
  'writes &processes[1].state',
  'executed system_call --count',
  'executed panic',
  'executed trap.c:61 --last',
  'calls process_spawn',
  'when processes[0].pid != 0',
  'traps --count',
  'traps load-page-fault',
  'console-char "kernel"',
] as const;

const cache = join(folder, 'cache');
const files = (): string[] => readdirSync(join(cache, 'history'));
let trace = '';
let workerFile = '';
beforeAll(async () => {
  trace = await record(demoElf, 'kept', 3_000_000);
  workerFile = await bundleWorker(folder, 'history/history-worker');
});

const ask = async (options: AskerOptions): Promise<unknown[]> => {
  const asker = await Asker.open({ trace, cache }, { threads: 0, ...options });
  const found: unknown[] = [];
  for (const question of questions) found.push([question, await answers(asker.ask(question))]);
  await asker.close();
  return found;
};

test('answers are the same without an index, with one that was made for them, and with that one kept', async () => {
  const without = await ask({ history: () => undefined });
  let known = 0;
  const onProgress = (fraction: number): void => {
    known = fraction;
  };
  expect(await ask({ index: { workerFile, onProgress } })).toEqual(without);
  expect(known).toBe(1);
  expect(files()).toHaveLength(1);
  expect(await ask({})).toEqual(without);

  const [name] = files();
  const file = join(cache, 'history', name!);
  writeFileSync(file, readFileSync(file).subarray(0, 1000));
  expect(await ask({})).toEqual(without);
});

test('one that is kept is not made again, and without being asked none is made', async () => {
  rmSync(join(cache, 'history'), { recursive: true, force: true });
  await ask({});
  expect(() => files()).toThrow();
  await ask({ index: { workerFile } });
  let calls = 0;
  await ask({ index: { workerFile, onProgress: () => calls++ } });
  expect(calls).toBe(0);
});

test('one that is given up is not kept', async () => {
  rmSync(join(cache, 'history'), { recursive: true, force: true });
  const stop = new AbortController();
  stop.abort();
  await ask({ index: { workerFile, signal: stop.signal } });
  expect(() => files()).toThrow();
});

test('a trace that is still being written is asked as far as it has come', async () => {
  const file = join(folder, 'growing.chrono');
  const { recorder, timeline } = await createRecording({
    options: parseMachineOptions(['-m', '32M', '-bios', 'none', '-kernel', demoElf]),
    policy: virtualPolicy,
    trace: { file, embedded: true },
    checkpoints: noCheckpoints,
    console: () => {},
  });
  const found: unknown[][] = [];
  for (const at of [500_000, 1_500_000]) {
    while (timeline.now < at) timeline.forward(moment(at));
    recorder.flush();
    const asker = await Asker.open({ trace: file, cache }, { threads: 0, index: { workerFile } });
    expect(asker.end).toBe(at);
    found.push(await answers(asker.ask('executed system_call')));
    await asker.close();
  }
  recorder.end({ reason: 'stopped' });
  const asker = await Asker.open({ trace: file, cache }, { threads: 0, history: () => undefined });
  for (const [index, to] of [500_000, 1_500_000].entries()) {
    const asked = { question: 'executed', arguments: { place: 'system_call', to } };
    expect(found[index]).toEqual(await answers(asker.ask(asked)));
  }
  expect(found[1]!.length).toBeGreaterThan(found[0]!.length);
  await asker.close();
});

test('the command line answers the same with --no-index', async () => {
  for (const question of questions.slice(0, 3)) {
    const [one, other] = await Promise.all([
      runWords(['ask', trace, question], folder),
      runWords(['ask', '--no-index', trace, question], folder),
    ]);
    expect(one).toEqual(other);
  }
});

test('an index that nobody could read again is not kept', () => {
  const told: string[] = [];
  const folderOfIt = join(folder, 'large');
  const recorded = {
    trace: { digests: { count: 0 }, until: 1, events: { count: 0 } },
    header: { machine: {}, images: [] },
  };
  const kept = new KeptIndex(recorded as never, { cacheFolder: folderOfIt, log: (line) => told.push(line) });
  const segments = Array.from({ length: 16 }, (_, number) => ({
    from: moment(number),
    to: moment(number + 1),
    intervalSteps: 1,
    events: new Uint8Array(65 * 2 ** 20),
  }));
  kept.write(segments as never);
  expect(told).toEqual(['an index of more than 1073741824 bytes is not kept']);
  expect(existsSync(folderOfIt)).toBe(false);
});
