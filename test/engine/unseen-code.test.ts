/**
 * Code that control comes to only when the code around it has long been translated: it is not of that region, which was made without
 * what had not been seen. Whatever comes to it, and how often from then on, states are those of the interpreter.
 */

import { test } from 'vitest';
import { type Assembler, Label } from '../oracle/assembler.ts';
import { a1, a2, a3, checkCode as check, emitEnd, emitFunction, emitLoop, ra, s1, zero } from './small-guest.ts';

const times = 40_000;
const half = times / 2;

/** Skips what is emitted until the loop has half of its rounds before it (s1 counts down). */
const emitLater = (asm: Assembler, emit: () => void): void => {
  const over = new Label();
  asm.branch('bltu', a3, s1, over);
  emit();
  asm.bind(over);
};

const emitRounds = (asm: Assembler, emit: () => void): void => {
  asm.li(a3, BigInt(half));
  emitLoop(asm, times, emit);
};

test('one side of a branch', () =>
  check(times + 2 * half, times * 8, (asm) => {
    emitRounds(asm, () => {
      asm.addi(a2, a2, 1);
      emitLater(asm, () => asm.addi(a2, a2, 2));
    });
    emitEnd(asm);
  }));

test('one side of a branch, with a loop of its own', () =>
  check(times + 3 * half, times * 20, (asm) => {
    emitRounds(asm, () => {
      asm.addi(a2, a2, 1);
      emitLater(asm, () => {
        const again = new Label();
        asm.addi(a1, zero, 3);
        asm.bind(again);
        asm.addi(a2, a2, 1);
        asm.addi(a1, a1, -1);
        asm.branch('bne', a1, zero, again);
      });
    });
    emitEnd(asm);
  }));

test('a way out of the middle of a loop', () =>
  check(half, times * 8, (asm) => {
    const out = new Label();
    emitRounds(asm, () => {
      asm.addi(a2, a2, 1);
      asm.branch('bgeu', a3, s1, out);
    });
    asm.bind(out);
    asm.addi(a2, a2, -1);
    emitEnd(asm);
  }));

test('where a call comes back to that never came back before', () =>
  check(times + 5 * half, times * 20, (asm) => {
    const [callee, caller] = [new Label(), new Label()];
    emitRounds(asm, () => asm.jal(ra, caller));
    emitEnd(asm);
    // Until the half of the rounds the callee returns to its caller's caller, over its frame.
    emitFunction(asm, caller, () => {
      asm.addi(a2, a2, 1);
      asm.jal(ra, callee);
      asm.addi(a2, a2, 5);
    });
    const returns = new Label();
    asm.bind(callee);
    asm.branch('bgeu', a3, s1, returns);
    asm.load('ld', ra, 0, 2);
    asm.load('ld', 8, 8, 2);
    asm.addi(2, 2, 16);
    asm.bind(returns);
    asm.op('jalr', { rs1: ra });
  }));
