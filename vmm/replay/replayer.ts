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
  #compared = 0;

  constructor(machine: Machine, recording: Recording, hash64: Hash64, options: ReplayOptions) {
    this.machine = machine;
    const digester = new Digester(machine, hash64);
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
          if (index >= digests.count) return;
          const expected = digests.get(index);
          if (expected.at !== at) return;
          const found = digester.digest();
          const divergence = compareDigests(expected, found, index === this.#compared);
          if (divergence !== undefined) throw new DivergenceError(divergence);
          this.#compared += 1;
        },
      }),
    });
  }

  /** Digests that were compared and found equal. */
  get digestsCompared(): number {
    return this.#compared;
  }
}
