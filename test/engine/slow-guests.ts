/** Guests that go on for ever with steps that are slow, each for a reason of its own: they leave emitted code. Not a test. */

import type { Instruction } from './fixture.ts';

/** In machine mode, laid at the beginning of RAM, where it begins. */
export interface SlowGuest {
  readonly code: readonly Instruction[];
  readonly registers?: Readonly<Record<string, bigint | number>>;
}

const [t0, a0, a1, a2, a3, a4] = [5, 10, 11, 12, 13, 14];
const base = 0x8000_0000;
const uart = 0x1000_0000;
const lineStatus = 5;

/** Back over some instructions before it. */
const back = (instructions: number): Instruction => ['jal', { imm: BigInt(-4 * instructions) }];

export const slowGuests = {
  'traps at each step': { code: [['ecall']], registers: { mtvec: base } },
  'reads a device': {
    code: [['lbu', { rd: a1, rs1: a0, imm: BigInt(lineStatus) }], back(1)],
    registers: { a0: uart },
  },
  'touches another page each time': {
    code: [
      ['add', { rd: a0, rs1: a0, rs2: a2 }],
      ['and', { rd: a0, rs1: a0, rs2: a3 }],
      ['or', { rd: a1, rs1: a0, rs2: a4 }],
      ['lb', { rd: t0, rs1: a1 }],
      back(4),
    ],
    registers: { a2: 0x1000, a3: 0x7f_ffff, a4: base },
  },
  'reads its cycles': { code: [['csrrs', { rd: a0, csr: 0xc00, rs1: 0 }], back(1)] },
  'empties its TLB': { code: [['sfence.vma'], back(1)] },
  'divides with a rounding mode that the host has not': {
    code: [['fdiv.d', { rd: 0, rs1: 1, rs2: 2, rm: 3 }], back(1)],
    registers: { mstatus: 0x6000, f1: 0x3ff0_0000_0000_0000n, f2: 0x4008_0000_0000_0000n },
  },
} as const satisfies Readonly<Record<string, SlowGuest>>;
