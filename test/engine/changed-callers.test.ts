/**
 * Code that changes while calls into it are under way on the host's stack: what comes back goes on in the code that is
 * there now. Each guest changes a page of code about a dozen times, after which pages are left to the interpreter.
 */

import { test } from 'vitest';
import { encode } from '../../vmm/isa/encode.ts';
import { type Assembler, Label } from '../oracle/assembler.ts';
import { set } from './fixture.ts';
import {
  a0,
  a1,
  a2,
  a3,
  a4,
  a5,
  a6,
  checkCode as check,
  checkSmallGuest,
  emitEnd,
  emitFunction,
  emitLoop,
  ra,
  type SmallGuest,
  t0,
  zero,
} from './small-guest.ts';

const add = (imm: number): number => encode('addi', { rd: a2, rs1: a2, imm: BigInt(imm) });

/** Stores an instruction that a0 holds at a label, when a1 is 0. */
const emitChange = (asm: Assembler, where: Label): void => {
  const over = new Label();
  asm.branch('bne', a1, zero, over);
  asm.la(t0, where);
  asm.store('sw', a0, 0, t0);
  asm.bind(over);
};

test('a callee changes what its caller goes on with', async () => {
  const [caller, callee, site] = [new Label(), new Label(), new Label()];
  // 4000 calls; the twelfth of each 400 changes the site from +1 to +2, +3, ...
  const times = 4000;
  const every = 400;
  let expected = 0;
  for (let call = 0, imm = 1; call < times; call += 1) {
    if (call % every === every - 1) imm += 1;
    expected += imm;
  }
  await check(expected, times * 30, (asm) => {
    asm.li(a0, BigInt(add(1)));
    asm.li(a5, 1n << 20n); // one more in the immediate
    asm.addi(a1, zero, every);
    emitLoop(asm, times, () => asm.jal(ra, caller));
    emitEnd(asm);
    emitFunction(asm, caller, () => {
      asm.jal(ra, callee);
      asm.bind(site);
      asm.word(add(1));
    });
    const over = new Label();
    asm.bind(callee);
    asm.addi(a1, a1, -1);
    asm.branch('bne', a1, zero, over);
    asm.addi(a1, zero, every);
    asm.op('add', { rd: a0, rs1: a0, rs2: a5 });
    asm.la(t0, site);
    asm.store('sw', a0, 0, t0);
    asm.bind(over);
    asm.op('jalr', { rs1: ra });
  });
});

for (const depth of [3, 100, 300])
  test(`the innermost of ${depth} calls changes the function that all of them are in`, async () => {
    const [down, site] = [new Label(), new Label()];
    const rounds = 400;
    // Only rounds 100, 200, 300 change; a new word is in use from that round's own returns on.
    let expected = 0;
    for (let round = rounds, imm = 1; round > 0; round -= 1) {
      if (round % 100 === 0 && round < rounds) imm += 1;
      expected += imm * (depth + 1);
    }
    await check(expected, rounds * (depth + 1) * 20 + 30_000, (asm) => {
      asm.li(a0, BigInt(add(1)));
      asm.li(a5, 1n << 20n);
      asm.addi(a6, zero, 100);
      emitLoop(asm, rounds, () => {
        const same = new Label();
        asm.op('remu', { rd: a1, rs1: 9, rs2: a6 }); // s1 counts the rounds
        asm.op('xori', { rd: a4, rs1: 9, imm: BigInt(rounds) });
        asm.op('sltiu', { rd: a4, rs1: a4, imm: 1n });
        asm.op('or', { rd: a1, rs1: a1, rs2: a4 });
        asm.branch('bne', a1, zero, same);
        asm.op('add', { rd: a0, rs1: a0, rs2: a5 });
        asm.bind(same);
        asm.addi(a3, zero, depth);
        asm.jal(ra, down);
      });
      emitEnd(asm);
      emitFunction(asm, down, () => {
        const [bottom, back] = [new Label(), new Label()];
        asm.branch('beq', a3, zero, bottom);
        asm.addi(a3, a3, -1);
        asm.jal(ra, down);
        asm.jal(zero, back);
        asm.bind(bottom);
        emitChange(asm, site);
        asm.bind(back);
        asm.bind(site);
        asm.word(add(1));
      });
    });
  });

test('a function changes its own next instruction, hot', async () => {
  const [change, site] = [new Label(), new Label()];
  await check(12 * 300 + 11 * 12 * 150, 12 * 300 * 16, (asm) => {
    asm.li(a0, BigInt(add(1)));
    asm.li(a5, 1n << 20n);
    asm.li(a3, 12n);
    const again = asm.bind(new Label());
    asm.addi(a1, zero, 0);
    emitLoop(asm, 300, () => {
      asm.jal(ra, change);
      asm.addi(a1, zero, 1);
    });
    asm.op('add', { rd: a0, rs1: a0, rs2: a5 });
    asm.addi(a3, a3, -1);
    asm.branch('bne', a3, zero, again);
    emitEnd(asm);
    asm.align(4);
    asm.bind(change);
    emitChange(asm, site);
    asm.bind(site);
    asm.word(0x0000_0013);
    asm.op('jalr', { rs1: ra });
  });
});

test('another hart changes a function between two of its calls', async () => {
  const [body, main, other, site] = [new Label(), new Label(), new Label(), new Label()];
  // Hart 1 stores +2 and +1 in turns; hart 0 sees 1, 2, 1, 2 ...: the twentieth is 2.
  const guest: SmallGuest = {
    changes: { harts: 2, quantumSteps: 777 },
    emit: (asm) => {
      asm.bind(main);
      asm.li(a3, 20n);
      const again = asm.bind(new Label());
      asm.addi(a4, a2, 0);
      asm.jal(ra, body);
      asm.op('sub', { rd: a4, rs1: a2, rs2: a4 });
      asm.branch('beq', a4, a5, again);
      asm.addi(a5, a4, 0);
      asm.addi(a3, a3, -1);
      asm.branch('bne', a3, zero, again);
      asm.addi(a2, a5, 0);
      emitEnd(asm);
      asm.align(4);
      asm.bind(body);
      asm.bind(site);
      asm.word(add(1));
      asm.op('jalr', { rs1: ra });
      // Each change after about 3000 steps, so that the function is hot again.
      asm.bind(other);
      asm.la(t0, site);
      asm.li(a0, BigInt(add(1)));
      asm.li(a1, BigInt(add(2)));
      const turn = asm.bind(new Label());
      for (const word of [a1, a0]) {
        asm.store('sw', word, 0, t0);
        asm.li(a4, 1500n);
        const wait = asm.bind(new Label());
        asm.addi(a4, a4, -1);
        asm.branch('bne', a4, zero, wait);
      }
      asm.jal(zero, turn);
      return main;
    },
    prepare: (machine, at) => set(machine, { pc: at(other) }, 1),
    result: 2n,
    steps: 600_000,
  };
  await checkSmallGuest(guest);
});

test('a page that holds code and data that is written all the time is still followed when its code changes', async () => {
  const [data, site, body] = [new Label(), new Label(), new Label()];
  const times = 40;
  await check(((times * (times + 1)) / 2) * 100, times * 100 * 20, (asm) => {
    asm.li(a0, BigInt(add(0)));
    asm.li(a5, 1n << 20n);
    asm.li(a3, BigInt(times));
    asm.la(a6, data);
    const again = asm.bind(new Label());
    asm.op('add', { rd: a0, rs1: a0, rs2: a5 });
    asm.la(t0, site);
    asm.store('sw', a0, 0, t0);
    emitLoop(asm, 100, () => {
      asm.jal(ra, body);
      asm.store('sd', a2, 0, a6);
    });
    asm.addi(a3, a3, -1);
    asm.branch('bne', a3, zero, again);
    emitEnd(asm);
    asm.bind(body);
    asm.bind(site);
    asm.word(add(0));
    asm.op('jalr', { rs1: ra });
    asm.align(8);
    asm.bind(data);
    asm.dword(0n);
  });
});
