/**
 * A watched range stops the machine right after each write to it, whoever writes and however, each read of it by an
 * instruction, or both, as it is watched, and after nothing else.
 */

import { expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import type { WatchRange } from '../../vmm/machine/translations.ts';
import {
  createBench,
  type Instruction,
  openMemory,
  place,
  pte,
  pteOf,
  readDouble,
  S,
  satpOf,
  set,
  step,
  writeDouble,
} from './fixture.ts';

const code = 0x8010_0000;
const data = 0x8013_0000;
const watched = { address: data + 0x100, sizeBytes: 8 } as const;
const ranges = [watched];

const a0 = 10;
const a1 = 11;
const a2 = 12;
const nop: Instruction = ['addi', {}];

/** The instruction runs after ten others, the data's page being cached for writes before; gives the moments of hits. */
const hits = (
  instruction: Instruction,
  address: number,
  before: readonly Instruction[] = [],
  access: NonNullable<WatchRange['access']> = 'write',
): number[] => accesses(instruction, address, before, access).map(({ at }) => at);

interface Hit {
  readonly at: number;
  readonly kinds: string;
}

const accesses = (
  instruction: Instruction,
  address: number,
  before: readonly Instruction[],
  access: NonNullable<WatchRange['access']>,
): Hit[] => {
  const machine = createBench();
  const warm: readonly Instruction[] = [
    ['sd', { rs1: 13, rs2: a1 }],
    ['ld', { rd: a2, rs1: 13 }],
  ];
  place(machine, code, ...warm, ...before, instruction, nop, nop, ['jal', { imm: 0n }]);
  set(machine, { pc: code, mtvec: code, mstatus: 0x6000, a0: address, a1: 3, a3: data + 0x800 });
  step(machine, 2);
  const watch = [{ ...watched, access }];
  const found: Hit[] = [];
  while (machine.now < 40) {
    const stop = machine.run(moment(40), { watch });
    if (stop.reason === 'watch')
      found.push({ at: machine.now, kinds: stop.accesses.map(({ kind }) => kind).join(' ') });
  }
  return found;
};

const at = watched.address;

test.each<readonly [string, Instruction, number]>([
  ['sd', ['sd', { rs1: a0, rs2: a1 }], at],
  ['sb of its last byte', ['sb', { rs1: a0, rs2: a1 }], at + 7],
  ['a misaligned sd that covers its first byte', ['sd', { rs1: a0, rs2: a1 }], at - 7],
  ['a misaligned sw that covers its last byte', ['sw', { rs1: a0, rs2: a1 }], at + 7],
  ['amoadd', ['amoadd.w', { rd: a2, rs1: a0, rs2: a1 }], at + 4],
])('%s stops at the moment after it', (_name, instruction, address) => {
  expect(hits(instruction, address)).toEqual([3]);
});

test.each<readonly [string, Instruction, number]>([
  ['a store right before it', ['sd', { rs1: a0, rs2: a1 }], at - 8],
  ['a store right after it', ['sd', { rs1: a0, rs2: a1 }], at + 8],
  ['a load of it', ['ld', { rd: a2, rs1: a0 }], at],
  ['lr of it', ['lr.d', { rd: a2, rs1: a0 }], at],
  ['sc to it without a reservation', ['sc.d', { rd: a2, rs1: a0, rs2: a1 }], at],
])('%s does not stop', (_name, instruction, address) => {
  expect(hits(instruction, address)).toEqual([]);
});

test('sc that succeeds stops', () => {
  expect(hits(['sc.d', { rd: a2, rs1: a0, rs2: a1 }], at, [['lr.d', { rd: a2, rs1: a0 }]])).toEqual([4]);
});

test('sc that fails, its reservation being elsewhere, does not stop', () => {
  expect(hits(['sc.d', { rd: a2, rs1: a0, rs2: a1 }], at, [['lr.d', { rd: a2, rs1: 13 }]])).toEqual([]);
});

test.each<readonly [string, Instruction, number]>([
  ['ld', ['ld', { rd: a2, rs1: a0 }], at],
  ['ld into nothing', ['ld', { rd: 0, rs1: a0 }], at],
  ['lbu of its last byte', ['lbu', { rd: a2, rs1: a0 }], at + 7],
  ['fld', ['fld', { rd: 1, rs1: a0 }], at],
  ['a misaligned ld that covers its first byte', ['ld', { rd: a2, rs1: a0 }], at - 7],
  ['amoadd', ['amoadd.w', { rd: a2, rs1: a0, rs2: a1 }], at + 4],
  ['lr', ['lr.d', { rd: a2, rs1: a0 }], at],
])('%s stops where reads are watched', (_name, instruction, address) => {
  const before: readonly Instruction[] = [nop];
  expect(hits(instruction, address, before, 'read')).toEqual([4]);
  expect(hits(instruction, address, before, 'readWrite')).toEqual([4]);
});

test.each<readonly [string, Instruction, number]>([
  ['a load right before it', ['ld', { rd: a2, rs1: a0 }], at - 8],
  ['a load right after it', ['ld', { rd: a2, rs1: a0 }], at + 8],
  ['a store to it', ['sd', { rs1: a0, rs2: a1 }], at],
  ['sc to it', ['sc.d', { rd: a2, rs1: a0, rs2: a1 }], at],
])('%s does not stop where reads are watched', (_name, instruction, address) => {
  expect(hits(instruction, address, [['lr.d', { rd: a2, rs1: 13 }]], 'read')).toEqual([]);
});

test('an atomic operation reads and writes', () => {
  const amo: Instruction = ['amoadd.w', { rd: a2, rs1: a0, rs2: a1 }];
  expect(accesses(amo, at, [], 'readWrite')).toEqual([{ at: 3, kinds: 'read write' }]);
});

test('a fetch of a watched range does not stop', () => {
  const machine = createBench();
  place(machine, data, nop, nop, nop, ['jal', { imm: 0n }]);
  set(machine, { pc: data });
  expect(machine.run(moment(20), { watch: [{ address: data, sizeBytes: 16, access: 'readWrite' }] }).reason).toBe(
    'until',
  );
});

/** Code at one gigabyte by a last-level entry that is watched and has neither A nor D yet. */
const translated = (program: readonly Instruction[]): { machine: Machine; entry: number } => {
  const machine = createBench();
  const [root, middle, last] = [0x8020_0000, 0x8020_1000, 0x8020_2000];
  writeDouble(machine, root + 8, pteOf(middle, pte.v));
  writeDouble(machine, middle, pteOf(last, pte.v));
  for (const [page, physical] of [code, code + 0x1000, data].entries())
    writeDouble(machine, last + 8 * page, pteOf(physical, pte.v | pte.r | pte.w | pte.x));
  place(machine, code + 0x1000 - 8, ...program);
  set(machine, { ...openMemory, satp: satpOf(root), privilege: S, pc: 0x4000_0ff8, a0: 0x4000_2000 });
  return { machine, entry: last };
};

test('a fetch that sets the accessed bit of a watched entry stops after its instruction', () => {
  const { machine, entry } = translated([nop, nop, nop, nop, nop]);
  const stop = machine.run(moment(50), { watch: [{ address: entry + 8, sizeBytes: 8 }] });
  expect([stop.reason, machine.now, machine.harts[0]!.count('steps')]).toEqual(['watch', 3, 3]);
  expect(step(machine, 2).reason).toBe('until');
  expect(machine.now).toBe(5);
});

test('a load and then a store that set bits of a watched entry both stop', () => {
  const { machine, entry } = translated([nop, ['ld', { rd: a2, rs1: a0 }], nop, ['sd', { rs1: a0, rs2: 0 }], nop, nop]);
  const watch = [{ address: entry + 16, sizeBytes: 8 }];
  const moments: number[] = [];
  while (machine.now < 6) if (machine.run(moment(6), { watch }).reason === 'watch') moments.push(machine.now);
  expect(moments).toEqual([2, 4]);
});

/*
 * An entropy device fills 32 bytes: descriptor table, available and used ring on a page each (virtio 1.2, 2.7).
 */
const [table, available, used] = [0x8040_0000, 0x8040_1000, 0x8040_2000];
const reg = {
  driverFeatures: 0x20,
  driverFeaturesSel: 0x24,
  queueNum: 0x38,
  queueReady: 0x44,
  notify: 0x50,
  status: 0x70,
};
const [descLow, driverLow, deviceLow] = [0x80, 0x90, 0xa0];

const withEntropyRequest = (): Machine => {
  const machine = createBench({ devices: [{ kind: 'virtio-rng', slot: 0 }] });
  writeDouble(machine, table, BigInt(watched.address));
  writeDouble(machine, table + 8, 32n | (2n << 32n)); // device writes
  writeDouble(machine, available, 1n << 16n); // index 1, head 0
  const device = machine.board.devices.find(({ name }) => name === 'virtio0')!;
  const values: readonly (readonly [number, number])[] = [
    [reg.status, 0],
    [reg.status, 3],
    [reg.driverFeaturesSel, 1],
    [reg.driverFeatures, 1],
    [reg.status, 11],
    [reg.queueNum, 8],
    [descLow, table],
    [driverLow, available],
    [deviceLow, used],
    [reg.queueReady, 1],
    [reg.status, 15],
    [reg.notify, 0],
  ];
  for (const [offset, value] of values) device.write(offset, 4, BigInt(value));
  place(machine, code, ['jal', { imm: 0n }]);
  set(machine, { pc: code });
  return machine;
};

test('a device that writes between two steps stops the machine after the second', () => {
  const plain = withEntropyRequest();
  let filled = 0;
  while (readDouble(plain, watched.address) === 0n) {
    step(plain);
    filled = plain.now - 1; // the step before which the device wrote
  }
  const machine = withEntropyRequest();
  expect(machine.run(moment(100_000), { watch: ranges }).reason).toBe('watch');
  expect(machine.now).toBe(filled + 1);
  expect(machine.run(moment(100_000), { watch: ranges }).reason).toBe('until');
});
