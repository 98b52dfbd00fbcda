/**
 * Random loops without branches inside but those that leave, whose registers are not all carried from turn to turn (jit/remaking.ts) and
 * whose accesses stay in pages for long (jit/span-access.ts): left at their end, out of the middle, by faults where memory ends, at
 * misses, and wherever a slice ends, with every register taken into a sum behind each.
 */

import { describe, test } from 'vitest';
import type { Machine } from '../../vmm/machine/machine.ts';
import { Assembler, Label } from '../oracle/assembler.ts';
import { Random } from '../oracle/random.ts';
import { pte, pteOf, writeDouble } from './fixture.ts';
import {
  a5,
  checkSmallGuest,
  createSmallGuest,
  emitEnd,
  emitLoop,
  paged,
  physical,
  type SmallGuest,
  s0,
  zero,
} from './small-guest.ts';
import { checkEqual } from './ways.ts';

/** Registers that loops compute with; not those that small guests and this one need. */
const pool = [5, 6, 7, 10, 11, 12, 13, 14, 16, 17, 19, 20, 21, 22, 23, 28, 29, 30, 31];
const [link, sum, spare, behindAt, s2, turnsLeft, leavingAt] = [1, 3, 4, 24, 18, 25, 26];
const dataBytes = 16 * 0x1000;

const registerOperations = [
  'add',
  'sub',
  'addw',
  'subw',
  'and',
  'or',
  'xor',
  'sll',
  'srl',
  'sraw',
  'slt',
  'mul',
  'min',
];
const immediateOperations = ['addi', 'addiw', 'andi', 'ori', 'xori', 'sltiu'];
const shifts = ['slli', 'srli', 'srai', 'slliw', 'srliw', 'sraiw'];
const loads = ['lb', 'lbu', 'lh', 'lw', 'lwu', 'ld', 'ld', 'ld'];
const stores = ['sb', 'sh', 'sw', 'sd', 'sd'];

/** The fewer registers a loop writes, and the more it only reads, the more often it can make again what one of them had. */
interface Registers {
  readonly written: readonly number[];
  readonly read: readonly number[];
}

const emitRandom = (asm: Assembler, random: Random, { written, read }: Registers, behind: Label): void => {
  const [rd, rs1, rs2] = [random.pick(written), random.pick(read), random.pick(read)];
  const distance = random.pick([0, 4, 8, -8, 16, 24, 3]);
  switch (random.below(16)) {
    case 0:
    case 1:
      asm.load(random.pick(loads), rd, distance, random.oneIn(3) ? s2 : s0);
      return;
    case 2:
      asm.store(random.pick(stores), rs2, distance, random.oneIn(2) ? s2 : s0);
      return;
    case 3:
      asm.addi(rd, rs1, 0);
      return;
    case 4:
      asm.op('addiw', { rd, rs1, imm: 0n });
      return;
    case 5:
      asm.addi(rd, zero, random.below(4096) - 2048);
      return;
    case 6:
    case 7:
      asm.op(random.pick(immediateOperations), { rd, rs1, imm: BigInt(random.below(4096) - 2048) });
      return;
    case 8:
    case 9:
    case 10: {
      const name = random.pick(shifts);
      asm.op(name, { rd, rs1, shamt: random.below(name.endsWith('w') ? 32 : 64) });
      return;
    }
    case 11:
      if (random.oneIn(8)) asm.branch(random.pick(['beq', 'blt']), rs1, rs2, behind);
      else asm.branch('beq', a5, leavingAt, behind);
      return;
    default:
      asm.op(random.pick(registerOperations), { rd, rs1, rs2 });
  }
};

/** Where a pointer begins: within reach of a border, or of where nothing is mapped. */
const emitPointer = (asm: Assembler, random: Random, register: number): void => {
  const page = random.below(17) * 0x1000;
  asm.li(register, BigInt(paged.data + page + random.pick([0, -8, -20, -36, -13, 20, 64, -256])));
};

const emitStraightLoop = (asm: Assembler, random: Random, behind: Label): void => {
  const [again, middle] = [new Label(), new Label()];
  const some = random.shuffle(pool).slice(0, 4 + random.below(8));
  const few = { written: some, read: [...some, ...random.shuffle(pool).slice(0, random.below(6))] };
  const emitSome = (most: number): void => {
    for (let count = random.below(most + 1); count > 0; count -= 1) emitRandom(asm, random, few, behind);
  };
  asm.la(behindAt, behind);
  emitPointer(asm, random, s0);
  emitPointer(asm, random, s2);
  asm.addi(a5, zero, 1 + random.below(20));
  asm.addi(leavingAt, zero, 1 + random.below(20));
  if (random.oneIn(3)) asm.jal(zero, middle);
  asm.bind(again);
  emitRandom(asm, random, few, behind);
  emitSome(9);
  asm.bind(middle);
  emitSome(9);
  if (!random.oneIn(6)) asm.addi(s0, s0, random.pick([1, 4, 8, 8, 16, 100, -4, -8]));
  if (random.oneIn(2)) asm.addi(s2, s2, random.pick([8, -8, 2000]));
  if (random.oneIn(8)) asm.addi(s0, s0, -8);
  asm.op('addiw', { rd: a5, rs1: a5, imm: -1n });
  asm.branch('bne', a5, zero, again);
};

const emitAlone = (asm: Assembler, random: Random): void => {
  const behind = new Label();
  emitStraightLoop(asm, random, behind);
  asm.bind(behind);
  emitOperations(asm, random);
};

const emitOperations = (asm: Assembler, random: Random): void => {
  for (let some = random.below(6); some > 0; some -= 1)
    asm.op(random.pick(registerOperations), { rd: random.pick(pool), rs1: random.pick(pool), rs2: random.pick(pool) });
};

/** Loops behind each other in one around them: nothing is called, and registers need not be stored between them. */
const emitNest = (asm: Assembler, random: Random): void => {
  const again = new Label();
  asm.addi(turnsLeft, zero, 1 + random.below(4));
  asm.bind(again);
  for (let count = random.below(3); count >= 0; count -= 1) emitAlone(asm, random);
  asm.addi(turnsLeft, turnsLeft, -1);
  asm.branch('bne', turnsLeft, zero, again);
};

/** A function that takes all registers into a sum. */
const emitKeep = (asm: Assembler): Label => {
  const keep = asm.bind(new Label());
  for (const register of [...pool, s0, s2, a5]) {
    asm.op('slli', { rd: spare, rs1: sum, shamt: 5 });
    asm.op('sub', { rd: sum, rs1: spare, rs2: sum });
    asm.op('add', { rd: sum, rs1: sum, rs2: register });
  }
  asm.op('jalr', { rs1: link });
  return keep;
};

const nestsInGuest = 8;
const rounds = 40;

const guestOf = (seed: number): SmallGuest => ({
  isPaged: true,
  emit: (asm) => {
    const random = new Random(seed);
    const keep = emitKeep(asm);
    const begin = asm.bind(new Label());
    for (const register of pool) asm.li(register, random.bits64());
    emitLoop(asm, rounds, () => {
      for (let count = 0; count < nestsInGuest; count += 1) {
        if (random.oneIn(2)) emitNest(asm, random);
        else emitAlone(asm, random);
        asm.jal(link, keep);
        if (random.oneIn(4)) asm.op('sfence.vma');
      }
    });
    emitEnd(asm);
    return begin;
  },
  prepare: (machine: Machine) => {
    // A fault goes on behind the loop that it is in.
    const handler = new Assembler(physical.code + 0xf000);
    handler.writeCsr(0x341, behindAt); // mepc
    handler.op('mret');
    machine.writeRam(physical.code + 0xf000, handler.finish());
    const random = new Random(seed + 1);
    const data = new Uint8Array(dataBytes);
    for (let at = 0; at < dataBytes; at += 1) data[at] = random.next();
    machine.writeRam(physical.data, data);
    // Pages that are neighbours are not so in RAM.
    for (let page = 0; page < 16; page += 1)
      writeDouble(
        machine,
        physical.tables + 0x2000 + 8 * (256 + page),
        pteOf(physical.data + ((page * 5) % 16) * 0x1000, pte.rwxad),
      );
  },
  result: 0n,
  steps: 160_000,
});

describe('random loops that go straight on', () => {
  for (let seed = 1; seed <= Number(process.env.CHRONOVISOR_STRAIGHT_SEEDS ?? 8); seed += 1) {
    test(`are the same in every way (seed ${seed})`, async () => {
      const guest = guestOf(seed);
      await checkEqual({ create: () => createSmallGuest(guest), stride: 401, strides: 400 }, seed);
    });
  }
});

describe('a loop that writes to a page', () => {
  test('is told when an access of its own makes a page table of that page', () => {
    // Each turn maps one of two pages at `mapped`, by a table that nothing has gone by before the first turn.
    const table = 0x5000;
    const [one, other] = [0x8000, 0x9000];
    const mapped = 0x4020_0000;
    const turns = 20;
    const [t0, t1, t2, a0, a1, a2, a3] = [5, 6, 7, 10, 11, 12, 13];
    return checkSmallGuest({
      isPaged: true,
      steps: 6000,
      strides: 120,
      result: BigInt((turns / 2) * (5 + 7)),
      prepare: (machine) => {
        writeDouble(machine, physical.tables + 0x1008, pteOf(physical.data + table, pte.v));
        writeDouble(machine, physical.data + one, 5n);
        writeDouble(machine, physical.data + other, 7n);
      },
      emit: (asm) => {
        const [loop, again, begin] = [new Label(), new Label(), new Label()];
        asm.bind(loop);
        asm.li(a0, pteOf(physical.data + one, pte.rwxad));
        asm.li(a1, pteOf(physical.data + other, pte.rwxad));
        asm.op('xor', { rd: a3, rs1: a0, rs2: a1 });
        asm.store('sd', zero, 8, s2); // its page is in the TLB
        asm.addi(a2, zero, 0);
        asm.addi(a5, zero, turns);
        asm.bind(again);
        asm.store('sd', a0, 0, s2);
        asm.load('ld', t0, 0, s0);
        asm.op('add', { rd: a2, rs1: a2, rs2: t0 });
        asm.op('xor', { rd: a0, rs1: a0, rs2: a3 });
        asm.op('slli', { rd: t1, rs1: t0, shamt: 3 });
        asm.op('add', { rd: t2, rs1: t1, rs2: a1 });
        asm.addi(a5, a5, -1);
        asm.branch('bne', a5, zero, again);
        asm.op('jalr', { rs1: link });
        asm.bind(begin);
        // Until it is translated it does so elsewhere.
        emitLoop(asm, 20, () => {
          asm.li(s0, BigInt(paged.data));
          asm.li(s2, BigInt(paged.data + 0x1000));
          asm.jal(link, loop);
        });
        asm.li(s0, BigInt(mapped));
        asm.li(s2, BigInt(paged.data + table));
        asm.jal(link, loop);
        emitEnd(asm);
        return begin;
      },
    });
  });
});
