/**
 * What others have compressed, unpacked in a browser, by packages that answer at once: brotli-dec-wasm, which is the decoder in
 * Rust, and fflate. Nothing is compressed here: what is written is stored as it is.
 */

import decoder from 'wasm:brotli-dec-wasm/web/bg.wasm';
import { DecompressStream, initSync } from 'brotli-dec-wasm/web';
import { Gunzip, Unzlib } from 'fflate';
import type { Compression } from '../../../traces/bytes.ts';
import { storedOnly } from '../../../traces/memory.ts';
import type * as node from '../compression.ts';

let isReady = false;

/** What the decoder says when the text is at its end. */
const success = 1;

export const brotli: Compression = {
  compress: storedOnly.compress,
  decompress: (bytes, sizeBytes) => {
    if (!isReady) initSync({ module: new WebAssembly.Module(decoder) });
    isReady = true;
    const stream = new DecompressStream();
    try {
      // One more than there may be, so that what has more is found out.
      const { code, buf } = stream.decompress(bytes, sizeBytes + 1);
      if (code !== success || buf.length > sizeBytes) throw new Error(`more than ${sizeBytes} bytes, or no end`);
      return buf;
    } finally {
      stream.free();
    }
  },
};

/** So that no piece of what is packed becomes much at once: deflate makes at most 1032 bytes of one. */
const pieceBytes = 65_536;

const unpack = (unpacker: Unzlib | Gunzip, bytes: Uint8Array, sizeBytesMax: number): Uint8Array => {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  unpacker.ondata = (data) => {
    sizeBytes += data.length;
    if (sizeBytes > sizeBytesMax) throw new Error(`more than ${sizeBytesMax} bytes`);
    parts.push(data);
  };
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    unpacker.push(bytes.subarray(at, at + pieceBytes), at + pieceBytes >= bytes.length);
  }
  const whole = new Uint8Array(sizeBytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

export const inflate = (bytes: Uint8Array, sizeBytesMax: number): Uint8Array =>
  unpack(new Unzlib(), bytes, sizeBytesMax);

export const gunzip = (bytes: Uint8Array, sizeBytesMax: number): Uint8Array =>
  unpack(new Gunzip(), bytes, sizeBytesMax);

/** RFC 1952, section 8. */
const polynomial = 0xedb8_8320;
const table = Uint32Array.from({ length: 256 }, (_, value) => {
  let entry = value;
  for (let bit = 0; bit < 8; bit++) entry = (entry & 1) === 0 ? entry >>> 1 : (entry >>> 1) ^ polynomial;
  return entry >>> 0;
});

export const crc32 = (bytes: Uint8Array, before = 0): number => {
  let sum = ~before;
  for (const byte of bytes) sum = (sum >>> 8) ^ table[(sum ^ byte) & 0xff]!;
  return ~sum >>> 0;
};

({ brotli, inflate, gunzip, crc32 }) satisfies typeof node;
