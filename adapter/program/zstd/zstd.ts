/**
 * Unpacks Zstandard (RFC 8878), as compressed sections have it. The caller says how many bytes come of it, and no more memory is
 * taken than these; time is in proportion to what is read and written, whatever the bytes say. Checksums are not compared, and
 * dictionaries are not known.
 *
 *     frame: magic | header | blocks | checksum      block: last, kind, size in 3 bytes | literals | sequences
 */

import { ZstdDamage } from './bits.ts';
import { type HuffmanTable, readHuffman, readLiterals } from './huffman.ts';
import { newSequenceState, type Output, runSequences, type SequenceState } from './sequences.ts';

const magic = 0xfd2f_b528;
/** The last digit is any (3.1.2). */
const skippableMagic = 0x184d_2a50;
const blockBytesMax = 2 ** 17;
const blockKind = { raw: 0, repeated: 1, compressed: 2 } as const;
const literalKind = { raw: 0, repeated: 1, compressed: 2, sameCodes: 3 } as const;

/** @throws {ZstdDamage} when the bytes are damaged, or come to another size */
export const unpackZstd = (packed: Uint8Array, sizeBytes: number): Uint8Array => {
  const output: Output = { bytes: new Uint8Array(sizeBytes), start: 0, at: 0 };
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  let at = 0;
  while (at < packed.length) {
    if (packed.length - at < 8) throw new ZstdDamage('a frame that is cut off');
    const found = view.getUint32(at, true);
    if (found === magic) at = readFrame(packed, at + 4, output);
    else if ((found & ~0xf) >>> 0 === skippableMagic) at += 8 + view.getUint32(at + 4, true);
    else throw new ZstdDamage(`a frame that begins with 0x${found.toString(16)}`);
  }
  if (at !== packed.length || output.at !== sizeBytes) throw new ZstdDamage(`${output.at} bytes`);
  return output.bytes;
};

/** What the blocks of a frame hand on. */
interface FrameState {
  readonly sequences: SequenceState;
  readonly literals: Uint8Array;
  codes: HuffmanTable | undefined;
}

/** @returns where the frame ends */
const readFrame = (packed: Uint8Array, start: number, output: Output): number => {
  const { at: first, hasChecksum } = readFrameHeader(packed, start);
  output.start = output.at;
  const state: FrameState = {
    sequences: newSequenceState(),
    literals: new Uint8Array(blockBytesMax),
    codes: undefined,
  };
  let at = first;
  for (let isLast = false; !isLast; ) {
    if (at + 3 > packed.length) throw new ZstdDamage('a frame that is cut off');
    const header = packed[at]! | (packed[at + 1]! << 8) | (packed[at + 2]! << 16);
    isLast = (header & 1) !== 0;
    at = readBlock(packed, at + 3, (header >> 1) & 3, header >> 3, state, output);
  }
  return at + (hasChecksum ? 4 : 0);
};

/** Window and size of the content are not needed: what may be written is known (3.1.1.1). */
const readFrameHeader = (packed: Uint8Array, start: number): { at: number; hasChecksum: boolean } => {
  const descriptor = packed[start]!;
  if ((descriptor & 0x08) !== 0) throw new ZstdDamage('a frame of an unknown kind');
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const windowBytes = isSingleSegment ? 0 : 1;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeCode = descriptor >> 6;
  const sizeBytes = sizeCode === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeCode;
  const dictionaryAt = start + 1 + windowBytes;
  const at = dictionaryAt + dictionaryBytes + sizeBytes;
  if (packed.subarray(dictionaryAt, dictionaryAt + dictionaryBytes).some((byte) => byte !== 0)) {
    throw new ZstdDamage('a frame with a dictionary');
  }
  return { at, hasChecksum: (descriptor & 0x04) !== 0 };
};

/** @returns where the block ends */
const readBlock = (
  packed: Uint8Array,
  at: number,
  kind: number,
  sizeBytes: number,
  state: FrameState,
  output: Output,
): number => {
  const end = at + (kind === blockKind.repeated ? 1 : sizeBytes);
  if (end > packed.length || sizeBytes > blockBytesMax) throw new ZstdDamage('a block that is cut off');
  const limit = Math.min(output.bytes.length, output.at + blockBytesMax);
  if (kind === blockKind.compressed) {
    readCompressedBlock(packed.subarray(0, end), at, state, output, limit);
    return end;
  }
  if (kind !== blockKind.raw && kind !== blockKind.repeated) throw new ZstdDamage('a block of an unknown kind');
  if (output.at + sizeBytes > limit) throw new ZstdDamage('more bytes than it is to come to');
  if (kind === blockKind.raw) output.bytes.set(packed.subarray(at, end), output.at);
  else output.bytes.fill(packed[at]!, output.at, output.at + sizeBytes);
  output.at += sizeBytes;
  return end;
};

/** @param packed up to the block's end */
const readCompressedBlock = (
  packed: Uint8Array,
  start: number,
  state: FrameState,
  output: Output,
  limit: number,
): void => {
  if (start >= packed.length) throw new ZstdDamage('a block without its literals');
  const { kind, sizeBytes, packedBytes, streams, at } = readLiteralsHeader(packed, start);
  if (sizeBytes > blockBytesMax || at + packedBytes > packed.length)
    throw new ZstdDamage('literals beyond their block');
  const literals = state.literals.subarray(0, sizeBytes);
  const end = at + packedBytes;
  if (kind === literalKind.raw) literals.set(packed.subarray(at, end));
  else if (kind === literalKind.repeated) literals.fill(packed[at]!);
  else {
    let codesAt = at;
    if (kind === literalKind.compressed) {
      const { table, end: tableEnd } = readHuffman(packed.subarray(0, end), at);
      state.codes = table;
      codesAt = tableEnd;
    }
    if (state.codes === undefined) throw new ZstdDamage('codes of the block before the first');
    readLiterals(state.codes, packed, codesAt, end, streams, literals);
  }
  runSequences(packed, end, literals, state.sequences, output, limit);
};

interface LiteralsHeader {
  readonly kind: number;
  readonly sizeBytes: number;
  readonly packedBytes: number;
  readonly streams: 1 | 4;
  readonly at: number;
}

/** Sizes of 5 to 20 bits, packed into 1 to 5 bytes behind the kind and their own format (3.1.1.3.1.1). */
const readLiteralsHeader = (packed: Uint8Array, start: number): LiteralsHeader => {
  const first = packed[start]!;
  const kind = first & 3;
  const format = (first >> 2) & 3;
  const number = (sizeBytes: number): number => {
    let value = 0;
    for (let index = sizeBytes - 1; index >= 0; index--) value = value * 256 + (packed[start + index] ?? 0);
    return value;
  };
  if (kind === literalKind.raw || kind === literalKind.repeated) {
    const headerBytes = [1, 2, 1, 3][format]!;
    const sizeBytes = (format & 1) === 0 ? first >> 3 : number(headerBytes) >> 4;
    const packedBytes = kind === literalKind.raw ? sizeBytes : 1;
    return { kind, sizeBytes, packedBytes, streams: 1, at: start + headerBytes };
  }
  const headerBytes = [3, 3, 4, 5][format]!;
  const sizeBits = [10, 10, 14, 18][format]!;
  const both = Math.floor(number(headerBytes) / 16);
  return {
    kind,
    sizeBytes: both % 2 ** sizeBits,
    packedBytes: Math.floor(both / 2 ** sizeBits),
    streams: format === 0 ? 1 : 4,
    at: start + headerBytes,
  };
};
