/** SBI base extension (4): what the firmware is and which extensions it has. */

import { type SbiExtension, succeeded } from './call.ts';

const specificationVersion = 0x0200_0000n; // 2.0
/** Implementation ids are handed out by the specification (table 4); this one, "Chro" in ASCII, is not among them. */
const implementationId = 0x4368_726fn;
const implementationVersion = 1n;

/** `has` says whether an extension id is served. */
export const baseExtension = (has: (id: bigint) => boolean): SbiExtension => ({
  name: 'BASE',
  ids: [0x10n],
  call: (functionId, call) => {
    switch (functionId) {
      case 0:
        return succeeded(specificationVersion);
      case 1:
        return succeeded(implementationId);
      case 2:
        return succeeded(implementationVersion);
      case 3:
        return succeeded(has(call.argument(0)) ? 1n : 0n);
      case 4: // mvendorid, marchid, mimpid: as the CSRs read
      case 5:
      case 6:
        return succeeded(0n);
      default:
        return undefined;
    }
  },
});
