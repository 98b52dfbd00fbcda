/** Files of the host: images read whole, traces written and read piece by piece. In a browser: web/files.ts. */

import {
  closeSync,
  constants as fsConstants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import type { ByteSink, ByteSource } from '../../traces/bytes.ts';
import { sameFile, unreadableFile, unwritableFile } from './errors.ts';

export { brotli } from './compression.ts';

/** @throws {HostError} when it cannot be read */
export const readWhole = (purpose: string, file: string): Uint8Array => {
  try {
    const bytes = readFileSync(file);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  } catch (cause) {
    throw unreadableFile(purpose, file, cause);
  }
};

/** @throws {HostError} when writing `file` would destroy one that is being read */
export const refuseSameFile = (
  file: string,
  inputs: readonly (readonly [purpose: string, file: string])[],
  output = 'recording',
): void => {
  const identity = (name: string): string | undefined => {
    const found = statSync(name, { throwIfNoEntry: false });
    return found?.isFile() ? `${found.dev}:${found.ino}` : undefined;
  };
  const own = identity(file);
  if (own === undefined) return;
  for (const [purpose, input] of inputs) if (identity(input) === own) throw sameFile(purpose, input, output);
};

/**
 * A file that is appended to. Every append is handed to the operating system at once, so it survives the death of this
 * process; only the end of a trace waits for the disk.
 */
export class FileSink implements ByteSink {
  readonly #descriptor: number;
  #closed = false;

  /** @throws {HostError} when it cannot be made; an existing file is emptied */
  constructor(purpose: string, file: string) {
    try {
      this.#descriptor = openSync(file, fsConstants.O_WRONLY | fsConstants.O_CREAT | fsConstants.O_TRUNC, 0o666);
    } catch (cause) {
      throw unwritableFile(purpose, file, cause);
    }
  }

  append(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length; ) written += writeSync(this.#descriptor, bytes, written);
  }

  flush(): void {}

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      fsyncSync(this.#descriptor);
    } catch (error) {
      // A pipe or a device such as /dev/null has nothing to wait for.
      if (!(error instanceof Error && 'code' in error && error.code === 'EINVAL')) throw error;
    }
    closeSync(this.#descriptor);
  }
}

/** A file that is written in any order; what is never written is zeros that take no room, where the file system can. */
export class SparseFile {
  readonly #purpose: string;
  readonly #file: string;
  readonly #descriptor: number;

  /** @throws {HostError} when it cannot be made; an existing file is emptied */
  constructor(purpose: string, file: string) {
    [this.#purpose, this.#file] = [purpose, file];
    this.#descriptor = this.#try(() => openSync(file, 'w'));
  }

  /** @throws {HostError} when the disk is full, or the file is one that has no places, such as a pipe */
  write(at: number, bytes: Uint8Array): void {
    this.#try(() => {
      for (let written = 0; written < bytes.length; ) {
        written += writeSync(this.#descriptor, bytes, written, bytes.length - written, at + written);
      }
    });
  }

  end(sizeBytes: number): void {
    this.#try(() => {
      if (fstatSync(this.#descriptor).isFile()) ftruncateSync(this.#descriptor, sizeBytes);
    });
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Closes it and, unless it is a device, takes it away: half of it is of no use. */
  discard(): void {
    const isFile = fstatSync(this.#descriptor).isFile();
    this.close();
    if (isFile) rmSync(this.#file, { force: true });
  }

  #try<Result>(act: () => Result): Result {
    try {
      return act();
    } catch (cause) {
      throw unwritableFile(this.#purpose, this.#file, cause);
    }
  }
}

export class FileSource implements ByteSource {
  readonly sizeBytes: number;
  readonly #descriptor: number;
  #closed = false;

  /** @throws {HostError} when it cannot be opened */
  constructor(purpose: string, file: string) {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(file, 'r');
      const found = fstatSync(descriptor);
      if (found.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
      this.sizeBytes = found.size;
      this.#descriptor = descriptor;
    } catch (cause) {
      if (descriptor !== undefined) closeSync(descriptor);
      throw unreadableFile(purpose, file, cause);
    }
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    const have = this.readInto(offset, bytes);
    return have === length ? bytes : bytes.subarray(0, have);
  }

  /** Fills `bytes` from an offset on. Gives how many there were: fewer when the file became shorter. */
  readInto(offset: number, bytes: Uint8Array): number {
    let have = 0;
    while (have < bytes.length) {
      const read = readSync(this.#descriptor, bytes, have, bytes.length - have, offset + have);
      if (read === 0) break;
      have += read;
    }
    return have;
  }

  close(): void {
    if (!this.#closed) closeSync(this.#descriptor);
    this.#closed = true;
  }
}
