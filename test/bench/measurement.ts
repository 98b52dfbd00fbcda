/** What one run of a workload gives, and the few statistics that are made of several. */

/** At one mark, counted from the start of the process. */
export interface MarkMeasurement {
  readonly name: string;
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly wallSeconds: number;
  /** The moment; QEMU does not say. */
  readonly steps?: number;
}

export interface Measurement {
  readonly marks: readonly MarkMeasurement[];
  readonly peakBytes: number;
  /** User seconds to make the machine, and whatever is made beside it, and of what comes after the last mark. */
  readonly aroundSeconds?: number;
  /** Translated regions that were alive at the end. */
  readonly regions?: number;
  readonly execution?: Execution;
  /** Why not all marks were reached. */
  readonly failure?: string;
  /** It failed because its time was up. */
  readonly isLate?: boolean;
}

/** How the steps of one of our runs were made, and what was translated for it. The engine counts no time. */
export interface Execution {
  /** Of all steps, from 0 to 1. */
  readonly interpretedShare?: number;
  readonly regions?: number;
  readonly modules?: number;
  readonly codeBytes?: number;
}

/** What it took from each mark to the next. */
export const differences = ({ marks }: Measurement): MarkMeasurement[] =>
  marks.map((mark, index) => {
    const before = marks[index - 1];
    if (before === undefined) return mark;
    return {
      name: mark.name,
      userSeconds: mark.userSeconds - before.userSeconds,
      systemSeconds: mark.systemSeconds - before.systemSeconds,
      wallSeconds: mark.wallSeconds - before.wallSeconds,
      ...(mark.steps !== undefined && before.steps !== undefined && { steps: mark.steps - before.steps }),
    };
  });

export const quantile = (values: readonly number[], part: number): number =>
  [...values].sort((one, other) => one - other)[Math.round((values.length - 1) * part)] ?? Number.NaN;

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
