/** A browser tells only the time, waiting included. */

import type * as node from '../processor-time.ts';

export const processorSeconds = (): number => performance.now() / 1000;

({ processorSeconds }) satisfies typeof node;
