/**
 * A place in a section, and reading from there: fixed numbers, LEB128 and text. Every read is checked against the end, and
 * what cannot be read is an error that names file, section and offset. It copies nothing and knows no format.
 *
 * Numbers that are counts, sizes or offsets come as `number` and are refused beyond 2^53; those that are values of the
 * program (addresses, constants) come as `bigint`.
 */

import { damagedAt } from './errors.ts';

/** The bytes of one section and how errors call them. Offsets are relative to its start. */
export interface SectionData {
  readonly file: string;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Where bytes are read from disk when they are needed: makes a range of them present. All others are zeros. */
  readonly load?: (start: number, end: number) => void;
}

export const sectionData = (file: string, name: string, bytes: Uint8Array): SectionData => ({
  file,
  name,
  bytes,
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
});

/** LEB128 numbers of more bits than this are refused (Wasm and DWARF producers stay within 64). */
const lebShiftMax = 70n;

export class Cursor {
  readonly section: SectionData;
  /** Where the next read begins. */
  offset: number;
  /** Reads may come up to here. */
  readonly end: number;

  constructor(section: SectionData, offset = 0, end = section.bytes.length) {
    this.section = section;
    this.offset = offset;
    this.end = end;
    if (!(offset >= 0 && offset <= end))
      throw this.damaged(`an offset up to 0x${end.toString(16)}`, 'a place beyond it');
    if (end > section.bytes.length) {
      throw this.damaged(`an end up to 0x${section.bytes.length.toString(16)}`, `0x${end.toString(16)}`);
    }
  }

  get left(): number {
    return this.end - this.offset;
  }

  get atEnd(): boolean {
    return this.offset >= this.end;
  }

  /** The error that says that what stands here is not what it should be. */
  damaged(expected: string, found: string, offset = this.offset) {
    return damagedAt(this.section.file, this.section.name, offset, expected, found);
  }

  #take(sizeBytes: number): number {
    const at = this.offset;
    if (!(sizeBytes <= this.end - at)) throw this.damaged(`${sizeBytes} bytes here`, `${this.end - at}`);
    this.offset = at + sizeBytes;
    return at;
  }

  u8(): number {
    return this.section.bytes[this.#take(1)]!;
  }

  i8(): number {
    return this.section.view.getInt8(this.#take(1));
  }

  u16(): number {
    return this.section.view.getUint16(this.#take(2), true);
  }

  u24(): number {
    const at = this.#take(3);
    return this.section.view.getUint16(at, true) | (this.section.bytes[at + 2]! << 16);
  }

  u32(): number {
    return this.section.view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.section.view.getBigUint64(this.#take(8), true);
  }

  /** An unsigned number of 1, 2, 4 or 8 bytes. */
  unsigned(sizeBytes: number): bigint {
    if (sizeBytes === 8) return this.u64();
    if (sizeBytes === 4) return BigInt(this.u32());
    if (sizeBytes === 2) return BigInt(this.u16());
    if (sizeBytes === 1) return BigInt(this.u8());
    throw this.damaged('a number of 1, 2, 4 or 8 bytes', `one of ${sizeBytes}`);
  }

  signed(sizeBytes: number): bigint {
    return BigInt.asIntN(8 * sizeBytes, this.unsigned(sizeBytes));
  }

  /** A size or an offset of 4 or 8 bytes: what DWARF writes according to its format. */
  sized(sizeBytes: number): number {
    if (sizeBytes === 4) return this.u32();
    const at = this.offset;
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.damaged('a size below 2^53', `${value}`, at);
    return Number(value);
  }

  /** The same for sizes of 1, 2, 4 and 8 bytes. */
  sized8(sizeBytes: number): number {
    if (sizeBytes === 1) return this.u8();
    return sizeBytes === 2 ? this.u16() : this.sized(sizeBytes);
  }

  /** ULEB128 as a count, a size or an offset. */
  uleb(): number {
    const start = this.offset;
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 128;
      if (scale > 2 ** 77) throw this.damaged('a LEB128 number', 'one without end', start);
    }
    if (value > Number.MAX_SAFE_INTEGER) throw this.damaged('a number below 2^53', `${value}`, start);
    return value;
  }

  /** ULEB128 as a value of 64 bits. */
  uleb64(): bigint {
    const start = this.offset;
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (shift > lebShiftMax) throw this.damaged('a LEB128 number', 'one without end', start);
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
  }

  /** SLEB128 as a value of 64 bits. */
  sleb64(): bigint {
    const start = this.offset;
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (shift > lebShiftMax) throw this.damaged('a LEB128 number', 'one without end', start);
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, (byte & 0x40) === 0 ? value : value | (-1n << (shift + 7n)));
    }
  }

  /** SLEB128 as a small number, such as a line's difference. */
  sleb(): number {
    const start = this.offset;
    const value = this.sleb64();
    if (value > 0x7fff_ffffn || value < -0x8000_0000n) throw this.damaged('a number of 32 bits', `${value}`, start);
    return Number(value);
  }

  skipLeb(): void {
    const start = this.offset;
    while (this.u8() >= 0x80)
      if (this.offset - start > 11) throw this.damaged('a LEB128 number', 'one without end', start);
  }

  skip(sizeBytes: number): void {
    this.#take(sizeBytes);
  }

  view(sizeBytes: number): Uint8Array {
    const at = this.#take(sizeBytes);
    return this.section.bytes.subarray(at, at + sizeBytes);
  }

  /** Text up to its zero byte. */
  text(): string {
    const start = this.offset;
    this.skipText();
    return decodeText(this.section.bytes, start, this.offset - 1);
  }

  skipText(): void {
    const zero = this.section.bytes.indexOf(0, this.offset);
    if (zero < 0 || zero >= this.end) throw this.damaged('text that ends with a zero byte', 'none');
    this.offset = zero + 1;
  }
}

/** Texts of debug information are UTF-8, nearly always ASCII; one longer than this is cut, so that damage costs little. */
const textBytesMax = 65_536;

export const decodeText = (bytes: Uint8Array, start: number, end: number): string => {
  const last = Math.min(end, start + textBytesMax);
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, last - start).toString('utf8');
};
