/**
 * Entering a trap and returning from it (Privileged 3.1.6.1, 3.1.7, 3.1.8, 3.3.2). A trap is a step: the count of traps
 * is kept here so that instret can leave it out.
 *
 * A return ends an LR reservation, which the specification allows (3.3.2) and QEMU does: kernels that were only tried there
 * need not execute an SC of their own when they go from one context to another.
 */

import { hartOffset } from '../engine/layout.ts';
import { mppShift, mstatus, setStatusLow, statusLow } from './csr/status.ts';
import { type Hart, interruptCounts, type Privilege, privilege } from './hart.ts';

/** Exception codes of mcause and scause (3.1.15, table 3.6). */
export const cause = {
  instructionMisaligned: 0,
  instructionAccessFault: 1,
  illegalInstruction: 2,
  breakpoint: 3,
  loadMisaligned: 4,
  loadAccessFault: 5,
  storeMisaligned: 6,
  storeAccessFault: 7,
  ecallFromUser: 8,
  ecallFromSupervisor: 9,
  ecallFromMachine: 11,
  instructionPageFault: 12,
  loadPageFault: 13,
  storePageFault: 15,
} as const;

const words = {
  pc: hartOffset.pc >>> 2,
  medeleg: hartOffset.medeleg >>> 2,
  mideleg: hartOffset.mideleg >>> 2,
  reservation: hartOffset.reservation >>> 2,
} as const;

const supervisorRegisters = {
  tvec: hartOffset.stvec >>> 2,
  epc: hartOffset.sepc >>> 2,
  cause: hartOffset.scause >>> 2,
  tval: hartOffset.stval >>> 3,
} as const;

const machineRegisters = {
  tvec: hartOffset.mtvec >>> 2,
  epc: hartOffset.mepc >>> 2,
  cause: hartOffset.mcause >>> 2,
  tval: hartOffset.mtval >>> 3,
} as const;

/**
 * Enters the handler for an exception or interrupt that happened at `hart.pc`: delegates, saves, sets pc and privilege.
 * `tval` is the bad address, the instruction's bits, or 0.
 */
export const enterTrap = (hart: Hart, causeCode: number, tval: bigint, interrupt: boolean): void => {
  const { u32, u64 } = hart.memory;
  const base = hart.base >>> 2;
  const from = hart.privilege;
  const delegation = u32[base + (interrupt ? words.mideleg : words.medeleg)]!;
  // Traps never go to a less privileged mode than they come from (3.1.8).
  const toSupervisor = from <= privilege.supervisor && ((delegation >>> causeCode) & 1) === 1;
  const registers = toSupervisor ? supervisorRegisters : machineRegisters;

  u32[base + registers.epc] = u32[base + words.pc]!;
  u32[base + registers.epc + 1] = u32[base + words.pc + 1]!;
  u32[base + registers.cause] = causeCode;
  u32[base + registers.cause + 1] = interrupt ? 0x8000_0000 : 0;
  u64[(hart.base >>> 3) + registers.tval] = tval;

  setStatusLow(hart, toSupervisor ? stackForSupervisor(statusLow(hart), from) : stackForMachine(statusLow(hart), from));
  hart.privilege = toSupervisor ? privilege.supervisor : privilege.machine;
  hart.waiting = 0;
  hart.traps += 1;
  hart.trapCounts[interrupt ? interruptCounts + causeCode : causeCode]! += 1;

  hart.observer?.trapped(hart, causeCode, interrupt, from, hart.privilege);

  const tvec = u32[base + registers.tvec]!;
  const vectored = interrupt && (tvec & 3) === 1;
  const target = ((tvec & ~3) >>> 0) + (vectored ? 4 * causeCode : 0);
  u32[base + words.pc] = target;
  u32[base + words.pc + 1] = u32[base + registers.tvec + 1]! + (target > 0xffff_ffff ? 1 : 0);
};

/** xPIE takes xIE, xIE becomes 0, xPP takes the privilege (3.1.6.1). */
const stackForSupervisor = (status: number, from: Privilege): number => {
  const cleared = status & ~(mstatus.sie | mstatus.spie | mstatus.spp);
  return (cleared | (status & mstatus.sie ? mstatus.spie : 0) | (from ? mstatus.spp : 0)) >>> 0;
};

const stackForMachine = (status: number, from: Privilege): number => {
  const cleared = status & ~(mstatus.mie | mstatus.mpie | mstatus.mpp);
  return (cleared | (status & mstatus.mie ? mstatus.mpie : 0) | (from << mppShift)) >>> 0;
};

/** mret or sret, already found legal: unstacks and sets pc and privilege. */
export const returnFromTrap = (hart: Hart, instruction: 'mret' | 'sret'): void => {
  const status = statusLow(hart);
  const from = hart.privilege;
  const { u32 } = hart.memory;
  const base = hart.base >>> 2;
  const fromMachine = instruction === 'mret';
  const to = (fromMachine ? (status & mstatus.mpp) >>> mppShift : status & mstatus.spp ? 1 : 0) as Privilege;
  let now = fromMachine ? unstackForMachine(status) : unstackForSupervisor(status);
  // A return to a mode less privileged than M clears MPRV (3.1.6.3).
  if (to !== privilege.machine) now &= ~mstatus.mprv;
  setStatusLow(hart, now >>> 0);
  hart.privilege = to;
  u32[base + words.reservation] = 0xffff_ffff; // none
  u32[base + words.reservation + 1] = 0xffff_ffff;
  hart.observer?.returned(hart, from, to);
  const { epc } = fromMachine ? machineRegisters : supervisorRegisters;
  u32[base + words.pc] = u32[base + epc]!;
  u32[base + words.pc + 1] = u32[base + epc + 1]!;
};

/** xIE takes xPIE, xPIE becomes 1, xPP becomes the least privileged mode (3.1.6.1). */
const unstackForMachine = (status: number): number =>
  (status & ~(mstatus.mie | mstatus.mpp)) | (status & mstatus.mpie ? mstatus.mie : 0) | mstatus.mpie;

const unstackForSupervisor = (status: number): number =>
  (status & ~(mstatus.sie | mstatus.spp)) | (status & mstatus.spie ? mstatus.sie : 0) | mstatus.spie;
