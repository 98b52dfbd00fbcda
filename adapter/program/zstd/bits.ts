/**
 * The bits of Zstandard's streams. Most are read from the last byte backwards: the highest bit that is set there only marks
 * where the stream begins (RFC 8878, 4.1 and 4.2.2). Bits before a stream's first byte are zeros.
 */

/** What is wrong with packed bytes. It does not leave the readers of sections, which say it as an error of their own. */
export class ZstdDamage extends Error {
  override readonly name = 'ZstdDamage';
}

export class BackwardBits {
  readonly #bytes: Uint8Array;
  readonly #start: number;
  /** How many bits have not been read; negative when more were asked for than there are. */
  left: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    const last = end > start && end <= bytes.length ? bytes[end - 1]! : 0;
    if (last === 0) throw new ZstdDamage('a stream of bits without its first one');
    this.#bytes = bytes;
    this.#start = start;
    this.left = 8 * (end - start - 1) + 31 - Math.clz32(last);
  }

  /** @param count up to 31 */
  read(count: number): number {
    if (count > shortMax) {
      const high = this.read(count - shortMax);
      return high * 2 ** shortMax + this.read(shortMax);
    }
    this.left -= count;
    return this.#at(this.left) & ((1 << count) - 1);
  }

  /** Up to 24 bits from a place on, and others above them. */
  #at(place: number): number {
    if (place < 0) return place < -24 ? 0 : this.#at(0) << -place;
    const bytes = this.#bytes;
    const at = this.#start + (place >> 3);
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> (place & 7);
  }
}

const shortMax = 24;
