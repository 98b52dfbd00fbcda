/**
 * Compressed sections: with a header that says how (gABI chapter 4, "Section Compression"), or, as binutils wrote them before
 * that, with a name of their own and eight bytes of size. Nothing is unpacked to more than it says, and who asks decides how
 * much that may be.
 */

import { inflate } from '../../host/compression.ts';
import { Cursor, sectionData } from '../cursor.ts';
import { sectionFlag } from '../elf.ts';
import { damagedAt } from '../errors.ts';
import { ZstdDamage } from '../zstd/bits.ts';
import { unpackZstd } from '../zstd/zstd.ts';

const compression = { zlib: 1, zstd: 2 } as const;
const headerBytes = 24;
/** Deflate cannot make more than this of a byte; a header that says more lies. */
const inflationMax = 1032;

/** Where the packed bytes of a section begin, and how many they unpack to. */
export interface PackedContents {
  readonly kind: 'zlib' | 'zstd';
  readonly start: number;
  readonly sizeBytes: number;
}

/** Nothing for a section that is not compressed. */
export const packedContents = (
  file: string,
  name: string,
  flags: bigint,
  bytes: Uint8Array,
): PackedContents | undefined => {
  if ((flags & sectionFlag.compressed) !== 0n) {
    const cursor = new Cursor(sectionData(file, name, bytes));
    const type = cursor.u32();
    cursor.skip(4);
    const sizeBytes = cursor.sized(8);
    cursor.skip(8);
    if (type === compression.zlib) return { kind: 'zlib', start: headerBytes, sizeBytes };
    if (type === compression.zstd) return { kind: 'zstd', start: headerBytes, sizeBytes };
    throw cursor.damaged('compression of type 1 (zlib) or 2 (zstd)', `${type}`, 0);
  }
  if (name.startsWith('.zdebug') && bytes.length >= 12 && Buffer.from(bytes.subarray(0, 4)).toString() === 'ZLIB') {
    const sizeBytes = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(4, false));
    return { kind: 'zlib', start: 12, sizeBytes };
  }
  return undefined;
};

/** @throws {ProgramError} when they are not what they say */
export const unpacked = (
  file: string,
  name: string,
  bytes: Uint8Array,
  { kind, start, sizeBytes }: PackedContents,
): Uint8Array => {
  const packed = bytes.subarray(start);
  if (kind === 'zlib' && sizeBytes > packed.length * inflationMax) {
    throw damagedAt(file, name, 8, `a size that ${packed.length} bytes can have`, `${sizeBytes}`);
  }
  if (sizeBytes === 0) return packed.subarray(0, 0);
  let result: Uint8Array;
  try {
    result = kind === 'zstd' ? unpackZstd(packed, sizeBytes) : inflate(packed, sizeBytes);
  } catch (error) {
    if (kind === 'zstd' && !(error instanceof ZstdDamage)) throw error;
    throw damagedAt(file, name, start, `bytes that ${kind} unpacks`, (error as Error).message);
  }
  if (result.length !== sizeBytes) {
    throw damagedAt(file, name, 8, `${result.length}, the unpacked size`, `${sizeBytes}`);
  }
  return result;
};
