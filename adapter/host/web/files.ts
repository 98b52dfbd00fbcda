/** Files in a browser: those of volume.ts. */

import type { ByteSink, ByteSource } from '../../../traces/bytes.ts';
import { MemorySink } from '../../../traces/memory.ts';
import { sameFile, unreadableFile, unwritableFile } from '../errors.ts';
import type * as node from '../files.ts';
import { volume } from './volume.ts';

export { brotli } from './compression.ts';

export const readWhole = (purpose: string, file: string): Uint8Array => {
  try {
    return volume.read(file);
  } catch (cause) {
    throw unreadableFile(purpose, file, cause);
  }
};

export const refuseSameFile: typeof node.refuseSameFile = (file, inputs, output = 'recording') => {
  for (const [purpose, input] of inputs) if (input === file) throw sameFile(purpose, input, output);
};

/** It is kept when it is closed. */
export class FileSink implements ByteSink {
  readonly #sink = new MemorySink();
  readonly #purpose: string;
  readonly #file: string;
  #closed = false;

  constructor(purpose: string, file: string) {
    [this.#purpose, this.#file] = [purpose, file];
  }

  append(bytes: Uint8Array): void {
    this.#sink.append(bytes);
  }

  flush(): void {}

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      volume.write(this.#file, this.#sink.bytes());
    } catch (cause) {
      throw unwritableFile(this.#purpose, this.#file, cause);
    }
  }
}

export class FileSource implements ByteSource {
  readonly sizeBytes: number;
  readonly #bytes: Uint8Array;

  constructor(purpose: string, file: string) {
    this.#bytes = readWhole(purpose, file);
    this.sizeBytes = this.#bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(offset, offset + length);
  }

  readInto(offset: number, bytes: Uint8Array): number {
    const part = this.#bytes.subarray(offset, offset + bytes.length);
    bytes.set(part);
    return part.length;
  }

  close(): void {}
}

({ readWhole, refuseSameFile }) satisfies Partial<typeof node>;
({ FileSink, FileSource }) satisfies {
  readonly FileSink: new (purpose: string, file: string) => ByteSink;
  readonly FileSource: new (purpose: string, file: string) => Pick<node.FileSource, keyof node.FileSource>;
};
