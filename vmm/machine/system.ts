/**
 * The instructions that act on the hart itself: CSR accesses, environment calls, returns, wfi, fences (Privileged 3.3,
 * Zicsr). Emitted code does the common CSR accesses and fences itself (engine/csr-function.ts, engine/jit/csr-access.ts); the rest
 * comes here.
 */

import { hartOffset } from '../engine/layout.ts';
import { systemOps } from '../isa/meaning.ts';
import { mstatus, sstatusHigh, sstatusWritable, statusLow, writeSstatusLow } from './csr/status.ts';
import { virtualMemoryTraps } from './csr/supervisor.ts';
import { type CsrServices, csrAccessIsLegal, csrByNumber, disturbs } from './csr.ts';
import { type Hart, privilege } from './hart.ts';
import { pendingInterrupt, wakesWaiting } from './interrupts.ts';
import { cause, enterTrap, returnFromTrap } from './trap.ts';

export interface HartServices extends CsrServices {
  /** Forget every translation cached for this hart. */
  dropTranslations(hart: Hart): void;
  /**
   * The firmware inside the VMM, when the machine has one: does an environment call from S and leaves the results in a0
   * and a1. `hart.pc` is already past the ecall; firmware that starts the hart elsewhere sets it. Returns whether it
   * took the call; when not, the call is an ordinary trap.
   */
  firmware?: (hart: Hart) => boolean;
  /** A hart has returned from a trap. */
  returned?: () => void;
}

/** What the engine does next: 0, go on with the next instruction; 1, `hart.pc` is already final and all may differ. */
export type SystemOutcome = 0 | 1;

/**
 * Executes the instruction at `hart.pc`. `op` is its index in `systemOps`, `word` its 32-bit form, `raw` the bits as
 * they lie in memory (for tval), `lengthBytes` their size.
 */
export const executeSystem = (
  hart: Hart,
  op: number,
  word: number,
  raw: number,
  lengthBytes: 2 | 4,
  services: HartServices,
): SystemOutcome => {
  const name = systemOps[op]!;
  switch (name) {
    case 'csrrw':
    case 'csrrs':
    case 'csrrc':
    case 'csrrwi':
    case 'csrrsi':
    case 'csrrci':
      return accessCsr(hart, word, raw, lengthBytes, services);
    case 'ecall':
      return callEnvironment(hart, lengthBytes, services);
    case 'ebreak':
      // tval may be zero or the address for ebreak (3.1.16); QEMU, and so the kernels tried on it, see zero.
      return trapped(hart, cause.breakpoint, 0n);
    case 'mret':
      if (hart.privilege < privilege.machine) return illegal(hart, raw);
      returnFromTrap(hart, 'mret');
      services.returned?.();
      return 1;
    case 'sret':
      if (!sretIsLegal(hart)) return illegal(hart, raw);
      returnFromTrap(hart, 'sret');
      services.returned?.();
      return 1;
    case 'wfi':
      return waitForInterrupt(hart, raw, lengthBytes);
    case 'sfenceVma':
      if (hart.privilege === privilege.user || virtualMemoryTraps(hart)) return illegal(hart, raw);
      return 0; // cached translations are kept coherent with the tables by write-tracking
    case 'illegal':
      return illegal(hart, raw);
  }
};

const trapped = (hart: Hart, causeCode: number, tval: bigint): SystemOutcome => {
  enterTrap(hart, causeCode, tval, false);
  return 1;
};

/** tval of an illegal instruction is its bits (3.1.16). */
const illegal = (hart: Hart, raw: number): SystemOutcome => trapped(hart, cause.illegalInstruction, BigInt(raw >>> 0));

/** The instruction is done, but what follows must be looked at anew. */
const moved = (hart: Hart, lengthBytes: number): SystemOutcome => {
  const { u32 } = hart.memory;
  const pc = (hart.base >>> 2) + pcWord;
  const low = u32[pc]! + lengthBytes;
  u32[pc] = low;
  if (low > 0xffff_ffff) u32[pc + 1]! += 1;
  return 1;
};

const callEnvironment = (hart: Hart, lengthBytes: number, services: HartServices): SystemOutcome => {
  if (hart.privilege === privilege.supervisor && services.firmware !== undefined) {
    // The pc moves first, so that firmware that stops or restarts the hart has the last word on it.
    const pc = hart.get('pc');
    moved(hart, lengthBytes);
    if (services.firmware(hart)) return 1;
    hart.set('pc', pc);
  }
  return trapped(hart, cause.ecallFromUser + hart.privilege, 0n); // codes 8, 9 and 11 follow the levels 0, 1 and 3
};

/** TSR traps sret in S (3.1.6.5). */
const sretIsLegal = (hart: Hart): boolean =>
  hart.privilege === privilege.machine ||
  (hart.privilege === privilege.supervisor && (statusLow(hart) & mstatus.tsr) === 0);

/** In S, TW makes wfi illegal; in U it is illegal since S exists (3.1.6.5: its time limit here is zero, 3.3.3). */
const waitForInterrupt = (hart: Hart, raw: number, lengthBytes: number): SystemOutcome => {
  const level = hart.privilege;
  if (level === privilege.user) return illegal(hart, raw);
  if (level === privilege.supervisor && statusLow(hart) & mstatus.tw) return illegal(hart, raw);
  if (wakesWaiting(hart)) return 0;
  hart.waiting = 1;
  return moved(hart, lengthBytes);
};

/** Values of the two low bits of funct3; bit 2 says that the operand is the field itself. */
const form = { write: 1, set: 2, clear: 3 } as const;
const sstatusNumber = 0x100;
const xWord = hartOffset.x >>> 2;
const pcWord = hartOffset.pc >>> 2;

const accessCsr = (
  hart: Hart,
  word: number,
  raw: number,
  lengthBytes: number,
  services: HartServices,
): SystemOutcome => {
  const number = word >>> 20;
  const how = (word >>> 12) & 3;
  const immediate = (word & 0x4000) !== 0;
  const source = (word >>> 15) & 31;
  const rd = (word >>> 7) & 31;
  // Sets and clears of no bits, said by x0 or by 0, do not write at all (Zicsr, table 9.1).
  const writes = how === form.write || source !== 0;

  if (number === sstatusNumber && hart.privilege !== privilege.user) {
    return accessSstatus(hart, how, immediate, source, rd, writes, lengthBytes, services);
  }
  const row = csrByNumber(number);
  if (row === undefined || !csrAccessIsLegal(hart, row, writes)) return illegal(hart, raw);

  // Read before rd is written: rd and rs1 may be one register. csrrw to x0 does not read (Zicsr).
  const operand = immediate ? BigInt(source) : hart.x(source);
  const reads = rd !== 0 || how !== form.write;
  const shown = reads ? row.read(hart, services) : 0n;
  let disturbed: number = disturbs.nothing;
  if (writes && row.write !== undefined) {
    const old = row.modifies === undefined ? shown : row.modifies(hart);
    disturbed = row.write(hart, combine(how, old, operand), services);
  }
  hart.setX(rd, shown);
  return settle(hart, disturbed, lengthBytes, services);
};

const combine = (how: number, old: bigint, operand: bigint): bigint => {
  if (how === form.write) return operand;
  return how === form.set ? old | operand : old & ~operand;
};

/**
 * sstatus without bigints: kernels switch SIE and SUM through it more often than they do anything else with CSRs. All
 * that can be written is in the lower half.
 */
const accessSstatus = (
  hart: Hart,
  how: number,
  immediate: boolean,
  source: number,
  rd: number,
  writes: boolean,
  lengthBytes: number,
  services: HartServices,
): SystemOutcome => {
  const { u32 } = hart.memory;
  const registers = (hart.base >>> 2) + xWord;
  const operand = immediate ? source : u32[registers + 2 * source]!;
  const old = statusLow(hart);
  let disturbed: number = disturbs.nothing;
  if (writes) {
    const now = how === form.write ? operand : how === form.set ? old | operand : old & ~operand;
    disturbed = writeSstatusLow(hart, now);
  }
  if (rd !== 0) {
    u32[registers + 2 * rd] = old & sstatusWritable;
    u32[registers + 2 * rd + 1] = sstatusHigh(old);
  }
  return disturbed === disturbs.nothing ? 0 : settle(hart, disturbed, lengthBytes, services);
};

/** Sees to what a CSR write has disturbed. */
const settle = (hart: Hart, disturbed: number, lengthBytes: number, services: HartServices): SystemOutcome => {
  if (disturbed === disturbs.nothing) return 0;
  if (disturbed & disturbs.translation) services.dropTranslations(hart);
  const leaves =
    disturbed & (disturbs.translation | disturbs.context) ||
    (disturbed & disturbs.interrupts && pendingInterrupt(hart) >= 0);
  return leaves ? moved(hart, lengthBytes) : 0;
};
