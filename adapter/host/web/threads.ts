/** Without threads: a web extension host is one, and only pages that are isolated from all others may share memory. */

import type * as node from '../threads.ts';

export const threadFile = (name: string): string => name;
export const hasThread = (): boolean => false;
export const startThread = (file: string): never => {
  throw new Error(`the thread ${file} was started where there are none`);
};
export const processorCount = (): number => 1;
export const sharedBytes = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes);
export const isShared = (): boolean => false;

({ threadFile, hasThread, startThread, processorCount, sharedBytes, isShared }) satisfies typeof node;
