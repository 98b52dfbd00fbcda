/** SBI hart state management (9): harts start, stop, and wait for interrupts. */

import { wakesWaiting } from '../interrupts.ts';
import { idOf, refused, type SbiCall, type SbiExtension, type SbiResult, sbiError, succeeded } from './call.ts';

/** Values of the record's hsmState. The states in between never show: a change is done within the call. */
export const hsmState = { started: 0, stopped: 1 } as const;

/** hart_suspend's types (table 13): retentive and non-retentive, standard and of the platform. */
const retentive = 0x0000_0000n;
const platformRetentiveFirst = 0x1000_0000n;
const platformRetentiveLast = 0x7fff_ffffn;
const nonRetentive = 0x8000_0000n;
const platformNonRetentiveFirst = 0x9000_0000n;

export const hsmExtension: SbiExtension = {
  name: 'HSM',
  ids: [idOf('HSM')],
  call: (functionId, call) => {
    switch (functionId) {
      case 0:
        return start(call);
      case 1:
        call.hart.setLow('hsmState', hsmState.stopped);
        call.services.stopHart(call.hart);
        return 'noReturn';
      case 2: {
        const target = hartOf(call);
        return target === undefined ? refused(sbiError.invalidParameter) : succeeded(BigInt(target.low('hsmState')));
      }
      case 3:
        return suspend(call);
      default:
        return undefined;
    }
  },
};

const hartOf = (call: SbiCall) => call.services.harts.find((hart) => BigInt(hart.id) === call.argument(0));

const start = (call: SbiCall): SbiResult => {
  const target = hartOf(call);
  if (target === undefined) return refused(sbiError.invalidParameter);
  if (target.low('hsmState') !== hsmState.stopped) return refused(sbiError.alreadyAvailable);
  const pc = call.argument(1);
  const instructionBytes = 2;
  if (pc > BigInt(Number.MAX_SAFE_INTEGER) || !call.services.readRam(Number(pc), instructionBytes)) {
    return refused(sbiError.invalidAddress);
  }
  target.setLow('hsmState', hsmState.started);
  call.services.startHart(target, pc, call.argument(2));
  return succeeded();
};

/** Retentive suspend is wfi: the hart goes on after the call when an enabled interrupt is pending. */
const suspend = (call: SbiCall): SbiResult => {
  const type = call.argument(0) & 0xffff_ffffn;
  if (type === retentive) {
    if (!wakesWaiting(call.hart)) call.hart.setLow('waiting', 1);
    return succeeded();
  }
  const isDefined =
    type === nonRetentive ||
    type >= platformNonRetentiveFirst ||
    (type >= platformRetentiveFirst && type <= platformRetentiveLast);
  return refused(isDefined ? sbiError.notSupported : sbiError.invalidParameter);
};
