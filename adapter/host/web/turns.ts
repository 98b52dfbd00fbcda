/** Lets others have their turn in a browser, where a timer would wait for some milliseconds each time. */

import type * as node from '../turns.ts';

const { port1, port2 } = new MessageChannel();
const waiting: (() => void)[] = [];
port1.onmessage = () => waiting.shift()?.();

export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    waiting.push(resolve);
    port2.postMessage(undefined);
  });

({ nextTurn }) satisfies typeof node;
