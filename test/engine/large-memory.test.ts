/** The last pages of 2 GiB of RAM, whose places in linear memory are negative as 32-bit numbers, work as any others do. */

import { expect, test } from 'vitest';
import { hostOffset } from '../../vmm/machine/memory.ts';
import {
  createBench,
  type Instruction,
  machineTrap,
  openMemory,
  place,
  pte,
  pteOf,
  S,
  satpOf,
  set,
  step,
} from './fixture.ts';

const ramBytes = 2 ** 31;
const end = 0x8000_0000 + ramBytes;
const [code, data, tables] = [end - 0x1_0000, end - 0x1000, end - 0x2_0000];
const handler = end - 0x3_0000;
const virtual = 0x4000_0000;
const a0 = 10;
const a1 = 11;

/** One gigabyte at `virtual` is the last one of RAM; the program runs there, from its entry on, in S. */
const machineWith = (program: readonly Instruction[]) => {
  const machine = createBench({ ramBytes });
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, pteOf(end - 0x4000_0000, pte.rwxad & ~(pte.a | pte.d)), true);
  machine.writeRam(tables + 8, bytes);
  place(machine, code, ...program);
  const offset = code - (end - 0x4000_0000);
  set(machine, { ...openMemory, satp: satpOf(tables), privilege: S, mtvec: handler, pc: virtual + offset });
  set(machine, { a0: virtual + (data - (end - 0x4000_0000)), a1: 0x1234_5678_9abc_def0n });
  return machine;
};

test('stores, loads, atomic operations and reservations find it, cached and not', () => {
  const machine = machineWith([
    ['sd', { rs1: a0, rs2: a1 }],
    ['sd', { rs1: a0, rs2: a1, imm: 8n }],
    ['ld', { rd: 12, rs1: a0 }],
    ['ld', { rd: 13, rs1: a0, imm: 8n }],
    ['lw', { rd: 14, rs1: a0, imm: 3n }],
    ['amoadd.d', { rd: 15, rs1: a0, rs2: a1 }],
    ['lr.d', { rd: 16, rs1: a0 }],
    ['sc.d', { rd: 17, rs1: a0, rs2: 0 }],
    ['sd', { rs1: a0, rs2: a1, imm: 4n }],
    ['ld', { rd: 18, rs1: a0, imm: 4n }],
  ]);
  step(machine, 10);
  const hart = machine.harts[0]!;
  const value = 0x1234_5678_9abc_def0n;
  expect(hart.count('traps')).toBe(0);
  expect([12, 13, 14, 15, 16, 17, 18].map((register) => hart.x(register))).toEqual([
    value,
    value,
    0x3456_789an, // bytes 3 to 6
    value,
    BigInt.asUintN(64, 2n * value),
    0n,
    value,
  ]);
});

test('an access across the end of RAM faults there', () => {
  const machine = machineWith([['sd', { rs1: a0, rs2: a1, imm: 0x7fcn }]]);
  set(machine, { a0: virtual + 0x4000_0000 - 0x800 });
  step(machine);
  expect(machineTrap(machine.harts[0]!)).toMatchObject({ cause: 15n, tval: BigInt(virtual + 0x4000_0000) });
});

test('a page table in it is tracked: an entry that is changed counts at once', () => {
  const machine = machineWith([
    ['ld', { rd: 12, rs1: a0 }],
    ['sd', { rs1: 13, rs2: 0 }],
    ['ld', { rd: 12, rs1: a0 }],
  ]);
  set(machine, { a3: virtual + (tables + 8 - (end - 0x4000_0000)) });
  step(machine, 3);
  // The entry maps the code as well: the next fetch faults.
  expect(machineTrap(machine.harts[0]!).cause).toBe(12n);
  expect(machine.memory.u8[hostOffset(tables + 8)]).toBe(0);
});
