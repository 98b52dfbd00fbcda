/**
 * Several replays of one recording that work at once, each in a thread of its own: one question to the whole history becomes
 * many jobs on pieces of it. No session that a person looks at has a part in it. What a free seat does next is schedule.ts's;
 * where there are no threads (the sources, a web host) there is one seat in this thread, and the findings are the same.
 */

import { type Moment, moment } from '../../traces/time.ts';
import type { Interval } from '../../vmm/history/history.ts';
import type { CarriedState } from '../../vmm/timeline/carried-state.ts';
import { hasThread, processorCount, threadFile } from '../host/threads.ts';
import type { Job, Jobs } from './job.ts';
import { type FarmProgress, Run } from './run.ts';
import { assign, type Order, pieces, type Walk } from './schedule.ts';
import { type Replayed, Seat } from './seat.ts';
import { Shelf, type StateSource } from './shelf.ts';
import { LocalStation, type Station } from './station.ts';
import { WorkerStation } from './worker-station.ts';

export interface FarmOptions {
  readonly replayed: Replayed;
  /** The first moment of the recording; 0 if absent. */
  readonly start?: Moment;
  /** The last one. */
  readonly end: Moment;
  readonly jobs: Jobs;
  /** States that somebody else has. */
  readonly source?: StateSource;
  /** How many seats; by default one a processor, at least 2. With 0, one in this thread. */
  readonly threads?: number;
  /** The bundled thread; by default beside this bundle. */
  readonly workerFile?: string;
  /** For the states at hand. */
  readonly budgetBytes?: number;
  /** Steps between states, and of the longest piece; by default so many that there are about a hundred. */
  readonly stride?: number;
}

export interface RunRequest {
  readonly intervals: readonly Interval[];
  /** In which order findings are given; each is given as soon as those before it are. */
  readonly order: Order;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FarmProgress) => void) | undefined;
}

/** What one job found, or a part of it. */
export interface Found<Finding> {
  readonly interval: Interval;
  readonly finding: Finding;
}

const besideBundle = threadFile('farm-worker');
const defaultBudgetBytes = 512 * 2 ** 20;
const threadsMax = 16;
let farms = 0;

interface Seated {
  readonly station: Station;
  /** Of the task under way. */
  run: Run | undefined;
  piece: Interval | undefined;
  walk: Walk | undefined;
}

export class Farm {
  /** Steps between states, and of the longest piece. */
  readonly stride: number;
  readonly #options: FarmOptions;
  readonly #shelf: Shelf;
  readonly #count: number;
  readonly #name = `farm${++farms}`;
  readonly #seats: Seated[] = [];
  readonly #runs = new Set<Run>();
  #opening: Promise<void> | undefined;
  #openings = 0;
  #tasks = 0;
  #closed = false;

  constructor(options: FarmOptions) {
    this.#options = options;
    const file = options.workerFile ?? besideBundle;
    const threads = options.threads ?? Math.min(threadsMax, Math.max(2, processorCount()));
    this.#count = hasThread(file) ? threads : 0;
    this.#shelf = new Shelf(options.budgetBytes ?? defaultBudgetBytes, options.start ?? moment(0), options.source);
    this.stride = options.stride ?? strideFor(options.end);
  }

  /** How many seats there are to be, 0 meaning one in this thread. */
  get threads(): number {
    return this.#count;
  }

  /**
   * Does a job on each piece of some intervals and gives what was found, in order. Ends early, with nothing more, when the
   * signal is aborted or nobody takes any more; what the seats are about then is given up.
   * @throws what a job or the opening of the recording throws
   */
  async *run<Plan, Finding>(
    job: Job<Plan, Finding>,
    plan: Plan,
    request: RunRequest,
  ): AsyncGenerator<Found<Finding>, void> {
    const { intervals, order, signal, onProgress } = request;
    const run = new Run({ job: job.name, plan, pieces: pieces(intervals, this.stride), order, onProgress });
    const abort = (): void => run.end();
    if (signal?.aborted === true || run.isDone) return;
    signal?.addEventListener('abort', abort, { once: true });
    this.#runs.add(run);
    try {
      this.#begin(run);
      for (;;) {
        const found = await run.next();
        if (found === undefined) return;
        yield found as Found<Finding>;
      }
    } finally {
      signal?.removeEventListener('abort', abort);
      run.end();
      this.#runs.delete(run);
      for (const seat of this.#seats) if (seat.run === run) seat.station.giveUp();
    }
  }

  /** The last state at or before a moment that is at hand. */
  stateBefore(at: Moment): CarriedState | 'start' {
    return this.#shelf.get(this.#shelf.before(at));
  }

  /** Takes a state that somebody else has come to. */
  keep(state: CarriedState): void {
    this.#shelf.add(state);
    this.#dispatch();
  }

  /** Gives seats something to do, and opens those that are missing. */
  #begin(run: Run): void {
    this.#dispatch();
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      run.fail(error);
    });
  }

  /** The first seat alone, because what it makes of debug information the others find in the cache. */
  async #open(): Promise<void> {
    await this.#openOne();
    await Promise.all(Array.from({ length: Math.max(1, this.#count) - 1 }, () => this.#openOne()));
  }

  async #openOne(): Promise<void> {
    const { replayed, workerFile, jobs } = this.#options;
    const name = `${this.#name}.${++this.#openings}`;
    const station =
      this.#count === 0
        ? new LocalStation(await Seat.open(replayed, name), jobs)
        : await WorkerStation.open(workerFile ?? besideBundle, replayed, name);
    if (this.#closed) return station.close();
    this.#seats.push({ station, run: undefined, piece: undefined, walk: undefined });
    this.#dispatch();
  }

  #dispatch(): void {
    for (const seat of this.#seats) {
      if (seat.run !== undefined) continue;
      for (const run of this.#runs) if (this.#give(seat, run)) break;
    }
  }

  #give(seat: Seated, run: Run): boolean {
    const assignment = assign({
      pending: run.pending,
      order: run.order,
      under: this.#seats.flatMap((other) => (other.run === run && other.piece) || []),
      position: seat.station.position,
      stateBefore: (at) => this.#shelf.before(at),
      walks: this.#seats.flatMap(({ walk }) => walk ?? []),
      alone: Math.max(1, this.#count) === 1,
      stride: this.stride,
    });
    if (assignment === undefined) return false;
    const { piece, start, leave } = assignment;
    seat.run = run;
    seat.piece = piece;
    const from = start === 'here' ? seat.station.position : start;
    seat.walk = leave.length > 0 ? { from, to: piece.from } : undefined;
    void this.#perform(seat, run, {
      id: ++this.#tasks,
      start: start === 'here' ? 'here' : this.#shelf.get(start),
      leave,
      interval: piece,
      job: run.job,
      plan: run.plan,
    });
    return true;
  }

  async #perform(seat: Seated, run: Run, task: Parameters<Station['perform']>[0]): Promise<void> {
    const { interval } = task;
    run.taken(interval);
    try {
      const outcome = await seat.station.perform(task, {
        left: (state) => {
          this.#shelf.add(state);
          this.#dispatch();
        },
        part: (finding) => run.part(interval, finding),
        at: (at) => run.at(interval, at),
      });
      if (outcome !== 'given up') run.found(interval, outcome.finding);
    } catch (error) {
      run.fail(error);
    }
    seat.run = undefined;
    seat.piece = undefined;
    seat.walk = undefined;
    this.#dispatch();
  }

  /** Ends what is under way. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const run of this.#runs) run.end();
    await Promise.all(this.#seats.map(({ station }) => station.close()));
  }
}

const piecesWanted = 96;
const strideMin = 500_000;
const strideMax = 64_000_000;

/** A power of two times the smallest one, so that states stay where they are when a recording grows. */
const strideFor = (end: Moment): Moment => {
  let stride = strideMin;
  while (stride * piecesWanted < end && stride < strideMax) stride *= 2;
  return moment(stride);
};
