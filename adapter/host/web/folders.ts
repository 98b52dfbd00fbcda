/** Where a program keeps what it can make again, in a browser: nowhere. */

import type * as node from '../folders.ts';

export const cacheFolder = (): undefined => undefined;

({ cacheFolder }) satisfies Pick<typeof node, 'cacheFolder'>;
