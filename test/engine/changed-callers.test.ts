/**
 * Code that changes while calls into it are under way on the host's stack, and mappings that change under it: what comes
 * back goes on in the code that is there now. Each guest changes its code at most a dozen times a page, after which
 * pages are left to the interpreter, and mappings thousands of times.
 */

import { test } from 'vitest';
import { csr } from '../../vmm/isa/csr-names.ts';
import { encode } from '../../vmm/isa/encode.ts';
import { type Assembler, Label } from '../oracle/assembler.ts';
import { openMemory, pte, pteOf, S, satpOf, set, writeDouble } from './fixture.ts';
import {
  a0,
  a1,
  a2,
  a3,
  a4,
  a5,
  a6,
  aliasBytes,
  checkSmallGuest,
  codeEntry,
  emitEnd,
  emitFunction,
  emitLoop,
  entryAt,
  physical,
  ra,
  type SmallGuest,
  s0,
  t0,
  twinEntry,
  zero,
} from './small-guest.ts';

const add = (imm: number): number => encode('addi', { rd: a2, rs1: a2, imm: BigInt(imm) });

const check = (
  result: number,
  steps: number,
  emit: (asm: Assembler) => void,
  rest: Partial<SmallGuest> = {},
): Promise<void> =>
  checkSmallGuest({
    emit: (asm) => {
      emit(asm);
      return undefined;
    },
    result: BigInt(result),
    steps,
    ...rest,
  });

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

/** A page of `code` and its twin hold `body` each; the main program, in page 0, runs before. */
const checkTwins = (
  result: number,
  steps: number,
  main: (asm: Assembler, page1: Label) => void,
  body: (asm: Assembler, isTwin: boolean) => void,
  offset = 0x1000,
): Promise<void> => {
  const lay = (asm: Assembler, isTwin: boolean): void => {
    while (asm.here % 0x1_0000 < offset) asm.half(0x0001);
    body(asm, isTwin);
  };
  return check(
    result,
    steps,
    (asm) => {
      const page1 = new Label();
      main(asm, page1);
      emitEnd(asm);
      asm.flushLiterals();
      while (asm.here % 0x1_0000 < offset) asm.half(0x0001);
      asm.bind(page1);
      lay(asm, false);
    },
    { isPaged: true, emitTwin: (asm) => lay(asm, true) },
  );
};

/** Swaps a0, what is in the page table at a4, and a1, what is not. */
const emitSwap = (asm: Assembler): void => {
  asm.store('sd', a1, 0, a4);
  asm.op('xor', { rd: a0, rs1: a0, rs2: a1 });
  asm.op('xor', { rd: a1, rs1: a0, rs2: a1 });
  asm.op('xor', { rd: a0, rs1: a0, rs2: a1 });
};

const emitEntries = (asm: Assembler, page: number): void => {
  asm.li(a0, codeEntry(page));
  asm.li(a1, twinEntry(page));
  asm.li(a4, BigInt(entryAt(page)));
};

test('a callee maps another page in the place of its caller, every time', async () => {
  // The caller adds 1, or 100 in the twin; each call swaps them before it comes back.
  const times = 4000;
  const swap = new Label();
  await checkTwins(
    (times / 2) * 101,
    times * 30,
    (asm, caller) => {
      emitEntries(asm, 1);
      asm.la(a5, swap);
      emitLoop(asm, times, () => asm.jal(ra, caller));
      emitEnd(asm);
      asm.bind(swap);
      emitSwap(asm);
      asm.op('jalr', { rs1: ra });
    },
    (asm, isTwin) =>
      emitFunction(asm, new Label(), () => {
        asm.op('jalr', { rd: ra, rs1: a5 });
        asm.word(add(isTwin ? 100 : 1));
      }),
  );
});

test('the innermost of many calls maps another page under all of them', async () => {
  const rounds = 300;
  const depth = 50;
  const swap = new Label();
  await checkTwins(
    (rounds / 2) * 101 * (depth + 1),
    rounds * (depth + 2) * 20,
    (asm, down) => {
      emitEntries(asm, 1);
      asm.la(a5, swap);
      emitLoop(asm, rounds, () => {
        asm.addi(a3, zero, depth);
        asm.jal(ra, down);
      });
      emitEnd(asm);
      asm.bind(swap);
      emitSwap(asm);
      asm.op('jalr', { rs1: ra });
    },
    (asm, isTwin) => {
      const self = new Label();
      emitFunction(asm, self, () => {
        const [bottom, back] = [new Label(), new Label()];
        asm.branch('beq', a3, zero, bottom);
        asm.addi(a3, a3, -1);
        asm.jal(ra, self);
        asm.jal(zero, back);
        asm.bind(bottom);
        asm.op('jalr', { rd: ra, rs1: a5 });
        asm.bind(back);
        asm.word(add(isTwin ? 100 : 1));
      });
    },
  );
});

test('a loop over the end of a page, whose second page changes at each round', async () => {
  const times = 4000;
  await checkTwins(
    (times / 2) * 101,
    times * 30,
    (asm, first) => {
      emitEntries(asm, 2);
      emitLoop(asm, times, () => {
        asm.jal(ra, first);
        emitSwap(asm);
      });
    },
    (asm, isTwin) => {
      asm.addi(s0, s0, 1);
      asm.addi(s0, s0, 1);
      asm.word(add(isTwin ? 100 : 1)); // the first instruction of page 2
      asm.op('jalr', { rs1: ra });
    },
    0x2000 - 8,
  );
});

test('an instruction over the end of a page, whose second half changes at each round', async () => {
  const times = 4000;
  await checkTwins(
    (times / 2) * (0x101 + 0x301),
    times * 30,
    (asm, first) => {
      emitEntries(asm, 2);
      emitLoop(asm, times, () => {
        asm.jal(ra, first);
        emitSwap(asm);
      });
    },
    (asm, isTwin) => {
      asm.half(0x0001);
      asm.word(add(isTwin ? 0x301 : 0x101)); // 2 bytes of it in page 2; the first two are the same
      asm.op('jalr', { rs1: ra });
    },
    0x2000 - 4,
  );
});

test('code is run by two of its addresses in turns, and calls come back by the other one', async () => {
  const times = 3000;
  const [here, flip] = [new Label(), new Label()];
  // Each round runs auipc after a call that comes back at the other address: the sum tells by which.
  await check(
    (times / 2) * aliasBytes,
    times * 24,
    (asm) => {
      asm.li(a5, BigInt(aliasBytes));
      asm.li(a3, BigInt(times));
      const again = asm.bind(new Label());
      asm.jal(ra, flip);
      asm.bind(here);
      asm.op('auipc', { rd: a0 });
      asm.op('and', { rd: a0, rs1: a0, rs2: a5 });
      asm.op('add', { rd: a2, rs1: a2, rs2: a0 });
      asm.addi(a3, a3, -1);
      asm.branch('bne', a3, zero, again);
      emitEnd(asm);
      asm.bind(flip);
      asm.op('xor', { rd: ra, rs1: ra, rs2: a5 });
      asm.op('jalr', { rs1: ra });
    },
    { isPaged: true },
  );
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

test('a call comes back to the same address in machine mode, where other code is', async () => {
  // In supervisor mode page 1 is its twin, and the others are themselves. Every other call's ecall is answered by a jump,
  // in machine mode, to where the call comes back to.
  const [callee, handler] = [0x2000, 0x3000];
  const times = 4000;
  const to = (asm: Assembler, offset: number): void => {
    while (asm.here % 0x1_0000 < offset) asm.half(0x0001);
  };
  await check(
    (times / 2) * 101,
    times * 24,
    (asm) => {
      to(asm, 0x1010); // where the call comes back to
      asm.addi(a2, a2, 100);
      asm.addi(t0, ra, 4);
      asm.writeCsr(csr.mepc, t0);
      asm.op('mret');
      to(asm, callee);
      asm.op('ecall');
      asm.op('jalr', { rs1: ra });
      to(asm, handler);
      const jump = new Label();
      asm.op('xori', { rd: a3, rs1: a3, imm: 1n });
      asm.branch('beq', a3, zero, jump);
      asm.readCsr(t0, csr.mepc);
      asm.addi(t0, t0, 4);
      asm.writeCsr(csr.mepc, t0);
      asm.op('mret');
      asm.bind(jump);
      asm.op('jalr', { rs1: ra });
    },
    {
      emitTwin: (asm) => {
        to(asm, 0x1008);
        const again = asm.bind(new Label());
        asm.half(0x0001);
        asm.half(0x0001);
        asm.op('jalr', { rd: ra, rs1: a5 });
        asm.addi(a2, a2, 1);
        asm.addi(a4, a4, -1);
        asm.branch('bne', a4, zero, again);
        emitEnd(asm);
      },
      registers: { ...openMemory, a4: times, a5: physical.code + callee, mtvec: physical.code + handler },
      prepare: (machine) => {
        const [root, middle, last] = [0, 1, 2].map((page) => physical.tables + page * 0x1000) as [
          number,
          number,
          number,
        ];
        writeDouble(machine, root + 16, pteOf(middle, pte.v));
        writeDouble(machine, middle, pteOf(last, pte.v));
        for (let page = 0; page < 8; page += 1)
          writeDouble(machine, last + 8 * (0x100 + page), page === 1 ? twinEntry(1) : codeEntry(page));
        set(machine, { satp: satpOf(physical.tables), privilege: S, pc: physical.code + 0x1008 });
      },
    },
  );
});
