/**
 * The firmware inside the VMM: a supervisor binary interface (SBI specification 2.0) that answers the environment calls
 * of a kernel in S, so that it boots with nothing in M. It keeps no state but what is in the harts' records.
 *
 * M is never entered then: every exception and interrupt of S and U is delegated, and a call that no extension takes is
 * answered, not trapped.
 */

import { delegableExceptions, delegableInterrupts, envcfg } from './csr/machine.ts';
import { neverTicks, resetHart } from './csr/reset.ts';
import { mstatus, setStatusLow } from './csr/status.ts';
import { type Hart, privilege } from './hart.ts';
import { pmpBit, pmpMode } from './pmp.ts';
import { baseExtension } from './sbi/base.ts';
import { refused, type SbiCall, type SbiExtension, type SbiResult, type SbiServices, sbiError } from './sbi/call.ts';
import { dbcnExtension } from './sbi/dbcn.ts';
import { hsmExtension, hsmState } from './sbi/hsm.ts';
import { ipiExtension } from './sbi/ipi.ts';
import { legacyExtension } from './sbi/legacy.ts';
import { rfenceExtension } from './sbi/rfence.ts';
import { srstExtension } from './sbi/srst.ts';
import { timeExtension } from './sbi/time.ts';

export type { SbiServices } from './sbi/call.ts';
export { hsmState } from './sbi/hsm.ts';

const a0 = 10;
const a1 = 11;
const a6 = 16;
const a7 = 17;

/** Answers an environment call of `hart`; see HartServices.firmware. */
export const createSbi = (services: SbiServices): ((hart: Hart) => boolean) => {
  const byId = new Map<bigint, SbiExtension>();
  const extensions = [
    baseExtension((id) => byId.has(id)),
    timeExtension,
    ipiExtension,
    rfenceExtension,
    hsmExtension,
    srstExtension,
    dbcnExtension,
    legacyExtension,
  ];
  for (const extension of extensions) for (const id of extension.ids) byId.set(id, extension);

  return (hart) => {
    const id = hart.x(a7);
    const call: SbiCall = { hart, services, argument: (index) => hart.x(a0 + index) };
    const result = byId.get(id)?.call(Number(hart.x(a6) & 0xffff_ffffn), call, id);
    answer(hart, result ?? refused(sbiError.notSupported));
    return true;
  };
};

const answer = (hart: Hart, result: SbiResult): void => {
  if (result === 'noReturn') return;
  if ('legacy' in result) {
    hart.setX(a0, BigInt.asUintN(64, result.legacy));
    return;
  }
  hart.setX(a0, BigInt.asUintN(64, BigInt(result.error)));
  hart.setX(a1, result.value);
};

/** CY, TM and IR: the counters that exist. */
const allCounters = 7n;
/** NAPOT over the whole address space. */
const everywhere = (1n << 54n) - 1n;

/**
 * Sets a hart as firmware leaves it to a kernel (HSM, table 11): in S at `pc`, translation off, interrupts off, a0 its
 * id, a1 `opaque` (on the first hart the device tree). The rest is what OpenSBI does: all is delegated, counters and
 * stimecmp are open to S, floating point is on, all memory may be accessed.
 */
export const bootSupervisor = (hart: Hart, pc: bigint, opaque: bigint): void => {
  resetHart(hart, pc);
  hart.privilege = privilege.supervisor;
  hart.setX(a0, BigInt(hart.id));
  hart.setX(a1, opaque);
  setStatusLow(hart, mstatus.fs);
  hart.set('medeleg', delegableExceptions);
  hart.set('mideleg', delegableInterrupts);
  hart.set('mcounteren', allCounters);
  hart.set('scounteren', allCounters);
  hart.set('menvcfg', envcfg.stce);
  hart.set('stimecmp', neverTicks);
  hart.set('pmpaddr0', everywhere);
  hart.set('pmpcfg0', BigInt(pmpMode.napot | pmpBit.read | pmpBit.write | pmpBit.execute));
  hart.setLow('hsmState', hsmState.started);
};

/** Sets a hart that waits for another one to start it. */
export const parkSupervisor = (hart: Hart): void => {
  bootSupervisor(hart, 0n, 0n);
  hart.setLow('hsmState', hsmState.stopped);
};
