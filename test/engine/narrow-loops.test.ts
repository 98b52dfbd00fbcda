/**
 * Loops that keep numbers of 32 bits in locals of 32 bits (jit/sign-extension.ts): what comes in from before and goes out behind, to
 * loops that want it otherwise, out of the middle when an access faults, and wherever a slice ends.
 */

import { describe, test } from 'vitest';
import { type Assembler, Label } from '../oracle/assembler.ts';
import { a0, a1, a2, a3, a4, a5, checkCode, emitLoop, physical, s0, t0, t1, t2, zero } from './small-guest.ts';

const data = BigInt(physical.data);
const word = (value: bigint): bigint => BigInt.asIntN(32, value);
const signed = (value: bigint): bigint => BigInt.asIntN(64, value);

/** `times` turns of a loop counted in a5, so that it can be in another one. */
const emitInner = (asm: Assembler, times: number, emit: () => void): void => {
  const again = new Label();
  asm.addi(a5, zero, times);
  asm.bind(again);
  emit();
  asm.op('addiw', { rd: a5, rs1: a5, imm: -1n });
  asm.branch('bne', a5, zero, again);
};

const rotate = (asm: Assembler, rd: number, rs1: number, by: number): void => {
  asm.op('srliw', { rd: t1, rs1, shamt: by });
  asm.op('slliw', { rd: t2, rs1, shamt: 32 - by });
  asm.op('or', { rd, rs1: t1, rs2: t2 });
};
const rotated = (value: bigint, by: bigint): bigint => {
  const low = BigInt.asUintN(32, value);
  return word((low >> by) | (low << (32n - by)));
};

describe('numbers of 32 bits in loops', () => {
  test('go round, are copied, and are 64 bits wide behind', () => {
    let [a, b] = [0x8765_4321n, 0x1234_5678n].map(word) as [bigint, bigint];
    let result = 0n;
    for (let round = 0; round < 300; round += 1) {
      for (let turn = 0; turn < 5; turn += 1) [a, b] = [word(rotated(a, 7n) + b), a];
      result = signed(result + (a << 3n) + b);
    }
    return checkCode(Number(BigInt.asIntN(50, result)), 24_000, (asm) => {
      asm.li(s0, data);
      asm.li(t0, 0x1234_5678_8765_4321n);
      asm.store('sd', t0, 0, s0);
      asm.li(a4, 0n);
      emitLoop(asm, 300, () => {
        asm.load('lw', a0, 0, s0);
        asm.load('lw', a1, 4, s0);
        emitInner(asm, 5, () => {
          rotate(asm, t0, a0, 7);
          asm.op('addw', { rd: a3, rs1: t0, rs2: a1 });
          asm.op('add', { rd: a1, rs1: zero, rs2: a0 });
          asm.op('add', { rd: a0, rs1: zero, rs2: a3 });
        });
        asm.store('sw', a0, 0, s0);
        asm.store('sw', a1, 4, s0);
        asm.op('slli', { rd: t0, rs1: a0, shamt: 3 });
        asm.op('add', { rd: t0, rs1: t0, rs2: a1 });
        asm.op('add', { rd: a4, rs1: a4, rs2: t0 });
      });
      asm.op('add', { rd: a2, rs1: zero, rs2: a4 });
      asm.op('slli', { rd: a2, rs1: a2, shamt: 14 });
      asm.op('srai', { rd: a2, rs1: a2, shamt: 14 });
      asm.op('jal', { imm: 0n });
    });
  });

  test('are wide in the loop around, and in the loop behind', () => {
    let wide = 5n;
    let sum = 0n;
    for (let turn = 0; turn < 400; turn += 1) {
      let narrow = word(wide);
      for (let inner = 7; inner > 0; inner -= 1) narrow = word(rotated(narrow, 3n) + BigInt(inner));
      wide = signed((wide << 5n) + narrow);
      let back = narrow;
      for (let inner = 6; inner > 0; inner -= 1) back = signed(back * 2n + 1n);
      sum = signed(sum + (wide ^ back));
    }
    return checkCode(Number(BigInt.asIntN(50, sum)), 100_000, (asm) => {
      asm.li(a0, 5n);
      asm.li(a4, 0n);
      emitLoop(asm, 400, () => {
        asm.op('addiw', { rd: a1, rs1: a0, imm: 0n });
        emitInner(asm, 7, () => {
          rotate(asm, t0, a1, 3);
          asm.op('addw', { rd: a1, rs1: t0, rs2: a5 });
        });
        asm.op('slli', { rd: a0, rs1: a0, shamt: 5 });
        asm.op('add', { rd: a0, rs1: a0, rs2: a1 });
        emitInner(asm, 6, () => {
          asm.op('slli', { rd: a1, rs1: a1, shamt: 1 });
          asm.addi(a1, a1, 1);
        });
        asm.op('xor', { rd: t0, rs1: a0, rs2: a1 });
        asm.op('add', { rd: a4, rs1: a4, rs2: t0 });
      });
      asm.op('slli', { rd: a2, rs1: a4, shamt: 14 });
      asm.op('srai', { rd: a2, rs1: a2, shamt: 14 });
      asm.op('jal', { imm: 0n });
    });
  });

  test('are what they were when an access faults in the middle, and the loop is left by way of the handler', () => {
    // At last it reads where nothing is; the handler goes on behind the loop.
    const turns = 6;
    let sum = 0n;
    for (let round = 0n; round < 300n; round += 1n) {
      let [a, b, last] = [round, 1n, 0n];
      for (let turn = 0; turn <= turns; turn += 1) {
        last = rotated(a, 9n);
        if (turn === turns) break;
        [a, b] = [word(last + b), word(a ^ last)];
      }
      sum = signed(sum * 3n + (signed(last << 20n) ^ signed(a << 9n) ^ b));
    }
    return checkCode(Number(BigInt.asIntN(50, sum)), 40_000, (asm) => {
      const [handler, begin] = [new Label(), new Label()];
      asm.jal(zero, begin);
      asm.align(4);
      asm.bind(handler);
      asm.writeCsr(0x341, a3); // mepc
      asm.op('mret');
      asm.bind(begin);
      asm.la(t0, handler);
      asm.writeCsr(0x305, t0); // mtvec
      asm.li(a4, 0n);
      emitLoop(asm, 300, () => {
        const [again, behind] = [new Label(), new Label()];
        asm.la(a3, behind);
        asm.li(s0, data);
        asm.li(t0, 300n);
        asm.op('subw', { rd: a0, rs1: t0, rs2: 9 });
        asm.addi(a1, zero, 1);
        asm.addi(a5, zero, turns);
        asm.bind(again);
        rotate(asm, t0, a0, 9);
        asm.load('lw', t1, 0, s0);
        asm.op('addw', { rd: t2, rs1: t0, rs2: a1 });
        asm.op('xor', { rd: a1, rs1: a0, rs2: t0 });
        asm.op('add', { rd: a0, rs1: zero, rs2: t2 });
        asm.op('addiw', { rd: a5, rs1: a5, imm: -1n });
        asm.branch('bne', a5, zero, again);
        asm.li(s0, 0n);
        asm.jal(zero, again);
        asm.bind(behind);
        asm.op('slli', { rd: t0, rs1: t0, shamt: 20 });
        asm.op('slli', { rd: a0, rs1: a0, shamt: 9 });
        asm.op('xor', { rd: t0, rs1: t0, rs2: a0 });
        asm.op('xor', { rd: t0, rs1: t0, rs2: a1 });
        asm.op('slli', { rd: t1, rs1: a4, shamt: 1 });
        asm.op('add', { rd: a4, rs1: a4, rs2: t1 });
        asm.op('add', { rd: a4, rs1: a4, rs2: t0 });
      });
      asm.op('slli', { rd: a2, rs1: a4, shamt: 14 });
      asm.op('srai', { rd: a2, rs1: a2, shamt: 14 });
      asm.op('jal', { imm: 0n });
    });
  });
});
