/** SBI system reset (10). */

import { idOf, refused, type SbiExtension, sbiError } from './call.ts';

/** reset_type (table 15). */
const resetType = { shutdown: 0n, coldReboot: 1n, warmReboot: 2n } as const;
/** reset_reason (table 16). */
const resetReason = { none: 0n, systemFailure: 1n } as const;

export const srstExtension: SbiExtension = {
  name: 'SRST',
  ids: [idOf('SRST')],
  call: (functionId, call) => {
    if (functionId !== 0) return undefined;
    const type = call.argument(0) & 0xffff_ffffn;
    const reason = call.argument(1) & 0xffff_ffffn;
    if (reason > resetReason.systemFailure) return refused(sbiError.invalidParameter);
    if (type === resetType.shutdown) {
      // A guest that says that it failed makes the process say so.
      call.services.power('off', reason === resetReason.systemFailure ? 1 : 0);
      return 'noReturn';
    }
    if (type === resetType.coldReboot || type === resetType.warmReboot) {
      call.services.power('reset', 0);
      return 'noReturn';
    }
    return refused(sbiError.invalidParameter);
  },
};
