/**
 * Makes a recording: a live timeline whose inputs, digests and end go into a trace. What a host does (reading a
 * keyboard, looking at a clock) is the caller's; here every input gets its moment.
 */

import type { TraceEnd } from '../../traces/end.ts';
import type { InputEvent } from '../../traces/events.ts';
import type { TraceWriter } from '../../traces/writer.ts';
import { Digester, type Hash64 } from '../machine/digest.ts';
import type { Machine } from '../machine/machine.ts';
import { type InputLog, Timeline } from '../timeline/timeline.ts';

/** An input whose moment is now. */
export type Unstamped = InputEvent extends infer Event ? (Event extends InputEvent ? Omit<Event, 'at'> : never) : never;

export class GrowingLog implements InputLog {
  readonly #events: InputEvent[] = [];

  get count(): number {
    return this.#events.length;
  }
  get(index: number): InputEvent {
    return this.#events[index]!;
  }
  push(event: InputEvent): void {
    this.#events.push(event);
  }
}

export interface RecorderOptions {
  readonly checkpointStride: number;
  readonly checkpointBudgetBytes: number;
}

export class Recorder {
  readonly timeline: Timeline;
  readonly machine: Machine;
  /** Absent when nothing is written, as in `run`. */
  readonly #writer: TraceWriter | undefined;
  readonly #log = new GrowingLog();
  readonly #hash64: Hash64;
  #digester: Digester | undefined;
  #digests = 0;
  #ended = false;

  constructor(machine: Machine, hash64: Hash64, writer: TraceWriter | undefined, options: RecorderOptions) {
    this.machine = machine;
    this.#writer = writer;
    this.#hash64 = hash64;
    this.timeline = new Timeline(machine, {
      log: this.#log,
      end: 'live',
      ...options,
      stride: machine.configuration.digestStride,
      ...(writer && {
        onStride: () => this.#digest(),
      }),
    });
  }

  get digestCount(): number {
    return this.#digests;
  }
  /** All inputs so far. */
  get log(): InputLog {
    return this.#log;
  }
  get inputCount(): number {
    return this.#log.count;
  }

  /** An input reaches the machine at the present moment. The timeline must stand at its live end. */
  input(unstamped: Unstamped): void {
    if (!this.timeline.atLiveEnd) throw new Error('an input can arrive only at the live end of the timeline');
    this.#append({ ...unstamped, at: this.machine.now } as InputEvent);
    this.timeline.applyInputs();
  }

  /** Entropy that a device is given in the step that is being made. */
  logEntropy(device: string, bytes: Uint8Array): void {
    this.#append({ at: this.machine.stepMoment, kind: 'entropy', device, bytes });
    this.timeline.passInput();
  }

  #digest(): void {
    if (this.#writer === undefined) return;
    this.#digester ??= new Digester(this.machine, this.#hash64);
    this.#writer.digest(this.#digester.digest());
    this.#digests += 1;
  }

  #append(event: InputEvent): void {
    this.#log.push(event);
    this.#writer?.event(event);
  }

  /** What has happened so far is in the file. */
  flush(): void {
    this.#writer?.flush(this.timeline.end);
  }

  /** The recording ends at the timeline's end, which stays where it is; the timeline can still be travelled. */
  end(end: Omit<TraceEnd, 'at'>): void {
    if (this.#ended) return;
    this.#ended = true;
    this.timeline.endRecording();
    if (this.timeline.now === this.timeline.end) this.#digest(); // so that the shortest recording can be verified
    this.#writer?.end({ ...end, at: this.timeline.end });
  }
}
