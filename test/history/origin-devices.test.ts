/** Values that devices brought: typed characters, sectors of a disk, entropy, and what devices write of their own. */

import { expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import { memoryPlace, registerNamed } from '../../vmm/history/origin/place.ts';
import { Machine } from '../../vmm/machine/machine.ts';
import type { Timeline } from '../../vmm/timeline/timeline.ts';
import { type Changes, createBench, writeDouble } from '../engine/fixture.ts';
import { a0, a1, a2, a3, emitEnd, emitLoop, physical, s0, t0, t1, t2, zero } from '../engine/small-guest.ts';
import { type Assembler, Label } from '../oracle/assembler.ts';
import { ask, beginnings, timelineOf } from './guests.ts';

const { data } = physical;
const serialPort = 0x1000_0000n;
const text = (characters: string) => ({ kind: 'serial' as const, bytes: new TextEncoder().encode(characters) });

const fromOf = (timeline: Timeline, address: number, sizeBytes: number): readonly string[] =>
  beginnings(ask(timeline, { place: memoryPlace(address, sizeBytes) }));

/** Takes characters into a ring of 8 bytes, and those from it into structs of 16 bytes, whose field at 3 they become. */
const typing = (asm: Assembler): undefined => {
  asm.li(s0, BigInt(data));
  asm.li(t0, serialPort);
  asm.addi(t2, zero, 7); // FIFOs on
  asm.store('sb', t2, 2, t0);
  asm.addi(a3, zero, 0);
  emitLoop(asm, 12, () => {
    const poll = new Label();
    asm.bind(poll);
    asm.load('lbu', t1, 5, t0);
    asm.op('andi', { rd: t1, rs1: t1, imm: 1n });
    asm.branch('beq', t1, zero, poll);
    asm.load('lbu', a0, 0, t0);
    asm.op('andi', { rd: t2, rs1: a3, imm: 7n });
    asm.op('add', { rd: t2, rs1: t2, rs2: s0 });
    asm.store('sb', a0, 0, t2);
    asm.load('lb', a1, 0, t2);
    asm.op('slli', { rd: t2, rs1: a3, shamt: 4 });
    asm.op('add', { rd: t2, rs1: t2, rs2: s0 });
    asm.store('sh', a1, 256 + 3, t2);
    asm.addi(a3, a3, 1);
  });
  emitEnd(asm);
  return undefined;
};

test('a typed character is followed through a ring into a field, to its input and its place there', () => {
  const timeline = timelineOf({
    steps: 3000,
    emit: typing,
    inputs: [
      [100, text('ab')],
      [400, text('c')],
      [401, text('defghijkl')],
    ],
  });
  const line = (index: number): string => String.fromCharCode(97 + index);
  for (let index = 0; index < 12; index += 1) {
    const [input, offset, typedAt] = index < 2 ? [0, index, 100] : index < 3 ? [1, 0, 400] : [2, index - 3, 401];
    expect(fromOf(timeline, data + 256 + 16 * index + 3, 2)).toEqual([
      `0+1 typed input ${input} offset ${offset} character ${line(index).charCodeAt(0)} typedAt ${typedAt}`,
      '1+1 filled',
    ]);
  }
});

/*
 * A queue: descriptor table, available and used ring on a page each (virtio 1.2, 2.7), set up before the first step.
 */
const [table, available, used, header] = [0x8040_0000, 0x8040_1000, 0x8040_2000, 0x8040_3000];
const [buffer, status] = [0x8041_0000, 0x8042_0000];
const [writable, next] = [2n, 1n];

interface Descriptor {
  readonly address: number;
  readonly sizeBytes: number;
  readonly flags: bigint;
}

/** Makes a request of these descriptors and notifies the device, which has it before the first step. */
const request = (machine: Machine, device: string, descriptors: readonly Descriptor[]): void => {
  for (const [index, { address, sizeBytes, flags }] of descriptors.entries()) {
    writeDouble(machine, table + 16 * index, BigInt(address));
    writeDouble(machine, table + 16 * index + 8, BigInt(sizeBytes) | (flags << 32n) | (BigInt(index + 1) << 48n));
  }
  writeDouble(machine, available, 1n << 16n);
  const registers: readonly (readonly [offset: number, value: number])[] = [
    [0x70, 3], // status: acknowledged, driver
    [0x24, 1], // driver features, upper half: version 1
    [0x20, 1],
    [0x70, 11], // features are good
    [0x38, 8], // entries
    [0x80, table],
    [0x90, available],
    [0xa0, used],
    [0x44, 1], // ready
    [0x70, 15], // go
    [0x50, 0], // notify
  ];
  for (const [offset, value] of registers)
    machine.board.devices.find(({ name }) => name === device)!.write(offset, 4, BigInt(value));
};

const sectorBytes = 512;
const disk = Uint8Array.from({ length: 64 * sectorBytes }, (_, index) => (index * 7 + (index >> 9)) & 0xff);

const machineWith = (devices: Changes['devices']): Machine =>
  new Machine(
    {
      configuration: createBench({ ...(devices && { devices }) }).configuration,
      placements: [],
      rom: new Uint8Array(0),
      disks: new Map([[3, disk]]),
    },
    {
      console: () => undefined,
      entropy: (_device, sizeBytes) => new Uint8Array(sizeBytes).fill(0x5a),
    },
  );

/** Waits for the device, and copies what it brought to `data` in pieces of 8 bytes. */
const caching =
  (sizeBytes: number, from: number) =>
  (asm: Assembler): undefined => {
    const wait = new Label();
    asm.li(t0, BigInt(used));
    asm.bind(wait);
    asm.load('lhu', t1, 2, t0);
    asm.branch('beq', t1, zero, wait);
    asm.li(a0, BigInt(data));
    asm.li(a1, BigInt(from));
    emitLoop(asm, sizeBytes / 8, () => {
      asm.load('ld', t0, 0, a1);
      asm.store('sd', t0, 0, a0);
      asm.addi(a0, a0, 8);
      asm.addi(a1, a1, 8);
    });
    asm.li(a0, BigInt(data));
    asm.load('lw', a2, 1020, a0);
    emitEnd(asm);
    return undefined;
  };

test('a sector is followed through the buffer that it was read to, a cache and a register', () => {
  const timeline = timelineOf({
    steps: 40_000,
    emit: caching(2048, buffer),
    create: () => machineWith([{ kind: 'virtio-blk', slot: 3 }]),
    prepare: (machine) => {
      writeDouble(machine, header, 0n); // read
      writeDouble(machine, header + 8, 17n); // from sector 17 on
      request(machine, 'virtio3', [
        { address: header, sizeBytes: 16, flags: next },
        { address: buffer, sizeBytes: 700, flags: writable | next },
        { address: buffer + 700, sizeBytes: 2048 - 700, flags: writable | next },
        { address: status, sizeBytes: 1, flags: writable },
      ]);
    },
  });
  const from = (sector: number, offset: number): string => `disk device virtio3 sector ${sector} offset ${offset}`;
  expect([...timeline.machine.readRam(data, 8)!]).toEqual([...disk.subarray(17 * sectorBytes, 17 * sectorBytes + 8)]);
  expect(fromOf(timeline, data, 8)).toEqual([`0+8 ${from(17, 0)}`]);
  expect(fromOf(timeline, data + 508, 8)).toEqual([`0+4 ${from(17, 508)}`, `4+4 ${from(18, 0)}`]);
  // The request has two buffers, so the device wrote twice.
  expect(fromOf(timeline, data + 696, 8)).toEqual([`0+4 ${from(18, 184)}`, `4+4 ${from(18, 188)}`]);
  expect(fromOf(timeline, data + 2047, 1)).toEqual([`0+1 ${from(20, 511)}`]);
  expect(beginnings(ask(timeline, { place: registerNamed(0, 'a2')! }))).toEqual([`0+4 ${from(18, 508)}`, '4+4 filled']);
  expect(fromOf(timeline, status, 1)).toEqual(['0+1 dma device virtio3']);
  expect(fromOf(timeline, used + 2, 2)).toEqual(['0+2 dma device virtio3']);
});

test('entropy is followed to the byte of the request', () => {
  const timeline = timelineOf({
    steps: 20_000,
    emit: caching(32, buffer),
    create: () => machineWith([{ kind: 'virtio-rng', slot: 2 }]),
    prepare: (machine) => request(machine, 'virtio2', [{ address: buffer, sizeBytes: 32, flags: writable }]),
  });
  expect(fromOf(timeline, data + 8, 8)).toEqual(['0+8 entropy device virtio2 offset 8']);
  timeline.seek(moment(10));
  expect(fromOf(timeline, data + 8, 8)).toEqual(['0+8 untouched']);
});
