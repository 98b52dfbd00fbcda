/**
 * Appends a recording to a sink, chunk by chunk, so that whatever was flushed is a usable trace even when the recorder
 * is killed. It knows no machine: it is told events, digests and how far the run has gone. What it is told wrongly (time
 * running backwards, a field out of bounds) is our own bug and an assertion; what the world refuses is a `TraceError`.
 */

import { type BookmarkChanges, checkBookmarkChanges, countOf } from './bookmarks.ts';
import type { ByteSink, Compression } from './bytes.ts';
import { loadXxh64, type Xxh64 } from './checksum.ts';
import {
  type ChunkKind,
  checkOfPreamble,
  chunkBytesMax,
  compressChunk,
  encodePreamble,
  imagePieceBytes,
} from './chunk.ts';
import { checkEvent, estimateBytes, eventsPerChunkMax, packEvents } from './codec.ts';
import { checkDigest, packDigests, type StateDigest } from './digest.ts';
import { checkEnd, type TraceEnd } from './end.ts';
import { type TraceError, unwritable } from './errors.ts';
import { type InputEvent, inputRowOf } from './events.ts';
import { checkHeader, formatVersion, imageDataProblem, type TraceHeader } from './header.ts';
import { storedOnly } from './memory.ts';
import { encodeMessage } from './msgpack.ts';
import { statePieces, type TraceState } from './states.ts';
import { type Moment, moment, momentZero } from './time.ts';
import { isZero } from './zeros.ts';

/** A chunk is written before its plain bytes can exceed about this. */
const pendingBytesMax = 1024 * 1024;
const digestsPerChunkMax = 256;
/** So much of a trace is stored as it is: compressing saves some kilobytes, and takes longer the first time than all else that a short recording does. */
const uncompressedBytesMax = 16 * 1024;

export class TraceWriter {
  readonly #sink: ByteSink;
  readonly #compression: Compression;
  readonly #xxh64: Xxh64;
  #ordinal = 0;
  #check: bigint;
  #ended = false;

  #events: InputEvent[] = [];
  #eventBytesPending = 0;
  #digests: StateDigest[] = [];
  #digestBytesPending = 0;

  /** Of the last event or flush: nothing earlier can still come. */
  #until: Moment = momentZero;
  /** Of the last chunk of events. */
  #writtenUntil = -1;
  #lastDigestAt = -1;
  #lastStateAt = -1;
  /** After the sink failed, perhaps in the middle of a chunk, nothing more is appended: the file ends in a torn chunk. */
  #failure: TraceError | undefined;

  /** Sizes in the file, chunk headers included. */
  bytesWritten = 0;
  headerBytes = 0;
  imageBytes = 0;
  eventBytes = 0;
  digestBytes = 0;
  stateBytes = 0;

  /**
   * Writes header and images and flushes them.
   *
   * @param imagesData for each image of the header its bytes, or undefined when it is not embedded
   * @param begins where the trace begins, when that is not the machine's start; no input of the trace is before it
   * @throws {TraceError} when the header is not valid, an image is not as described, or the sink fails
   */
  static async create(
    sink: ByteSink,
    header: TraceHeader,
    imagesData: readonly (Uint8Array | undefined)[],
    compression: Compression,
    begins?: TraceState,
  ): Promise<TraceWriter> {
    const checked = { ...checkHeader(header), formatVersion }; // also when it was read from an older trace
    for (const [index, image] of checked.images.entries()) {
      const problem = imageDataProblem(index, image, imagesData[index]);
      if (problem !== undefined) throw problem;
    }
    return new TraceWriter(sink, checked, imagesData, compression, await loadXxh64(), begins);
  }

  private constructor(
    sink: ByteSink,
    header: TraceHeader,
    imagesData: readonly (Uint8Array | undefined)[],
    compression: Compression,
    xxh64: Xxh64,
    begins: TraceState | undefined,
  ) {
    this.#sink = sink;
    this.#compression = compression;
    this.#xxh64 = xxh64;
    const preamble = encodePreamble(formatVersion, xxh64);
    this.#check = checkOfPreamble(preamble, xxh64);
    this.#append(preamble);
    this.headerBytes = preamble.length + this.#chunk('header', encodeMessage(header));
    for (const [index, data] of imagesData.entries()) this.#image(index, data ?? new Uint8Array());
    // The first chunk of events, though empty, says that the images are complete.
    if (begins !== undefined) {
      this.#assert(begins.cursor === 0, 'a state to begin with that has inputs before it');
      this.#writeState(begins);
    }
    this.#writeEvents(begins?.at ?? momentZero);
    this.#flushSink();
  }

  /** An input, in the order in which they are applied. A digest of its moment, which is of the state before it, comes first. */
  event(event: InputEvent): void {
    const checked = checkEvent(event, inputRowOf(event.kind));
    this.#assert(event.at >= this.#until, `an event at ${event.at} after moment ${this.#until}`);
    this.#assert(event.at >= this.#lastDigestAt, `an event at ${event.at} before the last digest's moment`);
    this.#until = event.at;
    this.#events.push(checked);
    this.#eventBytesPending += estimateBytes(event);
    if (this.#eventBytesPending >= pendingBytesMax || this.#events.length >= eventsPerChunkMax) {
      this.#writeEvents(event.at);
    }
  }

  /** The state on arrival at a moment, before the inputs of that moment. */
  digest(digest: StateDigest): void {
    const checked = checkDigest(digest);
    this.#assert(
      digest.at >= this.#until && digest.at >= this.#lastDigestAt,
      `a digest at ${digest.at} after moment ${this.#until}`,
    );
    this.#until = digest.at;
    this.#lastDigestAt = digest.at;
    this.#digests.push(checked);
    this.#digestBytesPending += digest.machine.length + digest.pages.indices.length * 6 + 256;
    for (const hart of digest.harts) this.#digestBytesPending += hart.length;
    if (this.#digestBytesPending >= pendingBytesMax || this.#digests.length >= digestsPerChunkMax) {
      this.#writePending(digest.at);
    }
  }

  /** A whole state, of the present moment or of one a little while ago. */
  state(state: TraceState): void {
    this.#assert(state.at >= this.#lastStateAt, `a state at ${state.at} after one at ${this.#lastStateAt}`);
    this.#writePending(moment(Math.max(state.at, this.#until)));
    this.#writeState(state);
    this.#flushSink();
  }

  /** Changes of the bookmarks. */
  bookmarks(changes: BookmarkChanges): void {
    const checked = checkBookmarkChanges(changes);
    this.#chunk('bookmarks', encodeMessage(checked), { first: 0, last: 0, count: countOf(checked) });
    this.#flushSink();
  }

  #writeState(state: TraceState): void {
    this.#lastStateAt = state.at;
    for (const { kind, plain, last, count } of statePieces(state)) {
      this.stateBytes += this.#chunk(kind, plain, { first: state.at, last, count });
    }
  }

  /** Everything so far, and that the run has gone to `now`, is in the sink and the sink is flushed. */
  flush(now: Moment): void {
    this.#assert(now >= this.#until, `a flush at ${now} after moment ${this.#until}`);
    this.#writePending(now);
    this.#flushSink();
  }

  /** Writes the end and closes the sink. Nothing may follow. */
  end(end: TraceEnd): void {
    checkEnd(end);
    this.#assert(end.at >= this.#until, `an end at ${end.at} after moment ${this.#until}`);
    this.#writePending(end.at);
    this.#chunk('end', encodeMessage(end), { first: end.at, last: end.at, count: 0 });
    this.#flushSink();
    this.#ended = true;
    this.#attempt(() => this.#sink.close());
  }

  /** Closes the sink without an end, as if the recorder had been killed after a flush at `now`. */
  abandon(now: Moment): void {
    this.flush(now);
    this.#ended = true;
    this.#attempt(() => this.#sink.close());
  }

  #image(index: number, data: Uint8Array): void {
    for (let offset = 0; offset < data.length; offset += imagePieceBytes) {
      const piece = data.subarray(offset, offset + imagePieceBytes);
      if (isZero(piece)) continue;
      this.imageBytes += this.#chunk('image', piece, { first: index, last: offset, count: 0 });
    }
  }

  /** Events first: a digest in the file then never lies beyond what the events before it reach. */
  #writePending(until: Moment): void {
    this.#writeEvents(until);
    const digests = this.#digests;
    if (digests.length === 0) return;
    this.#digests = [];
    this.#digestBytesPending = 0;
    const span = { first: digests[0]!.at, last: digests.at(-1)!.at, count: digests.length };
    const plain = encodeMessage(packDigests(digests));
    const hashBytes = digests.reduce((sum, { pages }) => sum + pages.hashes.byteLength, 0);
    this.digestBytes += this.#chunk('digests', plain, span, hashBytes > plain.length / 2);
  }

  #writeEvents(until: Moment): void {
    const events = this.#events;
    if (events.length === 0 && until === this.#writtenUntil) return;
    this.#events = [];
    this.#eventBytesPending = 0;
    this.#until = until;
    this.#writtenUntil = until;
    const first = events[0]?.at ?? until;
    const payload = events.length === 0 ? new Uint8Array() : encodeMessage(packEvents(events, first));
    this.eventBytes += this.#chunk('events', payload, { first, last: until, count: events.length });
  }

  /** `isNoise`: compressing is in vain. */
  #chunk(kind: ChunkKind, plain: Uint8Array, span = { first: 0, last: 0, count: 0 }, isNoise = false): number {
    this.#assert(plain.length <= chunkBytesMax, `a chunk of ${plain.length} bytes`);
    const place = { kind, ordinal: this.#ordinal++, span, checkBefore: this.#check };
    const isStored = isNoise || this.bytesWritten + plain.length <= uncompressedBytesMax;
    const compression = isStored ? storedOnly : this.#compression;
    const { header, stored, check } = compressChunk(place, plain, compression, this.#xxh64);
    this.#check = check;
    this.#append(header);
    this.#append(stored);
    return header.length + stored.length;
  }

  #append(bytes: Uint8Array): void {
    this.#assert(!this.#ended, 'a chunk after the end');
    this.#attempt(() => this.#sink.append(bytes));
    this.bytesWritten += bytes.length;
  }

  #flushSink(): void {
    this.#attempt(() => this.#sink.flush());
  }

  #attempt(action: () => void): void {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      action();
    } catch (cause) {
      this.#failure = unwritable(this.bytesWritten, cause);
      throw this.#failure;
    }
  }

  #assert(condition: boolean, found: string): void {
    if (!condition) throw new Error(`assertion: the trace writer was given ${found}`);
  }
}
