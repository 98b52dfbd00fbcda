/** Translated code kept on disk: the next session of the same machine begins with it, and nothing else ever does. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { packModules, unpackModules, warmCode } from '../../adapter/session/code-cache.ts';
import { createRecording } from '../../adapter/session/record.ts';
import { noCheckpoints } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';

const folder = mkdtempSync(join(tmpdir(), 'chronovisor-code-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const guests = resolve(import.meta.dirname, '../guests');

/** Runs a guest with what is kept in a folder, and keeps what is new; gives how many steps were interpreted. */
const interpretedIn = async (
  name: string,
  { cache = 'cache', build = 'this', megabytes = 64 } = {},
): Promise<number> => {
  const session = await createRecording({
    options: parseMachineOptions(
      `-M virt -m ${megabytes}M -bios none -nographic -kernel ${join(guests, name)}`.split(' '),
    ),
    policy: virtualPolicy,
    checkpoints: noCheckpoints,
    console: () => undefined,
  });
  const { machine, header, hash64 } = session;
  const keep = warmCode(machine, header, { folder: join(folder, cache), hash64, build });
  for (let at = 2_000_000; at <= 20_000_000; at += 2_000_000) machine.run(moment(at));
  keep();
  return machine.engine.counters.interpretedSteps;
};

test('the same machine begins with the code of the run before; another kernel, size or build does not', async () => {
  const first = await interpretedIn('bench/sieve.elf');
  expect(first).toBeGreaterThan(50_000);
  expect(await interpretedIn('bench/sieve.elf')).toBeLessThan(first / 2);
  expect(await interpretedIn('bench/sieve.elf', { megabytes: 32 })).toBe(first);
  expect(await interpretedIn('bench/sieve.elf', { build: 'other' })).toBe(first);
  expect(await interpretedIn('bench/sieve.elf', { cache: 'empty' })).toBe(first);
  expect(await interpretedIn('bench/sort.elf')).toBe(await interpretedIn('bench/sort.elf', { cache: 'none yet' }));
});

test('a damaged file is made again', async () => {
  const cache = 'damaged';
  const first = await interpretedIn('bench/sieve.elf', { cache });
  const [name] = readdirSync(join(folder, cache, 'code'));
  const file = join(folder, cache, 'code', name!);
  const whole = readFileSync(file);
  for (const at of [0, 9, 100, whole.length - 1]) {
    const changed = Buffer.from(whole);
    changed[at]! ^= 4;
    writeFileSync(file, changed);
    expect(await interpretedIn('bench/sieve.elf', { cache })).toBe(first);
    expect(readFileSync(file).length).toBe(whole.length);
  }
});

test('modules come back as they were; a file cut anywhere does not', async () => {
  const { hash64 } = await createRecording({
    options: parseMachineOptions(`-M virt -m 32M -bios none -nographic -kernel ${guests}/bench/sieve.elf`.split(' ')),
    policy: virtualPolicy,
    checkpoints: noCheckpoints,
    console: () => undefined,
  });
  const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values);
  const modules = [
    { bytes: bytes(1, 2, 3), regions: [] },
    {
      bytes: bytes(4),
      regions: [
        { host: 0x200_0000, pages: [0, 1], instructions: 2, code: [{ host: 0x200_0000, bytes: bytes(5, 6, 7, 8) }] },
        { host: 0x200_1000, pages: [1], instructions: 1, code: [] },
      ],
    },
  ];
  const file = Buffer.from(packModules(modules, hash64));
  expect(unpackModules(file, hash64)).toEqual(modules);
  for (let length = 0; length < file.length; length += 1)
    expect(unpackModules(file.subarray(0, length), hash64)).toBe(undefined);
});
