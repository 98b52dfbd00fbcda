/**
 * Machine-level CSRs (Privileged 2.2 table 2.5, chapter 3), apart from counters and PMP. Where the specification leaves
 * a choice (WARL), the choice is noted.
 */

import { interruptBit } from '../interrupts.ts';
import { all64, type CsrRow, disturbs, fixed, stored, storedIf } from './row.ts';
import { readMstatus, writeMstatusLow } from './status.ts';

const misaExtensions = 'ACDFIMSU';
const misa = [...misaExtensions].reduce((bits, letter) => bits | (1n << BigInt(letter.charCodeAt(0) - 65)), 2n << 62n);

/**
 * Exceptions that S may be given (3.1.8). An environment call from M can never come from a lower mode, so its bit is
 * zero; bits 10, 14 and those above 15 belong to no exception that this hart raises.
 */
export const delegableExceptions = 0xb3ffn;

/** Interrupts that S may be given: its own three. */
export const delegableInterrupts = BigInt(interruptBit.ssip | interruptBit.stip | interruptBit.seip);

export const allInterrupts = delegableInterrupts | BigInt(interruptBit.msip | interruptBit.mtip | interruptBit.meip);

/** Bit 0 of an epc is always zero (3.1.14). */
export const epcMask = all64 & ~1n;

/** Modes 2 and 3 of a tvec are reserved (3.1.7): such a write changes nothing. */
export const tvecIsLegal = (value: bigint): boolean => (value & 3n) < 2n;

export const envcfg = {
  fiom: 1n, // fences of I/O imply memory; nothing is reordered here, so the bit is only kept
  stce: 1n << 63n, // stimecmp drives mip.STIP (Sstc)
} as const;

export const machineRows: readonly CsrRow[] = [
  fixed('mvendorid', 0n),
  fixed('marchid', 0n),
  fixed('mimpid', 0n),
  { name: 'mhartid', read: (hart) => BigInt(hart.id) },
  fixed('mconfigptr', 0n),

  {
    name: 'mstatus',
    read: readMstatus,
    write: (hart, value) => writeMstatusLow(hart, Number(value & 0xffff_ffffn)),
  },
  fixed('misa', misa), // no extension can be switched off
  stored('medeleg', 'medeleg', delegableExceptions),
  stored('mideleg', 'mideleg', delegableInterrupts, disturbs.interrupts),
  stored('mie', 'mie', allInterrupts, disturbs.interrupts),
  storedIf('mtvec', 'mtvec', tvecIsLegal),
  stored('mcounteren', 'mcounteren', 0xffff_ffffn),
  {
    name: 'menvcfg',
    read: (hart) => hart.get('menvcfg'),
    write: (hart, value, services) => {
      const old = hart.get('menvcfg');
      const now = value & (envcfg.fiom | envcfg.stce);
      hart.set('menvcfg', now);
      if (((old ^ now) & envcfg.stce) === 0n) return disturbs.nothing;
      // While STCE is set, mip.STIP shows the comparison and nothing else (Sstc), so software's own bit goes.
      hart.setLow('mip', hart.low('mip') & ~interruptBit.stip);
      services.timerChanged(hart);
      return disturbs.interrupts;
    },
  },

  stored('mscratch', 'mscratch'),
  stored('mepc', 'mepc', epcMask),
  stored('mcause', 'mcause'),
  stored('mtval', 'mtval'),
  {
    name: 'mip',
    read: (hart) => BigInt((hart.low('mip') | hart.low('lines')) >>> 0),
    write: (hart, value) => {
      // With STCE, STIP is read-only here (Sstc). The machine-level bits come from outside only (3.1.9).
      const stip = hart.get('menvcfg') & envcfg.stce ? 0 : interruptBit.stip;
      const mask = interruptBit.ssip | interruptBit.seip | stip;
      hart.setLow('mip', (hart.low('mip') & ~mask) | (Number(value & 0xffffn) & mask));
      return disturbs.interrupts;
    },
    // A read shows SEIP as software's bit OR the interrupt controller's, but csrrs and csrrc modify software's alone,
    // or a set of another bit would freeze a passing external interrupt (3.1.9).
    modifies: (hart) => hart.get('mip'),
  },
];
