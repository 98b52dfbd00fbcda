/** Where the pieces of the embedded images lie in a trace. Pieces that are all zeros are not stored. */

import { imagePieceBytes } from './chunk.ts';
import { imageOutOfBounds } from './errors.ts';
import type { ImageDescription } from './header.ts';
import type { IndexedChunk } from './scan.ts';

export class ImageIndex {
  readonly #pieces = new Map<number, IndexedChunk[]>();
  readonly #load: (chunk: IndexedChunk) => Uint8Array;

  /** @throws {TraceError} unless each piece lies within its image, on a boundary, after the one before, and is full */
  constructor(
    images: readonly ImageDescription[],
    chunks: readonly IndexedChunk[],
    load: (chunk: IndexedChunk) => Uint8Array,
  ) {
    this.#load = load;
    for (const chunk of chunks) {
      const { first: index, last: offset, plainBytes } = chunk;
      const image = images[index];
      if (image === undefined || !image.embedded) {
        throw imageOutOfBounds(chunk, 'an image that the header lists as embedded', `image ${index}`);
      }
      const pieces = this.#pieces.get(index) ?? [];
      this.#pieces.set(index, pieces);
      const before = pieces.at(-1);
      const next = before === undefined ? 0 : before.last + imagePieceBytes;
      if (offset < next || offset % imagePieceBytes !== 0 || offset >= image.sizeBytes) {
        throw imageOutOfBounds(
          chunk,
          `a multiple of ${imagePieceBytes} from ${next} to ${image.sizeBytes}`,
          `offset ${offset}`,
        );
      }
      const full = Math.min(imagePieceBytes, image.sizeBytes - offset);
      if (plainBytes !== full) throw imageOutOfBounds(chunk, `a piece of ${full} bytes`, `${plainBytes}`);
      pieces.push(chunk);
    }
  }

  /** @param data of the image's size, all zeros */
  fill(index: number, data: Uint8Array): void {
    for (const chunk of this.#pieces.get(index) ?? []) data.set(this.#load(chunk), chunk.last);
  }
}
