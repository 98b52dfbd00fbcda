/**
 * Replays a recording: a timeline over a trace's log, whose digests are compared with the recording's as they are
 * reached in order. It trusts nothing but the digests: equal digests all along are what "verified" means.
 */

import type { StateDigest } from '../../traces/digest.ts';
import type { Moment } from '../../traces/time.ts';
import { Digester, type Hash64 } from '../machine/digest.ts';
import type { Machine } from '../machine/machine.ts';
import { type InputLog, Timeline } from '../timeline/timeline.ts';
import { compareDigests, DivergenceError } from './divergence.ts';

/** What a replay needs of a trace. */
export interface Recording {
  readonly events: InputLog;
  readonly digests: { readonly count: number; get(index: number): StateDigest; indexOf(at: Moment): number };
  readonly until: Moment;
}

export interface ReplayOptions {
  readonly checkpointStride: number;
  readonly checkpointBudgetBytes: number;
  /** Compares the recording's digests while moving forward for the first time. */
  readonly verify: boolean;
}

export class Replayer {
  readonly timeline: Timeline;
  readonly machine: Machine;
  readonly #recording: Recording;
  readonly #hash64: Hash64;
  #digester: Digester | undefined;
  readonly #verify: boolean;
  #compared = 0;

  constructor(machine: Machine, recording: Recording, hash64: Hash64, options: ReplayOptions) {
    this.machine = machine;
    this.#recording = recording;
    this.#verify = options.verify;
    this.#hash64 = hash64;
    const { digests } = recording;
    this.timeline = new Timeline(machine, {
      log: recording.events,
      end: recording.until,
      checkpointStride: options.checkpointStride,
      checkpointBudgetBytes: options.checkpointBudgetBytes,
      stride: machine.configuration.digestStride,
      ...(options.verify && {
        onStride: (at: Moment) => {
          const index = digests.indexOf(at);
          if (index < digests.count && digests.get(index).at === at) this.#compare(index);
        },
      }),
    });
  }

  /**
   * At the end of the recording, and only there: compares the digest of the end, which a recorder takes with all inputs
   * applied and which a recording that was cut off has not, and makes sure that none was left out.
   * @throws {DivergenceError}
   */
  verifyEnd(): void {
    const { digests, until } = this.#recording;
    if (!this.#verify || this.timeline.now !== until) return;
    const last = digests.count - 1;
    if (last >= this.#compared && digests.get(last).at === until) this.#compare(last);
    if (this.#compared === digests.count) return;
    const { digestStride } = this.machine.configuration;
    const expected = `${digests.count}, at multiples of ${digestStride} and at the end`;
    throw new DivergenceError({ at: until, part: 'the digests', expected, found: `${this.#compared} at such moments` });
  }

  #compare(index: number): void {
    this.#digester ??= new Digester(this.machine, this.#hash64);
    const divergence = compareDigests(
      this.#recording.digests.get(index),
      this.#digester.digest(),
      index === this.#compared, // else the lists of changed pages begin at different moments
    );
    if (divergence !== undefined) throw new DivergenceError(divergence);
    this.#compared += 1;
  }

  /** Digests that were compared and found equal. */
  get digestsCompared(): number {
    return this.#compared;
  }
}
