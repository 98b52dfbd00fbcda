/**
 * Images kept compressed on this computer from recording to recording: the same kernel is recorded again and again, and to compress one
 * of 30 MiB takes longer than all else that recording its boot costs. A file belongs to one image, whatever its name. One that is
 * damaged is made again.
 *
 *     file    | CRC-32 of the rest: u32 | pieces: u32 | for each piece, its offset in the image: u32, bytes: u32 | their bytes, in order |
 */

import type { Compression } from '../../traces/bytes.ts';
import type { ImageDescription } from '../../traces/header.ts';
import { crc32 } from '../host/compression.ts';
import { FileCache } from '../host/file-cache.ts';
import { join } from '../host/paths.ts';

/** Smaller images are compressed in no time; of larger ones a cache would hold few. */
const [imageBytesMin, imageBytesMax] = [2 ** 20, 2 ** 28];
const cacheBounds = { extension: '.image', filesMax: 32, bytesMax: 2 ** 28 };
/** With each change of how pieces are cut or compressed. */
const version = 2;

/** Whether an image is kept. */
export const isKept = ({ sizeBytes }: ImageDescription): boolean =>
  sizeBytes >= imageBytesMin && sizeBytes <= imageBytesMax;

interface KeptImage {
  readonly key: string;
  readonly data: Uint8Array;
  /** By offset, what was kept or is to be. */
  readonly pieces: Map<number, Uint8Array>;
  readonly isNew: boolean;
}

export class KeptImages {
  readonly #files: FileCache;
  readonly #compression: Compression;
  #images: readonly KeptImage[];

  /** @param data of each image its bytes, of which the writer gives parts to `compress`; or undefined when they are not embedded */
  constructor(
    folder: string,
    images: readonly ImageDescription[],
    data: readonly (Uint8Array | undefined)[],
    compression: Compression,
  ) {
    this.#files = new FileCache(join(folder, 'images'), cacheBounds);
    this.#compression = compression;
    this.#images = images.flatMap((image, index) => this.#open(image, data[index]) ?? []);
  }

  #open(image: ImageDescription, data: Uint8Array | undefined): KeptImage | undefined {
    if (data === undefined || !isKept(image)) return undefined;
    const key = `${image.digest.replace(':', '-')}-${version}`;
    const kept = this.#files.read(key, unpackPieces);
    return { key, data, pieces: kept ?? new Map(), isNew: kept === undefined };
  }

  /** Compresses as the one it was made with, but for pieces of these images that were kept. */
  get compression(): Compression {
    return { ...this.#compression, compress: (bytes) => this.#compress(bytes) };
  }

  #compress(bytes: Uint8Array): Uint8Array {
    const image = this.#images.find(({ data }) => data.buffer === bytes.buffer);
    if (image === undefined) return this.#compression.compress(bytes);
    const offset = bytes.byteOffset - image.data.byteOffset;
    let piece = image.pieces.get(offset);
    if (piece === undefined) {
      piece = this.#compression.compress(bytes);
      image.pieces.set(offset, piece);
    }
    return piece;
  }

  /** Call when the images were written: keeps those that are new, and lets go of all. */
  keep(): void {
    for (const { key, pieces, isNew } of this.#images) if (isNew) this.#files.write(key, packPieces(pieces));
    this.#images = [];
  }
}

const listAt = 8;
const entryBytes = 8;

export const packPieces = (pieces: ReadonlyMap<number, Uint8Array>): Uint8Array => {
  const head = Buffer.alloc(listAt + pieces.size * entryBytes);
  head.writeUInt32LE(pieces.size, 4);
  let at = listAt;
  for (const [offset, { length }] of pieces) {
    head.writeUInt32LE(offset, at);
    head.writeUInt32LE(length, at + 4);
    at += entryBytes;
  }
  const file = Buffer.concat([head, ...pieces.values()]);
  file.writeUInt32LE(crc32(file.subarray(4)), 0);
  return file;
};

/** Nothing when the file is not whole. */
export const unpackPieces = (file: Buffer): Map<number, Uint8Array> | undefined => {
  if (file.length < listAt || file.readUInt32LE(0) !== crc32(file.subarray(4))) return undefined;
  const pieces = new Map<number, Uint8Array>();
  const count = file.readUInt32LE(4);
  let from = listAt + count * entryBytes;
  for (let at = listAt; at < listAt + count * entryBytes; at += entryBytes) {
    const end = from + file.readUInt32LE(at + 4);
    pieces.set(file.readUInt32LE(at), file.subarray(from, end));
    from = end;
  }
  return pieces;
};
