/**
 * SBI remote fences (8). Translated code is kept coherent by write-tracking, so fence.i asks for nothing; a fence of
 * addresses drops all translations of the hart, which is more than was asked and always allowed.
 */

import { hartsOf, idOf, refused, type SbiExtension, sbiError, succeeded } from './call.ts';

const fenceI = 0;
const sfenceVmaAsid = 2; // 1 is sfence.vma of all address spaces

export const rfenceExtension: SbiExtension = {
  name: 'RFENCE',
  ids: [idOf('RFNC')],
  call: (functionId, call) => {
    if (functionId > sfenceVmaAsid) return undefined; // 3 to 6 fence guests of a hypervisor
    const harts = hartsOf(call.services, call.argument(0), call.argument(1));
    if (harts === undefined) return refused(sbiError.invalidParameter);
    if (functionId !== fenceI) for (const hart of harts) call.services.dropTranslations(hart);
    return succeeded();
  },
};
