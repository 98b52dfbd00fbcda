/**
 * A recording whose recent past alone is kept, and how it becomes a trace: when the guest panics, when a person asks, and
 * at the end. A file is written beside its name and takes it once it is whole.
 */

import type { TraceEnd } from '../../traces/end.ts';
import type { TraceHeader } from '../../traces/header.ts';
import type { TraceState } from '../../traces/states.ts';
import { TraceWriter } from '../../traces/writer.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { captureState } from '../../vmm/machine/state.ts';
import { FlightRing, type Keep } from '../../vmm/record/flight.ts';
import { renameFile } from '../host/file-names.ts';
import { brotli, FileSink } from '../host/files.ts';
import type { ConsoleTail } from './console-tail.ts';

export interface FlightRequest {
  readonly keep: Keep;
  /** A line of the console that matches says that the guest has panicked; none is looked for if it is absent. */
  readonly panic?: RegExp;
}

export interface FlightParts {
  readonly machine: Machine;
  readonly header: TraceHeader;
  readonly images: readonly (Uint8Array | undefined)[];
  readonly file: string;
  readonly tail: ConsoleTail;
  readonly request: FlightRequest;
  /** The state of a little while ago, if there is one. */
  readonly recent: () => TraceState | undefined;
}

/** After its first line a panic has more to say. */
const afterPanicSteps = 10_000_000;
/** Longer lines are looked through in pieces. */
const lineBytesMax = 4096;

export class Flight {
  readonly ring: FlightRing;
  readonly #parts: FlightParts;
  #line = '';
  #panic: { readonly line: string; readonly at: number } | undefined;
  #saves = 0;
  #isAsked = false;

  constructor(parts: FlightParts) {
    this.#parts = parts;
    this.ring = new FlightRing(parts.machine, parts.request.keep);
  }

  /** The line by which the guest said that it panicked, once it has had the time to say why. */
  get panicked(): string | undefined {
    const { machine } = this.#parts;
    return this.#panic !== undefined && machine.now >= this.#panic.at + afterPanicSteps ? this.#panic.line : undefined;
  }

  /** The same of a guest that says no more: its last line may have no end. */
  get panickedForGood(): string | undefined {
    const isLast = this.#parts.request.panic?.test(this.#line) === true;
    return this.#panic?.line ?? (isLast ? this.#line : undefined);
  }

  /** Looks at what the guest prints. */
  printed(bytes: Uint8Array): void {
    const { panic } = this.#parts.request;
    if (panic === undefined || this.#panic !== undefined) return;
    const lines = (this.#line + Buffer.from(bytes).toString('latin1')).split(/\r?\n/);
    this.#line = lines.pop()!.slice(-lineBytesMax);
    const line = lines.find((text) => panic.test(text));
    if (line !== undefined) this.#panic = { line: line.trim(), at: this.#parts.machine.stepMoment };
  }

  /** A person wants what is kept now in a file of its own; it is written between two portions. */
  ask(): void {
    this.#isAsked = true;
  }

  /** Writes what was asked for. @returns the file's name, if there was anything to write */
  async saveAsked(): Promise<string | undefined> {
    if (!this.#isAsked) return undefined;
    this.#isAsked = false;
    this.#saves += 1;
    const { file } = this.#parts;
    const name = file.replace(/(\.chrono)?$/, `-${this.#saves}$1`);
    await this.#save(name, { reason: 'stopped', message: 'saved on demand; the run went on' });
    return name;
  }

  /** Writes what is kept at the end of the recording. */
  async saveEnd(end: Omit<TraceEnd, 'at'>): Promise<void> {
    await this.#save(this.#parts.file, end);
  }

  /** From where one steps back at the end: a little before it, if that is kept. */
  #lastState(): TraceState {
    const { machine, tail, recent } = this.#parts;
    const state = recent();
    if (state === undefined || state.at <= this.ring.from) return captureState(machine, this.ring.inputs, tail.bytes());
    return { ...state, cursor: this.ring.inputsOf(state.cursor) };
  }

  /** @throws {TraceError} when the file cannot be written */
  async #save(file: string, end: Omit<TraceEnd, 'at'>): Promise<void> {
    const { machine, header, images } = this.#parts;
    const part = `${file}.part`;
    const sink = new FileSink('the trace', part);
    try {
      const writer = await TraceWriter.create(sink, header, images, brotli, this.ring.begins());
      this.ring.writeTo(writer);
      writer.flush(machine.now);
      writer.state(this.#lastState());
      writer.end({ ...end, at: machine.now });
    } finally {
      sink.close();
    }
    renameFile(part, file);
  }
}
