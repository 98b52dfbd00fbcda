/**
 * Calls that translated code has under way on the host's stack are invisible (dispatcher.ts): however a guest calls, and
 * wherever it goes instead of coming back, it does what the interpreter does.
 */

import { test } from 'vitest';
import { Label } from '../oracle/assembler.ts';
import {
  a0,
  a1,
  a2,
  a3,
  a4,
  checkSmallGuest,
  emitEnd,
  emitFunction,
  emitLoop,
  ra,
  s0,
  sp,
  t0,
  t1,
  t2,
  zero,
} from './small-guest.ts';

type Asm = Parameters<typeof emitEnd>[0];

/** The main program comes first; what it calls follows. */
const check = (result: number, steps: number, main: (asm: Asm) => void, rest: (asm: Asm) => void = () => undefined) =>
  checkSmallGuest({
    emit: (asm) => {
      main(asm);
      emitEnd(asm);
      rest(asm);
      return undefined;
    },
    result: BigInt(result),
    steps,
  });

/** a2 takes the sum of the numbers up to a0, added on the way back. */
const emitSum = (asm: Asm, sum: Label, link: number, call: () => void): void =>
  emitFunction(
    asm,
    sum,
    () => {
      const end = new Label();
      asm.op('addi', { rd: s0, rs1: a0 });
      asm.branch('beq', a0, zero, end);
      asm.addi(a0, a0, -1);
      call();
      asm.bind(end);
      asm.op('add', { rd: a2, rs1: a2, rs2: s0 });
    },
    link,
  );

for (const [depth, times] of [
  [5, 3000],
  [127, 120],
  [128, 120],
  [129, 120],
  [1000, 30],
  [3000, 8],
] as const)
  test(`recursion ${depth} deep, ${times} times`, async () => {
    const sum = new Label();
    await check(
      (times * depth * (depth + 1)) / 2,
      times * depth * 15 + 20_000,
      (asm) =>
        emitLoop(asm, times, () => {
          asm.addi(a0, zero, Math.min(depth, 2047));
          if (depth > 2047) asm.addi(a0, a0, depth - 2047);
          asm.jal(ra, sum);
        }),
      (asm) => emitSum(asm, sum, ra, () => asm.jal(ra, sum)),
    );
  });

for (const link of [ra, t0, t1, a4] as const)
  test(`recursion by an indirect call that links x${link}`, async () => {
    const sum = new Label();
    await check(
      (40 * 300 * 301) / 2,
      40 * 300 * 18 + 5000,
      (asm) =>
        emitLoop(asm, 40, () => {
          asm.addi(a0, zero, 300);
          asm.la(t2, sum);
          asm.op('jalr', { rd: link, rs1: t2 });
        }),
      (asm) =>
        emitSum(asm, sum, link, () => {
          asm.la(t2, sum);
          asm.op('jalr', { rd: link, rs1: t2 });
        }),
    );
  });

test('a call through its own link register', async () => {
  const addOne = new Label();
  await check(
    3000,
    40_000,
    (asm) =>
      emitLoop(asm, 3000, () => {
        asm.la(t0, addOne);
        asm.op('jalr', { rd: t0, rs1: t0 });
      }),
    (asm) => {
      asm.bind(addOne);
      asm.addi(a2, a2, 1);
      asm.op('jalr', { rs1: t0 });
    },
  );
});

test('functions that call each other by two link registers', async () => {
  const [even, odd] = [new Label(), new Label()];
  const emit = (asm: Asm, own: Label, link: number, other: Label, otherLink: number): void =>
    emitFunction(
      asm,
      own,
      () => {
        const end = new Label();
        asm.branch('beq', a0, zero, end);
        asm.addi(a0, a0, -1);
        asm.jal(otherLink, other);
        asm.bind(end);
        asm.addi(a2, a2, link);
      },
      link,
    );
  await check(
    60 * (201 * t0 + 200 * ra),
    60 * 401 * 16 + 5000,
    (asm) =>
      emitLoop(asm, 60, () => {
        asm.addi(a0, zero, 400);
        asm.jal(t0, even);
      }),
    (asm) => {
      emit(asm, even, t0, odd, ra);
      emit(asm, odd, ra, even, t0);
    },
  );
});

test('a call of the next instruction', async () => {
  await check(0, 30_000, (asm) =>
    emitLoop(asm, 3000, () => {
      const next = new Label();
      asm.jal(ra, next);
      asm.bind(next);
      asm.op('auipc', { rd: a0 });
      asm.op('sub', { rd: a0, rs1: a0, rs2: ra });
      asm.op('add', { rd: a2, rs1: a2, rs2: a0 });
    }),
  );
});

test('a return to an instruction behind the one after the call', async () => {
  const skip = new Label();
  await check(
    3000 * 5,
    60_000,
    (asm) =>
      emitLoop(asm, 3000, () => {
        asm.jal(ra, skip);
        asm.addi(a2, a2, 100); // passed over
        asm.addi(a2, a2, 2);
      }),
    (asm) => {
      asm.bind(skip);
      asm.addi(a2, a2, 3);
      asm.op('jalr', { rs1: ra, imm: 4n });
    },
  );
});

test("a return to the caller's caller", async () => {
  const [outer, inner] = [new Label(), new Label()];
  await check(
    3000 * 3,
    80_000,
    (asm) =>
      emitLoop(asm, 3000, () => {
        asm.jal(ra, outer);
        asm.addi(a2, a2, 1);
      }),
    (asm) => {
      emitFunction(asm, outer, () => {
        asm.jal(ra, inner);
        asm.addi(a2, a2, 100); // never
      });
      asm.bind(inner);
      asm.addi(a2, a2, 2);
      asm.load('ld', ra, 0, sp);
      asm.load('ld', s0, 8, sp);
      asm.addi(sp, sp, 16);
      asm.op('jalr', { rs1: ra });
    },
  );
});

test('jumps out of 200 calls to where they all began, again and again', async () => {
  const [down, out] = [new Label(), new Label()];
  await check(
    70 * 8,
    70 * 200 * 12 + 5000,
    (asm) =>
      emitLoop(asm, 70, () => {
        asm.op('addi', { rd: a3, rs1: sp });
        asm.addi(a0, zero, 200);
        asm.jal(ra, down);
        asm.addi(a2, a2, 100); // never
        asm.bind(out);
        asm.addi(a2, a2, 8);
        asm.op('addi', { rd: sp, rs1: a3 });
      }),
    (asm) =>
      emitFunction(asm, down, () => {
        const deeper = new Label();
        asm.branch('bne', a0, zero, deeper);
        asm.jal(zero, out);
        asm.bind(deeper);
        asm.addi(a0, a0, -1);
        asm.jal(ra, down);
      }),
  );
});

test('two stacks that take turns in the middle of their calls', async () => {
  const [walk, turn, second] = [new Label(), new Label(), new Label()];
  const forever = (asm: Asm, depth: number): void => {
    const again = asm.bind(new Label());
    asm.addi(a0, zero, depth);
    asm.jal(ra, walk);
    asm.jal(zero, again);
  };
  /** Each call of `walk` takes a turn on its way down, with its own depth in s0, and one on its way back. */
  const depths = [40, 23];
  const turns = 8000;
  const end = new Label();
  await check(
    sumOfTurns(depths, turns),
    turns * 40,
    (asm) => {
      asm.li(a4, BigInt(turns));
      asm.op('lui', { rd: t0, imm: 0x8000n });
      asm.op('sub', { rd: a1, rs1: sp, rs2: t0 });
      asm.addi(a1, a1, -16);
      asm.la(t0, second);
      asm.store('sd', t0, 0, a1);
      forever(asm, depths[0]!);
      asm.bind(second);
      forever(asm, depths[1]!);
      asm.bind(end);
    },
    (asm) => {
      emitFunction(asm, walk, () => {
        const bottom = new Label();
        asm.op('addi', { rd: s0, rs1: a0 });
        asm.jal(ra, turn);
        asm.branch('beq', s0, zero, bottom);
        asm.addi(a0, s0, -1);
        asm.jal(ra, walk);
        asm.bind(bottom);
        asm.jal(ra, turn);
      });
      // The stack that takes over has its link and s0 on top.
      asm.bind(turn);
      asm.op('slli', { rd: t0, rs1: a2, shamt: 1 });
      asm.op('add', { rd: a2, rs1: t0, rs2: s0 });
      asm.op('andi', { rd: a2, rs1: a2, imm: 0x7ffn });
      asm.addi(a4, a4, -1);
      asm.branch('beq', a4, zero, end);
      asm.addi(sp, sp, -16);
      asm.store('sd', ra, 0, sp);
      asm.store('sd', s0, 8, sp);
      asm.op('addi', { rd: t0, rs1: sp });
      asm.op('addi', { rd: sp, rs1: a1 });
      asm.op('addi', { rd: a1, rs1: t0 });
      asm.load('ld', ra, 0, sp);
      asm.load('ld', s0, 8, sp);
      asm.addi(sp, sp, 16);
      asm.op('jalr', { rs1: ra });
    },
  );
});

/** What the turns add up to, by two generators of the same walks. */
const sumOfTurns = (depths: readonly number[], turns: number): number => {
  function* walk(depth: number): Generator<number> {
    yield depth;
    if (depth > 0) yield* walk(depth - 1);
    yield depth;
  }
  function* forever(depth: number): Generator<number> {
    for (;;) yield* walk(depth);
  }
  const walks = depths.map(forever);
  let sum = 0;
  for (let turn = 0; turn < turns; turn += 1) sum = (2 * sum + walks[turn % 2]!.next().value) & 0x7ff;
  return sum;
};
