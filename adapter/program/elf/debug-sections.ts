/**
 * The sections of an ELF file as debug information wants them: by name, decompressed, relocated, and each made ready only
 * when it is first asked for. A section that the file does not have is empty. Also what says which file belongs to which:
 * build-id and debug link, which are only named here; nothing opens another file.
 *
 * gABI chapter 4, "Section Compression"; GDB's manual, "Separate Debug Files".
 */

import { Cursor, type SectionData, sectionData } from '../cursor.ts';
import { type Elf, type Section, sectionFlag, sectionType } from '../elf.ts';
import { damagedAt } from '../errors.ts';
import { packedContents, unpacked } from './compression.ts';
import { relocated, type SectionAddress } from './relocate.ts';
import { sparseBytesMin, sparseSection } from './sparse-section.ts';

/** What all sections unpack to: so many times the packed bytes, and a little more. Compilers' output gives 2 to 10 times. */
const unpackedRatioMax = 32;
const unpackedBytesMin = 2 ** 25;

export class DebugSections {
  readonly file: string;
  readonly elf: Elf;
  readonly #addressOf: SectionAddress;
  readonly #ready = new Map<string, SectionData>();
  readonly #index: ReadonlyMap<string, readonly number[]>;
  /** How many bytes may still be unpacked. */
  #unpackedLeft = unpackedBytesMin;

  /** @param addressOf where the sections of an object file lie; without it they all lie at 0 */
  constructor(elf: Elf, addressOf: SectionAddress = () => 0n) {
    this.file = elf.file;
    this.elf = elf;
    this.#addressOf = addressOf;
    const index = new Map<string, number[]>();
    for (const [number, { name, type, flags }] of elf.sections.entries()) {
      if (type === sectionType.nobits) continue;
      const same = index.get(name);
      if (same === undefined) index.set(name, [number]);
      else if ((flags & sectionFlag.group) !== 0n) same.push(number);
      else same.unshift(number);
    }
    this.#index = index;
  }

  has(name: string): boolean {
    return this.#index.has(name) || this.#index.has(legacyName(name));
  }

  /** Where the section lies in memory. */
  address(name: string): bigint {
    const section = this.elf.sections[this.#index.get(name)?.[0] ?? -1];
    if (section === undefined) return 0n;
    return this.elf.kind === 'object' ? this.#addressOf(name) : section.address;
  }

  /** @throws {ProgramError} when it cannot be decompressed or relocated */
  get(name: string): SectionData {
    let data = this.#ready.get(name);
    if (data === undefined) {
      data = this.#make(name);
      this.#ready.set(name, data);
    }
    return data;
  }

  /**
   * Object files have type units each in a section (and group) of its own, all of one name. They are read one after the
   * other, behind the one in no group, whose offsets others refer to.
   */
  #make(name: string): SectionData {
    const numbers = this.#index.get(name) ?? this.#index.get(legacyName(name)) ?? [];
    const only = numbers.length === 1 ? this.elf.sections[numbers[0]!] : undefined;
    if (only !== undefined && isReadInParts(this.elf, only)) return sparseSection(this.file, only);
    const parts = numbers.map((number) => {
      const data = sectionData(this.file, name, this.#decompressed(this.elf.sections[number]!));
      return this.elf.kind === 'object' ? relocated(this.elf, number, data, this.#addressOf) : data;
    });
    if (parts.length === 1) return parts[0]!;
    return sectionData(this.file, name, parts.length === 0 ? empty : Buffer.concat(parts.map(({ bytes }) => bytes)));
  }

  #decompressed({ name, flags, bytes }: Section): Uint8Array {
    const packed = packedContents(this.file, name, flags, bytes);
    if (packed === undefined) return bytes;
    const { sizeBytes } = packed;
    const left = this.#unpackedLeft + unpackedRatioMax * bytes.length;
    if (sizeBytes > left) throw damagedAt(this.file, name, 0, `up to ${left} bytes unpacked`, `${sizeBytes}`);
    this.#unpackedLeft = left - sizeBytes;
    return unpacked(this.file, name, bytes, packed);
  }

  /** The build-id of the GNU note, in hexadecimal digits. */
  get buildId(): string | undefined {
    const noteName = 'GNU\0';
    const typeBuildId = 3;
    for (const { name, type, bytes } of this.elf.sections) {
      if (type !== sectionType.note) continue;
      const cursor = new Cursor(sectionData(this.file, name, bytes));
      while (cursor.left >= 12) {
        const nameBytes = cursor.u32();
        const valueBytes = cursor.u32();
        const noteType = cursor.u32();
        if (align4(nameBytes) + align4(valueBytes) > cursor.left) break;
        const owner = Buffer.from(cursor.view(align4(nameBytes))).toString('latin1', 0, nameBytes);
        const value = cursor.view(align4(valueBytes)).subarray(0, valueBytes);
        if (owner === noteName && noteType === typeBuildId) return Buffer.from(value).toString('hex');
      }
    }
    return undefined;
  }

  /** The separate debug file that this one names, and the CRC-32 of its contents. */
  get debugLink(): { readonly name: string; readonly crc: number } | undefined {
    const data = this.get('.gnu_debuglink');
    if (data.bytes.length === 0) return undefined;
    const cursor = new Cursor(data);
    const name = cursor.text();
    cursor.skip(align4(cursor.offset) - cursor.offset);
    return { name, crc: cursor.u32() };
  }
}

/** Units of these are far apart and asked for one by one; other sections are small or read from one end to the other. */
const isReadInParts = (elf: Elf, { name, flags, sizeBytes }: Section): boolean =>
  !elf.isInMemory &&
  elf.kind !== 'object' &&
  (name === '.debug_info' || name === '.debug_types') &&
  (flags & sectionFlag.compressed) === 0n &&
  sizeBytes >= sparseBytesMin;

const empty = new Uint8Array(0);
const align4 = (size: number): number => Math.ceil(size / 4) * 4;

/** `.zdebug_info`, as binutils wrote compressed sections before the gABI had a flag for them. */
const legacyName = (name: string): string => name.replace(/^\.debug/, '.zdebug');
