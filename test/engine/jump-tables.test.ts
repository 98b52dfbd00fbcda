/**
 * Indirect jumps from case to case, which translated code makes within one region once it has seen where they go: the
 * interpreter's state at any moment, whatever the targets are.
 */

import { describe, test } from 'vitest';
import { type Assembler, Label } from '../oracle/assembler.ts';
import {
  a0,
  a1,
  a2,
  a3,
  a4,
  checkCode,
  checkSmallGuest,
  emitEnd,
  physical,
  s0,
  s1,
  t0,
  t1,
  zero,
} from './small-guest.ts';

const cases = 6;

interface Shape {
  /** Laid before each case. */
  readonly between?: (asm: Assembler, index: number) => void;
  /** Of bit 0 of the target's address, which the jump clears. */
  readonly odd?: boolean;
}

/**
 * A small machine of six instructions, each of which computes the next one's number and jumps there from its own end; one
 * counts in s1. Their addresses are in a table that the guest makes first.
 */
const emitThreaded = (asm: Assembler, rounds: number, { between, odd }: Shape = {}): void => {
  const labels = Array.from({ length: cases }, () => new Label());
  const end = new Label();
  asm.li(s0, BigInt(physical.data));
  for (const [index, label] of labels.entries()) {
    asm.la(t0, label);
    if (odd && index % 2 === 1) asm.addi(t0, t0, 1);
    asm.store('sd', t0, index * 8, s0);
  }
  asm.li(s1, BigInt(rounds));
  asm.li(a0, 0n);
  asm.li(a2, 0n);
  const next = (): void => {
    asm.op('slli', { rd: t1, rs1: a0, shamt: 3 });
    asm.op('add', { rd: t1, rs1: t1, rs2: s0 });
    asm.load('ld', t1, 0, t1);
    asm.op('jalr', { rs1: t1 });
  };
  next();
  for (const [index, label] of labels.entries()) {
    between?.(asm, index);
    asm.bind(label);
    if (index === 0) {
      asm.addi(s1, s1, -1);
      const goOn = new Label();
      asm.branch('bne', s1, zero, goOn);
      asm.jal(zero, end);
      asm.bind(goOn);
    }
    asm.op('slli', { rd: a3, rs1: a2, shamt: 1 });
    asm.addi(a2, a3, index + 1);
    asm.op('andi', { rd: a2, rs1: a2, imm: 0x3ffn });
    // The next case: (index + 1) mod 6, or over one more when the sum is odd.
    asm.op('andi', { rd: a4, rs1: a2, imm: 1n });
    asm.addi(a0, a4, (index + 1) % cases);
    const inRange = new Label();
    asm.li(a1, BigInt(cases));
    asm.branch('bltu', a0, a1, inRange);
    asm.li(a0, 0n);
    asm.bind(inRange);
    next();
  }
  asm.bind(end);
  emitEnd(asm);
};

const threaded = (rounds: number): number => {
  let [at, sum, left] = [0, 0, rounds];
  for (;;) {
    if (at === 0) {
      left -= 1;
      if (left === 0) return sum;
    }
    sum = (sum * 2 + at + 1) & 0x3ff;
    at = ((at + 1) % cases) + (sum & 1);
    if (at >= cases) at = 0;
  }
};

const pad = (bytes: number) => (asm: Assembler) => {
  for (let at = 0; at < bytes; at += 4) asm.addi(zero, zero, 0);
};

describe('indirect jumps have the same states in each engine', () => {
  test('from case to case', () => checkCode(threaded(300), 30_000, (asm) => emitThreaded(asm, 300)));

  test('to odd addresses, whose bit 0 is cleared', () =>
    checkCode(threaded(300), 30_000, (asm) => emitThreaded(asm, 300, { odd: true })));

  test('to cases of other pages', () =>
    checkCode(threaded(100), 10_000, (asm) => emitThreaded(asm, 100, { between: pad(0x500) })));

  test('at virtual addresses whose upper halves differ', () =>
    checkSmallGuest({
      isPaged: true,
      emit: (asm) => {
        emitFar(asm);
        return undefined;
      },
      result: 40n,
      steps: 2000,
    }));
});

/** Jumps 40 times to a case at its address and at its alias, whose low 18 bits are the same, in turn. */
const emitFar = (asm: Assembler): void => {
  const target = new Label();
  const end = new Label();
  asm.la(t0, target);
  asm.li(a0, 0x4_0000n);
  asm.li(a2, 0n);
  asm.bind(target);
  asm.addi(a2, a2, 1);
  asm.li(a1, 40n);
  asm.branch('beq', a2, a1, end);
  asm.op('xor', { rd: t0, rs1: t0, rs2: a0 });
  asm.op('addi', { rd: t1, rs1: t0, imm: 0n });
  asm.op('jalr', { rs1: t1 });
  asm.bind(end);
  emitEnd(asm);
};
