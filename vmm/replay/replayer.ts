/**
 * Replays a recording: a timeline over a trace's log, whose digests are compared with the recording's as they are
 * reached in order. It trusts nothing but the digests: equal digests all along are what "verified" means.
 */

import type { StateDigest } from '../../traces/digest.ts';
import type { StoredState } from '../../traces/states.ts';
import { type Moment, moment } from '../../traces/time.ts';
import { Digester, type Hash64 } from '../machine/digest.ts';
import type { Machine } from '../machine/machine.ts';
import { differenceFrom, loadState } from '../machine/state.ts';
import type { Spill } from '../timeline/spill.ts';
import { type InputLog, Timeline } from '../timeline/timeline.ts';
import { compareDigests, DivergenceError } from './divergence.ts';

/** What a replay needs of a trace. */
export interface Recording {
  readonly events: InputLog;
  readonly digests: { readonly count: number; get(index: number): StateDigest; indexOf(at: Moment): number };
  readonly until: Moment;
  /** Whole states of it, ascending; at the one that begins it the machine stands when the replay is made. */
  readonly states: readonly StoredState[];
}

export interface ReplayOptions {
  readonly checkpointStride: number;
  readonly checkpointBudgetBytes: number;
  /** See TimelineOptions. */
  readonly spill?: Spill | undefined;
  readonly keptStepsMin?: number | undefined;
  /** Compares the recording's digests while moving forward for the first time. */
  readonly verify: boolean;
  /** Compares the recording's states, too, when the machine comes to them by running. */
  readonly verifyStates?: boolean;
  /** Takes the end of what had been printed at a state that is gone to, as its running would have given it. */
  readonly printed?: (bytes: Uint8Array) => void;
}

export class Replayer {
  readonly timeline: Timeline;
  readonly machine: Machine;
  readonly #recording: Recording;
  readonly #hash64: Hash64;
  #digester: Digester | undefined;
  readonly #verify: boolean;
  /** Digests that were compared, and those that were passed over by going to a state. */
  #compared = 0;
  #passedOver = 0;
  /** The first digest that was neither. */
  #next = 0;
  /** The digest since which our list of changed pages is; -1 when since the machine's start, undefined when since another moment. */
  #listedAt: number | undefined = -1;

  constructor(machine: Machine, recording: Recording, hash64: Hash64, options: ReplayOptions) {
    this.machine = machine;
    this.#recording = recording;
    this.#verify = options.verify;
    this.#hash64 = hash64;
    const { digests } = recording;
    const states = recording.states.filter(({ begins }) => !begins);
    this.timeline = new Timeline(machine, {
      log: recording.events,
      end: recording.until,
      checkpointStride: options.checkpointStride,
      checkpointBudgetBytes: options.checkpointBudgetBytes,
      spill: options.spill,
      keptStepsMin: options.keptStepsMin,
      stride: machine.configuration.digestStride,
      ...(options.verify && {
        onStride: (at: Moment) => {
          const index = digests.indexOf(at);
          if (index < digests.count && digests.get(index).at === at) this.#compare(index);
        },
      }),
      kept: {
        list: states,
        restore: (index) => this.#goTo(states[index]!, options.printed),
        ...(options.verifyStates === true && { passed: (index: number) => this.#compareState(states[index]!) }),
      },
    });
    const [first] = recording.states;
    if (first?.begins === true) this.#compareAt(first);
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
    if (last >= this.#next && digests.get(last).at === until) this.#compare(last, true);
    if (this.#compared + this.#passedOver === digests.count) return;
    const { digestStride } = this.machine.configuration;
    const expected = `${digests.count}, at multiples of ${digestStride} and at the end`;
    throw new DivergenceError({ at: until, part: 'the digests', expected, found: `${this.#compared} at such moments` });
  }

  /** `mayHaveSettled`: what comes before the next step may have happened in the recording, though it never made that step. */
  #compare(index: number, mayHaveSettled = false): void {
    this.#digester ??= new Digester(this.machine, this.#hash64);
    const expected = this.#recording.digests.get(index);
    const pagesToo = index - 1 === this.#listedAt; // else the lists of changed pages begin at different moments
    let divergence = compareDigests(expected, this.#digester.digest(), pagesToo);
    if (divergence !== undefined && mayHaveSettled) {
      this.machine.settle();
      if (compareDigests(expected, this.#digester.digest(), false) === undefined) divergence = undefined;
    }
    if (divergence !== undefined) throw new DivergenceError(divergence);
    this.#listedAt = index;
    this.#next = index + 1;
    this.#compared += 1;
  }

  #goTo(state: StoredState, printed: ReplayOptions['printed']): void {
    const loaded = state.load();
    loadState(this.machine, loaded);
    printed?.(loaded.console);
    this.#compareAt(state);
  }

  /** What a state has made of the machine must have the digest that the recording has of it, if it has one. */
  #compareAt(state: StoredState): void {
    if (!this.#verify) return;
    const own = this.#digestOf(state);
    const index = own ?? this.#recording.digests.indexOf(moment(state.at + 1));
    if (index < this.#next) return;
    this.#passedOver += index - this.#next;
    this.#next = index;
    this.#listedAt = undefined;
    if (own !== undefined) this.#compare(own);
  }

  /** Digests are made on arrival at a moment, but at the recording's end behind its inputs. */
  #digestOf({ at, cursor }: StoredState): number | undefined {
    const { digests, events, until } = this.#recording;
    const last = digests.count - 1;
    if (at === until && cursor === events.count && last >= 0 && digests.get(last).at === at) return last;
    const index = digests.indexOf(at);
    const isArrival = cursor === 0 || events.get(cursor - 1).at < at;
    return isArrival && index <= last && digests.get(index).at === at ? index : undefined;
  }

  #compareState(state: StoredState): void {
    let part = differenceFrom(this.machine, state.load());
    if (part === undefined) return;
    this.machine.settle(); // as it may have been where the state was taken
    part = differenceFrom(this.machine, state.load());
    if (part === undefined) return;
    throw new DivergenceError({
      at: state.at,
      part: 'the state',
      expected: 'what the trace has',
      found: `another one: ${part} differs`,
    });
  }

  /** Digests that were compared and found equal. */
  get digestsCompared(): number {
    return this.#compared;
  }
}
