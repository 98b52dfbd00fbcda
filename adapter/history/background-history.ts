/**
 * What is known of a trace's whole history while somebody debugs it: the history index, from an earlier session or built
 * in the background, and states all over it, so that each moment is near one. Another thread replays the trace once for
 * both; nothing that is asked waits for it, and nothing depends on it.
 */

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { HistoryIndex } from '../../vmm/history/history-index.ts';
import { unpackSegment } from '../../vmm/history/segment.ts';
import type { ReplaySession } from '../session/session.ts';
import { KeptIndex } from './kept-index.ts';
import type { HistoryMessage, HistoryTask } from './task.ts';

export interface BackgroundHistoryOptions {
  /** The trace. */
  readonly file: string;
  readonly imageFolders?: readonly string[];
  /** The folder of caches; the index is not kept when there is none. */
  readonly cacheFolder?: string | undefined;
  /** The bundled worker; by default beside this bundle. Where it is not, nothing is known. */
  readonly workerFile?: string;
  /** What a replay is begun for: `states`, as by default, also when the index is there; `index` only when it is not. */
  readonly replaysFor?: 'states' | 'index' | 'nothing';
  /** How many the thread shares with whoever searches; by default all of the computer's. */
  readonly processors?: number;
  /** Called when more has become known. */
  readonly onGrowth?: () => void;
  /** Where a developer reads what went wrong. */
  readonly log?: (line: string) => void;
}

const workerFile = join(import.meta.dirname, 'history-worker.mjs');
/** With no more than these, a replay in the background slows the one that somebody waits for. */
const processorsFew = 2;
const intervalsWanted = 2048;
const segmentsWanted = 16;
const checkpointsWanted = 256;
const intervalStepsMin = 2 ** 14;
const intervalStepsMax = 2 ** 22;
const checkpointStepsMin = 2 ** 22;

export class BackgroundHistory {
  readonly index: HistoryIndex;
  readonly #session: ReplaySession;
  readonly #options: BackgroundHistoryOptions;
  readonly #kept: KeptIndex;
  /** How many search meanwhile; the thread waits for them. */
  readonly #waits = new Int32Array(new SharedArrayBuffer(4));
  #worker: Worker | undefined;
  /** Settles when the worker is over, also when it failed. */
  readonly finished: Promise<void>;
  #finish: () => void = () => {};

  constructor(session: ReplaySession, options: BackgroundHistoryOptions) {
    this.#session = session;
    this.#options = options;
    this.index = new HistoryIndex(session.machine.memory.ramBytes);
    this.finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#kept = new KeptIndex(session, options);
    for (const segment of this.#kept.read()) this.index.add(segment);
    const { replaysFor = 'states' } = options;
    const isKnown = this.index.segments.length > 0;
    if (replaysFor === 'nothing' || (replaysFor === 'index' && isKnown)) this.#finish();
    else this.#start();
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
        this.#kept.write(this.index.segments);
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

const powerOf2Above = (value: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, value)));
