/** The flight recorder: what is kept of a long run is bounded, replays and verifies. */

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { virtualPolicy } from '../../adapter/boot/configuration.ts';
import { exitCodes } from '../../adapter/cli/exit-codes.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { parseKeep } from '../../adapter/cli/values.ts';
import { createRecording } from '../../adapter/session/record.ts';
import { noCheckpoints } from '../../adapter/session/session.ts';
import { loadXxh64 } from '../../traces/checksum.ts';
import type { InputEvent } from '../../traces/events.ts';
import { moment } from '../../traces/time.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { loadState } from '../../vmm/machine/state.ts';
import { FlightRing, type Keep } from '../../vmm/record/flight.ts';
import { KeptLog } from '../../vmm/record/kept-log.ts';
import { Recorder } from '../../vmm/record/recorder.ts';
import { createBench, place, set } from '../engine/fixture.ts';
import { runLine } from '../replay/support.ts';

const guest = (name: string): string => join(import.meta.dirname, `../guests/bare/${name}.elf`);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chronovisor-flight-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const machine = `-bios none -m 16M -kernel ${guest('chatter')}`;
const json = async (name: string) => JSON.parse((await runLine(`info --json FOLDER/${name}`, folder)).stdout);

describe('a run of which the last steps are kept', () => {
  test('is written when the guest panics, begins at a state, verifies, and prints its end', async () => {
    const line = `record -o FOLDER/panic.chrono --keep 20k -- ${machine} -serial none`;
    expect(await runLine(line, folder)).toMatchObject({
      exitCode: exitCodes.ok,
      stderr: expect.stringMatching(/the guest panicked \(Kernel panic - not syncing: out of words\) after/),
    });
    const { start, steps, states, end } = await json('panic.chrono');
    expect(steps - start).toBeGreaterThanOrEqual(20_000);
    expect(steps - start).toBeLessThan(30_000);
    expect(states).toHaveLength(2);
    expect(end).toMatchObject({ reason: 'stopped', message: expect.stringContaining('out of words') });
    const verified = await runLine('verify FOLDER/panic.chrono', folder);
    expect(verified.stderr).toBe('');
    expect(verified.stdout).toMatch(/^verified: 2\d,\d{3} steps, (8|9|10|11) digests, all equal\.\n$/);
    const { stdout } = await runLine('replay --console FOLDER/panic.chrono', folder);
    expect(stdout).toMatch(/line 3000\nKernel panic - not syncing: out of words\n$/);
    expect(stdout.length).toBeLessThan(3000);
  });

  test('is written at its end whatever ends it, also with code 42, and whole when it is short', async () => {
    const line = `record -o FOLDER/short.chrono --keep 1M -- -bios none -m 16M -kernel ${guest('exit42')}`;
    expect((await runLine(line, folder)).exitCode).toBe(42);
    expect(await json('short.chrono')).toMatchObject({ start: 0, end: { reason: 'poweroff', exitCode: 42 } });
    expect((await runLine('verify FOLDER/short.chrono', folder)).exitCode).toBe(exitCodes.ok);
  });

  test('goes on over a line that another pattern does not match', async () => {
    const line = `record -o FOLDER/on.chrono --keep 20k --panic syncing:.never -- ${machine} -serial none`;
    expect((await runLine(line, folder)).stderr).toMatch(/the guest only waits for input/);
  });

  test('ends at the line that a pattern matches', async () => {
    const line = `record -o FOLDER/line.chrono --keep 20k --panic line.100$ -- ${machine} -serial none`;
    expect((await runLine(line, folder)).stderr).toMatch(/the guest panicked \(line 100\)/);
  });
});

describe('what is kept', () => {
  const record = (keep: Keep, digestStride: number) =>
    createRecording({
      options: parseMachineOptions(machine.split(' ')),
      policy: { ...virtualPolicy, digestStride },
      trace: { file: join(folder, 'ring.chrono'), embedded: true, flight: { keep } },
      checkpoints: noCheckpoints,
      console: () => {},
    });

  const check = (name: string, keep: Keep, isKept: (steps: number, bytes: number) => void) =>
    test(name, async () => {
      const { timeline, flight } = await record(keep, 1000);
      for (let at = 1000; at < 180_000; at += 1000) {
        timeline.forward(moment(at));
        if (at > 100_000) isKept(at - flight!.ring.from, flight!.ring.sizeBytes);
      }
    });

  check('are so many steps, and an eighth more', { unit: 'steps', amount: 16_000 }, (steps) => {
    expect(steps).toBeGreaterThanOrEqual(16_000);
    expect(steps).toBeLessThanOrEqual(19_000);
  });
  check("is so much of the guest's time, and an eighth more", { unit: 'ticks', amount: 160 }, (steps) => {
    expect(steps).toBeGreaterThanOrEqual(16_000);
    expect(steps).toBeLessThanOrEqual(19_000);
  });
  check('takes at most so much memory', { unit: 'bytes', amount: 700_000 }, (steps, bytes) => {
    expect(bytes).toBeLessThanOrEqual(700_000);
    expect(steps).toBeGreaterThan(0);
  });

  test('is written on demand while the run goes on, each time into a file of its own', async () => {
    const { timeline, recorder, flight } = await record({ unit: 'steps', amount: 16_000 }, 1000);
    for (const [until, name] of [
      [60_500, 'ring-1.chrono'],
      [90_001, 'ring-2.chrono'],
    ] as const) {
      while (timeline.now < until) timeline.forward(moment(until));
      expect(await flight!.saveAsked()).toBe(undefined);
      flight!.ask();
      expect(await flight!.saveAsked()).toBe(join(folder, name));
      expect((await runLine(`verify FOLDER/${name}`, folder)).stdout).toMatch(/all equal/);
    }
    recorder.end({ reason: 'stopped' });
    await flight!.saveEnd({ reason: 'stopped' });
    expect((await runLine('verify FOLDER/ring.chrono', folder)).stdout).toMatch(/all equal/);
    expect(existsSync(join(folder, 'ring.chrono.part'))).toBe(false);
    const sizes = ['ring-1', 'ring-2', 'ring'].map((name) => statSync(join(folder, `${name}.chrono`)).size);
    expect(Math.max(...sizes)).toBeLessThan(30_000);
    expect(readFileSync(join(folder, 'ring.chrono')).length).toBe(sizes[2]);
  });

  test('holds what was typed and the entropy of a host', async () => {
    const world = join(import.meta.dirname, '../replay/world.elf');
    const line = `record -o FOLDER/world.chrono --keep 3k --time host -- -bios none -m 16M -smp 3 -kernel ${world} -device virtio-rng-device,bus=virtio-mmio-bus.3 -global virtio-mmio.force-legacy=false`;
    await runLine(`${line.replace('--keep', '--until 14k --keep')}`, folder);
    expect((await json('world.chrono')).start).toBeGreaterThan(8000);
    expect((await runLine('verify FOLDER/world.chrono', folder)).stdout).toMatch(/all equal/);
  });
});

describe('an amount to keep', () => {
  const check = (text: string, unit: Keep['unit'], amount: number) =>
    test(text, () => expect(parseKeep(text)).toEqual({ unit, amount }));
  check('60s', 'ticks', 600_000_000);
  check('500MB', 'bytes', 500_000_000);
  check('2Gsteps', 'steps', 2_000_000_000);
  check('1.5G', 'steps', 1_500_000_000);
  check('100', 'steps', 100);
  for (const text of ['', '0', '5 minutes', '-3', '1GBs']) {
    test(`"${text}" is refused`, () => expect(() => parseKeep(text)).toThrow(/such as 60s/));
  }
});

test('a run that is kept by bytes and ends where a part begins, behind an input, has that input', async () => {
  const code = 0x8010_0000;
  const create = (): Machine => {
    const machine = createBench({ digestStride: 100 });
    place(machine, code, ['jal', { rd: 0, imm: 0n }]);
    set(machine, { pc: code });
    return machine;
  };
  const machine = create();
  const ring = new FlightRing(machine, { unit: 'bytes', amount: 1 });
  const options = { checkpointStride: 1_000_000, checkpointBudgetBytes: 0 };
  const recorder = new Recorder(machine, await loadXxh64(), ring, options);
  while (recorder.timeline.now < 200) recorder.timeline.forward(moment(200));
  recorder.input({ kind: 'serial', bytes: Uint8Array.of(65) });
  recorder.end({ reason: 'stopped' });
  const kept = new KeptLog();
  ring.writeTo(kept);
  const events = kept.entries.flatMap((entry): InputEvent[] => ('event' in entry ? [entry.event] : []));
  const other = create();
  const begins = ring.begins()!;
  loadState(other, begins);
  for (const event of events) other.apply(event);
  expect([begins.at, events.length, other.save()]).toEqual([200, 1, machine.save()]);
});
