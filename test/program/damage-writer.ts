/** Writes ELF files and debug information byte by byte, as no compiler would. It checks nothing. */
import { attribute, form, tag } from '../../adapter/program/dwarf/constants.ts';

export class Bytes {
  #bytes = new Uint8Array(1024);
  length = 0;

  #room(sizeBytes: number): number {
    const at = this.length;
    this.length += sizeBytes;
    if (this.length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return at;
  }

  /** The same number of 1, 2, 4 or 8 bytes, little-endian. */
  number(value: number | bigint, sizeBytes: number): this {
    const at = this.#room(sizeBytes);
    if (typeof value === 'number' && sizeBytes <= 4) {
      for (let byte = 0; byte < sizeBytes; byte++) this.#bytes[at + byte] = value >>> (8 * byte);
      return this;
    }
    for (let byte = 0, rest = BigInt(value); byte < sizeBytes; byte++, rest >>= 8n) {
      this.#bytes[at + byte] = Number(rest & 0xffn);
    }
    return this;
  }

  u8(...values: number[]): this {
    for (const value of values) this.number(value, 1);
    return this;
  }

  u16 = (value: number): this => this.number(value, 2);
  u32 = (value: number | bigint): this => this.number(value, 4);
  u64 = (value: number | bigint): this => this.number(value, 8);

  uleb(...values: (number | bigint)[]): this {
    for (const value of values) {
      let rest = BigInt(value);
      for (; rest > 0x7fn; rest >>= 7n) this.u8(Number(rest & 0x7fn) | 0x80);
      this.u8(Number(rest));
    }
    return this;
  }

  text(value: string): this {
    return this.add(Buffer.from(`${value}\0`));
  }

  add(bytes: Uint8Array): this {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  repeat(count: number, write: (index: number) => void): this {
    for (let index = 0; index < count; index++) write(index);
    return this;
  }

  /** Writes the 4 bytes at a place again. */
  patch(at: number, value: number): this {
    new DataView(this.#bytes.buffer).setUint32(at, value, true);
    return this;
  }

  done(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }
}

export const bytes = (write: (to: Bytes) => void): Uint8Array => {
  const to = new Bytes();
  write(to);
  return to.done();
};

export interface WrittenSection {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly type?: number;
  readonly flags?: number;
  readonly address?: bigint;
  readonly link?: number;
  readonly info?: number;
  readonly entryBytes?: number;
  /** Takes the bytes of an earlier section instead of its own. */
  readonly bytesOf?: number;
}

/** An ELF file with these sections, which are numbered from 1 on. */
export const elfFile = (
  sections: readonly WrittenSection[],
  kind: 'object' | 'executable' = 'executable',
): Uint8Array => {
  const names = new Bytes().u8(0);
  const nameAt = [...sections.map(({ name }) => name), '.shstrtab'].map((name) => {
    const at = names.length;
    names.text(name);
    return at;
  });
  const all: WrittenSection[] = [...sections, { name: '.shstrtab', bytes: names.done(), type: 3 }];
  const offsets: number[] = [];
  const body = new Bytes();
  for (const { bytes: own, bytesOf } of all) {
    offsets.push(bytesOf === undefined ? 64 + body.length : offsets[bytesOf - 1]!);
    if (bytesOf === undefined) body.add(own);
  }
  return bytes((file) => {
    file.u8(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1).add(new Uint8Array(9));
    file
      .u16(kind === 'object' ? 1 : 2)
      .u16(243)
      .u32(1)
      .u64(0x8000_0000)
      .u64(0)
      .u64(64 + body.length)
      .u32(0);
    file
      .u16(64)
      .u16(56)
      .u16(0)
      .u16(64)
      .u16(all.length + 1)
      .u16(all.length);
    file.add(body.done()).add(new Uint8Array(64));
    for (const [index, section] of all.entries()) {
      const { type = 1, flags = 0, address = 0n, link = 0, info = 0, entryBytes = 0, bytesOf } = section;
      const sizeBytes = bytesOf === undefined ? section.bytes.length : all[bytesOf - 1]!.bytes.length;
      file.u32(nameAt[index]!).u32(type).u64(flags).u64(address).u64(offsets[index]!).u64(sizeBytes);
      file.u32(link).u32(info).u64(1).u64(entryBytes);
    }
  });
};

/** Tag, whether it has children, and pairs of attribute and form. */
export type WrittenAbbreviation = readonly [
  tag: number,
  hasChildren: boolean,
  ...attributes: (readonly [number, number])[],
];

/** A table of abbreviations, numbered from 1 on. */
export const abbreviations = (...rows: readonly WrittenAbbreviation[]): Uint8Array =>
  bytes((to) => {
    for (const [index, [tag, hasChildren, ...attributes]] of rows.entries()) {
      to.uleb(index + 1, tag).u8(hasChildren ? 1 : 0);
      for (const pair of attributes) to.uleb(...pair);
      to.uleb(0, 0);
    }
    to.u8(0);
  });

/** A unit of DWARF 4 with 4-byte offsets; its header is 11 bytes long. */
export const unit = (to: Bytes, abbreviationsAt: number, write: () => void): void => {
  const at = to.length;
  to.u32(0).u16(4).u32(abbreviationsAt).u8(8);
  write();
  to.patch(at, to.length - at - 4);
};

/** A program with one unit, whose entries begin at offset 11. */
export const programOf = (
  rows: readonly WrittenAbbreviation[],
  write: (to: Bytes) => void,
  more: readonly WrittenSection[] = [],
): Uint8Array =>
  elfFile([
    { name: '.debug_abbrev', bytes: abbreviations(...rows) },
    { name: '.debug_info', bytes: bytes((to) => unit(to, 0, () => write(to))) },
    ...more,
  ]);

/** Where the code of the written programs begins. */
export const base = 0x8000_0000n;
export const plainUnit: WrittenAbbreviation = [tag.compileUnit, true, [attribute.name, form.string]];
export const codeUnit: WrittenAbbreviation = [
  tag.compileUnit,
  true,
  [attribute.lowPc, form.addr],
  [attribute.highPc, form.data8],
];
export const codeFunction: WrittenAbbreviation = [
  tag.subprogram,
  true,
  [attribute.name, form.string],
  [attribute.lowPc, form.addr],
  [attribute.highPc, form.data8],
];
/** A unit and a function with code from 0x80000000 to 0x80001000 around what is written. */
export const inFunction = (
  rows: readonly WrittenAbbreviation[],
  write: (to: Bytes) => void,
  more: Parameters<typeof programOf>[2] = [],
) =>
  programOf(
    [codeUnit, codeFunction, ...rows],
    (to) => {
      to.u8(1).u64(base).u64(0x1000);
      to.u8(2).text('main').u64(base).u64(0x1000);
      write(to);
      to.u8(0, 0);
    },
    more,
  );

/** A text of a million letters and no end. */
export const letters = Uint8Array.from(
  { length: 1 << 20 },
  (_, index) => 0x61 + ((Math.imul(index, 0x9e37_79b1) >>> 20) % 26),
);
