/**
 * Registers that hold 32-bit numbers, sign-extended, beside others that do not: bitwise operations and branches between them, which
 * translated code does with 32 bits where it knows both. Each pair of sources is in a loop in which what is known differs from
 * way to way; the result is computed here, too, with whole numbers.
 */

import { describe, test } from 'vitest';
import { type Assembler, Label } from '../oracle/assembler.ts';
import {
  a0,
  a1,
  a2,
  a3,
  a4,
  checkSmallGuest,
  emitEnd,
  emitLoop,
  physical,
  s0,
  s1,
  t0,
  t1,
  zero,
} from './small-guest.ts';

const numbers = [1n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 1n << 32n, -(1n << 63n) + 5n, -1n, -(1n << 31n)];
const turns = 40;

const signed = (value: bigint): bigint => BigInt.asIntN(64, value);
const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value);
const word = (value: bigint): bigint => BigInt.asIntN(32, value);

/** What the registers of a loop hold; all signed. */
interface State {
  readonly number: bigint; // t0, and in memory
  readonly turn: bigint; // s1
  readonly isOdd: boolean; // a4
  readonly before: bigint; // a3: what the turn before has left
}

interface Source {
  readonly emit: (asm: Assembler, rd: number) => void;
  readonly value: (state: State) => bigint;
}

/** What leaves a number in a register: some sign-extended from 32 bits, some not. */
const sources: Readonly<Record<string, Source>> = {
  lw: { emit: (asm, rd) => asm.load('lw', rd, 0, s0), value: ({ number }) => word(number) },
  lwu: { emit: (asm, rd) => asm.load('lwu', rd, 0, s0), value: ({ number }) => BigInt.asUintN(32, number) },
  ld: { emit: (asm, rd) => asm.load('ld', rd, 0, s0), value: ({ number }) => number },
  addw: {
    emit: (asm, rd) => asm.op('addw', { rd, rs1: s1, rs2: t0 }),
    value: ({ number, turn }) => word(number + turn),
  },
  add: {
    emit: (asm, rd) => asm.op('add', { rd, rs1: s1, rs2: t0 }),
    value: ({ number, turn }) => signed(number + turn),
  },
  sltu: {
    emit: (asm, rd) => asm.op('sltu', { rd, rs1: s1, rs2: t0 }),
    value: ({ number, turn }) => (turn < unsigned(number) ? 1n : 0n),
  },
  'srliw after slli': {
    emit: (asm, rd) => {
      asm.op('slli', { rd, rs1: t0, shamt: 7 });
      asm.op('srliw', { rd, rs1: rd, shamt: 9 });
    },
    value: ({ number }) => BigInt.asUintN(32, number << 7n) >> 9n,
  },
  'addw or ld': {
    emit: (asm, rd) => {
      const [other, join] = [new Label(), new Label()];
      asm.branch('bne', a4, zero, other);
      asm.op('addw', { rd, rs1: t0, rs2: s1 });
      asm.jal(zero, join);
      asm.bind(other);
      asm.load('ld', rd, 0, s0);
      asm.bind(join);
    },
    value: ({ number, turn, isOdd }) => (isOdd ? number : word(number + turn)),
  },
  mv: { emit: (asm, rd) => asm.op('add', { rd, rs1: t0, rs2: zero }), value: ({ number }) => number },
  'mv of lw': {
    emit: (asm, rd) => {
      asm.load('lw', rd, 0, s0);
      asm.op('add', { rd, rs1: zero, rs2: rd });
    },
    value: ({ number }) => word(number),
  },
  li: { emit: (asm, rd) => asm.addi(rd, zero, -7), value: () => -7n },
  'andi of more than 32 bits': {
    emit: (asm, rd) => asm.op('andi', { rd, rs1: t0, imm: 0x7ffn }),
    value: ({ number }) => number & 0x7ffn,
  },
  'andi with a negative number': {
    emit: (asm, rd) => asm.op('andi', { rd, rs1: t0, imm: -16n }),
    value: ({ number }) => number & -16n,
  },
  'what the turn before has left': { emit: (asm, rd) => asm.addi(rd, a3, 0), value: ({ before }) => before },
};

const operations = {
  and: (a: bigint, b: bigint) => a & b,
  or: (a: bigint, b: bigint) => a | b,
  xor: (a: bigint, b: bigint) => a ^ b,
};
const branches = {
  beq: (a: bigint, b: bigint) => a === b,
  bne: (a: bigint, b: bigint) => a !== b,
  blt: (a: bigint, b: bigint) => a < b,
  bge: (a: bigint, b: bigint) => a >= b,
  bltu: (a: bigint, b: bigint) => unsigned(a) < unsigned(b),
  bgeu: (a: bigint, b: bigint) => unsigned(a) >= unsigned(b),
};

/** All operations and branches on two registers; a2 gathers what they give. */
const emitUses = (asm: Assembler): void => {
  for (const name of Object.keys(operations)) {
    asm.op(name, { rd: t1, rs1: a0, rs2: a1 });
    asm.op('add', { rd: a2, rs1: a2, rs2: t1 });
    asm.op('slli', { rd: a2, rs1: a2, shamt: 3 });
  }
  asm.op('xori', { rd: t1, rs1: a0, imm: -1n });
  asm.op('xor', { rd: a2, rs1: a2, rs2: t1 });
  for (const [index, name] of Object.keys(branches).entries()) {
    const taken = new Label();
    asm.branch(name, a0, a1, taken);
    asm.addi(a2, a2, index + 1);
    asm.bind(taken);
  }
  asm.op('or', { rd: a3, rs1: a0, rs2: a1 });
};

const used = (sum: bigint, a: bigint, b: bigint): bigint => {
  let result = sum;
  for (const combined of Object.values(operations)) result = signed((result + combined(a, b)) << 3n);
  result ^= ~a;
  for (const [index, isTaken] of Object.values(branches).entries()) if (!isTaken(a, b)) result += BigInt(index + 1);
  return signed(result);
};

const expected = (one: Source, other: Source): bigint => {
  let [sum, before] = [0n, 0n];
  for (const number of numbers)
    for (let turn = turns; turn > 0; turn -= 1) {
      const state = { number, turn: BigInt(turn), isOdd: turn % 2 === 1, before };
      const [a, b] = [one.value(state), other.value(state)];
      sum = used(sum, a, b);
      before = a | b;
    }
  return sum;
};

const emit = (asm: Assembler, one: Source, other: Source): void => {
  asm.li(a2, 0n);
  asm.li(a3, 0n);
  asm.li(s0, BigInt(physical.data));
  for (const number of numbers) {
    asm.li(t0, number);
    asm.store('sd', t0, 0, s0);
    emitLoop(asm, turns, () => {
      asm.op('andi', { rd: a4, rs1: s1, imm: 1n });
      one.emit(asm, a0);
      other.emit(asm, a1);
      emitUses(asm);
    });
  }
  emitEnd(asm);
};

describe('numbers of 32 and 64 bits are combined as the specification says:', () => {
  const check = (one: string, other: string): void =>
    test(`${one}, ${other}`, () =>
      checkSmallGuest({
        emit: (asm) => {
          emit(asm, sources[one]!, sources[other]!);
          return undefined;
        },
        result: expected(sources[one]!, sources[other]!),
        steps: 20_000,
      }));
  const names = Object.keys(sources);
  for (const [index, one] of names.entries()) for (const other of names.slice(index)) check(one, other);
});
