/** From the measurements of all rounds to rows: medians, ratios to QEMU, and their geometric means. */

import {
  differences,
  type Execution,
  geometricMean,
  type MarkMeasurement,
  type Measurement,
  median,
} from './measurement.ts';
import { type OurMode, ourModes } from './ours.ts';
import { type QemuMode, qemuModes } from './qemu.ts';
import type { Workload } from './workloads.ts';

export type Mode = OurMode | QemuMode;
export const modes: readonly Mode[] = [...ourModes, ...qemuModes];

/** Which of our modes is compared with which of QEMU's: the one that does as much. */
export const comparisons: readonly { readonly qemu: QemuMode; readonly ours: OurMode }[] = [
  { qemu: 'tcg', ours: 'run' },
  { qemu: 'icount', ours: 'record' },
  { qemu: 'rr-record', ours: 'record' },
  { qemu: 'rr-replay', ours: 'replay' },
];

export type Ratios = Readonly<Partial<Record<QemuMode, number>>>;

export interface Row {
  readonly name: string;
  /** Of our run. */
  readonly steps: number;
  /** Medians. */
  readonly userSeconds: Readonly<Partial<Record<Mode, number>>>;
  readonly systemSeconds: Readonly<Partial<Record<Mode, number>>>;
  readonly wallSeconds: Readonly<Partial<Record<Mode, number>>>;
  readonly stepsPerSecond: number;
  /** Median of recorded / plain, pair by pair. */
  readonly recordingCost: number;
  /** QEMU's seconds / ours: above 1 we are faster. */
  readonly ratios: Ratios;
  /** The same when what a start takes is taken off; absent where hardly anything is left. */
  readonly ratiosWithoutStart: Ratios;
  /** The same by the clock on the wall, which is what a person waits for. */
  readonly clockRatios: Ratios;
  readonly runs: Readonly<Partial<Record<Mode, readonly number[]>>>;
  /** In words, why there are no seconds. */
  readonly missing: Readonly<Partial<Record<Mode, string>>>;
}

/** Of a whole workload: its rows are not counted apart. */
export type Executions = Readonly<Partial<Record<Mode, Execution>>>;

/** What recording does of its own, before the first step and after the last: medians of pairs of runs, in user seconds. */
export interface RecordingShare {
  readonly workload: string;
  readonly ownSeconds: number;
  /** Of the whole process that does not record. */
  readonly runSeconds: number;
}

/** User seconds of a process around the guest's steps, and all of them. */
interface Around {
  readonly around: number;
  readonly all: number;
}

export class Results {
  readonly #byMode = new Map<Mode, Map<string, MarkMeasurement[]>>();
  readonly #names: string[] = [];
  readonly #peaks = new Map<Mode, number>();
  #regionsMax = 0;
  /** User seconds of a run that does nothing, for each mode. */
  startSeconds: Readonly<Partial<Record<Mode, number>>> = {};
  /** Rows that begin where another ends have no start in them. */
  readonly #later = new Set<string>();
  /** By name and mode. */
  readonly #missing = new Map<string, Partial<Record<Mode, string>>>();
  readonly #executions = new Map<string, Partial<Record<Mode, Execution>>>();
  /** Of each measurement, by workload and mode. */
  readonly #around = new Map<string, Map<Mode, Around[]>>();
  readonly failures: string[] = [];

  /** Each mark, also one that was not reached, has its place in the order. */
  add({ name: workload, marks: expected }: Workload, mode: Mode, measurement: Measurement): void {
    if (measurement.failure !== undefined) this.failures.push(`${workload}, ${mode}: ${measurement.failure}`);
    for (const { name } of expected.slice(measurement.marks.length)) {
      if (!this.#names.includes(name)) this.#names.push(name);
      this.#missing.set(name, { ...this.#missing.get(name), [mode]: measurement.isLate ? 'too slow' : 'failed' });
    }
    if (measurement.execution !== undefined) {
      this.#executions.set(workload, { ...this.#executions.get(workload), [mode]: measurement.execution });
    }
    const all = measurement.marks.at(-1)?.userSeconds;
    if (measurement.aroundSeconds !== undefined && all !== undefined) {
      const byMode = this.#around.get(workload) ?? new Map<Mode, Around[]>();
      this.#around.set(workload, byMode);
      byMode.set(mode, [...(byMode.get(mode) ?? []), { around: measurement.aroundSeconds, all }]);
    }
    const marks = this.#byMode.get(mode) ?? new Map<string, MarkMeasurement[]>();
    this.#byMode.set(mode, marks);
    for (const [index, difference] of differences(measurement).entries()) {
      const { name } = difference;
      if (index > 0) this.#later.add(name);
      if (!this.#names.includes(name)) this.#names.push(name);
      marks.set(name, [...(marks.get(name) ?? []), difference]);
    }
    this.#peaks.set(mode, Math.max(this.#peaks.get(mode) ?? 0, measurement.peakBytes));
    this.#regionsMax = Math.max(this.#regionsMax, measurement.regions ?? 0);
  }

  /** By workload; of its last run, as all are alike. */
  get executions(): Readonly<Record<string, Executions>> {
    return Object.fromEntries(this.#executions);
  }

  get recordingShares(): readonly RecordingShare[] {
    return [...this.#around].flatMap(([workload, byMode]) => {
      const runs = byMode.get('run') ?? [];
      const own = (byMode.get('record') ?? []).flatMap(({ around }, index) => {
        const plain = runs[index];
        return plain === undefined ? [] : [around - plain.around];
      });
      if (own.length === 0) return [];
      return [{ workload, ownSeconds: median(own), runSeconds: median(runs.map(({ all }) => all)) }];
    });
  }

  get rows(): readonly Row[] {
    return this.#names.map((name) => this.#row(name));
  }

  #row(name: string): Row {
    const of = (mode: Mode) => this.#byMode.get(mode)?.get(name) ?? [];
    const medians = (value: (mark: MarkMeasurement) => number) =>
      Object.fromEntries(this.#modesWith(name).map((mode) => [mode, median(of(mode).map(value))]));
    const userSeconds: Row['userSeconds'] = medians((mark) => mark.userSeconds);
    const costs = of('record').flatMap(({ userSeconds: seconds }, index) => {
      const plain = of('run')[index]?.userSeconds;
      return plain === undefined ? [] : [seconds / plain];
    });
    const wallSeconds: Row['wallSeconds'] = medians((mark) => mark.wallSeconds);
    const isFirst = !this.#later.has(name);
    const steps = of('run')[0]?.steps ?? 0;
    return {
      name,
      steps,
      userSeconds,
      systemSeconds: medians((mark) => mark.systemSeconds),
      wallSeconds,
      stepsPerSecond: steps / (userSeconds.run ?? Number.NaN),
      recordingCost: median(costs),
      ratios: ratios(userSeconds, {}, 0),
      ratiosWithoutStart: ratios(userSeconds, isFirst ? this.startSeconds : {}, worthwhileSeconds),
      clockRatios: ratios(wallSeconds, {}, 0),
      runs: Object.fromEntries(this.#modesWith(name).map((mode) => [mode, of(mode).map((mark) => mark.userSeconds)])),
      missing: this.#missing.get(name) ?? {},
    };
  }

  #modesWith(name: string): Mode[] {
    return [...this.#byMode].filter(([, marks]) => marks.has(name)).map(([mode]) => mode);
  }

  geometricMeans(which: 'ratios' | 'ratiosWithoutStart' | 'clockRatios'): Ratios {
    const { rows } = this;
    return Object.fromEntries(
      comparisons.flatMap(({ qemu }) => {
        // Of rows that hardly work, such as idling, a ratio would say how long a start takes, again.
        const values = rows.flatMap((row) =>
          row.ratiosWithoutStart[qemu] === undefined ? [] : (row[which][qemu] ?? []),
        );
        return values.length === 0 ? [] : [[qemu, geometricMean(values)]];
      }),
    );
  }

  get peakBytes(): Partial<Record<Mode, number>> {
    return Object.fromEntries(this.#peaks);
  }

  get regionsMax(): number {
    return this.#regionsMax;
  }
}

/** Less than this is noise. */
const worthwhileSeconds = 0.1;

const ratios = (seconds: Row['userSeconds'], off: Row['userSeconds'], least: number): Ratios =>
  Object.fromEntries(
    comparisons.flatMap(({ qemu, ours }) => {
      const [theirs, mine] = [seconds[qemu], seconds[ours]];
      if (theirs === undefined || mine === undefined) return [];
      const [theirWork, myWork] = [theirs - (off[qemu] ?? 0), mine - (off[ours] ?? 0)];
      return theirWork > least && myWork > least ? [[qemu, theirWork / myWork]] : [];
    }),
  );
