/**
 * A recording of which only the recent past is kept, in memory: a ring of segments, each of which begins with a state. The
 * states share their pages, as checkpoints do, so that a segment costs what the guest has written in it. What is kept can be
 * written as an ordinary trace at any time; nothing is written before.
 */

import { noPages, type StateDigest } from '../../traces/digest.ts';
import type { InputEvent } from '../../traces/events.ts';
import type { TraceState } from '../../traces/states.ts';
import type { Moment } from '../../traces/time.ts';
import type { Machine } from '../machine/machine.ts';
import { type Checkpoint, Checkpoints } from '../timeline/checkpoints.ts';
import { type LogEntry, writeEntries } from './kept-log.ts';
import type { RecordSink } from './recorder.ts';

/** How much of the past is kept at least; of bytes, at most. */
export type Keep =
  | { readonly unit: 'steps' | 'ticks'; readonly amount: number }
  | { readonly unit: 'bytes'; readonly amount: number };

/** The past is let go in parts of this size. */
const parts = 8;

interface Segment {
  readonly checkpoint: Checkpoint;
  readonly ticks: number;
  /** How many inputs there had been before it. */
  readonly cursor: number;
  /** In the order in which they came. */
  readonly log: LogEntry[];
  sizeBytes: number;
}

export class FlightRing implements RecordSink {
  readonly #machine: Machine;
  readonly #keep: Keep;
  readonly #states: Checkpoints;
  /** Store numbers of the machine's first pages: pages that still have them need not be in a trace. */
  readonly #initial: Int32Array;
  readonly #segments: Segment[] = [];
  readonly #start: Moment;
  #events = 0;

  /** The machine stands at its start. Nobody else keeps checkpoints of it. */
  constructor(machine: Machine, keep: Keep) {
    this.#machine = machine;
    this.#keep = keep;
    this.#start = machine.now;
    this.#states = new Checkpoints(machine, Number.POSITIVE_INFINITY);
    this.#initial = this.#states.holdFirst();
    this.#begin();
  }

  /** Where what is kept begins. */
  get from(): Moment {
    return this.#segments[0]!.checkpoint.at;
  }

  /** Memory that it takes, without the machine's. */
  get sizeBytes(): number {
    return this.#states.sizeBytes + this.#segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  event(event: InputEvent): void {
    this.#events += 1;
    this.#add({ event }, 64 + ('bytes' in event ? event.bytes.length : 0));
  }

  digest(digest: StateDigest): void {
    // At a recording's end there may be a second digest of a moment, behind inputs that the segment's state has not had.
    if (this.#isDue() && this.#machine.now !== this.#segments.at(-1)!.checkpoint.at) this.#begin();
    const records = digest.machine.length + digest.harts.reduce((sum, { length }) => sum + length, 0);
    this.#add({ digest }, records + digest.pages.indices.length * 8);
    this.#letGo();
  }

  state(): void {}
  bookmarks(): void {}
  flush(): void {}
  end(): void {}

  #add(entry: LogEntry, sizeBytes: number): void {
    const segment = this.#segments.at(-1)!;
    segment.log.push(entry);
    segment.sizeBytes += sizeBytes;
  }

  #begin(): void {
    const { ticks, now } = this.#machine;
    this.#states.take(this.#events);
    const checkpoint = this.#states.before(now);
    this.#segments.push({ checkpoint, ticks, cursor: this.#events, log: [], sizeBytes: 0 });
  }

  #isDue(): boolean {
    const { unit, amount } = this.#keep;
    return unit === 'bytes' || this.#since(this.#segments.at(-1)!) >= amount / parts;
  }

  /** Steps or ticks since a segment began. */
  #since({ checkpoint, ticks }: Segment): number {
    return this.#keep.unit === 'steps' ? this.#machine.now - checkpoint.at : this.#machine.ticks - ticks;
  }

  #letGo(): void {
    const { unit, amount } = this.#keep;
    const isTooMuch = (): boolean =>
      this.#segments.length > 1 &&
      (unit === 'bytes' ? this.sizeBytes > amount : this.#since(this.#segments[1]!) >= amount);
    while (isTooMuch()) {
      this.#segments.shift();
      this.#states.dropBefore(this.from);
    }
  }

  /** The state that what is kept begins at; nothing when that is the machine's start. */
  begins(): TraceState | undefined {
    const { checkpoint } = this.#segments[0]!;
    if (checkpoint.at === this.#start) return undefined;
    const zeroPages: number[] = [];
    const stored: number[] = [];
    for (const [page, number] of checkpoint.pages!.entries()) {
      if (number === this.#initial[page]) continue;
      (this.#states.isZero(number) ? zeroPages : stored).push(page);
    }
    const states = this.#states;
    return {
      at: checkpoint.at,
      cursor: 0,
      record: checkpoint.record,
      zeroPages,
      console: new Uint8Array(),
      *pages() {
        for (const index of stored) yield { index, bytes: states.contents(checkpoint.pages![index]!) };
      },
    };
  }

  /** How many inputs are kept. */
  get inputs(): number {
    return this.inputsOf(this.#events);
  }

  /** How many of so many inputs since the machine's start are kept. */
  inputsOf(cursor: number): number {
    return cursor - this.#segments[0]!.cursor;
  }

  /** Gives what is kept to a writer that has begun at `begins()`. */
  writeTo(writer: Pick<RecordSink, 'event' | 'digest'>): void {
    const entries = this.#segments.flatMap(({ log }) => log);
    const first = entries.findIndex((entry) => 'digest' in entry);
    const entry = entries[first];
    // Its pages are those that changed since a digest that is not in the trace.
    if (this.from !== this.#start && entry !== undefined && 'digest' in entry)
      entries[first] = { digest: { ...entry.digest, pages: noPages } };
    writeEntries(writer, entries);
  }
}
