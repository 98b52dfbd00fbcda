/** SBI timer extension (6). */

import { idOf, type SbiExtension, succeeded } from './call.ts';

export const timeExtension: SbiExtension = {
  name: 'TIME',
  ids: [idOf('TIME')],
  call: (functionId, call) => {
    if (functionId !== 0) return undefined;
    call.services.setTimer(call.hart, call.argument(0));
    return succeeded();
  },
};
