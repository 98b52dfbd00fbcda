/**
 * What is known of a trace's whole history while somebody debugs it: the history index, from an earlier session or built
 * in the background, and states all over it, so that each moment is near one. Another thread replays the trace once for
 * both; nothing that is asked waits for it, and nothing depends on it.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { HistoryIndex } from '../../vmm/history/history-index.ts';
import { packSegment, type Segment, unpackSegment } from '../../vmm/history/segment.ts';
import { FileCache } from '../host/file-cache.ts';
import type { ReplaySession } from '../session/session.ts';
import type { HistoryMessage, HistoryTask } from './task.ts';

export interface BackgroundHistoryOptions {
  /** The trace. */
  readonly file: string;
  readonly imageFolders?: readonly string[];
  /** The folder of caches; the index is not kept when there is none. */
  readonly cacheFolder?: string | undefined;
  /** The bundled worker; by default beside this bundle. Where it is not, nothing is known. */
  readonly workerFile?: string;
  /** Called when more has become known. */
  readonly onGrowth?: () => void;
  /** Where a developer reads what went wrong. */
  readonly log?: (line: string) => void;
  /** How many the thread shares with whoever searches; by default all of the computer's. */
  readonly processors?: number;
}

const workerFile = join(import.meta.dirname, 'history-worker.mjs');
/** Of the index on disk, before it is compressed: damage does not make it larger. */
const unpackedBytesMax = 2 ** 30;
const intervalsWanted = 2048;
const segmentsWanted = 16;
const checkpointsWanted = 256;
const intervalStepsMin = 2 ** 14;
const intervalStepsMax = 2 ** 22;
const checkpointStepsMin = 2 ** 22;
const processorsFew = 2;

export class BackgroundHistory {
  readonly index: HistoryIndex;
  readonly #session: ReplaySession;
  readonly #options: BackgroundHistoryOptions;
  readonly #files: FileCache | undefined;
  readonly #key: string;
  #worker: Worker | undefined;
  /** Settles when the worker is over, also when it failed. */
  readonly finished: Promise<void>;
  #finish: () => void = () => {};
  /** How many search meanwhile; the thread waits for them. */
  readonly #waits = new Int32Array(new SharedArrayBuffer(4));

  constructor(session: ReplaySession, options: BackgroundHistoryOptions) {
    this.#session = session;
    this.#options = options;
    this.index = new HistoryIndex(session.machine.memory.ramBytes);
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    const { cacheFolder, log } = options;
    this.#files =
      cacheFolder === undefined
        ? undefined
        : new FileCache(join(cacheFolder, 'history'), {
            extension: '.history',
            filesMax: 64,
            bytesMax: 2 ** 28,
            ...(log && { log }),
          });
    this.#key = keyOf(session);
    for (const segment of this.#files?.read(this.#key, unpack) ?? []) this.index.add(segment);
    this.#start();
  }

  #start(): void {
    const script = this.#options.workerFile ?? workerFile;
    if (!existsSync(script)) {
      this.#finish();
      return;
    }
    const { end } = this.#session.timeline;
    const intervalSteps = Math.min(intervalStepsMax, Math.max(intervalStepsMin, powerOf2Above(end / intervalsWanted)));
    const segmentSteps = Math.max(1, Math.ceil(end / segmentsWanted / intervalSteps)) * intervalSteps;
    const task: HistoryTask = {
      file: this.#options.file,
      imageFolders: this.#options.imageFolders ?? [],
      waits: this.#waits,
      checkpointSteps: Math.max(checkpointStepsMin, Math.ceil(end / checkpointsWanted / intervalSteps) * intervalSteps),
      ...(this.index.segments.length === 0 && { index: { intervalSteps, segmentSteps } }),
    };
    const worker = new Worker(script, { workerData: task });
    this.#worker = worker;
    worker.on('message', (message: HistoryMessage) => this.#take(message));
    worker.on('error', (error) => this.#end(String(error)));
    worker.unref(); // whoever has nothing else to do need not wait for it
  }

  #take(message: HistoryMessage): void {
    switch (message.kind) {
      case 'segment':
        this.index.add(unpackSegment(message.bytes));
        this.#options.onGrowth?.();
        return;
      case 'checkpoint':
        this.#session.timeline.checkpoints.adopt(message.delta);
        return;
      case 'done':
        this.#files?.write(this.#key, pack(this.index.segments));
        this.#end();
        return;
      case 'failed':
        this.#end(message.message);
        return;
    }
  }

  /**
   * Where there are few processors, the thread does nothing until the answer is called: whoever replays for somebody who waits
   * is not to share one with it. What it would have found meanwhile is found later.
   */
  makeWay(): () => void {
    if ((this.#options.processors ?? availableParallelism()) > processorsFew) return () => {};
    Atomics.add(this.#waits, 0, 1);
    return () => {
      Atomics.sub(this.#waits, 0, 1);
      Atomics.notify(this.#waits, 0);
    };
  }

  #end(failure?: string): void {
    if (failure !== undefined) this.#options.log?.(`the history is not known as a whole: ${failure}`);
    this.close();
  }

  close(): void {
    void this.#worker?.terminate();
    this.#worker = undefined;
    this.#finish();
  }
}

/** What was recorded, wherever the file is and whatever was added to it later. */
const keyOf = ({ trace, header }: ReplaySession): string => {
  const { digests, until, events } = trace;
  const last = digests.count === 0 ? undefined : digests.get(digests.count - 1);
  const parts = [header.machine, header.images, until, events.count, last];
  const text = JSON.stringify(parts, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
};

/** Each segment behind its length. */
const pack = (segments: readonly Segment[]): Uint8Array => {
  const parts = segments.flatMap((segment) => {
    const bytes = packSegment(segment);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  return brotliCompressSync(Buffer.concat(parts), { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } });
};

/** Nothing when the file is damaged or of another version. */
const unpack = (file: Buffer): Segment[] | undefined => {
  try {
    const bytes = brotliDecompressSync(file, { maxOutputLength: unpackedBytesMax });
    const segments: Segment[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = bytes.readUInt32LE(at);
      segments.push(unpackSegment(bytes.subarray(at + 4, at + 4 + length)));
      at += 4 + length;
    }
    return segments;
  } catch {
    return undefined;
  }
};

const powerOf2Above = (value: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, value)));
