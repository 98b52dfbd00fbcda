/**
 * Opens a trace: checks every chunk's frame and checksum once, keeps an index of them, and decodes header and end. Events,
 * digests and images are decoded when they are asked for. Nothing that the file says is believed before it is bounded,
 * and nothing but a `TraceError` is thrown. The frames are `chunk.ts`'s; walking them is `scan.ts`'s.
 */

import { Bookmarks, checkBookmarkChanges, countOf } from './bookmarks.ts';
import type { ByteSource, Compression } from './bytes.ts';
import { loadXxh64 } from './checksum.ts';
import { unpackEvents } from './codec.ts';
import { type StateDigest, unpackDigests } from './digest.ts';
import { checkEnd, type TraceEnd } from './end.ts';
import {
  imageUnallocatable,
  momentsOutOfOrder,
  noSuchIndex,
  payloadMalformed,
  TraceError,
  versionUnknown,
} from './errors.ts';
import type { InputEvent } from './events.ts';
import { checkHeader, formatVersion, type TraceHeader } from './header.ts';
import { ImageIndex } from './images.ts';
import { Log, type Span } from './log.ts';
import { decodeMessage } from './msgpack.ts';
import { ChunkScan, type IndexedChunk } from './scan.ts';
import { type StoredState, storedState } from './states.ts';
import { type Moment, moment, momentZero } from './time.ts';

/** Bytes in the file, chunk headers included. They add up to `fileBytes`. */
export interface TraceSizes {
  fileBytes: number;
  headerBytes: number;
  imageBytes: number;
  eventBytes: number;
  digestBytes: number;
  stateBytes: number;
  bookmarkBytes: number;
  endBytes: number;
  tornBytes: number;
}

export interface Trace {
  readonly header: TraceHeader;
  /** In the order in which they are applied. */
  readonly events: Log<InputEvent>;
  readonly digests: Log<StateDigest>;
  /** The moment at which it begins: 0, unless it begins at a state. */
  readonly start: Moment;
  /** Ascending. */
  readonly states: readonly StoredState[];
  /** What people noted; @throws {TraceError} when it cannot be decoded */
  bookmarks(): Bookmarks;
  /** What is appended to it goes behind this. */
  readonly tail: TraceTail;
  readonly end: TraceEnd | undefined;
  /** Whether the recorder came to write the end. */
  readonly complete: boolean;
  /** How far the recorded run is known to have gone: the end's moment, or the last flush's. */
  readonly until: Moment;
  /** What follows the intact part of a trace that is not complete. */
  readonly tornBytes: number;
  /** In salvage mode, what is wrong at the end of the intact part. */
  readonly damage: TraceError | undefined;
  readonly sizes: TraceSizes;
  /** The bytes of an embedded image, assembled anew at each call; undefined when it is not embedded. */
  image(index: number): Uint8Array | undefined;
}

/** Where the intact part of a file ends, as somebody needs it who appends a chunk. */
export interface TraceTail {
  readonly offset: number;
  readonly ordinal: number;
  readonly check: bigint;
}

export interface OpenOptions {
  /** Read the intact part before the first damage, rather than refuse the file. */
  salvage?: boolean;
}

/** @throws {TraceError} whatever is wrong with the file */
export const openTrace = async (
  source: ByteSource,
  compression: Compression,
  { salvage = false }: OpenOptions = {},
): Promise<Trace> => {
  const scan = new ChunkScan(source, compression, await loadXxh64(), salvage);
  const [headerChunk, ...rest] = scan.chunks;
  const header = checkHeader(decode(scan, headerChunk!, 'a map that describes the machine', (payload) => payload));
  if (header.formatVersion !== scan.version) throw versionUnknown(header.formatVersion, formatVersion);

  const images = new ImageIndex(header.images, of(rest, 'image'), (chunk) => scan.load(chunk));
  const endChunk = rest.find(({ kind }) => kind === 'end');
  const end = endChunk && decodeEnd(scan, endChunk);
  const events = new Log(
    'event',
    spans(of(rest, 'events'), (chunk) => decodeEvents(scan, chunk)),
  );
  const states = scan.states.list.map((chunks) =>
    storedState({ header, events, load: (chunk) => scan.load(chunk) }, chunks),
  );
  const bytesOf = (kind: IndexedChunk['kind']): number =>
    scan.chunks.reduce((sum, chunk) => sum + (chunk.kind === kind ? chunk.sizeBytes : 0), 0);
  return {
    header,
    events,
    start: states[0]?.begins ? states[0].at : momentZero,
    states,
    bookmarks: () => decodeBookmarks(scan, of(rest, 'bookmarks')),
    tail: { offset: scan.endOffset, ordinal: scan.chunks.length, check: scan.check },
    digests: new Log(
      'digest',
      spans(of(rest, 'digests'), (chunk) => decodeDigests(scan, chunk)),
    ),
    end,
    complete: end !== undefined,
    until: scan.until,
    tornBytes: source.sizeBytes - scan.endOffset,
    damage: scan.damage,
    sizes: {
      fileBytes: source.sizeBytes,
      headerBytes: bytesOf('header') + headerChunk!.offset,
      imageBytes: bytesOf('image'),
      eventBytes: bytesOf('events'),
      digestBytes: bytesOf('digests'),
      stateBytes: bytesOf('pages') + bytesOf('state'),
      bookmarkBytes: bytesOf('bookmarks'),
      endBytes: bytesOf('end'),
      tornBytes: source.sizeBytes - scan.endOffset,
    },
    image: (index) => {
      const image = header.images[index];
      if (image === undefined) throw noSuchIndex('image', header.images.length, index);
      if (!image.embedded) return undefined;
      const data = allocate(index, image.sizeBytes);
      images.fill(index, data);
      return data;
    },
  };
};

const of = (chunks: readonly IndexedChunk[], kind: IndexedChunk['kind']): IndexedChunk[] =>
  chunks.filter((chunk) => chunk.kind === kind);

const spans = <Item>(chunks: readonly IndexedChunk[], load: (chunk: IndexedChunk) => Item[]): Span<Item>[] => {
  let firstIndex = 0;
  const result: Span<Item>[] = [];
  for (const chunk of chunks) {
    if (chunk.count === 0) continue;
    result.push({ firstIndex, count: chunk.count, first: moment(chunk.first), load: () => load(chunk) });
    firstIndex += chunk.count;
  }
  return result;
};

const decodeEvents = (scan: ChunkScan, chunk: IndexedChunk): InputEvent[] => {
  const events = decode(scan, chunk, 'columns of events', (payload) => unpackEvents(payload, moment(chunk.first)));
  checkMoments(chunk, events);
  return events;
};

const decodeDigests = (scan: ChunkScan, chunk: IndexedChunk): StateDigest[] => {
  const digests = decode(scan, chunk, 'a list of digests', unpackDigests);
  checkMoments(chunk, digests);
  return digests;
};

const decodeEnd = (scan: ChunkScan, chunk: IndexedChunk): TraceEnd => {
  const end = decode(scan, chunk, "the recording's end", checkEnd);
  if (end.at !== chunk.first) throw momentsOutOfOrder(chunk, chunk.first, end.at);
  return end;
};

const decodeBookmarks = (scan: ChunkScan, chunks: readonly IndexedChunk[]): Bookmarks => {
  const bookmarks = new Bookmarks();
  for (const chunk of chunks) {
    decode(scan, chunk, 'changes of bookmarks', (payload) => {
      const changes = checkBookmarkChanges(payload);
      if (countOf(changes) !== chunk.count) throw new Error(`${countOf(changes)} changes`);
      bookmarks.change(changes);
    });
  }
  return bookmarks;
};

/** What a chunk's header says of its contents, which the index relies on, must be so. */
const checkMoments = (chunk: IndexedChunk, items: readonly { at: Moment }[]): void => {
  if (items.length !== chunk.count) throw payloadMalformed(chunk, `${chunk.count} entries`, `${items.length}`);
  let before = chunk.first;
  for (const { at } of items) {
    if (at < before) throw momentsOutOfOrder(chunk, before, at);
    before = at;
  }
  if (before > chunk.last) throw momentsOutOfOrder(chunk, before, chunk.last);
  if (items[0]!.at !== chunk.first) throw momentsOutOfOrder(chunk, items[0]!.at, chunk.first);
};

/** Whatever goes wrong while a payload is taken apart, including inside the libraries, becomes one kind of error. */
const decode = <Result>(
  scan: ChunkScan,
  chunk: IndexedChunk,
  expected: string,
  read: (payload: unknown) => Result,
): Result => {
  const bytes = scan.load(chunk);
  try {
    return read(decodeMessage(bytes));
  } catch (cause) {
    throw cause instanceof TraceError ? cause : payloadMalformed(chunk, expected, cause);
  }
};

const allocate = (index: number, sizeBytes: number): Uint8Array => {
  try {
    return new Uint8Array(sizeBytes);
  } catch (cause) {
    throw imageUnallocatable(index, sizeBytes, cause);
  }
};
