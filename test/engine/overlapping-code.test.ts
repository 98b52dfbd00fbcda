/** Instructions within instructions: streams of code that begin in the middle of each other's and then run together. */

import { describe, expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import { type Assembler, Label } from '../oracle/assembler.ts';
import {
  a2,
  checkSmallGuest,
  createSmallGuest,
  emitEnd,
  physical,
  type SmallGuest,
  s0,
  s1,
  sp,
  t0,
  t1,
  zero,
} from './small-guest.ts';

const entries = 48;
const others = 330;

/** Jumps in turn into the middle of each of many instructions, behind which all do the same. */
const emitOverlapping = (asm: Assembler, rounds: number): void => {
  const first = new Label();
  const end = new Label();
  asm.li(s0, BigInt(physical.data));
  asm.li(sp, BigInt(physical.data + 0x1000));
  asm.la(t0, first);
  asm.addi(t0, t0, 2);
  for (let index = 0; index < 64; index += 1) {
    asm.store('sd', t0, index * 8, sp);
    asm.addi(t0, t0, index < entries - 1 ? 4 : 0);
  }
  asm.li(s1, BigInt(rounds));
  asm.li(a2, 0n);
  while (asm.here % 0x1000 !== 0) asm.addi(zero, zero, 0);
  asm.bind(first);
  // The second half is c.nop.
  for (let index = 0; index < entries; index += 1) asm.word((1 << 16) | (31 << 7) | 0x37);
  for (let index = 0; index < others; index += 1) {
    const rd = 10 + (index % 22);
    if (rd === a2) asm.addi(a2, a2, 1);
    else asm.op('amomaxu.d', { rd, rs1: s0, rs2: zero });
  }
  asm.addi(s1, s1, -1);
  asm.branch('beq', s1, zero, end);
  asm.op('andi', { rd: t1, rs1: s1, imm: 63n });
  asm.op('slli', { rd: t1, rs1: t1, shamt: 3 });
  asm.op('add', { rd: t1, rs1: t1, rs2: sp });
  asm.load('ld', t1, 0, t1);
  asm.op('jalr', { rs1: t1 });
  asm.bind(end);
  emitEnd(asm);
};

const guest = (rounds: number): SmallGuest => ({
  emit: (asm) => {
    emitOverlapping(asm, rounds);
    return undefined;
  },
  result: BigInt(Math.ceil((others - (a2 - 10)) / 22) * rounds),
  steps: 1000 + rounds * 400,
});

describe('code that begins in the middle of other code', () => {
  test('is translated once', () => {
    const machine = createSmallGuest(guest(4000));
    machine.engine.translating = true;
    machine.run(moment(guest(4000).steps));
    const { instructions, regions } = machine.engine.counters;
    expect(regions).toBeGreaterThan(0);
    expect(instructions / regions).toBeLessThan(500);
  });
  test('has the same states in each engine', () => checkSmallGuest(guest(50)));
});
