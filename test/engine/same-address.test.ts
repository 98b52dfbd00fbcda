/**
 * A page whose virtual address is, in its low 32 bits, where the engine has the page in linear memory: what a TLB entry adds to
 * an address is 0 then, which is no sign of a miss that could not be served.
 */

import { describe, test } from 'vitest';
import { pageBytes, tlbEntries } from '../../vmm/engine/layout.ts';
import { hostOffset } from '../../vmm/machine/memory.ts';
import type { Assembler } from '../oracle/assembler.ts';
import { pte, pteOf, writeDouble } from './fixture.ts';
import { a0, a1, a2, a3, checkCode, emitEnd, emitLoop, physical, zero } from './small-guest.ts';

const times = 2000;
const [middle, last, otherLast] = [3, 4, 5].map((page) => physical.tables + page * pageBytes) as [
  number,
  number,
  number,
];
const same = hostOffset(physical.data);
/** Where TLBs have it at the same place, so that each misses what the other has displaced. */
const rival = same + tlbEntries * pageBytes;
const indexOf = (address: number, level: number): number => Math.floor(address / pageBytes / 512 ** level) % 512;

const check = (sentence: string, perRound: number, body: (asm: Assembler) => void): void =>
  test(sentence, () =>
    checkCode(
      perRound * times,
      times * 24,
      (asm) => {
        asm.li(a0, BigInt(same));
        asm.li(a1, BigInt(rival));
        emitLoop(asm, times, () => {
          asm.addi(a2, a2, 1);
          body(asm);
        });
        emitEnd(asm);
      },
      {
        isPaged: true,
        prepare: (machine) => {
          writeDouble(machine, physical.tables, pteOf(middle, pte.v));
          for (const [address, table] of [
            [same, last],
            [rival, otherLast],
          ] as const) {
            writeDouble(machine, middle + 8 * indexOf(address, 1), pteOf(table, pte.v));
            writeDouble(machine, table + 8 * indexOf(address, 0), pteOf(physical.data, pte.rwxad));
          }
          writeDouble(machine, physical.data, 10n);
        },
      },
    ),
  );

describe('a miss finds the page there', () => {
  check('of a load', 21, (asm) => {
    for (const base of [a0, a1]) {
      asm.load('ld', a3, 0, base);
      asm.op('add', { rd: a2, rs1: a2, rs2: a3 });
    }
  });

  check('of a store', 11, (asm) => {
    asm.addi(a3, zero, 9);
    asm.store('sd', a3, 0, a0);
    asm.addi(a3, a3, 1);
    asm.store('sd', a3, 0, a1);
    asm.load('ld', a3, 0, a1);
    asm.op('add', { rd: a2, rs1: a2, rs2: a3 });
  });

  check('of two loads at once', 21, (asm) => {
    asm.load('ld', a3, 8, a0);
    asm.op('add', { rd: a2, rs1: a2, rs2: a3 });
    asm.load('ld', a3, 0, a0);
    asm.op('add', { rd: a2, rs1: a2, rs2: a3 });
    asm.load('ld', a3, 0, a1);
    asm.op('add', { rd: a2, rs1: a2, rs2: a3 });
  });

  check('of an atomic operation', 21, (asm) => {
    for (const base of [a0, a1]) {
      asm.op('amoor.d', { rd: a3, rs1: base, rs2: zero });
      asm.op('add', { rd: a2, rs1: a2, rs2: a3 });
    }
  });
});
