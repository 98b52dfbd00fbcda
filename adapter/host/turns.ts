/** Lets others have their turn. In a browser: web/turns.ts. */

import { setImmediate } from 'node:timers/promises';

/** Settles once what waits now has had its turn: messages above all. */
export const nextTurn = (): Promise<void> => setImmediate();
