/** The end of what a guest has printed, within a bound: for people who open a recording where it was all printed already. */

import { consoleBytesMax } from '../../traces/states.ts';

export class ConsoleTail {
  #pieces: Uint8Array[] = [];
  #sizeBytes = 0;
  /** Of all that was ever printed. */
  totalBytes = 0;

  add(bytes: Uint8Array): void {
    this.#pieces.push(bytes.slice());
    this.#sizeBytes += bytes.length;
    this.totalBytes += bytes.length;
    if (this.#sizeBytes < 2 * consoleBytesMax) return;
    const kept = this.bytes();
    this.#pieces = [kept];
    this.#sizeBytes = kept.length;
  }

  bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#pieces)).slice(-consoleBytesMax);
  }
}
