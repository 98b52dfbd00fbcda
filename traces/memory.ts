/** A sink and a source that live in memory: for tests, and for timelines that are never saved. */

import type { ByteSink, ByteSource, Compression } from './bytes.ts';

export class MemorySink implements ByteSink {
  #chunks: Uint8Array[] = [];
  #flushedBytes = 0;
  #sizeBytes = 0;
  closed = false;

  append(bytes: Uint8Array): void {
    this.#chunks.push(bytes.slice());
    this.#sizeBytes += bytes.length;
  }

  flush(): void {
    this.#flushedBytes = this.#sizeBytes;
  }

  close(): void {
    this.flush();
    this.closed = true;
  }

  /** What a reader would find if the writer died now: everything up to the last flush. */
  get flushedBytes(): number {
    return this.#flushedBytes;
  }

  /** Everything appended so far. */
  bytes(): Uint8Array {
    const all = new Uint8Array(this.#sizeBytes);
    let offset = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, offset);
      offset += chunk.length;
    }
    return all;
  }
}

export class MemorySource implements ByteSource {
  readonly sizeBytes: number;
  #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.sizeBytes = bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + length);
  }
}

/** Never makes anything smaller, so that the writer stores every chunk as it is. */
export const storedOnly: Compression = {
  compress: (bytes) => bytes,
  decompress: () => {
    throw new Error('no decompressor was given');
  },
};
