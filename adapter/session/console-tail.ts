/** The end of what a guest has printed, within a bound: for people who open a recording where it was all printed already. */

import { consoleBytesMax } from '../../traces/states.ts';

export class ConsoleTail {
  /** Twice as much as is kept, so that it is seldom moved. */
  readonly #buffer = new Uint8Array(2 * consoleBytesMax);
  #sizeBytes = 0;
  /** Of all that was ever printed. */
  totalBytes = 0;

  add(bytes: Uint8Array): void {
    this.totalBytes += bytes.length;
    const added = bytes.length > consoleBytesMax ? bytes.subarray(-consoleBytesMax) : bytes;
    if (this.#sizeBytes + added.length > this.#buffer.length) {
      this.#buffer.copyWithin(0, this.#sizeBytes - consoleBytesMax, this.#sizeBytes);
      this.#sizeBytes = consoleBytesMax;
    }
    this.#buffer.set(added, this.#sizeBytes);
    this.#sizeBytes += added.length;
  }

  bytes(): Uint8Array {
    return this.#buffer.slice(Math.max(0, this.#sizeBytes - consoleBytesMax), this.#sizeBytes);
  }
}
