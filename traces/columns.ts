/**
 * Numbers and bytes packed one after the other: the columns of which a chunk of events or digests is made. Little
 * endian and LEB128, bounded on reading. It knows no trace.
 */

/** An unsigned LEB128 number below 2^53 has at most eight bytes. */
const varintBytesMax = 8;

export class ColumnWriter {
  #bytes = new Uint8Array(64);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  get sizeBytes(): number {
    return this.#length;
  }

  /** What was written; the writer is not used again afterwards. */
  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Unsigned LEB128: seven bits a byte, the low ones first, bit 7 set on all but the last. */
  unsigned(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#byte((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#byte(rest);
  }

  /** Sign and magnitude: the first byte has bit 7 = more follows, bit 6 = negative, six bits; then as `unsigned`. */
  signed(value: number): void {
    const magnitude = Math.abs(value);
    const sign = value < 0 ? 0x40 : 0;
    const rest = Math.floor(magnitude / 0x40);
    this.#byte((magnitude % 0x40) | sign | (rest > 0 ? 0x80 : 0));
    if (rest > 0) this.unsigned(rest);
  }

  u32(value: number): void {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
  }

  u64(value: bigint): void {
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, value, true);
  }

  /** A length, then that many bytes. */
  bytes(value: Uint8Array): void {
    this.unsigned(value.length);
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
  }

  #byte(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  #reserve(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/** Throws a plain `Error` with a phrase for what was found; whoever knows the chunk makes a sentence of it. */
export class ColumnReader {
  #bytes: Uint8Array;
  #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  unsigned(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < varintBytesMax; count++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte < 0x80) {
        if (byte === 0 && count > 0) throw new Error('a number with needless zeros');
        return safe(value);
      }
    }
    throw new Error('a number of more than 53 bits');
  }

  signed(): number {
    const byte = this.#byte();
    const magnitude = (byte & 0x3f) + (byte & 0x80 ? this.unsigned() * 0x40 : 0);
    return byte & 0x40 ? -safe(magnitude) : safe(magnitude);
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#skip(8), true);
  }

  /** A copy, so that a long-lived event does not hold on to its whole chunk. */
  bytes(): Uint8Array {
    const length = this.unsigned();
    const at = this.#skip(length);
    return this.#bytes.slice(at, at + length);
  }

  #byte(): number {
    return this.#bytes[this.#skip(1)]!;
  }

  #skip(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw new Error(`a column that ends after ${this.#bytes.length} bytes`);
    this.#at = at + length;
    return at;
  }
}

const safe = (value: number): number => {
  if (!Number.isSafeInteger(value)) throw new Error('a number of more than 53 bits');
  return value;
};
