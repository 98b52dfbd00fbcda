/**
 * Where the time of a run goes, and how much there was of what: THE record that `chronovisor stats --json` and the
 * request `chronovisor/stats` give. Time is sampled while a `StatsCollector` runs; counts are the machine's own.
 */

import { type Counters, countersSince, readCounters } from '../../vmm/machine/counters.ts';
import { causeWords } from '../dap/trap-words.ts';
import { memoryUse } from '../host/memory-use.ts';
import { Sampler } from '../host/sampler.ts';
import type { Session } from '../session/session.ts';
import { attribute } from './attribution.ts';
import { type Category, categories } from './categories.ts';
import { Sources } from './sources.ts';

export interface Stats {
  /** The host's time since the collector began or was reset. */
  readonly elapsedMs: number;
  /** How much of it was sampled, and how many samples there are. */
  readonly sampledMs: number;
  readonly samples: number;
  /** Every category, in the order of the table. Shares are of `sampledMs`; their sum is 1, or 0 without a sample. */
  readonly time: readonly { readonly category: Category; readonly ms: number; readonly share: number }[];
  readonly steps: {
    readonly made: number;
    /** Absent where the engine does not count them. */
    readonly interpreted?: number;
    readonly translated?: number;
  };
  readonly translation: {
    /** Regions that there are now. */
    readonly regionsPresent: number;
    readonly regions?: number;
    readonly modules?: number;
    readonly codeBytes?: number;
    readonly regionRuns?: number;
    readonly interpreterRuns?: number;
    /** How often code was dropped because the guest wrote to its page. */
    readonly drops: number;
  };
  readonly tlbFills: { readonly read: number; readonly write: number; readonly execute: number };
  /** By cause; those that came. */
  readonly traps: readonly {
    readonly code: number;
    readonly interrupt: boolean;
    readonly words: string;
    readonly count: number;
  }[];
  /** Accesses by device; those that were accessed. */
  readonly devices: readonly { readonly name: string; readonly reads: number; readonly writes: number }[];
  readonly memory: {
    readonly guestRamBytes: number;
    readonly checkpoints: number;
    readonly checkpointBytes: number;
    /** Of this process: all of it that is in memory, and JavaScript's objects. */
    readonly residentBytes: number;
    readonly heapBytes: number;
  };
}

/** What there is to collect from. */
export type Measured = Pick<Session, 'machine' | 'timeline'>;

/** A profile grows while it is taken. It is attributed and begun anew this often. */
const foldMs = 20_000;

export class StatsCollector {
  readonly #measured: Measured;
  readonly #sampler = new Sampler();
  readonly #sources = new Sources();
  readonly #us = new Map<Category, number>();
  #samples = 0;
  #before: Counters;
  #startMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  /** Counts begin with the machine's; time begins with `start`. */
  constructor(measured: Measured) {
    this.#measured = measured;
    this.#before = zeroCounters;
  }

  get sampling(): boolean {
    return this.#sampler.running;
  }

  start(): void {
    if (this.#sampler.running) return;
    this.#sampler.start();
    this.#timer = setInterval(() => this.#fold(), foldMs);
    this.#timer.unref();
  }

  /** What was sampled so far stays. */
  stop(): void {
    this.#fold();
    clearInterval(this.#timer);
    this.#sampler.stop();
  }

  /** From here on everything counts from zero. */
  reset(): void {
    this.#sampler.take();
    this.#us.clear();
    this.#samples = 0;
    this.#before = readCounters(this.#measured.machine);
    this.#startMs = performance.now();
  }

  #fold(): void {
    const profile = this.#sampler.take();
    if (profile === undefined) return;
    const { us: added, samples } = attribute(profile, this.#sources);
    this.#samples += samples;
    for (const [category, us] of added) this.#us.set(category, (this.#us.get(category) ?? 0) + us);
  }

  read(): Stats {
    this.#fold();
    const { machine, timeline } = this.#measured;
    const counted = countersSince(readCounters(machine), this.#before);
    const sampledUs = [...this.#us.values()].reduce((sum, us) => sum + us, 0);
    return {
      elapsedMs: performance.now() - this.#startMs,
      sampledMs: sampledUs / 1000,
      samples: this.#samples,
      time: categories.map(({ id }) => {
        const us = this.#us.get(id) ?? 0;
        return { category: id, ms: us / 1000, share: sampledUs === 0 ? 0 : us / sampledUs };
      }),
      steps: stepsOf(counted),
      translation: translationOf(counted, machine.engine.regionCount),
      tlbFills: counted.tlbFills,
      traps: counted.traps.map((trap) => ({ ...trap, words: causeWords(trap) })),
      devices: counted.devices,
      memory: {
        guestRamBytes: machine.configuration.ramBytes,
        checkpoints: timeline.checkpoints.count,
        checkpointBytes: timeline.checkpoints.sizeBytes,
        ...memoryUse(),
      },
    };
  }
}

const zeroCounters: Counters = {
  steps: 0,
  stepsWithoutCode: 0,
  engine: {},
  codeDrops: 0,
  tlbFills: { read: 0, write: 0, execute: 0 },
  traps: [],
  devices: [],
};

/** What no instruction of the interpreter's was, and no interrupt's entry, translated code has made. */
export const stepsOf = (
  counters: Pick<Counters, 'steps' | 'stepsWithoutCode' | 'engine' | 'traps'>,
): Stats['steps'] => {
  const { steps, stepsWithoutCode, engine, traps } = counters;
  if (engine.interpretedSteps === undefined) return { made: steps };
  const interpreted = engine.interpretedSteps + stepsWithoutCode;
  const interrupts = traps.reduce((sum, { interrupt, count }) => sum + (interrupt ? count : 0), 0);
  return { made: steps, interpreted, translated: Math.max(steps - interpreted - interrupts, 0) };
};

const translationOf = ({ engine, codeDrops }: Counters, regionsPresent: number): Stats['translation'] => {
  const { interpretedSteps: _, ...counted } = engine;
  return { regionsPresent, ...counted, drops: codeDrops };
};
