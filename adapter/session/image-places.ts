/**
 * Where large images lie on this computer, by what is in them. Whoever opens a recording here of late has the kernel still in its
 * file: to read it there is several times as fast as to decompress what the trace holds. What is found is believed for its digest
 * alone, so a file that was built anew, moved or taken away is only one that is not used.
 *
 *     file    | the image's file: UTF-8 |
 */

import type { ImageDescription } from '../../traces/header.ts';
import { imageDigest } from '../boot/configuration.ts';
import { FileCache } from '../host/file-cache.ts';
import { FileSource } from '../host/files.ts';
import { join, resolve } from '../host/paths.ts';

/** Smaller ones are decompressed in no time. */
const imageBytesMin = 2 ** 20;
const cacheBounds = { extension: '.place', filesMax: 64, bytesMax: 2 ** 20 };

/** Whether it is remembered where an image lies. By SHA-256: another file with the same digest is the same file. */
export const hasPlace = ({ embedded, sizeBytes, digest }: ImageDescription): boolean =>
  embedded && sizeBytes >= imageBytesMin && digest.startsWith('sha256:');

export class ImagePlaces {
  readonly #files: FileCache;

  /** @param folder that of caches */
  constructor(folder: string) {
    this.#files = new FileCache(join(folder, 'places'), cacheBounds);
  }

  /** `file` has the image, as it was read just now. */
  remember(image: ImageDescription, file: string): void {
    if (!hasPlace(image)) return;
    const place = resolve(file);
    if (this.#place(image) !== place) this.#files.write(keyOf(image), Buffer.from(place));
  }

  /** The image's bytes, if they are where they were. */
  find(image: ImageDescription): Uint8Array | undefined {
    if (!hasPlace(image)) return undefined;
    const place = this.#place(image);
    const bytes = place === undefined ? undefined : bytesOf(place, image.sizeBytes);
    return bytes !== undefined && imageDigest(bytes) === image.digest ? bytes : undefined;
  }

  #place(image: ImageDescription): string | undefined {
    return this.#files.read(keyOf(image), (bytes) => bytes.toString());
  }
}

/** Nothing when it is not a file of so many bytes. */
const bytesOf = (file: string, sizeBytes: number): Uint8Array | undefined => {
  try {
    const source = new FileSource('an image', file);
    try {
      return source.sizeBytes === sizeBytes ? source.read(0, sizeBytes) : undefined;
    } finally {
      source.close();
    }
  } catch {
    return undefined;
  }
};

const keyOf = ({ digest }: ImageDescription): string => digest.replace(':', '-');
