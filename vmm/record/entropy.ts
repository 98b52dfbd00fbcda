/**
 * Entropy for devices. With `virtual` time it is a stream made from the header's seed, so that a run without outside
 * input is the same each time; with `host` time it comes from outside, is logged, and a replay takes it from the log.
 * A device's position in the stream is machine state (entropyTaken), so going back in time goes back in the stream.
 */

import type { Moment } from '../../traces/time.ts';
import type { Hash64 } from '../machine/digest.ts';

/** `taken`: how many bytes devices have had before. */
export type EntropySource = (device: string, sizeBytes: number, taken: number) => Uint8Array;

/** A stream from a seed: XXH64 of the seed, keyed by the number of the 8-byte word. Not for cryptography. */
export const seededEntropy =
  (seed: Uint8Array, hash64: Hash64): EntropySource =>
  (_device, sizeBytes, taken) => {
    const bytes = new Uint8Array(sizeBytes);
    for (let index = 0; index < sizeBytes; index += 1) {
      const at = taken + index;
      const word = hash64(seed, BigInt(Math.floor(at / 8)));
      bytes[index] = Number((word >> BigInt((at % 8) * 8)) & 0xffn);
    }
    return bytes;
  };

/** Entropy that was logged, found again by its place in the stream. */
export class LoggedEntropy {
  readonly #pieces: Uint8Array[] = [];
  /** Ascending. */
  readonly #starts: number[] = [];
  #total: number;

  /** `taken`: how many bytes devices have had before the first piece. */
  constructor(taken = 0) {
    this.#total = taken;
  }

  add(bytes: Uint8Array): void {
    this.#starts.push(this.#total);
    this.#pieces.push(bytes);
    this.#total += bytes.length;
  }

  /** The piece that was given out at this place, or `undefined` when nothing was. */
  at(taken: number, sizeBytes: number): Uint8Array | undefined {
    let first = 0;
    for (let end = this.#starts.length; first < end; ) {
      const middle = (first + end) >>> 1;
      if (this.#starts[middle]! < taken) first = middle + 1;
      else end = middle;
    }
    const piece = this.#starts[first] === taken ? this.#pieces[first] : undefined;
    return piece?.length === sizeBytes ? piece : undefined;
  }
}

/**
 * From the log when it was logged; otherwise fresh from outside, and logged at the moment of the request.
 * @param logged absent where nobody goes back, so that nothing is asked for again
 */
export const recordedEntropy =
  (
    logged: LoggedEntropy | undefined,
    fresh: (sizeBytes: number, taken: number) => Uint8Array,
    log: (bytes: Uint8Array, device: string) => void,
  ) =>
  (device: string, sizeBytes: number, taken: number): Uint8Array => {
    const known = logged?.at(taken, sizeBytes);
    if (known !== undefined) return known;
    const bytes = fresh(sizeBytes, taken);
    logged?.add(bytes);
    log(bytes, device);
    return bytes;
  };

/** The entropy of a replay. A request that was not recorded is a divergence. */
export const replayedEntropy =
  (logged: LoggedEntropy, now: () => Moment, diverged: (at: Moment, what: string) => never): EntropySource =>
  (device, sizeBytes, taken) =>
    logged.at(taken, sizeBytes) ?? diverged(now(), `${device} asks for ${sizeBytes} bytes of entropy at ${taken}`);
