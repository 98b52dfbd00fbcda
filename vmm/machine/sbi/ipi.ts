/** SBI extension for interrupts between harts (7). The receiver sees its supervisor software interrupt pending. */

import type { Hart } from '../hart.ts';
import { interruptBit } from '../interrupts.ts';
import { hartsOf, idOf, refused, type SbiExtension, type SbiServices, sbiError, succeeded } from './call.ts';

export const sendSoftwareInterrupt = (services: SbiServices, harts: readonly Hart[]): void => {
  for (const hart of harts) {
    hart.setLow('mip', hart.low('mip') | interruptBit.ssip);
    services.interruptsChanged(hart);
  }
};

export const ipiExtension: SbiExtension = {
  name: 'IPI',
  ids: [idOf('sPI')],
  call: (functionId, call) => {
    if (functionId !== 0) return undefined;
    const harts = hartsOf(call.services, call.argument(0), call.argument(1));
    if (harts === undefined) return refused(sbiError.invalidParameter);
    sendSoftwareInterrupt(call.services, harts);
    return succeeded();
  },
};
