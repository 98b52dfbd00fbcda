/**
 * Code that is mapped at several addresses, and mappings that change under code that runs, under calls that are under
 * way, and under code that goes over the end of a page, thousands of times each: what runs is what is mapped now.
 */

import { test } from 'vitest';
import { csr } from '../../vmm/isa/csr-names.ts';
import { encode } from '../../vmm/isa/encode.ts';
import { type Assembler, Label } from '../oracle/assembler.ts';
import { type Instruction, openMemory, place, pte, pteOf, S, satpOf, set, writeDouble } from './fixture.ts';
import {
  a0,
  a1,
  a2,
  a3,
  a4,
  a5,
  aliasBytes,
  checkCode as check,
  codeEntry,
  emitEnd,
  emitFunction,
  emitLoop,
  entryAt,
  paged,
  physical,
  ra,
  s0,
  t0,
  twinEntry,
  zero,
} from './small-guest.ts';

const add = (imm: number): number => encode('addi', { rd: a2, rs1: a2, imm: BigInt(imm) });

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

/** Calls what is some bytes into the second page's code, so that the page is known, then the first's twice, and swaps. */
const emitVisits = (asm: Assembler, first: Label, bytes: number): void => {
  asm.la(t0, first);
  asm.op('jalr', { rd: ra, rs1: t0, imm: BigInt(bytes) });
  asm.jal(ra, first);
  asm.jal(ra, first);
  emitSwap(asm);
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
    (times / 2) * 101 * 3,
    times * 40,
    (asm, first) => {
      emitEntries(asm, 2);
      emitLoop(asm, times, () => emitVisits(asm, first, 8));
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
    (times / 2) * (0x101 + 0x301) * 2,
    times * 40,
    (asm, first) => {
      emitEntries(asm, 2);
      emitLoop(asm, times, () => emitVisits(asm, first, 6));
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

test('a load sets the accessed bit in the instruction that follows it, which is the page-table entry itself', async () => {
  // The entry of data's first page, in the last table, is `fence` before and `fnmadd.s f0, f16, f0, f4` after.
  const page = 300;
  const entry = pteOf(physical.data, pte.v | pte.r | pte.w | pte.x);
  const last = physical.tables + 0x2000;
  await check(
    Number(BigInt.asIntN(64, 0xffff_ffff_7fc0_0000n)), // NaN, since none of the three is a boxed single
    400,
    (asm) => {
      asm.op('fmv.x.d', { rd: a2, rs1: 0 }); // the illegal zeros behind the entry trap to here
      emitEnd(asm);
    },
    {
      isPaged: true,
      registers: { a4: 0x4000_0000 + page * 0x1000, mtvec: physical.code, f0: 0, f4: 0, f16: 0 },
      prepare: (machine) => {
        writeDouble(machine, last + 8 * page, entry);
        // By a jump, so that what begins behind it is translated.
        const load: Instruction = ['ld', { rd: a3, rs1: a4 }];
        place(machine, last + 8 * page - 16, ['addi', {}], ['jal', { imm: 4n }], ['addi', {}], load);
        set(machine, { pc: paged.window + 8 * page - 16 });
      },
    },
  );
});

test('a far jump goes further than 2 GiB from where its region begins', async () => {
  // The loop begins at page 0, and its auipc more than 2 KiB behind that: the largest immediates reach over 2 ** 31.
  const times = 300;
  const middle = 0x900;
  const target = middle + 0x7fff_f000 + 0x7fe;
  await check(
    times * 3,
    times * 12,
    (asm) => {
      const near = new Label();
      const again = asm.bind(new Label());
      asm.jal(zero, near);
      while (asm.here % 0x1000 < middle) asm.half(0x0001);
      asm.bind(near);
      asm.op('auipc', { rd: t0, imm: 0x7fff_f000n });
      asm.op('jalr', { rd: ra, rs1: t0, imm: 0x7fen });
      asm.addi(a2, a2, 1);
      asm.addi(a3, a3, -1);
      asm.branch('bne', a3, zero, again);
      emitEnd(asm);
    },
    {
      isPaged: true,
      registers: { a3: times },
      prepare: (machine) => {
        // The fourth gigabyte is RAM's first.
        writeDouble(machine, physical.tables + 24, pteOf(0x8000_0000, pte.rwxad));
        place(machine, 0x8000_0000 + ((paged.code + target) & 0x3fff_ffff), add(2), encode('jalr', { rs1: ra }));
      },
    },
  );
});
