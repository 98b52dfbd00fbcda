/**
 * Events of a stretch of the history as bytes, each with its distance in steps from the one before it.
 *
 *     event: {distance * 4 + kind: number, of the kind}
 *     trap: {hart | cause << 3 | interrupt << 9 | from << 10 | to << 12: number}     return: {hart | from << 3 | to << 5: number}
 *     space: {hart, low word, high word: number}                                     console: {length: number, bytes}
 */

import { type Moment, moment } from '../../traces/time.ts';
import type { Hart, HartObserver } from '../machine/hart.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import type { HistoryEvent } from './history.ts';

export const eventKinds = { trap: 0, return: 1, space: 2, console: 3 } as const;

/** Writes down what harts do, and what the machine prints. */
export class EventLog implements HartObserver {
  readonly #now: () => Moment;
  readonly #bytes = new ByteWriter(1024);
  #last: number;
  /** How many bytes were printed. */
  consoleBytes = 0;

  /** `now`: the moment of the step that is being made. */
  constructor(from: Moment, now: () => Moment) {
    this.#last = from;
    this.#now = now;
  }

  #begin(kind: number): void {
    const now = this.#now();
    this.#bytes.number((now - this.#last) * 4 + kind);
    this.#last = now;
  }

  trapped(hart: Hart, cause: number, interrupt: boolean, from: number, to: number): void {
    this.#begin(eventKinds.trap);
    this.#bytes.number(hart.id | (cause << 3) | (interrupt ? 1 << 9 : 0) | (from << 10) | (to << 12));
  }

  returned(hart: Hart, from: number, to: number): void {
    this.#begin(eventKinds.return);
    this.#bytes.number(hart.id | (from << 3) | (to << 5));
  }

  spaceChanged(hart: Hart): void {
    this.#begin(eventKinds.space);
    this.#bytes.number(hart.id);
    this.#bytes.number(hart.low('satp'));
    this.#bytes.number(hart.high('satp'));
  }

  printed(bytes: Uint8Array): void {
    this.#begin(eventKinds.console);
    this.#bytes.number(bytes.length);
    this.#bytes.bytes(bytes);
    this.consoleBytes += bytes.length;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.finish();
  }
}

/**
 * The events of a log that begins at a moment; `consoleOffset`: what was printed before it, if that is known.
 * @throws {RangeError} when the log is damaged
 */
export function* readEvents(
  log: Uint8Array,
  from: Moment,
  consoleOffset: number | undefined,
): Generator<HistoryEvent, void> {
  const reader = new ByteReader(log);
  let offset = consoleOffset;
  let at: number = from;
  while (!reader.isAtEnd) {
    const head = reader.number();
    at += Math.floor(head / 4);
    switch (head % 4) {
      case eventKinds.trap: {
        const packed = reader.number();
        const parts = { hart: packed & 7, cause: (packed >>> 3) & 63, interrupt: (packed & (1 << 9)) !== 0 };
        yield { kind: 'trap', at: moment(at), ...parts, from: (packed >>> 10) & 3, to: (packed >>> 12) & 3 };
        break;
      }
      case eventKinds.return: {
        const packed = reader.number();
        yield { kind: 'return', at: moment(at), hart: packed & 7, from: (packed >>> 3) & 3, to: (packed >>> 5) & 3 };
        break;
      }
      case eventKinds.space: {
        const hart = reader.number();
        const low = reader.number();
        yield { kind: 'space', at: moment(at), hart, satp: BigInt(low) | (BigInt(reader.number()) << 32n) };
        break;
      }
      case eventKinds.console: {
        const bytes = reader.bytes(reader.number());
        yield { kind: 'console', at: moment(at), offset, bytes };
        if (offset !== undefined) offset += bytes.length;
        break;
      }
    }
  }
}

/** What is in the number of a trap: the hart, and its cause, with 64 added for an interrupt. */
export const hartOf = (packed: number): number => packed & 7;
export const causeNumberOf = (packed: number): number => (packed >>> 3) & 127;
/** Of a trap or a return. */
export const privilegeAfter = (kind: number, packed: number): number =>
  kind === eventKinds.trap ? (packed >>> 12) & 3 : (packed >>> 5) & 3;

/** Goes through a log, piece by piece, without making an object of each event: there are logs of nothing but traps. */
export class EventScan {
  readonly #reader: ByteReader;
  #at: number;

  /** Of a log that begins at a moment. */
  constructor(log: Uint8Array, from: Moment) {
    this.#reader = new ByteReader(log);
    this.#at = from;
  }

  /**
   * Shows the next `max` events. `see` is given the number of a trap or a return, the hart of a change of address space, how
   * many bytes were printed; it says whether to go on. False when it does not, or there are no more.
   * @throws {RangeError} when the log is damaged
   */
  next(max: number, see: (at: number, kind: number, value: number) => boolean): boolean {
    const reader = this.#reader;
    let at = this.#at;
    for (let count = 0; count < max; count += 1) {
      if (reader.isAtEnd) return false;
      const head = reader.number();
      at += Math.floor(head / 4);
      const [kind, value] = [head % 4, reader.number()];
      if (kind === eventKinds.space) {
        reader.number();
        reader.number();
      } else if (kind === eventKinds.console) reader.bytes(value);
      if (!see(at, kind, value)) return false;
    }
    this.#at = at;
    return true;
  }
}
