/**
 * The frame around everything in a trace: sixteen bytes at the start of the file, then chunks. Little endian. It knows
 * where a chunk begins and ends and whether it is intact, never what it means.
 *
 *     preamble   0        8          12        16
 *                +--------+----------+---------+
 *                | magic  | version  | check   |     check: the low 32 bits of XXH64 of bytes 0-11, seed 0
 *                +--------+----------+---------+
 *
 *     chunk      0      1       2      4         8        12       16      24     32      36        40       48
 *                +------+-------+------+---------+--------+--------+-------+------+-------+---------+--------+---------
 *                | kind | codec | zero | ordinal | stored | plain  | first | last | count | header  | check  | stored
 *                |  u8  |  u8   | u16  | u32     | bytes  | bytes  | u64   | u64  | u32   | check   | u64    | bytes
 *                +------+-------+------+---------+--------+--------+-------+------+-------+---------+--------+---------
 *
 * The header check covers bytes 0-35 alone, so that a length can be believed before anything is done with it: a chunk
 * that reaches beyond the end of the file is one that was being written when the recorder died, not a flipped bit. The
 * other check covers the header and what is stored, and starts from the check of the chunk before, so that a chunk cannot
 * be left out, repeated, moved, or taken from another trace.
 */

import type { Compression } from './bytes.ts';
import type { Xxh64 } from './checksum.ts';

/** As PNG's signature: not text, and damaged visibly by a transfer that changes line ends or stops at 0x1a. */
export const magic = Uint8Array.of(0x89, 0x43, 0x48, 0x52, 0x4e, 0x0d, 0x0a, 0x1a); // \x89 C H R N \r \n \x1a
export const preambleBytes = 16;
export const chunkHeaderBytes = 48;

export const chunkKinds = {
  header: 1,
  image: 2,
  events: 3,
  digests: 4,
  end: 5,
  pages: 6,
  state: 7,
  bookmarks: 8,
} as const;
export type ChunkKind = keyof typeof chunkKinds;

/** Those that format version 1 does not have. Bookmarks are added to traces of any version. */
const sinceVersion2: readonly ChunkKind[] = ['pages', 'state'];

export const chunkKindName = (code: number, version: number): ChunkKind | undefined =>
  (Object.keys(chunkKinds) as ChunkKind[]).find(
    (kind) => chunkKinds[kind] === code && (version > 1 || !sinceVersion2.includes(kind)),
  );

export const codecs = { stored: 0, brotli: 1 } as const;

/** Of what is stored, and of what it decompresses to. */
export const chunkBytesMax = 64 * 1024 * 1024;
/** The data of an image is cut into pieces of this size; one that is all zeros is left out. */
export const imagePieceBytes = 1024 * 1024;
/** Of RAM, as states have it. */
export const pageBytes = 4096;
export const pagesPerChunk = 1024;
/** A state's record is cut into pieces of this size, of which the last one is shorter. */
export const statePieceBytes = 4 * 1024 * 1024;

/** Bytes 0 to 35 of a chunk. */
export interface ChunkHeader {
  kind: number;
  codec: number;
  ordinal: number;
  storedBytes: number;
  plainBytes: number;
  /** events, digests: the moment of the first one. image: the image's index. end, pages, state: its moment. Else 0. */
  first: bigint;
  /** events: how far the run is known to have gone. digests: the moment of the last. image, state: the piece's offset. */
  last: bigint;
  /** events, digests, pages, bookmarks (changes): how many. state: how many inputs were applied. Otherwise 0. */
  count: number;
}

export const encodePreamble = (version: number, xxh64: Xxh64): Uint8Array => {
  const bytes = new Uint8Array(preambleBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  view.setUint32(8, version, true);
  view.setUint32(12, low32(xxh64(bytes.subarray(0, 12), 0n)), true);
  return bytes;
};

/** A chunk as it is appended, the header and then what is stored; and its check, from which the next chunk's starts. */
export interface EncodedChunk {
  readonly header: Uint8Array;
  readonly stored: Uint8Array;
  readonly check: bigint;
}

export const encodeChunk = (
  header: ChunkHeader,
  stored: Uint8Array,
  checkBefore: bigint,
  xxh64: Xxh64,
): EncodedChunk => {
  const bytes = new Uint8Array(chunkHeaderBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, header.kind);
  view.setUint8(1, header.codec);
  view.setUint32(4, header.ordinal, true);
  view.setUint32(8, header.storedBytes, true);
  view.setUint32(12, header.plainBytes, true);
  view.setBigUint64(16, header.first, true);
  view.setBigUint64(24, header.last, true);
  view.setUint32(32, header.count, true);
  view.setUint32(36, headerCheckOf(bytes, xxh64), true);
  const check = xxh64(stored, seedOf(bytes, checkBefore, xxh64));
  view.setBigUint64(40, check, true);
  return { header: bytes, stored, check };
};

/** Where a chunk stands and what its header says of its contents. */
export interface ChunkPlacement {
  readonly kind: ChunkKind;
  readonly ordinal: number;
  readonly span: { readonly first: number; readonly last: number; readonly count: number };
  readonly checkBefore: bigint;
}

/** Chunks below this are stored as they are: what compressing saves there is nothing, and setting it up takes longer than the rest. */
const compressedBytesMin = 1024;

/** A whole chunk, compressed if that makes it smaller. */
export const compressChunk = (
  { kind, ordinal, span, checkBefore }: ChunkPlacement,
  plain: Uint8Array,
  compression: Compression,
  xxh64: Xxh64,
): EncodedChunk => {
  const compressed = plain.length < compressedBytesMin ? plain : compression.compress(plain);
  const isSmaller = compressed.length < plain.length;
  const stored = isSmaller ? compressed : plain;
  const header: ChunkHeader = {
    kind: chunkKinds[kind],
    codec: isSmaller ? codecs.brotli : codecs.stored,
    ordinal,
    storedBytes: stored.length,
    plainBytes: plain.length,
    first: BigInt(span.first),
    last: BigInt(span.last),
    count: span.count,
  };
  return encodeChunk(header, stored, checkBefore, xxh64);
};

export interface DecodedChunkHeader extends ChunkHeader {
  /** The header check as it stands, and as it should. */
  headerCheck: number;
  headerCheckExpected: number;
  reserved: number;
  check: bigint;
}

/** `bytes`: the first 48 of a chunk. */
export const decodeChunkHeader = (bytes: Uint8Array, xxh64: Xxh64): DecodedChunkHeader => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    kind: view.getUint8(0),
    codec: view.getUint8(1),
    reserved: view.getUint16(2, true),
    ordinal: view.getUint32(4, true),
    storedBytes: view.getUint32(8, true),
    plainBytes: view.getUint32(12, true),
    first: view.getBigUint64(16, true),
    last: view.getBigUint64(24, true),
    count: view.getUint32(32, true),
    headerCheck: view.getUint32(36, true),
    headerCheckExpected: headerCheckOf(bytes, xxh64),
    check: view.getBigUint64(40, true),
  };
};

export const headerCheckOf = (chunk: Uint8Array, xxh64: Xxh64): number => low32(xxh64(chunk.subarray(0, 36), 0n));

/** The seed of a chunk's check: the hash of its first 40 bytes, seeded with the check of the chunk before. */
export const seedOf = (chunk: Uint8Array, checkBefore: bigint, xxh64: Xxh64): bigint =>
  xxh64(chunk.subarray(0, 40), checkBefore);

/** What the first chunk's check starts from. */
export const checkOfPreamble = (preamble: Uint8Array, xxh64: Xxh64): bigint => xxh64(preamble, 0n);

export const low32 = (hash: bigint): number => Number(hash & 0xffff_ffffn);
