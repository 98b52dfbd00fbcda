/** What others have compressed, unpacked; and the checksum that goes with it. In a browser: web/compression.ts. */

import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, inflateSync, crc32 as sum } from 'node:zlib';
import type { Compression } from '../../traces/bytes.ts';

/**
 * Brotli's quality. Images are most of a trace, and recording must cost no more than running: at 0 a Linux kernel of
 * 30 MiB takes 70 ms and becomes 12 MB, at 5 it takes 650 ms and becomes 10 MB. What is small takes a sixth of the time at 2 that it
 * takes at 5, and is a tenth larger.
 */
const brotliQuality = (sizeBytes: number): number => (sizeBytes >= largeBytes ? 0 : 2);
const largeBytes = 65_536;

/** The least window, as a power of two, that reaches over all of the bytes (RFC 7932, 9.1): what a larger one needs is made anew each time. */
const brotliWindow = (sizeBytes: number): number =>
  Math.min(
    Math.max(Math.ceil(Math.log2(sizeBytes + 16)), constants.BROTLI_MIN_WINDOW_BITS),
    constants.BROTLI_DEFAULT_WINDOW,
  );

/** RFC 7932. */
export const brotli: Compression = {
  compress: (bytes) =>
    plainArray(
      brotliCompressSync(bytes, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: brotliQuality(bytes.length),
          [constants.BROTLI_PARAM_LGWIN]: brotliWindow(bytes.length),
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        },
      }),
    ),
  decompress: (bytes, sizeBytes) =>
    plainArray(brotliDecompressSync(bytes, { maxOutputLength: Math.max(sizeBytes, 1) })),
};

/**
 * RFC 1950.
 * @throws {Error} when it is damaged, or more than `sizeBytesMax`
 */
export const inflate = (bytes: Uint8Array, sizeBytesMax: number): Uint8Array =>
  plainArray(inflateSync(bytes, { maxOutputLength: sizeBytesMax }));

/**
 * RFC 1952.
 * @throws {Error} when it is damaged, or more than `sizeBytesMax`
 */
export const gunzip = (bytes: Uint8Array, sizeBytesMax: number): Uint8Array =>
  plainArray(gunzipSync(bytes, { maxOutputLength: sizeBytesMax }));

/** The CRC-32 of RFC 1952, of bytes behind those whose sum is given. */
export const crc32 = (bytes: Uint8Array, before = 0): number => sum(bytes, before);

const plainArray = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
