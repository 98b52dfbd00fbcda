/** Recordings for the debugger's tests, made once a file into a folder that is removed again. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import { type RunPolicy, virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { createRecording } from '../../adapter/session/record.ts';
import { noCheckpoints } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import { TestClient } from './client.ts';

const guests = resolve(import.meta.dirname, '../guests');
export const demoElf = join(guests, 'demo/demo.elf');
export const bareElf = (name: string): string => join(guests, 'bare', `${name}.elf`);
export const machineLine = (elf: string, more = ''): string => `-m 32M -nographic -bios none -kernel '${elf}' ${more}`;

export const folder = mkdtempSync(join(tmpdir(), 'chronovisor-dap-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Timers are due ten times as often as by default: much happens in few steps. */
export const livelyPolicy: RunPolicy = { ...virtualPolicy, stepsPerTick: 10 };

/** Records a program until it powers off or `steps` are made. */
export const record = async (elf: string, name: string, steps: number, words = ''): Promise<string> => {
  const file = join(folder, `${name}.chrono`);
  const options = parseMachineOptions([
    '-m',
    '32M',
    '-bios',
    'none',
    '-kernel',
    elf,
    ...words.split(' ').filter(Boolean),
  ]);
  const { recorder, timeline } = await createRecording({
    options,
    policy: { ...livelyPolicy, digestStride: 10_000_000 }, // several digests in a recording of seconds
    trace: { file, embedded: true },
    checkpoints: noCheckpoints,
    console: () => {},
  });
  for (;;) {
    const stop = timeline.forward(moment(steps));
    if (stop.reason === 'power') recorder.end({ reason: 'poweroff', exitCode: stop.exitCode });
    else if (timeline.now >= steps || stop.reason === 'idle') recorder.end({ reason: 'stopped' });
    else continue;
    return file;
  }
};

const clients: TestClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close().catch(() => {});
});

/** A client that is closed after the test. */
export const newClient = (): TestClient => {
  const client = new TestClient();
  clients.push(client);
  return client;
};

/** A session on a recording, at its start. */
export const replay = async (trace: string, more: object = {}): Promise<TestClient> => {
  const client = newClient();
  await client.begin({ trace, ...more });
  return client;
};
