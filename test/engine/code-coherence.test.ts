/**
 * Code that changes itself, and code whose mapping changes under it: the next instruction is always the one that memory
 * and the page tables say, within one slice, with and without fences (invariant 5).
 */

import { expect, test } from 'vitest';
import type { Machine } from '../../vmm/machine/machine.ts';
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
  wordOf,
  writeDouble,
} from './fixture.ts';

const a0 = 10;
const a1 = 11;
const a2 = 12;
const [a3, a4] = [13, 14];

const code = 0x8010_0000;
const other = 0x8011_0000;
const handler = 0x8012_0000;
const [root, middle, last] = [0x8020_0000, 0x8020_1000, 0x8020_2000];
const virtual = 0x4000_0000; // one page a table entry of `last`
const tableWindow = 0x4010_0000; // `last`, mapped for writing

const entryOf = (page: number): number => last + 8 * page;
/** Where the entry of a page can be written through the mapping. */
const entryWindow = (page: number): number => tableWindow + 8 * page;

/** Sv39: pages 0.. of `virtual` by the entries given, the last table itself at `tableWindow`; hart 0 in S. */
const mapped = (leaves: readonly bigint[], harts = 1): Machine => {
  const machine = createBench({ harts });
  writeDouble(machine, root + 8, pteOf(middle, pte.v));
  writeDouble(machine, middle, pteOf(last, pte.v));
  for (const [page, leaf] of leaves.entries()) writeDouble(machine, entryOf(page), leaf);
  writeDouble(machine, entryOf(0x100), pteOf(last, pte.rwxad));
  set(machine, { ...openMemory, satp: satpOf(root), privilege: S, mtvec: handler, pc: virtual });
  return machine;
};

const countBy = (imm: number): Instruction => ['addi', { rd: a2, rs1: a2, imm: BigInt(imm) }];
const nop: Instruction = ['addi', {}];
const store = (rs2: number, rs1: number, imm = 0): Instruction => ['sd', { rs1, rs2, imm: BigInt(imm) }];
const storeWord = (rs2: number, rs1: number, imm = 0): Instruction => ['sw', { rs1, rs2, imm: BigInt(imm) }];

const result = (machine: Machine): bigint => machine.harts[0]!.x(a2);

/** The program runs from `code` in M, in one slice; gives a2. */
const checkPlain = (
  program: readonly Instruction[],
  registers: Readonly<Record<string, bigint | number>>,
  expected: bigint,
) => {
  const machine = createBench();
  place(machine, code - 8, nop, nop, ...program);
  set(machine, { pc: code - 8, mtvec: handler, ...registers });
  step(machine, program.length + 2);
  expect(result(machine)).toBe(expected);
};

test('an instruction stored by the one before it is executed without fence.i', () => {
  checkPlain([storeWord(a1, a0), countBy(1)], { a0: code + 4, a1: wordOf(countBy(7)) }, 7n);
});

test('an instruction stored by the one before it is executed with fence.i', () => {
  checkPlain([storeWord(a1, a0), ['fence.i'], countBy(1)], { a0: code + 8, a1: wordOf(countBy(7)) }, 7n);
});

test('a store that changes the second half of an instruction across two pages is seen', () => {
  const machine = createBench();
  const at = code + 0x1000 - 6;
  place(machine, at, ['sh', { rs1: a0, rs2: a1 }], countBy(1));
  const seven = wordOf(countBy(7));
  set(machine, { pc: at, a0: code + 0x1000, a1: seven >>> 16 });
  step(machine, 2);
  expect(result(machine)).toBe(7n);
});

test('an instruction that an atomic operation puts next is executed', () => {
  checkPlain([['amoswap.w', { rd: a3, rs1: a0, rs2: a1 }], countBy(1)], { a0: code + 4, a1: wordOf(countBy(7)) }, 7n);
});

test('a loop that rewrites its own body runs each version once', () => {
  // a1 counts the immediate of the addi up: its field begins at bit 20.
  const program: Instruction[] = [
    countBy(1),
    ['add', { rd: a1, rs1: a1, rs2: a3 }],
    storeWord(a1, a0),
    ['addi', { rd: a4, rs1: a4, imm: -1n }],
    ['bne', { rs1: a4, rs2: 0, imm: -16n }],
  ];
  const machine = createBench();
  place(machine, code, ...program);
  set(machine, { pc: code, a0: code, a1: wordOf(countBy(1)), a3: 1 << 20, a4: 10 });
  step(machine, 50);
  expect(result(machine)).toBe(55n);
});

/**
 * `edit` is followed, in the same page, by counting 1; the page that is to be seen instead counts 7. The instructions
 * before it bring the page into whatever is cached.
 */
const checkRemapped = (edit: Instruction, registers: Readonly<Record<string, bigint | number>>): void => {
  const machine = mapped([pteOf(code, pte.rwxad)]);
  place(machine, code, nop, nop, edit, countBy(1), countBy(1));
  place(machine, other, nop, nop, nop, countBy(7), countBy(7));
  set(machine, { a1: pteOf(other, pte.rwxad), ...registers });
  step(machine, 5);
  expect(result(machine)).toBe(14n);
};

test('a store that maps another page under the code is followed by an instruction of that page', () => {
  checkRemapped(store(a1, a0), { a0: entryWindow(0) });
});

test('an atomic operation that maps another page under the code is followed by an instruction of that page', () => {
  checkRemapped(['amoswap.d', { rd: a3, rs1: a0, rs2: a1 }], { a0: entryWindow(0) });
});

test('a store of a few bytes of the entry is enough to map another page under the code', () => {
  const ppnBits = (other / 4096) << 10; // the middle bytes of the entry differ in bits 10 to 31 only
  checkRemapped(storeWord(a3, a0), { a0: entryWindow(0), a3: BigInt((ppnBits | pte.rwxad) >>> 0) });
});

test('a store that unmaps the code is followed by a fetch fault at the next instruction', () => {
  const machine = mapped([pteOf(code, pte.rwxad)]);
  place(machine, code, nop, nop, store(0, a0), countBy(1));
  set(machine, { a0: entryWindow(0) });
  step(machine, 4);
  const hart = machine.harts[0]!;
  const next = BigInt(virtual + 12);
  expect([hart.get('mcause'), hart.get('mepc'), hart.get('mtval')]).toEqual([12n, next, next]);
  expect(result(machine)).toBe(0n);
});

test('an instruction across two pages takes its second half from where that page is now', () => {
  const machine = mapped([pteOf(code, pte.rwxad), pteOf(code + 0x1000, pte.rwxad)]);
  const seven = wordOf(countBy(7));
  place(machine, code + 0x1000 - 14, nop, nop, store(a1, a0), countBy(1));
  machine.writeRam(other, new Uint8Array([seven >>> 16, seven >>> 24]));
  set(machine, { pc: virtual + 0x1000 - 14, a0: entryWindow(1), a1: pteOf(other, pte.rwxad) });
  step(machine, 4);
  expect(result(machine)).toBe(7n);
});

test('an instruction across two pages whose second page is missing faults there, and epc is its beginning', () => {
  const machine = mapped([pteOf(code, pte.rwxad)]);
  place(machine, code + 0x1000 - 2, countBy(1));
  set(machine, { pc: virtual + 0x1000 - 2 });
  step(machine);
  const hart = machine.harts[0]!;
  expect([hart.get('mcause'), hart.get('mepc'), hart.get('mtval')]).toEqual([
    12n,
    BigInt(virtual + 0xffe),
    BigInt(virtual + 0x1000),
  ]);
});

test('a 16-bit instruction in the last half of a page needs no second page', () => {
  const machine = mapped([pteOf(code, pte.rwxad)]);
  place(machine, code + 0x1000 - 2, 0x461d); // c.li a2, 7
  set(machine, { pc: virtual + 0x1000 - 2 });
  step(machine);
  expect(result(machine)).toBe(7n);
});

test('code written through another virtual address of its page is executed', () => {
  const machine = mapped([pteOf(code, pte.rwxad), pteOf(code, pte.rwxad)]);
  place(machine, code, storeWord(a1, a0), countBy(1), storeWord(a3, a0), nop);
  set(machine, { a0: virtual + 0x1004, a1: wordOf(countBy(7)), a3: wordOf(countBy(1)) });
  step(machine, 4);
  expect(result(machine)).toBe(7n);
});

test('a write through the TLB to a page that became a page table since is seen', () => {
  // Page 1 is `spare`, written first as data; then the middle table points at it, and it is written again.
  const spare = 0x8020_3000;
  const machine = mapped([pteOf(code, pte.rwxad), pteOf(spare, pte.rwxad)]);
  writeDouble(machine, entryOf(2), pteOf(middle, pte.rwxad));
  const far = virtual + 0x20_0000; // the next entry of the middle table
  place(
    machine,
    code,
    store(a1, a0), // spare as data: cached for writes
    store(a3, a4, 8), // the middle table's second entry now points at spare
    ['ld', { rd: a2, rs1: 15 }], // through spare: `other`
    store(16, a0), // spare again: another page, no fence
    ['ld', { rd: a2, rs1: 15 }],
  );
  writeDouble(machine, other, 1n);
  writeDouble(machine, other + 0x1000, 2n);
  set(machine, {
    a0: virtual + 0x1000,
    a1: pteOf(other, pte.rwxad),
    a3: pteOf(spare, pte.v),
    a4: virtual + 0x2000,
    x15: far,
    x16: pteOf(other + 0x1000, pte.rwxad),
  });
  step(machine, 5);
  expect(result(machine)).toBe(2n);
});

test('a page table that another hart changes counts at once for a hart that has cached it', () => {
  const machine = mapped([pteOf(code, pte.rwxad), pteOf(other, pte.rwxad)], 2);
  place(machine, code, ['ld', { rd: a2, rs1: a0 }], ['ld', { rd: a2, rs1: a0 }]);
  place(machine, code + 0x100, store(a1, a0));
  writeDouble(machine, other, 1n);
  writeDouble(machine, other + 0x1000, 2n);
  set(machine, { a0: virtual + 0x1000 });
  step(machine);
  expect(result(machine)).toBe(1n);
  set(machine, { pc: code + 0x100, a0: entryOf(1), a1: pteOf(other + 0x1000, pte.rwxad) }, 1);
  const [first, second] = machine.harts;
  first!.setLow('hsmState', 1);
  second!.setLow('hsmState', 0);
  step(machine);
  first!.setLow('hsmState', 0);
  second!.setLow('hsmState', 1);
  step(machine);
  expect(result(machine)).toBe(2n);
});
