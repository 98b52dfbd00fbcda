/** The end of a file that is there already, written anew from some place on. In a browser: web/tail-file.ts. */

import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import type { ByteSink } from '../../traces/bytes.ts';

/** What was behind the place is cut off by `flush`. */
export class TailFile implements ByteSink {
  readonly #descriptor: number;
  #at: number;

  /** @throws {Error} when it may not be written to */
  constructor(file: string, offset: number) {
    this.#at = offset;
    this.#descriptor = openSync(file, 'r+');
    // A file that says of itself that it is not to be written is left alone, also by those who could.
    if ((fstatSync(this.#descriptor).mode & 0o222) === 0) {
      closeSync(this.#descriptor);
      throw new Error('no permission to write');
    }
  }

  append(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(this.#descriptor, bytes, written, bytes.length - written, this.#at + written);
    }
    this.#at += bytes.length;
  }

  flush(): void {
    ftruncateSync(this.#descriptor, this.#at);
  }

  close(): void {
    fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
  }
}
