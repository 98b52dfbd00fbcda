/** What only runs of hours meet: inputs of which there are millions, files of very many lines. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { hostPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { LiveDriver } from '../../adapter/session/live-driver.ts';
import { createRecording } from '../../adapter/session/record.ts';
import { type CheckpointPolicy, denseCheckpoints, noCheckpoints } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';

const folder = mkdtempSync(join(tmpdir(), 'chronovisor-long-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const loop = resolve(import.meta.dirname, '../guests/bare/loop.elf');

const begin = (checkpoints: CheckpointPolicy) =>
  createRecording({
    options: parseMachineOptions(['-M', 'virt', '-m', '64M', '-bios', 'none', '-nographic', '-kernel', loop]),
    policy: { ...hostPolicy(0), idle: 'skip' },
    trace: { file: join(folder, 'loop.chrono'), embedded: false },
    checkpoints,
    keepImages: false,
    console: () => {},
  });

test.each([
  ['of which nobody goes back lets its inputs go', noCheckpoints, 0],
  ['in which one goes back keeps them', denseCheckpoints, 2000],
] as const)('a recording %s', async (_, checkpoints, kept) => {
  const { recorder, timeline, machine } = await begin(checkpoints);
  for (let portion = 1; portion <= 2000; portion += 1) {
    recorder.input({ kind: 'clock', ticks: 2 ** 33 + portion * 10 });
    timeline.forward(moment(machine.now + 100));
  }
  const { log } = timeline;
  expect(log.count).toBe(2000);
  const found = Array.from({ length: log.count }, (_, index) => log.get(index) as unknown);
  expect(found.filter((event) => event !== undefined).length).toBe(kept);
});

test('a file of 200,000 lines is typed', async () => {
  const session = await begin(noCheckpoints);
  const driver = new LiveDriver(session);
  expect(() => driver.feed(new Uint8Array(200_000).fill(10))).not.toThrow();
});
