/** Threads, and memory that they share. In a browser there are none: web/threads.ts. */

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** The part of a worker that its owner uses. */
export type Thread = Pick<Worker, 'on' | 'once' | 'off' | 'postMessage' | 'terminate' | 'unref'>;

/** The file of a bundled thread, beside the bundle that starts it. */
export const threadFile = (name: string): string => join(import.meta.dirname, `${name}.mjs`);

/** Whether there is such a thread to start: not where the sources are run. */
export const hasThread = (file: string): boolean => existsSync(file);

export const startThread = (file: string, workerData: unknown): Thread => new Worker(file, { workerData });

export const processorCount = (): number => availableParallelism();

/** Memory that other threads can be given without a copy, where there are any. */
export const sharedBytes = (sizeBytes: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(sizeBytes));

export const isShared = ({ buffer }: Uint8Array): boolean => buffer instanceof SharedArrayBuffer;
