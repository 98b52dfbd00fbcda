/**
 * Neighbouring accesses through one register, which translated code serves by one look at the TLB: whatever lies
 * between their first and last byte (a page's end, a page that is not there, may not be written, is a page table, is a
 * device), they do what the interpreter does one at a time, accessed and dirty bits of the tables included.
 */

import { describe, expect, test } from 'vitest';
import { resetHart } from '../../vmm/machine/csr/reset.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { hostOffset } from '../../vmm/machine/memory.ts';
import {
  createBench,
  type Instruction,
  openMemory,
  place,
  pte,
  pteOf,
  S,
  satpOf,
  set,
  step,
  writeDouble,
} from './fixture.ts';

const code = 0x8010_0000;
const handler = 0x8012_0000;
const [root, middle, last] = [0x8020_0000, 0x8020_1000, 0x8020_2000];
const [first, second] = [0x8030_0000, 0x8031_0000]; // physical pages, not neighbours
const virtual = 0x4000_0000;
const border = virtual + 0x1000;
const devicePage = 0x1000_0000;

const [a0, a1, a2, a3, s0, s1] = [10, 11, 12, 13, 8, 9];

const store = (distance: number): Instruction => ['sd', { rs1: a0, rs2: a1, imm: BigInt(distance) }];
const load = (rd: number, distance: number): Instruction => ['ld', { rd, rs1: a0, imm: BigInt(distance) }];

interface Case {
  readonly sentence: string;
  /** Entries of the pages at `virtual` and after it. */
  readonly pages: readonly [bigint, bigint];
  readonly base: number;
  readonly body: readonly Instruction[];
}

const writable = pte.rwxad;
const clean = pte.rwxad & ~(pte.a | pte.d);
const readOnly = pte.v | pte.r | pte.a;
const twice = [store(-16), store(-8), store(0), store(8)];

const cases: readonly Case[] = [
  {
    sentence: 'two pages that are not neighbours',
    pages: [pteOf(first, writable), pteOf(second, writable)],
    base: border,
    body: twice,
  },
  {
    sentence: 'two pages that are neighbours in RAM',
    pages: [pteOf(first, writable), pteOf(first + 0x1000, writable)],
    base: border,
    body: [...twice, load(a2, -12), load(a3, 4)],
  },
  { sentence: 'a second page that is not there', pages: [pteOf(first, clean), 0n], base: border, body: twice },
  {
    sentence: 'a second page that may not be written',
    pages: [pteOf(first, clean), pteOf(second, readOnly)],
    base: border,
    body: twice,
  },
  {
    sentence: 'a first page that is reached last',
    pages: [0n, pteOf(second, clean)],
    base: border,
    body: [store(8), store(0), store(-8)],
  },
  {
    sentence: 'a fault of another access before the second page is written',
    pages: [pteOf(first, clean), pteOf(second, clean)],
    base: border,
    body: [store(-16), ['ld', { rd: a2, rs1: 0, imm: 8n }], store(0)],
  },
  {
    sentence: 'a page table that maps what the same block reads',
    pages: [pteOf(last, writable), pteOf(second, clean)],
    base: virtual,
    body: [store(8), load(a2, 16), ['ld', { rd: a3, rs1: s1 }], store(24), ['sd', { rs1: s1, rs2: a1 }]],
  },
  {
    sentence: 'a device',
    pages: [pteOf(devicePage, writable), pteOf(second, writable)],
    base: virtual,
    body: [
      ['lbu', { rd: a2, rs1: a0, imm: 5n }],
      ['lbu', { rd: a3, rs1: a0, imm: 2n }],
      ['sb', { rs1: a0, rs2: a1, imm: 7n }],
      ['lbu', { rd: a2, rs1: a0, imm: 7n }],
    ],
  },
  {
    sentence: 'a base that changes on the way',
    pages: [pteOf(first, writable), pteOf(second, writable)],
    base: border - 64,
    body: [
      store(0),
      store(8),
      ['addi', { rd: a0, rs1: a0, imm: 56n }],
      store(0),
      load(a0, 0),
      ['addi', { rd: a2, rs1: a0 }],
    ],
  },
];

/** Ten rounds of a case's body, so that the loop is translated, then again from where a trap has led. */
const run = ({ pages, base, body }: Case, translated: boolean): Machine => {
  const machine = createBench();
  machine.engine.translating = translated;
  if (translated) machine.engine.translateEagerly();
  resetHart(machine.harts[0]!, BigInt(code));
  const back = -4 * (body.length + 2);
  place(
    machine,
    code,
    ['addi', { rd: s0, imm: 10n }],
    ['addi', { rd: a0, rs1: 14 }],
    ...body,
    ['addi', { rd: s0, rs1: s0, imm: -1n }],
    ['bne', { rs1: s0, imm: BigInt(back) }],
    ['jal', { imm: BigInt(back - 8) }],
  );
  // The handler goes on after what has trapped, with another value to store.
  place(
    machine,
    handler,
    ['csrrs', { rd: 5, csr: 0x341 }],
    ['addi', { rd: 5, rs1: 5, imm: 4n }],
    ['csrrw', { rs1: 5, csr: 0x341 }],
  );
  place(machine, handler + 12, ['addi', { rd: a1, rs1: a1, imm: 1n }], ['mret']);
  writeDouble(machine, root + 8, pteOf(middle, pte.v));
  writeDouble(machine, middle, pteOf(last, pte.v));
  for (const [index, entry] of [...pages, pteOf(code, writable)].entries())
    writeDouble(machine, last + 8 * index, entry);
  const state = { satp: satpOf(root), privilege: S, mtvec: handler, pc: virtual + 0x2000 };
  set(machine, { ...openMemory, ...state, a0: base, a4: base, a1: 0x1122_3344_5566_7788n, s1: border });
  step(machine, 400);
  return machine;
};

const stateOf = (machine: Machine): unknown => ({
  hart: machine.save().harts,
  traps: machine.harts[0]!.count('traps'),
  memory: [last, first, first + 0x1000, second].map((page) =>
    Buffer.from(machine.memory.u8.subarray(hostOffset(page), hostOffset(page) + 0x1000)).toString('base64'),
  ),
});

describe('neighbouring accesses over', () => {
  const check = (given: Case): void =>
    test(given.sentence, () => {
      const translated = run(given, true);
      expect(translated.engine.counters.regions).toBeGreaterThan(0);
      expect(stateOf(translated)).toEqual(stateOf(run(given, false)));
    });
  for (const given of cases) check(given);
});
