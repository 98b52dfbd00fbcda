/** Supervisor-level CSRs (Privileged chapter 4, Sstc). sstatus, sie and sip are windows on the machine's registers. */

import type { Hart } from '../hart.ts';
import { privilege } from '../hart.ts';
import { interruptBit } from '../interrupts.ts';
import { envcfg, epcMask, tvecIsLegal } from './machine.ts';
import { type CsrRow, disturbs, stored, storedIf } from './row.ts';
import { mstatus, readSstatus, statusLow, writeSstatusLow } from './status.ts';

const timeBit = 1; // mcounteren.TM

/** satp.MODE: bare, Sv39, Sv48, Sv57. "If satp is written with an unsupported MODE, the entire write has no effect" (4.1.11). */
export const satpModes = { bare: 0, sv39: 8, sv48: 9, sv57: 10 } as const;
const satpModeIsLegal = (value: bigint): boolean => {
  const mode = Number(value >> 60n);
  return mode === satpModes.bare || (mode >= satpModes.sv39 && mode <= satpModes.sv57);
};

/** TVM makes satp and sfence.vma illegal in S (3.1.6.5). */
export const virtualMemoryTraps = (hart: Hart): boolean =>
  hart.privilege === privilege.supervisor && (statusLow(hart) & mstatus.tvm) !== 0;

export const supervisorRows: readonly CsrRow[] = [
  {
    name: 'sstatus',
    read: readSstatus,
    write: (hart, value) => writeSstatusLow(hart, Number(value & 0xffff_ffffn)),
  },
  {
    // Only interrupts that M has delegated appear (4.1.3).
    name: 'sie',
    read: (hart) => hart.get('mie') & hart.get('mideleg'),
    write: (hart, value) => {
      const mask = hart.get('mideleg');
      hart.set('mie', (hart.get('mie') & ~mask) | (value & mask));
      return disturbs.interrupts;
    },
  },
  storedIf('stvec', 'stvec', tvecIsLegal),
  stored('scounteren', 'scounteren', 0xffff_ffffn),
  stored('senvcfg', 'senvcfg', envcfg.fiom),
  stored('sscratch', 'sscratch'),
  stored('sepc', 'sepc', epcMask),
  stored('scause', 'scause'),
  stored('stval', 'stval'),
  {
    name: 'sip',
    read: (hart) => BigInt((hart.low('mip') | hart.low('lines')) & hart.low('mideleg')),
    write: (hart, value) => {
      // SEIP and STIP are read-only in sip; SSIP is writable when it is delegated (4.1.3).
      const mask = hart.low('mideleg') & interruptBit.ssip;
      hart.setLow('mip', (hart.low('mip') & ~mask) | (Number(value & 0xffffn) & mask));
      return disturbs.interrupts;
    },
  },
  {
    name: 'stimecmp',
    read: (hart) => hart.get('stimecmp'),
    write: (hart, value, services) => {
      hart.set('stimecmp', value);
      services.timerChanged(hart);
      return disturbs.interrupts;
    },
    legal: (hart) =>
      hart.privilege === privilege.machine ||
      (((hart.low('mcounteren') >>> timeBit) & 1) === 1 && (hart.get('menvcfg') & envcfg.stce) !== 0n),
  },
  {
    name: 'satp',
    read: (hart) => hart.get('satp'),
    write: (hart, value) => {
      if (!satpModeIsLegal(value)) return disturbs.nothing;
      if (hart.get('satp') !== value) {
        hart.set('satp', value);
        hart.observer?.spaceChanged(hart);
      }
      return disturbs.context; // what is cached for another address space stays as right as it was
    },
    legal: (hart) => !virtualMemoryTraps(hart),
  },
];
