/** States in traces: what is restored is what would be reached by running, and a state that is not is told of. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCodes } from '../../adapter/cli/exit-codes.ts';
import { openRecording } from '../../adapter/session/replay.ts';
import { noCheckpoints, type ReplaySession } from '../../adapter/session/session.ts';
import { noPages } from '../../traces/digest.ts';
import type { TraceState } from '../../traces/states.ts';
import { type Moment, moment } from '../../traces/time.ts';
import { hartOffset, machineOffset } from '../../vmm/engine/layout.ts';
import { Digester } from '../../vmm/machine/digest.ts';
import { captureState, loadState } from '../../vmm/machine/state.ts';
import { type Parts, partsOf, traceOf } from '../replay/forge.ts';
import { samples } from '../replay/samples.ts';
import { randomNumbers, runLine } from '../replay/support.ts';

let folder = '';
const file = (name: string): string => join(folder, `${name}.chrono`);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chronovisor-states-'));
  for (const { name, record } of samples) await record(file(name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (name: string, checkpoints = { stride: 500, budgetBytes: 2 ** 24 }): Promise<ReplaySession> =>
  openRecording({ file: file(name), verify: true, checkpoints, console: () => {} });

const digestOf = async (name: string, at: Moment, arrive: (session: ReplaySession) => void) => {
  const session = await openRecording({
    file: file(name),
    verify: false,
    checkpoints: noCheckpoints,
    console: () => {},
  });
  arrive(session);
  expect(session.timeline.now).toBe(at);
  const digest = new Digester(session.machine, session.hash64).digest();
  session.close();
  const { indices, hashes } = digest.pages;
  const pages = [...indices].map((index, at) => [index, hashes[at]!]).filter(([, hash]) => hash !== 0);
  return { ...digest, pages };
};

const world = 'machine-1-world';

describe.each(samples.map(({ name }) => name))('the state at the end of %s', (name) => {
  test('is what running there gives', async () => {
    const { trace, close } = await open(name);
    expect(trace.states.at(-1)!.at).toBe(trace.until);
    close();
    const run = await digestOf(name, trace.until, ({ timeline }) => timeline.seek(trace.until));
    const jumped = await digestOf(name, trace.until, ({ timeline, machine: { stepsMade } }) => {
      expect(timeline.jumpToKept(trace.until)).toBe(true);
      expect(stepsMade).toBe(0);
    });
    expect(jumped).toEqual(run);
  });

  test('is verified with the digest of the end, and by "verify"', async () => {
    const session = await open(name);
    session.timeline.seek(session.trace.until);
    expect(session.machine.stepsMade).toBe(0);
    session.replayer.verifyEnd();
    expect(session.replayer.digestsCompared).toBe(1);
    session.close();
    expect((await runLine(`verify ${file(name)}`, folder)).exitCode).toBe(exitCodes.ok);
  });

  test('is left and come back to in any way', async () => {
    const session = await open(name);
    const { timeline, trace } = session;
    const random = randomNumbers(5);
    const digest = () => new Digester(session.machine, session.hash64).digest();
    timeline.seek(trace.until);
    const { pages: _, ...end } = digest();
    for (let count = 0; count < 20; count += 1) {
      timeline.seek(moment(random(trace.until)));
      timeline.seek(trace.until);
      expect(end).toMatchObject({ at: trace.until, machine: session.machine.save().machine });
      expect(session.machine.save().harts).toEqual(end.harts);
    }
    session.close();
  });
});

const changed = async (name: string, forgery: (parts: Parts) => void | Promise<void>): Promise<void> => {
  const parts = await partsOf(readFileSync(file(name)));
  await forgery(parts);
  writeFileSync(file('changed'), await traceOf(parts));
};

/** The state of a sample at a moment, with a copy of its pages, as those of a machine are good only while it stands. */
const stateOf = async (name: string, at: number): Promise<TraceState> => {
  const session = await open(name, { stride: 1e9, budgetBytes: 0 });
  for (const state of session.trace.states) if (state.at === at) return held(state.load());
  while (session.timeline.now < at) session.timeline.forward(moment(at));
  session.timeline.applyInputs();
  return held(captureState(session.machine, session.timeline.cursor, new Uint8Array()));
};

const held = (state: TraceState): TraceState => {
  const pages = [...state.pages()].map(({ index, bytes }) => ({ index, bytes: bytes.slice() }));
  return { ...state, pages: () => pages };
};

describe('a state in the middle', () => {
  test('is gone to when one goes anywhere behind it, and everything else is as without it', async () => {
    const state = await stateOf(world, 9000);
    await changed(world, (parts) => {
      parts.states = [state];
    });
    const session = await open('changed');
    const { timeline } = session;
    timeline.seek(moment(9100));
    expect(session.machine.stepsMade).toBe(100);
    timeline.seek(session.trace.until);
    session.replayer.verifyEnd();
    timeline.seek(moment(8999));
    timeline.seek(session.trace.until);
    session.close();
    expect((await runLine(`verify ${file('changed')}`, folder)).stdout).toMatch(/all equal/);
  });

  test('that is of another moment is told of where the replay passes it', async () => {
    const other = await stateOf(world, 8000);
    await changed(world, (parts) => {
      const record = { ...other.record, machine: other.record.machine.slice() };
      new DataView(record.machine.buffer).setFloat64(machineOffset.now, 9000, true);
      const cursor = parts.events.filter((event) => event.at < 9000).length;
      parts.states = [{ ...other, at: moment(9000), cursor, record }];
    });
    const { exitCode, stderr } = await runLine(`verify ${file('changed')}`, folder);
    expect(exitCode).toBe(exitCodes.divergence);
    expect(stderr).toMatch(
      /at moment 9000, first in the state: expected what the trace has, found another one: the machine differs/,
    );
  });
});

describe('a trace that begins at a state', () => {
  const begin = async (at: number): Promise<void> => {
    const state = await stateOf(world, at);
    await changed(world, (parts) => {
      const { cursor } = state;
      parts.begins = { ...state, cursor: 0 };
      parts.events = parts.events.slice(cursor);
      parts.digests = parts.digests
        .filter((digest) => digest.at >= at)
        .map((digest, index) => (index === 0 ? { ...digest, pages: noPages } : digest));
      parts.states = [];
    });
  };

  test('is verified from there', async () => {
    await begin(8001);
    const { stdout, stderr } = await runLine(`verify ${file('changed')}`, folder);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^verified: 7,\d\d\d steps, 4 digests, all equal\.\n$/);
  });

  test('has its entropy and its clock, prints the rest, and can be gone back in to where it begins', async () => {
    await begin(7999);
    const session = await open('changed');
    const { timeline, trace } = session;
    expect([timeline.now, timeline.start, trace.start]).toEqual([7999, 7999, 7999]);
    timeline.seek(trace.until);
    timeline.seek(moment(0));
    expect(timeline.now).toBe(7999);
    timeline.seek(trace.until);
    session.replayer.verifyEnd();
    session.close();
  });
});

describe('a state that no machine can have', () => {
  const refused = (name: string, change: (state: TraceState) => TraceState, found: RegExp): void =>
    test(`is refused when ${name}`, async () => {
      const session = await open(world);
      const state = held(session.trace.states.at(-1)!.load());
      const before = session.machine.save();
      expect(() => loadState(session.machine, change(state))).toThrow(found);
      expect(session.machine.save()).toEqual(before);
      session.close();
    });
  const inMachine = (field: keyof typeof machineOffset, value: number) => (state: TraceState) => {
    const bytes = state.record.machine.slice();
    new DataView(bytes.buffer).setFloat64(machineOffset[field], value, true);
    return { ...state, record: { ...state.record, machine: bytes } };
  };
  const inHart = (field: keyof typeof hartOffset, value: bigint) => (state: TraceState) => {
    const bytes = state.record.harts[1]!.slice();
    new DataView(bytes.buffer).setBigUint64(hartOffset[field], value, true);
    return { ...state, record: { ...state.record, harts: state.record.harts.with(1, bytes) } };
  };
  const inDevice = (name: string, field: string, value: unknown) => (state: TraceState) => {
    const devices = state.record.devices.map((device) =>
      device.name === name
        ? ({ name, state: { ...(device.state as object), [field]: value } } as (typeof state.record.devices)[number])
        : device,
    );
    return { ...state, record: { ...state.record, devices } };
  };
  refused('its moment is another', inMachine('now', 5), /the moment 5 in place of \d+/);
  refused('its clock is no number', inMachine('clockTicks', Number.NaN), /clockTicks/);
  refused('its clock was set in the future', inMachine('clockMoment', 2 ** 50), /a clock that is set later/);
  refused('it has had half a byte of entropy', inMachine('entropyTaken', 0.5), /entropyTaken/);
  refused('x0 is not 0', inHart('x', 1n), /hart 1: 0x1 in place of a legal x/);
  refused('a mode is not one', inHart('privilege', 2n), /0x2 in place of a legal privilege/);
  refused('a page-table mode is not one', inHart('satp', 5n << 60n), /in place of a legal satp/);
  refused('a pc is odd', inHart('pc', 0x8000_0001n), /in place of a legal pc/);
  refused('MPP is not a mode', inHart('mstatus', 2n << 11n), /in place of a legal mstatus/);
  refused('a delegation is not possible', inHart('mideleg', 1n << 40n), /in place of a legal mideleg/);
  refused(
    'a hart has made more steps than there were',
    inHart('steps', 0x7fef_ffff_ffff_ffffn),
    /hart 1: [\d.e+]+ steps/,
  );
  refused('a hart is missing', (state) => ({ ...state, record: { ...state.record, harts: [] } }), /0 harts/);
  refused(
    'a device has another name',
    (state) => ({
      ...state,
      record: { ...state.record, devices: state.record.devices.map((device) => ({ ...device, name: 'x' })) },
    }),
    /device x in place of plic/,
  );
  refused('a register of a device is too large', inDevice('uart0', 'ier', 256), /uart0: ier: 256/);
  refused('a FIFO is too long', inDevice('uart0', 'received', new Uint8Array(17)), /uart0: received: 17 bytes/);
  refused('a device has a field more', inDevice('rtc', 'extra', 1), /rtc: a field "extra"/);
  refused('a list has the wrong length', inDevice('plic', 'enable', new Uint32Array(1)), /plic: enable: 1 words/);
  refused('a number is text', inDevice('fw_cfg', 'offset', 'x'), /fw_cfg: offset: text/);
  refused('a queue has no entries', inDevice('virtio3', 'queues', [{}]), /virtio3: queues: \[0\]: size/);
});

test('a machine goes on from whatever state it has taken, 300 times', async () => {
  const session = await open(world, { stride: 1e9, budgetBytes: 0 });
  const state = held(session.trace.states.at(-1)!.load());
  const random = randomNumbers(11);
  let taken = 0;
  for (let count = 0; count < 300; count += 1) {
    const harts = state.record.harts.map((bytes) => {
      const noise = bytes.slice();
      for (let flips = random(2); flips > 0; flips -= 1) noise[random(noise.length)]! ^= 1 << random(8);
      return noise;
    });
    const machineBytes = state.record.machine.slice();
    new DataView(machineBytes.buffer).setUint32(machineOffset.stopped, 0, true);
    if (random(8) === 0) machineBytes[random(machineBytes.length)]! ^= 1 << random(8);
    const devices = state.record.devices.map((device) => ({ ...device, state: mutated(device.state, random) }));
    try {
      loadState(session.machine, { ...state, record: { ...state.record, harts, machine: machineBytes, devices } });
    } catch (error) {
      expect((error as Error).name).toBe('MachineError');
      continue;
    }
    taken += 1;
    for (let portion = 0; portion < 20; portion += 1) {
      const stop = session.machine.run(moment(session.machine.now + 100));
      if (stop.reason !== 'until') break;
    }
  }
  expect(taken).toBeGreaterThan(30);
  session.close();
});

type Plain = TraceState['record']['devices'][number]['state'];

/** With one number in a hundred changed. */
const mutated = (state: Plain, random: (below: number) => number): Plain => {
  const isHit = random(400) === 0;
  if (typeof state === 'number') return isHit ? random(2) * 2 ** random(50) : state;
  if (typeof state === 'bigint') return isHit ? BigInt(random(2)) << BigInt(random(64)) : state;
  if (typeof state === 'boolean') return isHit ? !state : state;
  if (state instanceof Uint32Array) return state.map((word) => (random(400) === 0 ? word ^ (1 << random(32)) : word));
  if (state === null || typeof state !== 'object' || state instanceof Uint8Array) return state;
  if (Array.isArray(state)) return state.map((item: Plain) => mutated(item, random));
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [name, mutated(value as Plain, random)]));
};
