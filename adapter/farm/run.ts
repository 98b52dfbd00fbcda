/** One run of the farm: which pieces are pending, what was found, and who waits for it. It knows no seats. */

import type { Moment } from '../../traces/time.ts';
import type { Interval } from '../../vmm/history/history.ts';
import type { Order } from './schedule.ts';

export interface FarmProgress {
  readonly stepsDone: number;
  readonly stepsTotal: number;
}

interface RunOptions {
  readonly job: string;
  readonly plan: unknown;
  /** Ascending. */
  readonly pieces: readonly Interval[];
  readonly order: Order;
  readonly onProgress?: ((progress: FarmProgress) => void) | undefined;
}

interface Findings {
  readonly parts: unknown[];
  isAll: boolean;
}

interface Found {
  readonly interval: Interval;
  readonly finding: unknown;
}

export class Run {
  readonly job: string;
  readonly plan: unknown;
  readonly order: Order;
  readonly #onProgress: RunOptions['onProgress'];
  readonly #total: number;
  #pending: readonly Interval[];
  /** In the order in which findings are given. */
  readonly #awaited: Interval[];
  /** What was found and not given yet, of those that are awaited. */
  readonly #found = new Map<Interval, Findings>();
  /** Steps made of pieces under way. */
  readonly #under = new Map<Interval, number>();
  #done = 0;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  constructor({ job, plan, pieces, order, onProgress }: RunOptions) {
    this.job = job;
    this.plan = plan;
    this.order = order;
    this.#onProgress = onProgress;
    this.#pending = pieces;
    this.#awaited = order === 'backward' ? [...pieces].reverse() : [...pieces];
    this.#total = pieces.reduce((sum, { from, to }) => sum + to - from, 0);
  }

  /** Pieces that nobody works on, ascending; none once it has ended. */
  get pending(): readonly Interval[] {
    return this.#pending;
  }

  get isDone(): boolean {
    return this.#awaited.length === 0;
  }

  /** The next finding in order; nothing at the end. @throws what a job threw */
  async next(): Promise<Found | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.error;
      const [first] = this.#awaited;
      if (this.#ended || first === undefined) return undefined;
      const { parts, isAll } = this.#of(first);
      if (parts.length > 0) return { interval: first, finding: parts.shift() };
      if (isAll) {
        this.#found.delete(first);
        this.#awaited.shift();
        continue;
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  taken(piece: Interval): void {
    this.#pending = this.#pending.filter((one) => one !== piece);
  }

  at(piece: Interval, at: Moment): void {
    this.#under.set(piece, Math.max(0, Math.min(at, piece.to) - piece.from));
    this.#tell();
  }

  #of(piece: Interval): Findings {
    let findings = this.#found.get(piece);
    if (findings === undefined) {
      findings = { parts: [], isAll: false };
      this.#found.set(piece, findings);
    }
    return findings;
  }

  /** A part of what is found in a piece; the last one is `found`. */
  part(piece: Interval, finding: unknown): void {
    if (this.#ended) return;
    this.#of(piece).parts.push(finding);
    this.#wake();
  }

  found(piece: Interval, finding: unknown): void {
    this.#under.delete(piece);
    this.#done += piece.to - piece.from;
    this.#of(piece).isAll = true;
    this.part(piece, finding);
    this.#tell();
  }

  #tell(): void {
    if (this.#ended) return;
    const under = [...this.#under.values()].reduce((sum, steps) => sum + steps, 0);
    this.#onProgress?.({ stepsDone: this.#done + under, stepsTotal: this.#total });
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#pending = [];
    this.#wake();
  }

  /** Nobody waits any more. */
  end(): void {
    this.#ended = true;
    this.#pending = [];
    this.#wake();
  }
}
