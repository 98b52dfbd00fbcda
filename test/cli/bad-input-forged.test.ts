/**
 * Traces whose checksums are right and whose contents no recorder writes: hostile, from another version, or from a machine
 * that is not this one. What each command says of them stands in bad-input-forged.golden.txt. What the reader refuses by
 * itself is test/traces/forgery.test.ts.
 */

import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCodes } from '../../adapter/cli/exit-codes.ts';
import { loadXxh64 } from '../../traces/checksum.ts';
import type { InputEvent } from '../../traces/events.ts';
import { moment } from '../../traces/time.ts';
import { hartOffset } from '../../vmm/engine/layout.ts';
import { machine, type Parts, partsOf, traceOf } from '../replay/forge.ts';
import { golden } from '../replay/golden.ts';
import { expectRefusal, expectSentences, runLine } from '../replay/support.ts';

const { check } = golden(join(import.meta.dirname, 'bad-input-forged.golden.txt'));
const sample = readFileSync(join(import.meta.dirname, '../../traces/samples/machine-1-world.chrono'));

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chronovisor-forged-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Forgery = (parts: Parts) => void | Promise<void>;

const write = async (forgery: Forgery): Promise<void> => {
  const parts = await partsOf(sample);
  await forgery(parts);
  writeFileSync(join(folder, 'forged.chrono'), await traceOf(parts));
};

/** Neither `verify` nor `replay` takes it, and both say the same. */
const refused = (name: string, exitCode: number, forgery: Forgery): void =>
  test(name, async () => {
    await write(forgery);
    const line = 'verify FOLDER/forged.chrono';
    const outcome = await runLine(line, folder);
    check(line, outcome);
    expectRefusal(outcome, [exitCode]);
    expect(await runLine('replay FOLDER/forged.chrono', folder)).toEqual(outcome);
    const { exitCode: ofInfo, stderr } = await runLine('info --events --json FOLDER/forged.chrono', folder);
    expect([ofInfo, stderr]).toEqual([exitCodes.ok, '']);
  });

const verified = (name: string, forgery: Forgery): void =>
  test(name, async () => {
    await write(forgery);
    const line = 'verify FOLDER/forged.chrono';
    const outcome = await runLine(line, folder);
    check(line, outcome);
    expect([outcome.exitCode, outcome.stderr]).toEqual([exitCodes.ok, '']);
  });

type Unstamped = InputEvent extends infer Event ? (Event extends InputEvent ? Omit<Event, 'at'> : never) : never;

/** Puts inputs in at a moment, behind those that are there. */
const inputs =
  (at: number, ...added: Unstamped[]): Forgery =>
  (parts) => {
    const behind = parts.events.findIndex((event) => event.at > at);
    const index = behind < 0 ? parts.events.length : behind;
    parts.events.splice(index, 0, ...added.map((event) => ({ ...event, at: moment(at) }) as InputEvent));
  };

const until =
  (at: number): Forgery =>
  (parts) => {
    parts.end = { ...parts.end, at: moment(at) };
  };

const both =
  (...forgeries: Forgery[]): Forgery =>
  async (parts) => {
    for (const forgery of forgeries) await forgery(parts);
  };

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Another kernel, as if it had been recorded with that. */
const kernel =
  (bytes: Uint8Array): Forgery =>
  (parts) => {
    parts.images = [bytes];
    parts.header = {
      ...parts.header,
      images: [{ ...parts.header.images[0]!, sizeBytes: bytes.length, digest: sha256(bytes) }],
    };
  };

const serial = (text: string): Unstamped => ({ kind: 'serial', bytes: new TextEncoder().encode(text) });

describe('a machine that is not the one that was recorded', () => {
  const differs = (name: string, changes: Parameters<typeof machine>[0]): void =>
    refused(name, exitCodes.divergence, machine(changes));
  differs('has 2 GiB of RAM', { ramBytes: 2 ** 31 });
  differs('gives each hart one step', { quantumSteps: 1 });
  differs('has a clock that goes with each step', { stepsPerTick: 1 });
  differs('has one hart less', { harts: 2 });
  differs('has five harts more', { harts: 8 });
  differs('has no source of entropy', { devices: [] });
  differs('has it in another slot', { devices: [{ kind: 'virtio-rng', slot: 4 }] });
  differs('has virtual time, and so other entropy', { timePolicy: 'virtual', idlePolicy: 'skip' });
  differs('has another interface of virtio', { virtioLegacy: true });
  differs('has firmware of its own', { bios: 'default' });
  verified('has a digest stride of 1, of which the recording has some', machine({ digestStride: 1 }));
  refused('has a digest stride that the digests do not have', exitCodes.divergence, machine({ digestStride: 3000 }));
});

describe('a machine that cannot be built', () => {
  const refuses = (name: string, forgery: Forgery): void => refused(name, exitCodes.badInput, forgery);
  refuses('has a device of a later version', machine({ devices: [{ kind: 'virtio-net', slot: 3 }] }));
  refuses('has its kernel as a disk', machine({ devices: [{ kind: 'virtio-blk', slot: 0, image: 0 }] }));
  refuses('has a disk without a medium', machine({ devices: [{ kind: 'virtio-blk', slot: 0 }] }));
  refuses('has firmware that is not there', machine({ bios: 'image' }));
  refuses('has no kernel', (parts) => {
    parts.images = [];
    parts.header = { ...parts.header, images: [] };
  });
  refuses('has a kernel with another digest', (parts) => {
    parts.images[0]![40]! ^= 1;
  });
  refuses('has a kernel with another digest of the short kind', (parts) => {
    parts.header = { ...parts.header, images: [{ ...parts.header.images[0]!, digest: `xxh64:${'0'.repeat(16)}` }] };
  });
  verified('has none of these faults, and a digest of the short kind', async (parts) => {
    const digest = `xxh64:${(await loadXxh64())(parts.images[0]!, 0n).toString(16).padStart(16, '0')}`;
    parts.header = { ...parts.header, images: [{ ...parts.header.images[0]!, digest }] };
  });
  refuses('has a kernel of zero bytes', kernel(new Uint8Array()));
  refuses('has a kernel that is half an ELF', (parts) => kernel(parts.images[0]!.slice(0, 200))(parts));
  refuses('has a kernel larger than its RAM', kernel(new Uint8Array(17 * 2 ** 20)));
  refuses('has a kernel that decompresses to more than its RAM', kernel(gzipSync(new Uint8Array(17 * 2 ** 20))));
  refuses('has a device tree that is none', (parts) => {
    const bytes = Uint8Array.of(0xd0, 0x0d, 0xfe, 0xed, 0, 0, 0, 4);
    parts.images.push(bytes);
    const image = { role: 'dtb', name: 'a.dtb', sizeBytes: 8, digest: sha256(bytes), embedded: true } as const;
    parts.header = { ...parts.header, images: [...parts.header.images, image] };
  });
});

describe('an input that the machine cannot take', () => {
  const refuses = (name: string, input: Unstamped): void => refused(name, exitCodes.badInput, inputs(5000, input));
  refuses('sets a register that no hart has', { kind: 'setRegister', hart: 0, register: 'x32', value: 1n });
  refuses('sets a register of a hart that is not there', { kind: 'setRegister', hart: 3, register: 'a0', value: 1n });
  refuses('sets a mode that there is not', { kind: 'setRegister', hart: 0, register: 'privilege', value: 2n });
  refuses('writes below RAM', { kind: 'setMemory', address: 0x1000, bytes: Uint8Array.of(1) });
  refuses('writes beyond RAM', { kind: 'setMemory', address: 0x80ff_ffff, bytes: Uint8Array.of(1, 2) });
  refuses('writes at the end of all numbers', {
    kind: 'setMemory',
    address: Number.MAX_SAFE_INTEGER,
    bytes: Uint8Array.of(1, 2),
  });
  refuses('is data for a disk', { kind: 'disk', device: 'virtio0', sector: 0, bytes: new Uint8Array(512) });
});

describe('inputs that were not made', () => {
  const differs = (name: string, forgery: Forgery): void => refused(name, exitCodes.divergence, forgery);
  const end = 15_283;
  differs('come after the guest has switched itself off', both(until(2 ** 40), inputs(2 ** 40, serial('x'))));
  differs('are none, but the run is to go on after that', until(end + 1));
  differs('are none, but the run is to go on for ever', until(Number.MAX_SAFE_INTEGER));
  differs('are ten thousand at one moment', inputs(5000, ...Array.from({ length: 10_000 }, () => serial('x'))));
  differs('are ten thousand settings of the clock at one moment', (parts) => {
    const ticks = Array.from({ length: 10_000 }, (_, index): Unstamped => ({ kind: 'clock', ticks: 3000 + index }));
    return inputs(5000, ...ticks)(parts);
  });
  differs('are a mebibyte at once', inputs(5000, { kind: 'serial', bytes: new Uint8Array(2 ** 20).fill(0x78) }));
  differs('put the clock back', inputs(15_000, { kind: 'clock', ticks: 0 }));
  differs('put the clock to its end', inputs(5000, { kind: 'clock', ticks: Number.MAX_SAFE_INTEGER }));
  differs('switch the machine off', inputs(5000, { kind: 'power', action: 'shutdown' }));
  differs('reset the machine', inputs(5000, { kind: 'power', action: 'reset' }));
  differs('jump to where nothing is', inputs(5000, { kind: 'setRegister', hart: 0, register: 'pc', value: 2n ** 63n }));
  differs(
    'set up page tables of nothing',
    inputs(5000, { kind: 'setRegister', hart: 0, register: 'satp', value: 8n << 60n }),
  );
  differs(
    'set the last word of RAM',
    inputs(5000, { kind: 'setMemory', address: 0x80ff_fffc, bytes: Uint8Array.of(1) }),
  );
  const entropy =
    (change: (event: InputEvent & { kind: 'entropy' }) => InputEvent[]): Forgery =>
    (parts) => {
      parts.events = parts.events.flatMap((event) => (event.kind === 'entropy' ? change(event) : [event]));
    };
  differs(
    'have no entropy',
    entropy(() => []),
  );
  differs(
    'have less entropy',
    entropy((event) => [{ ...event, bytes: event.bytes.slice(1) }]),
  );
  differs(
    'have other entropy',
    entropy((event) => [{ ...event, bytes: event.bytes.map((byte) => byte ^ 1) }]),
  );
  differs('have no characters', (parts) => {
    parts.events = parts.events.filter(({ kind }) => kind !== 'serial');
  });
  differs('are all a step late', (parts) => {
    parts.events = parts.events.map((event) => ({ ...event, at: moment(event.at + 1) }));
  });
});

describe('a digest that was forged', () => {
  const third = 2;
  const differs = (name: string, forgery: (parts: Parts) => void): void => refused(name, exitCodes.divergence, forgery);
  const hart = (name: string, number: number, offset: number): void =>
    differs(name, (parts) => {
      parts.digests[third]!.harts[number]![offset]! ^= 0x10;
    });
  hart('in a register is named with it', 1, hartOffset.x + 8 * 2);
  hart('in a floating-point register is named with it', 2, hartOffset.f + 8 * 31 + 7);
  hart('in the pc is named with it', 0, hartOffset.pc);
  hart('in a CSR is named with it', 0, hartOffset.mie);
  hart('where no register is kept is noticed', 0, 0x4ff);
  differs('in the clock is named with it', (parts) => {
    parts.digests[third]!.machine[8]! ^= 1;
  });
  differs('in a page is named with its address', ({ digests }) => {
    const digest = digests[third]!;
    const { indices, hashes } = digest.pages;
    const forged = { indices, hashes: hashes.map((hash, at) => (at === 0 ? hash ^ 1 : hash)) };
    digests[third] = { ...digest, ram: digest.ram ^ 1n, pages: forged };
  });
  differs('in a page alone is named with its address', ({ digests }) => {
    const digest = digests[third]!;
    const { indices, hashes } = digest.pages;
    const forged = { indices: Uint32Array.of(...indices, 4095), hashes: Uint32Array.of(...hashes, 7) };
    digests[third] = { ...digest, pages: forged };
  });
  differs('in RAM alone is noticed', ({ digests }) => {
    digests[third] = { ...digests[third]!, ram: 0n };
  });
  differs('in a device is named with it', ({ digests }) => {
    const digest = digests[third]!;
    const devices = digest.devices.map((device) => (device.name === 'uart0' ? { ...device, hash: 1n } : device));
    digests[third] = { ...digest, devices };
  });
  differs('with a device less is noticed', ({ digests }) => {
    const digest = digests[third]!;
    digests[third] = { ...digest, devices: digest.devices.filter(({ name }) => name !== 'rtc') };
  });
  differs('with a hart less is noticed', ({ digests }) => {
    const digest = digests[third]!;
    digests[third] = { ...digest, harts: digest.harts.slice(1) };
  });
  differs('at the end is noticed', ({ digests }) => {
    digests.at(-1)!.harts[0]![hartOffset.x + 8 * 10]! ^= 1;
  });
  differs('of a moment at which none is made is told of', ({ digests }) => {
    digests[third] = { ...digests[third]!, at: moment(digests[third]!.at + 1) };
  });
});

test('a replay that stops before the damage does not tell of it, and says how many digests were equal', async () => {
  await write(({ digests }) => {
    digests[2]!.harts[0]![0x20]! ^= 1;
  });
  const outcome = await runLine('replay --until 5k FOLDER/forged.chrono', folder);
  expect([outcome.exitCode, outcome.stderr]).toEqual([exitCodes.ok, '']);
  expect(outcome.stdout).toMatch(/^moment 5,000; 2 digests equal\n/);
  const whole = await runLine('replay FOLDER/forged.chrono', folder);
  expect(whole.exitCode).toBe(exitCodes.divergence);
  expectSentences(whole.stderr);
});
