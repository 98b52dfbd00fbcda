/**
 * The end of a recording: what comes between two steps may have been done there, of a step that was never made, and a replay
 * that only arrives there has not done it.
 */

import { expect, test } from 'vitest';
import { loadXxh64 } from '../../traces/checksum.ts';
import type { StateDigest } from '../../traces/digest.ts';
import type { StoredState } from '../../traces/states.ts';
import { moment } from '../../traces/time.ts';
import { Machine } from '../../vmm/machine/machine.ts';
import { GrowingLog, Recorder, type RecordSink } from '../../vmm/record/recorder.ts';
import { Replayer } from '../../vmm/replay/replayer.ts';
import { createBench, type Instruction, place, set, writeDouble } from '../engine/fixture.ts';

const hash64 = await loadXxh64();
const code = 0x8010_0000;
const nop: Instruction = ['addi', {}];
const spin: Instruction = ['jal', { rd: 0, imm: 0n }];

/** What is recorded of a machine verifies. */
const check = (create: () => Machine, live: (recorder: Recorder) => void, withState = false): void => {
  const states: StoredState[] = [];
  const digests: StateDigest[] = [];
  const log = new GrowingLog();
  const sink: RecordSink = {
    event: () => {},
    digest: (digest) => digests.push(digest),
    state: (state) =>
      states.push({ at: state.at, cursor: state.cursor, begins: false, sizeBytes: 0, load: () => state }),
    bookmarks: () => {},
    flush: () => {},
    end: () => {},
  };
  const options = { checkpointStride: 1_000_000, checkpointBudgetBytes: 2 ** 26 };
  const recorder = new Recorder(create(), hash64, sink, {
    ...options,
    log,
    ...(withState && { endState: 'always' as const }),
  });
  live(recorder);
  recorder.end({ reason: 'stopped' });
  const until = recorder.timeline.end;
  const replayer = new Replayer(
    create(),
    {
      events: log,
      digests: {
        count: digests.length,
        get: (index) => digests[index]!,
        indexOf: (at) => {
          const found = digests.findIndex((each) => each.at >= at);
          return found < 0 ? digests.length : found;
        },
      },
      until,
      states,
    },
    hash64,
    { ...options, verify: true, verifyStates: true },
  );
  while (replayer.timeline.now < until) replayer.timeline.forward(until);
  replayer.verifyEnd();
  expect(replayer.digestsCompared).toBe(digests.length);
};

/** Its first store sets the timer of its hart. */
const timerAt = (ticks: bigint): Machine => {
  const machine = createBench();
  set(machine, { pc: code, mtvec: code + 0x1000, x11: 0x0200_4000n, x12: ticks });
  return machine;
};

test.each([
  ['', false],
  [', with its state there', true],
])('a guest that waits for ever, at whose last moment a timer is due%s', (_, withState) => {
  check(
    () => {
      const machine = timerAt(1n);
      place(machine, code, ['sd', { rs1: 11, rs2: 12 }], nop, nop, nop, nop, nop, nop, nop, nop, ['wfi'], spin);
      return machine;
    },
    ({ timeline }) => {
      expect(timeline.forward(moment(1000)).reason).toBe('idle');
      expect(timeline.now).toBe(10);
    },
    withState,
  );
});

test('a recording that ends at a breakpoint behind a wfi', () => {
  check(
    () => {
      const machine = timerAt(5n);
      set(machine, { mie: 1 << 7 });
      place(machine, code, ['sd', { rs1: 11, rs2: 12 }], ['wfi'], nop, spin);
      return machine;
    },
    ({ timeline, machine }) => {
      machine.engine.arm([BigInt(code + 8)]);
      const stop = timeline.forward(moment(1000), { armed: true });
      expect(stop.reason).toBe('breakpoint');
    },
  );
});

test('a recording that ends at a breakpoint of a hart that has just got its turn', () => {
  check(
    () => {
      const machine = createBench({ harts: 2, quantumSteps: 100 });
      for (const hart of machine.harts) hart.setLow('hsmState', 0);
      place(machine, code, spin);
      place(machine, code + 0x100, nop, spin);
      set(machine, { pc: code });
      set(machine, { pc: code + 0x100 }, 1);
      return machine;
    },
    ({ timeline, machine }) => {
      machine.engine.arm([BigInt(code + 0x100)]);
      expect(timeline.forward(moment(1000), { armed: true }).reason).toBe('breakpoint');
    },
  );
});

test('a guest that waits for ever for a disk, with interrupts off', () => {
  const ring = 0x8020_0000;
  check(
    () => {
      const { configuration } = createBench();
      const machine = new Machine(
        {
          configuration: { ...configuration, devices: [{ kind: 'virtio-blk', slot: 0 }] },
          placements: [],
          rom: new Uint8Array(0),
          disks: new Map([[0, new Uint8Array(512).fill(7)]]),
        },
        { console: () => undefined, entropy: (_device, sizeBytes) => new Uint8Array(sizeBytes) },
      );
      const put = (offset: number, value: number): void =>
        void machine.bus.write(0x1000_1000 + offset, 4, BigInt(value));
      put(0x70, 3);
      put(0x24, 1);
      put(0x20, 1);
      put(0x70, 0x0b);
      put(0x38, 8);
      put(0x80, ring);
      put(0x90, ring + 0x1000);
      put(0xa0, ring + 0x2000);
      put(0x44, 1);
      put(0x70, 0x0f);
      const descriptor = (index: number, at: number, sizeBytes: number, flags: number, next: number): void => {
        writeDouble(machine, ring + 16 * index, BigInt(at));
        writeDouble(machine, ring + 16 * index + 8, BigInt(sizeBytes) | (BigInt(flags) << 32n) | (BigInt(next) << 48n));
      };
      descriptor(0, ring + 0x4000, 16, 1, 1);
      descriptor(1, ring + 0x5000, 512, 3, 2);
      descriptor(2, ring + 0x6000, 1, 2, 0);
      writeDouble(machine, ring + 0x1000, 1n << 16n);
      put(0x50, 0);
      place(machine, code, ['wfi'], spin);
      set(machine, { pc: code });
      return machine;
    },
    ({ timeline }) => {
      expect(timeline.forward(moment(1000)).reason).toBe('idle');
    },
  );
});
