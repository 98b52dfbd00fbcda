/**
 * A disk's contents: an immutable base image and, over it, the blocks that the guest has changed. Not a block device;
 * that is virtio/blk.ts.
 *
 * Blocks are immutable: a write replaces the block, so a saved state shares them all. They are grouped in chunks, and
 * a chunk's saved form is made once and kept until the chunk changes: saving costs what was written since the last
 * time, and a digest may remember a chunk's hash by the identity of its saved form.
 */

import type { PlainState } from './device.ts';
import { SavedRecord } from './record.ts';
import { bytes, either, fields, listOf, nothing, number, type Shape } from './shape.ts';

export const diskBlockBytes = 4096;
export const sectorBytes = 512;
const chunkBlocks = 256;

/** Blocks of one chunk that differ from the base image; `null` where the base is what counts. */
interface SavedChunk {
  readonly index: number;
  readonly blocks: readonly (Uint8Array | null)[];
  readonly [name: string]: PlainState;
}

const zeroBlock = new Uint8Array(diskBlockBytes);

export class Disk {
  readonly #base: Uint8Array;
  /** Capacity; the last sector of the base image is filled up with zeros. */
  readonly sectors: number;
  #chunks = new Map<number, SavedChunk>();

  /** The base image is not copied and must never change. */
  constructor(base: Uint8Array) {
    this.#base = base;
    this.sectors = Math.ceil(base.length / sectorBytes);
  }

  /** Whether a range of sectors lies on the disk. */
  holds(sector: number, count: number): boolean {
    return sector + count <= this.sectors;
  }

  /** A copy of a range that lies on the disk. */
  read(sector: number, count: number): Uint8Array {
    const bytes = new Uint8Array(count * sectorBytes);
    this.#inBlocks(sector, count, (block, inBlock, inBytes, sizeBytes) => {
      const changed = this.#changed(block);
      const from = block * diskBlockBytes + inBlock;
      const source = changed?.subarray(inBlock, inBlock + sizeBytes) ?? this.#base.subarray(from, from + sizeBytes);
      bytes.set(source, inBytes);
    });
    return bytes;
  }

  /** Writes whole sectors to a range that lies on the disk. */
  write(sector: number, bytes: Uint8Array): void {
    this.#inBlocks(sector, bytes.length / sectorBytes, (block, inBlock, inBytes, sizeBytes) => {
      const replaced = sizeBytes === diskBlockBytes ? new Uint8Array(diskBlockBytes) : this.#block(block);
      replaced.set(bytes.subarray(inBytes, inBytes + sizeBytes), inBlock);
      this.#replace(block, replaced);
    });
  }

  /** Zeroes a range that lies on the disk. Whole blocks of zeros are shared. */
  zero(sector: number, count: number): void {
    this.#inBlocks(sector, count, (block, inBlock, _inBytes, sizeBytes) => {
      if (sizeBytes === diskBlockBytes) {
        this.#replace(block, zeroBlock);
      } else {
        const replaced = this.#block(block);
        replaced.fill(0, inBlock, inBlock + sizeBytes);
        this.#replace(block, replaced);
      }
    });
  }

  /** The chunks that differ from the base image, in order. */
  save(): PlainState {
    const chunks = [...this.#chunks.values()].sort((one, other) => one.index - other.index);
    return { chunks };
  }

  /** Chunks ascend and lie on the disk, so that a hostile list is no longer than the disk. */
  readonly shape: Shape = (state) => {
    const chunks = Math.ceil((this.sectors * sectorBytes) / (chunkBlocks * diskBlockBytes));
    const block = either(nothing, bytes(diskBlockBytes, diskBlockBytes));
    const chunk = fields({ index: number(0, chunks - 1), blocks: listOf(block, chunkBlocks, chunkBlocks) });
    const found = fields({ chunks: listOf(chunk, 0, chunks) })(state);
    if (found !== undefined) return found;
    const { chunks: list } = state as { readonly chunks: readonly SavedChunk[] };
    const disorder = list.findIndex(({ index }, place) => place > 0 && index <= list[place - 1]!.index);
    return disorder < 0 ? undefined : `chunks[${disorder}]: ${list[disorder]!.index} in place of a later chunk`;
  };

  restore(state: PlainState): void {
    const chunks = new SavedRecord('the disk', state).list('chunks') as readonly SavedChunk[];
    this.#chunks = new Map(chunks.map((chunk) => [chunk.index, chunk]));
  }

  #changed(block: number): Uint8Array | null | undefined {
    return this.#chunks.get(Math.floor(block / chunkBlocks))?.blocks[block % chunkBlocks];
  }

  /** A copy of a whole block as it is now. */
  #block(block: number): Uint8Array {
    const changed = this.#changed(block);
    if (changed) return changed.slice();
    const copy = new Uint8Array(diskBlockBytes);
    copy.set(this.#base.subarray(block * diskBlockBytes, (block + 1) * diskBlockBytes));
    return copy;
  }

  /** From here on nobody may change the bytes. A block that is again what the base image has is dropped. */
  #replace(block: number, bytes: Uint8Array): void {
    const index = Math.floor(block / chunkBlocks);
    const blocks = [...(this.#chunks.get(index)?.blocks ?? new Array<null>(chunkBlocks).fill(null))];
    blocks[block % chunkBlocks] = this.#isBase(block, bytes) ? null : bytes;
    if (blocks.every((entry) => entry === null)) this.#chunks.delete(index);
    else this.#chunks.set(index, { index, blocks });
  }

  #isBase(block: number, bytes: Uint8Array): boolean {
    const at = block * diskBlockBytes;
    for (let index = 0; index < diskBlockBytes; index++) {
      if (bytes[index] !== (this.#base[at + index] ?? 0)) return false;
    }
    return true;
  }

  #inBlocks(
    sector: number,
    count: number,
    visit: (block: number, inBlock: number, inBytes: number, sizeBytes: number) => void,
  ): void {
    let at = sector * sectorBytes;
    const end = at + count * sectorBytes;
    const start = at;
    while (at < end) {
      const inBlock = at % diskBlockBytes;
      const sizeBytes = Math.min(diskBlockBytes - inBlock, end - at);
      visit(Math.floor(at / diskBlockBytes), inBlock, at - start, sizeBytes);
      at += sizeBytes;
    }
  }
}
