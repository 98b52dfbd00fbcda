/**
 * Which interrupt is due (Privileged 3.1.6.1, 3.1.9, 4.1.3). It neither raises nor takes one: lines are driven by the
 * machine, entering is trap.ts.
 */

import { hartOffset } from '../engine/layout.ts';
import { mstatus, statusLow } from './csr/status.ts';
import { type Hart, privilege } from './hart.ts';

/** Bits of mip and mie; the bit's position is the cause. */
export const interruptBit = {
  ssip: 1 << 1, // supervisor software
  msip: 1 << 3, // machine software: CLINT
  stip: 1 << 5, // supervisor timer: stimecmp, or M by hand
  mtip: 1 << 7, // machine timer: CLINT
  seip: 1 << 9, // supervisor external: PLIC, or M by hand
  meip: 1 << 11, // machine external: PLIC
} as const;

/** Highest first (3.1.9): "MEI, MSI, MTI, SEI, SSI, STI". */
const causesByPriority = [11, 3, 7, 9, 1, 5] as const;

const mipWord = hartOffset.mip >>> 2;
const linesWord = hartOffset.lines >>> 2;
const mieWord = hartOffset.mie >>> 2;
const midelegWord = hartOffset.mideleg >>> 2;

/** What is pending: software's bits and the lines from outside. */
export const readMip = (hart: Hart): number => {
  const { u32 } = hart.memory;
  const base = hart.base >>> 2;
  return (u32[base + mipWord]! | u32[base + linesWord]!) >>> 0;
};

/** Cause of the interrupt to take before the next instruction, or -1. */
export const pendingInterrupt = (hart: Hart): number => {
  const { u32 } = hart.memory;
  const base = hart.base >>> 2;
  const pending = (u32[base + mipWord]! | u32[base + linesWord]!) & u32[base + mieWord]!;
  if (pending === 0) return -1;
  const delegated = u32[base + midelegWord]!;
  const level = hart.privilege;
  const status = statusLow(hart);
  // Interrupts for a higher level are always enabled, those for a lower one never. M's come before S's (3.1.9).
  const forMachine = pending & ~delegated;
  if (forMachine !== 0 && (level < privilege.machine || status & mstatus.mie)) return highest(forMachine);
  const forSupervisor = pending & delegated;
  if (
    forSupervisor !== 0 &&
    (level < privilege.supervisor || (level === privilege.supervisor && status & mstatus.sie))
  ) {
    return highest(forSupervisor);
  }
  return -1;
};

const highest = (bits: number): number => {
  for (const cause of causesByPriority) if ((bits >>> cause) & 1) return cause;
  return -1;
};

/** Whether wfi would not wait, or would wake: enabled in mie and pending, whatever the global enables (3.3.3). */
export const wakesWaiting = (hart: Hart): boolean => {
  const { u32 } = hart.memory;
  const base = hart.base >>> 2;
  return ((u32[base + mipWord]! | u32[base + linesWord]!) & u32[base + mieWord]!) !== 0;
};
