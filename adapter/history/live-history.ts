/**
 * What is known of the history of a machine that is still being recorded, or of a fork: an index that grows. Whenever the recording has
 * grown much and stands still, another thread replays what is new of a copy of it, from one of the session's own states. What is
 * not indexed yet counts as unknown, as ever; nothing waits for it. Nothing is kept on disk.
 */

import type { Moment } from '../../traces/time.ts';
import { HistoryIndex } from '../../vmm/history/history-index.ts';
import { unpackSegment } from '../../vmm/history/segment.ts';
import { SlabWriter } from '../../vmm/timeline/carried-state.ts';
import { hasThread, sharedBytes, startThread, type Thread, threadFile } from '../host/threads.ts';
import { copyOf } from '../session/copy.ts';
import type { LiveSession } from '../session/session.ts';
import type { HistoryMessage, HistoryTask } from './task.ts';

export interface LiveHistoryOptions {
  /** Where what is asked about begins; before it, a fork's parent is asked. */
  readonly from: Moment;
  /** The bundled worker; by default beside this bundle. Where it is not, nothing is known. */
  readonly workerFile?: string;
  readonly onGrowth?: () => void;
  readonly log?: (line: string) => void;
}

/** How often it looks whether the recording stands still. */
const lookMs = 1000;
/** Less than this is quickly gone through without an index; each part costs the opening of a machine. */
const growthStepsMin = 2 ** 25;
/** And of a long recording, such a part of it. */
const growthPart = 1 / 16;
const intervalSteps = 2 ** 18;
const segmentSteps = 2 ** 9 * intervalSteps;

export class LiveHistory {
  readonly index: HistoryIndex;
  readonly #session: LiveSession;
  readonly #options: LiveHistoryOptions;
  readonly #script: string;
  /** One word: see HistoryTask. */
  readonly #waits = new Int32Array(sharedBytes(4).buffer);
  readonly #timer: NodeJS.Timeout;
  #known: Moment;
  #endSeen: Moment;
  #growing: Promise<void> | undefined;
  #worker: Thread | undefined;
  #closed = false;

  constructor(session: LiveSession, options: LiveHistoryOptions) {
    this.#session = session;
    this.#options = options;
    this.#script = options.workerFile ?? threadFile('history-worker');
    this.index = new HistoryIndex(session.machine.memory.ramBytes);
    this.#known = options.from;
    this.#endSeen = session.timeline.end;
    this.#timer = setInterval(() => this.#look(), lookMs);
    this.#timer.unref();
  }

  /** While the machine runs, the processors are its own. */
  #look(): void {
    const { end } = this.#session.timeline;
    const standsStill = end === this.#endSeen;
    this.#endSeen = end;
    if (standsStill && end - this.#known >= Math.max(growthStepsMin, end * growthPart)) void this.grow();
  }

  /** Indexes what the recording has grown by; settles when that is done, also when it failed. */
  grow(): Promise<void> {
    const before = this.#known;
    this.#growing ??= this.#grow()
      .catch((error: unknown) => this.#failed(String(error)))
      .finally(() => {
        this.#growing = undefined;
        if (this.#known === before) clearInterval(this.#timer); // nor would it be otherwise the next time
      });
    return this.#growing;
  }

  async #grow(): Promise<void> {
    if (!hasThread(this.#script) || this.#closed) return;
    const { checkpoints } = this.#session.timeline;
    const copy = await copyOf(this.#session);
    if (this.#closed) return;
    // A writer of its own each time, so that the copies are let go.
    const from = checkpoints.carry(checkpoints.before(this.#known), new SlabWriter('live'));
    const task: HistoryTask = {
      file: '',
      imageFolders: [],
      waits: this.#waits,
      checkpointSteps: Number.MAX_SAFE_INTEGER, // it has its own
      index: { intervalSteps, segmentSteps },
      copy: { bytes: copy, state: from, from: this.#known },
    };
    const worker = startThread(this.#script, task);
    this.#worker = worker;
    worker.unref();
    await new Promise<void>((resolve) => {
      worker.on('message', (message: HistoryMessage) => this.#take(message));
      worker.on('error', (error) => this.#failed(String(error)));
      worker.on('exit', () => resolve());
    });
  }

  #take(message: HistoryMessage): void {
    if (message.kind === 'failed') this.#failed(message.message);
    if (message.kind !== 'segment' || this.#closed) return;
    const segment = unpackSegment(message.bytes);
    this.index.add(segment);
    this.#known = segment.to;
    this.#options.onGrowth?.();
  }

  /** What was indexed stays; no more is tried. */
  #failed(failure: string): void {
    this.#options.log?.(`the history is not known as a whole: ${failure}`);
    clearInterval(this.#timer);
  }

  /** Makes its thread wait until the answer is called. */
  makeWay(): () => void {
    Atomics.add(this.#waits, 0, 1);
    return () => {
      Atomics.sub(this.#waits, 0, 1);
      Atomics.notify(this.#waits, 0);
    };
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    void this.#worker?.terminate();
  }
}
