/**
 * Makes a recording: a live timeline whose inputs, digests and end go into a trace. What a host does (reading a
 * keyboard, looking at a clock) is the caller's; here every input gets its moment.
 */

import { type BookmarkChanges, Bookmarks } from '../../traces/bookmarks.ts';
import type { StateDigest } from '../../traces/digest.ts';
import type { TraceEnd } from '../../traces/end.ts';
import type { InputEvent } from '../../traces/events.ts';
import type { TraceState } from '../../traces/states.ts';
import type { Moment } from '../../traces/time.ts';
import { Digester, type Hash64 } from '../machine/digest.ts';
import type { Machine } from '../machine/machine.ts';
import type { MachineMemory } from '../machine/memory.ts';
import { captureState, writtenPages } from '../machine/state.ts';
import type { Spill } from '../timeline/spill.ts';
import { type InputLog, type KeptStates, Timeline } from '../timeline/timeline.ts';
import { type Printed, RecentPast, recentSteps } from './recent-past.ts';

/** An input whose moment is now. */
export type Unstamped = InputEvent extends infer Event ? (Event extends InputEvent ? Omit<Event, 'at'> : never) : never;

/** Where a recording goes: a trace's writer, or memory. */
export interface RecordSink {
  event(event: InputEvent): void;
  /** The state on arrival at a moment, before its inputs; at the end of the recording, behind them. */
  digest(digest: StateDigest): void;
  state(state: TraceState): void;
  bookmarks(changes: BookmarkChanges): void;
  flush(now: Moment): void;
  end(end: TraceEnd): void;
}

export class GrowingLog implements InputLog {
  readonly #events: InputEvent[] = [];
  #forgotten = 0;

  get count(): number {
    return this.#forgotten + this.#events.length;
  }
  get(index: number): InputEvent {
    return this.#events[index - this.#forgotten]!;
  }
  /** Lets go of the inputs before an index: nobody will ask for them again. */
  forget(before: number): void {
    this.#events.splice(0, before - this.#forgotten);
    this.#forgotten = before;
  }
  push(event: InputEvent): void {
    this.#events.push(event);
  }
}

export interface RecorderOptions {
  readonly checkpointStride: number;
  readonly checkpointBudgetBytes: number;
  /** See TimelineOptions. */
  readonly spill?: Spill | undefined;
  /**
   * Whether the whole state goes into the recording at its end; never if absent. Given a clock of processor seconds, when to run again
   * what was run since the last state takes long beside writing one (`worthSeconds`). Where nobody goes back it is the state of a little
   * while ago, so that also what led to the end is near.
   */
  readonly endState?: 'always' | (() => number);
  /** Inputs that are there already, in a recording that goes on from another one; and where it may go without running. */
  readonly log?: GrowingLog;
  readonly kept?: KeptStates;
  /** Whether the past is let go, but for a recent part: only where nobody goes back. */
  readonly forgets?: boolean;
  /** At least so many steps between two states in the middle; absent when there are to be none. */
  readonly stateStride?: number;
  /** What the guest has printed, to lie beside a state. */
  readonly printed?: Printed;
}

/**
 * From so many seconds of a processor on the state of a machine is worth being written: who goes there is spared them, and writing
 * takes less than a hundredth of them. What a replay makes within a few seconds needs none.
 */
const worthSeconds = (memory: MachineMemory): number =>
  Math.max(worthSecondsMin, 100 * statePageSeconds * writtenPages(memory).length);
const worthSecondsMin = 4;
/** What a page of a state takes: to be found, compressed and written. */
const statePageSeconds = 20e-6;

export class Recorder {
  readonly timeline: Timeline;
  readonly machine: Machine;
  readonly bookmarks = new Bookmarks();
  /** Absent when nothing is written, as in `run`. */
  readonly #writer: RecordSink | undefined;
  readonly #options: RecorderOptions;
  readonly #log: GrowingLog;
  readonly #hash64: Hash64;
  #digester: Digester | undefined;
  #digests = 0;
  #end: Omit<TraceEnd, 'at'> | undefined;
  #lastStateAt: Moment;
  /** By the clock of the options. */
  #lastStateSeconds: number;
  /** As it was found last: a guest writes to more and more pages. */
  #worthSeconds = worthSecondsMin;
  readonly #recent: RecentPast | undefined;

  constructor(machine: Machine, hash64: Hash64, writer: RecordSink | undefined, options: RecorderOptions) {
    this.machine = machine;
    this.#writer = writer;
    this.#options = options;
    this.#log = options.log ?? new GrowingLog();
    this.#lastStateAt = machine.now;
    this.#lastStateSeconds = this.#seconds();
    this.#hash64 = hash64;
    const keepsRecent =
      writer !== undefined &&
      options.checkpointBudgetBytes === 0 &&
      (options.forgets === true || options.endState !== undefined);
    const recent = keepsRecent ? new RecentPast(machine, options.printed) : undefined;
    this.#recent = recent;
    this.timeline = new Timeline(machine, {
      log: this.#log,
      end: 'live',
      checkpointStride: recent === undefined ? options.checkpointStride : recentSteps,
      checkpointBudgetBytes: options.checkpointBudgetBytes,
      spill: options.spill,
      stride: machine.configuration.digestStride,
      ...(recent && {
        onCheckpoint: (cursor: number) => {
          if (options.forgets === true || this.#wantsEndState()) recent.begin(cursor);
        },
      }),
      ...(options.kept && { kept: options.kept }),
      ...(writer && {
        onStride: () => {
          this.#digest();
          if (this.machine.now - this.#lastStateAt >= (options.stateStride ?? Number.POSITIVE_INFINITY)) this.#state();
        },
      }),
    });
  }

  get digestCount(): number {
    return this.#digests;
  }
  /** How the recording ended, if it did. */
  get ended(): Omit<TraceEnd, 'at'> | undefined {
    return this.#end;
  }
  get inputCount(): number {
    return this.#log.count;
  }

  /** An input reaches the machine at the present moment. The timeline must stand at its live end. */
  input(unstamped: Unstamped): void {
    if (!this.timeline.atLiveEnd) throw new Error('an input can arrive only at the live end of the timeline');
    this.#append({ ...unstamped, at: this.machine.now } as InputEvent);
    this.timeline.applyInputs();
    this.#forgetApplied();
  }

  /** Entropy that a device is given in the step that is being made. */
  logEntropy(device: string, bytes: Uint8Array): void {
    this.#append({ at: this.machine.stepMoment, kind: 'entropy', device, bytes });
    this.timeline.passInput();
    this.#forgetApplied();
  }

  /** With the host's time there are some thousand inputs a second. */
  #forgetApplied(): void {
    if (this.#options.checkpointBudgetBytes === 0) this.#log.forget(this.timeline.cursor); // nobody goes back
  }

  #digest(): void {
    if (this.#writer === undefined) return;
    this.#digester ??= new Digester(this.machine, this.#hash64);
    this.#writer.digest(this.#digester.digest());
    this.#digests += 1;
  }

  #seconds(): number {
    const { endState } = this.#options;
    return typeof endState === 'function' ? endState() : 0;
  }

  /** Whether a state would be written if the recording ended now. */
  #wantsEndState(): boolean {
    const { endState } = this.#options;
    if (typeof endState !== 'function') return endState === 'always';
    const seconds = this.#seconds() - this.#lastStateSeconds;
    if (seconds < this.#worthSeconds) return false;
    this.#worthSeconds = worthSeconds(this.machine.memory);
    return seconds >= this.#worthSeconds;
  }

  #state(): void {
    this.#lastStateAt = this.machine.now;
    this.#lastStateSeconds = this.#seconds();
    const printed = this.#options.printed?.bytes() ?? new Uint8Array();
    this.#writer?.state(captureState(this.machine, this.timeline.cursor, printed));
  }

  /** The state of a little while ago, if it is kept; to be used before the machine moves. */
  recentState(): TraceState | undefined {
    return this.#recent?.state();
  }

  #endState(): void {
    const recent = this.recentState();
    if (recent === undefined || recent.at <= this.#lastStateAt) this.#state();
    else this.#writer?.state(recent);
  }

  #append(event: InputEvent): void {
    this.#log.push(event);
    this.#writer?.event(event);
  }

  /** Changes the notes of a person; behind the recording's end they are in memory alone. */
  bookmark(changes: BookmarkChanges): void {
    this.bookmarks.change(changes);
    if (this.#end === undefined) this.#writer?.bookmarks(changes);
  }

  /** What has happened so far is in the file. */
  flush(): void {
    this.#writer?.flush(this.timeline.end);
  }

  /** The recording ends at the timeline's end, which stays where it is; the timeline can still be travelled. */
  end(end: Omit<TraceEnd, 'at'>): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.timeline.endRecording();
    if (this.timeline.now === this.timeline.end) {
      this.#digest(); // so that the shortest recording can be verified
      if (this.machine.now > this.#lastStateAt && this.#wantsEndState()) this.#endState();
    }
    this.#writer?.end({ ...end, at: this.timeline.end });
  }
}
