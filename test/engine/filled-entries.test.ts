/**
 * Entries of page tables that a guest fills in, uses, changes and clears by its own stores, without a fence: what is stored over
 * an invalid entry goes on in emitted code (machine/refill.ts), and the next access sees it, in every way to run.
 */

import { test } from 'vitest';
import type { Assembler } from '../oracle/assembler.ts';
import { pte, pteOf, writeDouble } from './fixture.ts';
import {
  a0,
  a1,
  a2,
  a3,
  a4,
  a5,
  a6,
  checkCode,
  emitEnd,
  emitLoop,
  entryAt,
  paged,
  physical,
  zero,
} from './small-guest.ts';

const times = 2000;
/** A page of virtual memory that nothing else uses, as `entryAt` counts them, and one that has the second-level table. */
const page = 300;
const tablesPage = 301;
const middle = physical.tables + 0x1000;
const last = physical.tables + 0x2000;

/** Adds what the page has: 1 or 100, by which page of data it is. */
const emitSum = (asm: Assembler): void => {
  asm.load('ld', a3, 0, a5);
  asm.op('add', { rd: a2, rs1: a2, rs2: a3 });
};

const check = (sentence: string, perRound: number, body: (asm: Assembler) => void): void =>
  test(sentence, () =>
    checkCode(
      perRound * times,
      times * 24,
      (asm) => {
        asm.li(a0, pteOf(physical.data, pte.rwxad));
        asm.li(a1, pteOf(physical.data + 0x1000, pte.rwxad));
        asm.li(a4, BigInt(entryAt(page)));
        asm.li(a5, BigInt(paged.code + page * 0x1000));
        asm.op('addi', { rd: a6, rs1: a4 });
        emitLoop(asm, times, () => body(asm));
        emitEnd(asm);
      },
      {
        isPaged: true,
        prepare: (machine) => {
          writeDouble(machine, physical.data, 1n);
          writeDouble(machine, physical.data + 0x1000, 100n);
          writeDouble(machine, last + 8 * tablesPage, pteOf(middle, pte.rwxad));
        },
      },
    ),
  );

check('an entry is filled in, used, and cleared', 1, (asm) => {
  asm.store('sd', a0, 0, a4);
  emitSum(asm);
  asm.store('sd', zero, 0, a4);
});

check('... and changed before, by a store through another register', 101, (asm) => {
  asm.store('sd', a0, 0, a4);
  emitSum(asm);
  asm.store('sd', a1, 0, a6);
  emitSum(asm);
  asm.store('sd', zero, 0, a6);
});

check('... and changed before, by one look at the TLB for all three stores', 101, (asm) => {
  asm.store('sd', a0, 0, a4);
  emitSum(asm);
  asm.store('sd', a1, 0, a4);
  emitSum(asm);
  asm.store('sd', zero, 0, a4);
});

check('its halves are filled in, the upper one first', 1, (asm) => {
  asm.store('sw', zero, 4, a4);
  asm.store('sw', a0, 0, a6);
  emitSum(asm);
  asm.store('sw', zero, 0, a4);
});

check('a store over two entries, of which the first was not valid, clears the second', 1, (asm) => {
  asm.store('sd', zero, 0, a4);
  asm.store('sw', a0, 0, a4);
  emitSum(asm);
  asm.store('sd', zero, -4, a6);
});

check('an atomic operation fills it in, and another one clears it', 101, (asm) => {
  asm.op('amoor.d', { rd: zero, rs1: a4, rs2: a0 });
  emitSum(asm);
  asm.op('amoswap.d', { rd: zero, rs1: a4, rs2: a1 });
  emitSum(asm);
  asm.op('amoswap.d', { rd: zero, rs1: a4, rs2: zero });
});

check('a pointer is filled in, which leads to a table that is known', 1, (asm) => {
  asm.li(a4, BigInt(paged.code + tablesPage * 0x1000 + 8));
  asm.li(a3, pteOf(last, pte.v));
  asm.li(a5, BigInt(paged.data + 0x20_0000));
  asm.store('sd', a3, 0, a4);
  emitSum(asm);
  asm.store('sd', zero, 0, a4);
});

check('a table is written more often than a table is, with nothing valid, and used again', 1, (asm) => {
  for (const distance of [8, 16, 24, 32]) asm.store('sd', zero, distance, a4);
  asm.store('sd', zero, 40, a6);
  asm.store('sd', a0, 0, a6);
  emitSum(asm);
  asm.store('sd', zero, 0, a6);
});
