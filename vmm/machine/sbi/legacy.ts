/**
 * Legacy SBI extensions (5), one id a function, result in a0 alone. Old kernels and early consoles use them. Masks of
 * harts are in the caller's virtual memory.
 */

import { tlbKinds } from '../../engine/layout.ts';
import type { Hart } from '../hart.ts';
import { interruptBit } from '../interrupts.ts';
import { dataContext, translate } from '../mmu.ts';
import { hartsOf, type SbiCall, type SbiExtension, type SbiResult, sbiError } from './call.ts';
import { sendSoftwareInterrupt } from './ipi.ts';

const returned = (value: number): SbiResult => ({ legacy: BigInt(value) });

type LegacyFunction = (call: SbiCall) => SbiResult;

const withHarts =
  (act: (call: SbiCall, harts: readonly Hart[]) => void): LegacyFunction =>
  (call) => {
    const mask = maskAt(call, call.argument(0));
    const harts = mask === undefined ? undefined : hartsOf(call.services, mask, 0n);
    if (harts === undefined) return returned(sbiError.invalidAddress);
    act(call, harts);
    return returned(0);
  };

const dropAll = (call: SbiCall, harts: readonly Hart[]): void => {
  for (const hart of harts) call.services.dropTranslations(hart);
};

/** By extension id, 0 to 8. */
const functions: readonly LegacyFunction[] = [
  (call) => {
    call.services.setTimer(call.hart, call.argument(0));
    return returned(0);
  },
  (call) => {
    call.services.output(Uint8Array.of(Number(call.argument(0) & 0xffn)));
    return returned(0);
  },
  (call) => returned(call.services.input()),
  (call) => {
    call.hart.setLow('mip', call.hart.low('mip') & ~interruptBit.ssip);
    call.services.interruptsChanged(call.hart);
    return returned(0);
  },
  withHarts((call, harts) => sendSoftwareInterrupt(call.services, harts)),
  withHarts(() => {}), // remote fence.i: translated code is always coherent
  withHarts(dropAll), // remote sfence.vma
  withHarts(dropAll), // the same for one address space
  (call) => {
    call.services.power('off', 0);
    return 'noReturn';
  },
];

export const legacyExtension: SbiExtension = {
  name: 'legacy',
  ids: functions.map((_, id) => BigInt(id)),
  call: (_functionId, call, id) => functions[Number(id)]!(call),
};

const maskBytes = 8;

/** The mask of harts at a virtual address; a null pointer means all harts. Undefined when it cannot be read. */
const maskAt = (call: SbiCall, address: bigint): bigint | undefined => {
  const { hart, services } = call;
  if (address === 0n) return services.harts.reduce((mask, each) => mask | (1n << BigInt(each.id)), 0n);
  if (address % BigInt(maskBytes) !== 0n) return undefined;
  const low = Number(address & 0xffff_ffffn);
  const high = Number(address >> 32n);
  const physical = translate(hart, dataContext(hart), tlbKinds.read, low, high, maskBytes, services.observer);
  const bytes = physical < 0 ? undefined : services.readRam(physical, maskBytes);
  return bytes && new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true);
};
