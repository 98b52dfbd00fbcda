/**
 * Walks the chunks of a file from the first to the last, checks each one's frame, checksum, place and moments, and loads
 * their contents later. It does not know what the contents mean.
 */

import type { ByteSource, Compression } from './bytes.ts';
import type { Xxh64 } from './checksum.ts';
import {
  type ChunkKind,
  checkOfPreamble,
  chunkBytesMax,
  chunkHeaderBytes,
  chunkKindName,
  chunkKinds,
  codecs,
  type DecodedChunkHeader,
  decodeChunkHeader,
  imagePieceBytes,
  low32,
  magic,
  pageBytes,
  pagesPerChunk,
  preambleBytes,
  seedOf,
  statePieceBytes,
} from './chunk.ts';
import * as errors from './errors.ts';
import { formatVersion } from './header.ts';
import { StateChunkList } from './state-chunks.ts';
import { type Moment, moment, momentZero } from './time.ts';

/** Of what is stored, uncompressed; those that are not here may have `chunkBytesMax`. */
const plainBytesMaxOf: { readonly [Kind in ChunkKind]?: number } = {
  image: imagePieceBytes,
  pages: pagesPerChunk * (4 + pageBytes),
  state: statePieceBytes,
};

export interface IndexedChunk {
  ordinal: number;
  offset: number;
  kind: ChunkKind;
  codec: number;
  storedBytes: number;
  plainBytes: number;
  /** In the file, with its header. */
  sizeBytes: number;
  first: number;
  last: number;
  count: number;
  seed: bigint;
  check: bigint;
}

export class ChunkScan {
  readonly version: number;
  /** The header's chunk first; behind the end's, if there is one, bookmarks alone. */
  readonly chunks: IndexedChunk[] = [];
  readonly states = new StateChunkList();
  until: Moment = momentZero;
  /** Just past the last intact chunk. */
  endOffset = preambleBytes;
  damage: errors.TraceError | undefined;

  readonly #source: ByteSource;
  readonly #compression: Compression;
  readonly #xxh64: Xxh64;
  #check: bigint;
  #sawEvents = false;
  #lastDigestAt = -1;
  #ended = false;

  /** @throws {errors.TraceError} */
  constructor(source: ByteSource, compression: Compression, xxh64: Xxh64, salvage: boolean) {
    this.#source = source;
    this.#compression = compression;
    this.#xxh64 = xxh64;
    const { preamble, version } = this.#preamble();
    this.version = version;
    this.#check = checkOfPreamble(preamble, xxh64);
    try {
      while (this.#next());
    } catch (error) {
      // Damage before the recording starts leaves nothing to salvage.
      if (!(salvage && this.#sawEvents && error instanceof errors.TraceError)) throw error;
      this.damage = error;
    }
    if (!this.#sawEvents) {
      const missing = this.chunks.length === 0 ? "the header's chunk" : 'the images and the first chunk of events';
      throw errors.cutOff(source.sizeBytes, missing);
    }
  }

  /** The check of the last intact chunk, from which the next one's starts. */
  get check(): bigint {
    return this.#check;
  }

  /** The contents of a chunk, checked again, since the file may have changed since it was scanned. */
  load(chunk: IndexedChunk): Uint8Array {
    const stored = this.#read(chunk.offset + chunkHeaderBytes, chunk.storedBytes);
    this.#checkContents(chunk, stored);
    return chunk.codec === codecs.stored ? stored : this.#decompress(chunk, stored);
  }

  #preamble(): { preamble: Uint8Array; version: number } {
    const { sizeBytes } = this.#source;
    if (sizeBytes === 0) throw errors.emptyFile();
    const preamble = this.#read(0, Math.min(sizeBytes, preambleBytes));
    const start = preamble.subarray(0, magic.length);
    if (start.some((byte, index) => byte !== magic[index])) throw errors.notATrace(start, magic);
    if (preamble.length < preambleBytes) throw errors.cutOff(sizeBytes, `a preamble of ${preambleBytes} bytes`);
    const view = new DataView(preamble.buffer, preamble.byteOffset, preamble.length);
    const check = low32(this.#xxh64(preamble.subarray(0, 12), 0n));
    const found = view.getUint32(12, true);
    if (check !== found) throw errors.preambleDamaged(check, found);
    const version = view.getUint32(8, true);
    if (version > formatVersion) throw errors.versionNewer(version, formatVersion);
    if (version === 0) throw errors.versionUnknown(version, formatVersion);
    return { preamble, version };
  }

  /** Takes one chunk; false when the file ends, or tears, here. */
  #next(): boolean {
    const offset = this.endOffset;
    const left = this.#source.sizeBytes - offset;
    if (this.#ended && left > 0 && !this.#isBookmarks(offset, left)) throw errors.trailingBytes(offset, left);
    if (left < chunkHeaderBytes) return false;
    const bytes = this.#read(offset, chunkHeaderBytes);
    const header = decodeChunkHeader(bytes, this.#xxh64);
    const ordinal = this.chunks.length;
    const chunk = { ...this.#bounded({ ordinal, offset }, header), seed: seedOf(bytes, this.#check, this.#xxh64) };
    if (chunk.sizeBytes > left) return false;
    this.#checkContents(chunk, this.#read(offset + chunkHeaderBytes, chunk.storedBytes));
    this.#place(chunk);
    this.chunks.push(chunk);
    this.#check = chunk.check;
    this.endOffset = offset + chunk.sizeBytes;
    return true;
  }

  /** Whether what follows the end is a chunk of bookmarks, or the beginning of one that was torn. */
  #isBookmarks(offset: number, left: number): boolean {
    const ordinal = this.chunks.length;
    const expected = [[chunkKinds.bookmarks], [0, 1], [0], [0], [ordinal & 0xff], [(ordinal >>> 8) & 0xff]];
    const found = this.#read(offset, Math.min(left, expected.length));
    return found.every((byte, index) => expected[index]!.includes(byte));
  }

  /** Believes a chunk's header only after its own checksum, and each of its fields only within its bounds. */
  #bounded(at: errors.ChunkPlace, header: DecodedChunkHeader): Omit<IndexedChunk, 'seed'> {
    if (header.headerCheck !== header.headerCheckExpected) {
      throw errors.chunkDamaged(at, 'header', BigInt(header.headerCheckExpected), BigInt(header.headerCheck));
    }
    const kind = chunkKindName(header.kind, this.version);
    if (header.ordinal !== at.ordinal) throw errors.chunkOrder(at, header.ordinal);
    if (kind === undefined) throw errors.chunkKind(at, header.kind);
    const place = { ...at, kind };
    if (header.codec !== codecs.stored && header.codec !== codecs.brotli)
      throw errors.unknownCodec(place, header.codec);
    const plainBytesMax = plainBytesMaxOf[kind] ?? chunkBytesMax;
    if (header.storedBytes > chunkBytesMax) {
      throw errors.chunkSize(place, 'stored length', chunkBytesMax, header.storedBytes);
    }
    if (header.plainBytes > plainBytesMax) {
      throw errors.chunkSize(place, 'uncompressed length', plainBytesMax, header.plainBytes);
    }
    if (header.codec === codecs.stored && header.storedBytes !== header.plainBytes) {
      throw errors.chunkSize(place, 'stored length', header.plainBytes, header.storedBytes);
    }
    const [first, last] = [Number(header.first), Number(header.last)];
    if (!(Number.isSafeInteger(first) && Number.isSafeInteger(last) && header.reserved === 0)) {
      throw errors.payloadMalformed(place, 'moments below 2^53 and reserved bytes of zero', `${first}, ${last}`);
    }
    const { codec, storedBytes, plainBytes, count, check } = header;
    const sizeBytes = chunkHeaderBytes + storedBytes;
    return { ...place, codec, storedBytes, plainBytes, sizeBytes, first, last, count, check };
  }

  #checkContents(chunk: IndexedChunk, stored: Uint8Array): void {
    const check = this.#xxh64(stored, chunk.seed);
    if (check !== chunk.check) throw errors.chunkDamaged(chunk, 'contents', check, chunk.check);
  }

  /** Which kind may stand where, and that no moment lies before what the chunks before have told of. */
  #place(chunk: IndexedChunk): void {
    const { kind, first, last } = chunk;
    const notBefore = (expected: number): void => {
      if (first < expected) throw errors.momentsOutOfOrder(chunk, expected, first);
      if (last < first) throw errors.momentsOutOfOrder(chunk, first, last);
    };
    if ((chunk.ordinal === 0) !== (kind === 'header')) {
      throw errors.chunkMisplaced(chunk, 'one header, as the first chunk');
    }
    if (this.states.isOpen && kind !== 'pages' && kind !== 'state') {
      throw errors.chunkMisplaced(chunk, 'the rest of a state');
    }
    if (kind === 'image' && (this.#sawEvents || this.states.list.length > 0)) {
      throw errors.chunkMisplaced(chunk, 'images before all events and states');
    }
    if ((kind === 'digests' || kind === 'end' || kind === 'bookmarks') && !this.#sawEvents) {
      throw errors.chunkMisplaced(chunk, 'a chunk of events before it');
    }
    if (kind === 'events') {
      notBefore(this.until);
      if (chunk.count > 0 && first < this.#lastDigestAt) {
        throw errors.momentsOutOfOrder(chunk, this.#lastDigestAt, first);
      }
      this.#sawEvents = true;
      this.until = moment(last);
    } else if (kind === 'digests') {
      if (chunk.count === 0) throw errors.payloadMalformed(chunk, 'at least one digest', 'none');
      notBefore(Math.max(this.#lastDigestAt, 0));
      if (last > this.until) throw errors.momentsOutOfOrder(chunk, last, this.until);
      this.#lastDigestAt = last;
    } else if (kind === 'end') {
      notBefore(this.until);
      this.until = moment(first);
      this.#ended = true;
    } else if (kind === 'pages' || kind === 'state') {
      const begins = this.states.add(chunk, this.#sawEvents ? this.until : undefined);
      if (begins !== undefined) this.until = begins;
    }
  }

  #decompress(chunk: IndexedChunk, stored: Uint8Array): Uint8Array {
    let plain: Uint8Array;
    try {
      plain = this.#compression.decompress(stored, chunk.plainBytes);
    } catch (cause) {
      throw errors.decompressionFailed(chunk, chunk.plainBytes, cause instanceof Error ? cause.message : String(cause));
    }
    if (plain.length === chunk.plainBytes) return plain;
    throw errors.decompressionFailed(chunk, chunk.plainBytes, `${plain.length} bytes`);
  }

  #read(offset: number, length: number): Uint8Array {
    let bytes: Uint8Array;
    try {
      bytes = this.#source.read(offset, length);
    } catch (cause) {
      throw errors.unreadable(offset, length, cause);
    }
    if (bytes.length !== length) throw errors.unreadable(offset, length, bytes.length);
    return bytes;
  }
}
