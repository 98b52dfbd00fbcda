/**
 * A machine's whole state at a moment, in a trace: where the trace begins, or where a reader may go without running what
 * is before. This is how one is cut into chunks and put together again; it knows pages and plain data, not what a machine
 * makes of them.
 *
 *     pages chunk   count of pages x { index u32 }, then count x { 4096 bytes }      any number, ascending by index
 *     state chunk   a piece of 4 MiB of the record (plain.ts); a shorter one is the last
 *
 * Pages that are neither stored nor named as zeros hold what the machine's images put there at its very start.
 */

import * as v from 'valibot';
import { pageBytes, pagesPerChunk, statePieceBytes } from './chunk.ts';
import { payloadMalformed, stateMisfit } from './errors.ts';
import { bytesSchema, type InputEvent, momentSchema, nameSchema } from './events.ts';
import type { TraceHeader } from './header.ts';
import type { Log } from './log.ts';
import { packPages, unpackPages } from './page-indices.ts';
import { type PlainValue, packPlain, unpackPlain } from './plain.ts';
import type { IndexedChunk } from './scan.ts';
import type { StateChunks } from './state-chunks.ts';
import type { Moment } from './time.ts';

/** Without what a disk may have: registers, queues, a person's typing that the guest has not read. */
const recordBytesMax = 64 * 1024 * 1024;
export const consoleBytesMax = 64 * 1024;

/** A machine without its RAM; the same shape as the VMM's own record. */
export interface StateRecord {
  readonly machine: Uint8Array;
  readonly harts: readonly Uint8Array[];
  readonly wakeups: readonly (number | null)[];
  readonly devices: readonly { readonly name: string; readonly state: PlainValue }[];
}

export interface StatePage {
  /** Of the page, from RAM's start. */
  readonly index: number;
  readonly bytes: Uint8Array;
}

export interface TraceState {
  readonly at: Moment;
  /** How many of the trace's inputs had been applied. */
  readonly cursor: number;
  readonly record: StateRecord;
  /** Pages of zeros that may have held something at the machine's start, ascending. */
  readonly zeroPages: readonly number[];
  /** The end of what the guest had printed, for people: no part of the state. */
  readonly console: Uint8Array;
  /** The pages that are stored, ascending. A page's bytes are good until the next one is asked for. */
  pages(): Iterable<StatePage>;
}

/** A state that lies in a trace and is decoded when it is asked for. */
export interface StoredState {
  readonly at: Moment;
  readonly cursor: number;
  /** Whether the trace begins here. */
  readonly begins: boolean;
  /** In the file, chunk headers included. */
  readonly sizeBytes: number;
  /** @throws {TraceError} when it cannot be decoded */
  load(): TraceState;
}

/** One chunk to be written. */
export interface StatePiece {
  readonly kind: 'pages' | 'state';
  readonly plain: Uint8Array;
  readonly last: number;
  readonly count: number;
}

/** The chunks of a state, in order. One's bytes are good until the next one is asked for. */
export function* statePieces(state: TraceState): Generator<StatePiece> {
  const { at, cursor, record, zeroPages, console } = state;
  const plain = new Uint8Array(pagesPerChunk * (4 + pageBytes));
  const view = new DataView(plain.buffer);
  const contents = pagesPerChunk * 4;
  let count = 0;
  for (const { index, bytes } of state.pages()) {
    view.setUint32(count * 4, index, true);
    plain.set(bytes, contents + count * pageBytes);
    count += 1;
    if (count < pagesPerChunk) continue;
    yield { kind: 'pages', plain, last: at, count };
    count = 0;
  }
  if (count > 0) {
    plain.copyWithin(count * 4, contents, contents + count * pageBytes);
    yield { kind: 'pages', plain: plain.subarray(0, count * (4 + pageBytes)), last: at, count };
  }
  const { machine, harts, wakeups, devices } = record;
  const zeros = packPages(Uint32Array.from(zeroPages));
  const bytes = packPlain({ machine, harts, wakeups, devices, zeroPages: zeros, console });
  for (let offset = 0; offset <= bytes.length; offset += statePieceBytes) {
    yield { kind: 'state', plain: bytes.subarray(offset, offset + statePieceBytes), last: offset, count: cursor };
  }
}

const schema = v.strictObject({
  machine: bytesSchema(0, 65_536),
  harts: v.pipe(v.array(bytesSchema(0, 65_536)), v.maxLength(8)),
  wakeups: v.pipe(v.array(v.nullable(momentSchema)), v.maxLength(64)),
  devices: v.pipe(
    v.array(v.strictObject({ name: nameSchema, state: v.custom<PlainValue>((value) => value !== undefined) })),
    v.maxLength(64),
  ),
  zeroPages: v.instance(Uint8Array),
  console: bytesSchema(0, consoleBytesMax),
});

/** What a state's chunks are taken apart with. */
export interface StateSource {
  readonly header: TraceHeader;
  readonly events: Log<InputEvent>;
  readonly load: (chunk: IndexedChunk) => Uint8Array;
}

export const storedState = (source: StateSource, { at, cursor, begins, pages, pieces }: StateChunks): StoredState => ({
  at,
  cursor,
  begins,
  sizeBytes: [...pages, ...pieces].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  load: () => {
    const last = pieces.at(-1)!;
    checkCursor(source.events, last, at, cursor);
    const ramPages = source.header.machine.ramBytes / pageBytes;
    const bytes = joined(source, pieces);
    try {
      const { zeroPages, ...rest } = v.parse(schema, unpackPlain(bytes));
      const { console, ...record } = rest;
      const zeros = unpackPages(zeroPages, ramPages);
      return { at, cursor, record, console, zeroPages: zeros, pages: () => readPages(source, pages, ramPages) };
    } catch (cause) {
      throw payloadMalformed(last, "a machine's state", cause);
    }
  },
});

/** The record of a state has no more bytes than its machine can have, so that these are not believed but counted. */
const joined = ({ header, load }: StateSource, pieces: readonly IndexedChunk[]): Uint8Array => {
  const limit = header.images.reduce((sum, { sizeBytes }) => sum + sizeBytes, recordBytesMax);
  const total = pieces.reduce((sum, { plainBytes }) => sum + plainBytes, 0);
  if (total > limit) throw payloadMalformed(pieces.at(-1)!, `at most ${limit} bytes of state`, `${total}`);
  const bytes = new Uint8Array(total);
  for (const piece of pieces) bytes.set(load(piece), piece.last);
  return bytes;
};

/** Inputs before the cursor are of the state's moment or earlier, those from it on of that moment or later. */
const checkCursor = (events: Log<InputEvent>, chunk: IndexedChunk, at: Moment, cursor: number): void => {
  if (cursor > events.count) throw stateMisfit(chunk, `at most ${events.count} inputs before it`, `${cursor}`);
  const before = cursor === 0 ? undefined : events.get(cursor - 1);
  if (before !== undefined && before.at > at) throw stateMisfit(chunk, `moment ${before.at} or later`, `moment ${at}`);
  const after = cursor === events.count ? undefined : events.get(cursor);
  if (after !== undefined && after.at < at) throw stateMisfit(chunk, `moment ${after.at} or earlier`, `moment ${at}`);
};

function* readPages(source: StateSource, chunks: readonly IndexedChunk[], ramPages: number): Generator<StatePage> {
  let next = 0;
  for (const chunk of chunks) {
    const plain = source.load(chunk);
    const view = new DataView(plain.buffer, plain.byteOffset, plain.length);
    for (let number = 0; number < chunk.count; number += 1) {
      const index = view.getUint32(number * 4, true);
      if (index < next || index >= ramPages) {
        throw payloadMalformed(chunk, `pages from ${next} to ${ramPages - 1}, ascending`, `page ${index}`);
      }
      next = index + 1;
      const start = chunk.count * 4 + number * pageBytes;
      yield { index, bytes: plain.subarray(start, start + pageBytes) };
    }
  }
}
