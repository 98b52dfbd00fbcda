/**
 * Reads an ELF64 file of a RISC-V program: entry, segments to load, sections. Every number in the file is checked against
 * the file's size before it is used. Of a file in memory nothing is copied: bytes are views on it. Of one on disk, only the
 * headers are read at once, and the bytes of a segment or section when they are asked for. It is not a loader (where a segment
 * lies in RAM is `boot/`'s concern), and symbols and debug information are read elsewhere.
 *
 * Names are those of the System V ABI, chapters 4 and 5, and of the RISC-V ELF psABI.
 *
 *     +--------------+ 0
 *     | ELF header   |---- e_phoff ---> program headers, 56 bytes each: what is loaded where
 *     |              |---- e_shoff ---> section headers, 64 bytes each: what the linker made
 *     +--------------+
 */

import type { ByteSource } from '../../traces/bytes.ts';
import { headerField, notElf, otherArchitecture, otherKind, outOfBounds } from './errors.ts';
import { once } from './once.ts';

/** A PT_LOAD entry: `bytes` go to `physicalAddress`, and zeros follow up to `memoryBytes`. */
export interface Segment {
  readonly virtualAddress: bigint;
  readonly physicalAddress: bigint;
  readonly bytes: Uint8Array;
  readonly memoryBytes: bigint;
  readonly flags: number;
}

export interface Section {
  readonly name: string;
  /** `sh_type`, one of `sectionType` or another number. */
  readonly type: number;
  readonly flags: bigint;
  readonly address: bigint;
  /** The size in the program's memory, which for SHT_NOBITS has no bytes in the file. */
  readonly sizeBytes: bigint;
  readonly bytes: Uint8Array;
  /** A part of the bytes, within their number, without the others. */
  readonly part: (offset: number, sizeBytes: number) => Uint8Array;
  /** The same, to where the caller has room for it. */
  readonly readInto: (offset: number, target: Uint8Array) => void;
  readonly link: number;
  /** `sh_info`: for relocations, the number of the section that they change. */
  readonly info: number;
  readonly entryBytes: bigint;
}

export interface Elf {
  /** The file's name, as errors call it. */
  readonly file: string;
  /** Whether bytes of it cost nothing to ask for. */
  readonly isInMemory: boolean;
  readonly entry: bigint;
  /** `e_type`: ET_EXEC, ET_DYN, or ET_REL. */
  readonly kind: ElfKind;
  /** Whether the program is position-independent (ET_DYN). */
  readonly relocatable: boolean;
  /** `e_flags`: bit 0 RVC, bits 2:1 the floating-point ABI. */
  readonly flags: number;
  readonly segments: readonly Segment[];
  readonly sections: readonly Section[];
}

export type ElfKind = 'executable' | 'shared' | 'object';

/**
 * What a file is wanted for: to be loaded (`program`: no object file, and every segment is whole), or for its symbols and
 * debug information (`symbols`: also object files, kernel modules, and separate debug files, whose segments have no bytes).
 */
export type ElfPurpose = 'program' | 'symbols';

export const sectionType = { symtab: 2, strtab: 3, rela: 4, note: 7, nobits: 8 } as const;
export const sectionFlag = { alloc: 2n, group: 0x200n, compressed: 0x800n } as const;
export const segmentFlag = { execute: 1, write: 2, read: 4 } as const;

const magic = 0x464c_457f; // 7f 'E' 'L' 'F', little-endian
const elfClass64 = 2;
const dataLittleEndian = 1;
const machineRiscv = 243;
const kinds: Readonly<Record<number, ElfKind>> = { 1: 'object', 2: 'executable', 3: 'shared' };
const segmentLoad = 1;
const headerBytes = 64;
const programHeaderBytes = 56;
const sectionHeaderBytes = 64;
/** All sections together may be so many times as long as the file. */
const overlapMax = 2n;

export const isElf = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;

/** A file on disk, of which parts are read. `FileSource` is one. */
export interface FileRanges extends ByteSource {
  /** Fills `bytes` from an offset on, and gives how many there were. */
  readInto(offset: number, bytes: Uint8Array): number;
}

/** The bytes of a file in memory, or where they are read from. */
export type FileBytes = Uint8Array | FileRanges;

/** @throws {ProgramError} when the file is not a 64-bit RISC-V program or is damaged */
export const readElf = (bytes: FileBytes, file: string, purpose: ElfPurpose = 'program'): Elf => {
  const isInMemory = bytes instanceof Uint8Array;
  const source = isInMemory ? inMemory(bytes) : bytes;
  const start = source.read(0, Math.min(headerBytes, source.sizeBytes));
  const input: Input = { source, isInMemory, view: viewOf(start), file, purpose };
  const kind = checkIdentity(input, start);
  const sectionTable = tableOf(input, 'section headers', 0x28, 0x3a, 0x3c, sectionHeaderBytes);
  const programTable = tableOf(input, 'program headers', 0x20, 0x36, 0x38, programHeaderBytes);
  const counts = extendedCounts(input, sectionTable, programTable);
  return {
    file,
    isInMemory,
    entry: input.view.getBigUint64(0x18, true),
    kind,
    relocatable: kind === 'shared',
    flags: input.view.getUint32(0x30, true),
    segments: readSegments(input, programTable.offset, counts.segments),
    sections: readSections(input, sectionTable.offset, counts.sections, counts.names),
  };
};

/** A name is at most this long, so that a table without zero bytes cannot make each of many names as long as itself. */
export const nameBytesMax = 4096;

/** The text that starts at an offset of a string table, up to its zero byte or the table's end. */
export const stringAt = (table: Uint8Array, offset: number): string => {
  const name = table.subarray(offset, offset + nameBytesMax);
  const end = name.indexOf(0);
  return Buffer.from(name.buffer, name.byteOffset, name.length).toString('utf8', 0, end < 0 ? name.length : end);
};

interface Input {
  readonly source: FileRanges;
  readonly isInMemory: boolean;
  /** Of the ELF header. */
  readonly view: DataView;
  readonly file: string;
  readonly purpose: ElfPurpose;
}

interface Table {
  readonly offset: number;
  readonly count: number;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

const inMemory = (bytes: Uint8Array): FileRanges => ({
  sizeBytes: bytes.length,
  read: (offset, length) => bytes.subarray(offset, offset + length),
  readInto: (offset, target) => {
    target.set(bytes.subarray(offset, offset + target.length));
    return target.length;
  },
});

const checkIdentity = ({ view, file, purpose }: Input, bytes: Uint8Array): ElfKind => {
  if (bytes.length < 4 || view.getUint32(0, true) !== magic) {
    const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw notElf(file, start === '' ? 'an empty file' : start);
  }
  if (bytes.length < headerBytes) throw outOfBounds(file, 'ELF header', BigInt(headerBytes), bytes.length);
  const elfClass = bytes[4]!;
  if (elfClass !== elfClass64) {
    throw otherArchitecture(
      file,
      'class',
      'class 2 (64-bit)',
      elfClass === 1 ? 'class 1 (32-bit)' : `class ${elfClass}`,
    );
  }
  if (bytes[5] !== dataLittleEndian) {
    throw otherArchitecture(file, 'byte order', '1 (little-endian)', bytes[5] === 2 ? '2 (big-endian)' : `${bytes[5]}`);
  }
  const machine = view.getUint16(0x12, true);
  if (machine !== machineRiscv) {
    throw otherArchitecture(file, 'architecture', `machine ${machineRiscv} (RISC-V)`, machineName(machine));
  }
  const type = view.getUint16(0x10, true);
  const kind = kinds[type];
  if (kind === undefined || (kind === 'object' && purpose === 'program')) {
    const name = { 1: ', an object file', 4: ', a core dump' }[type] ?? '';
    throw otherKind(file, `type ${type}${name}`);
  }
  return kind;
};

/** Where a table of headers is; the offset is checked once the number of its entries is known. */
const tableOf = (
  input: Input,
  part: string,
  offsetAt: number,
  entryBytesAt: number,
  countAt: number,
  entryBytes: number,
): Table => {
  const offset = input.view.getBigUint64(offsetAt, true);
  const count = input.view.getUint16(countAt, true);
  const found = input.view.getUint16(entryBytesAt, true);
  if (offset === 0n) return { offset: 0, count: 0 };
  if (count > 0 && found !== entryBytes) throw headerField(input.file, `size of ${part}`, `${entryBytes}`, found);
  checkBounds(input, part, offset, BigInt(count * entryBytes));
  return { offset: Number(offset), count };
};

/**
 * Counts that do not fit in 16 bits stand in section header 0 instead (gABI, "ELF Header", e_phnum, e_shnum and
 * e_shstrndx).
 */
const extendedCounts = (input: Input, sections: Table, segments: Table) => {
  const counts = { sections: sections.count, segments: segments.count, names: input.view.getUint16(0x3e, true) };
  if (sections.offset === 0) return counts;
  if (counts.sections !== 0 && counts.segments !== 0xffff && counts.names !== 0xffff) return counts;
  const first = viewOf(slice(input, 'section header 0', BigInt(sections.offset), BigInt(sectionHeaderBytes)));
  if (counts.sections === 0) {
    const count = first.getBigUint64(0x20, true);
    checkBounds(input, 'section headers', BigInt(sections.offset), count * BigInt(sectionHeaderBytes));
    counts.sections = Number(count);
  }
  if (counts.names === 0xffff) counts.names = first.getUint32(0x28, true);
  if (counts.segments === 0xffff) {
    counts.segments = first.getUint32(0x2c, true);
    checkBounds(input, 'program headers', BigInt(segments.offset), BigInt(counts.segments * programHeaderBytes));
  }
  return counts;
};

const readSegments = (input: Input, offset: number, count: number): Segment[] => {
  const { file } = input;
  const segments: Segment[] = [];
  const isWhole = input.purpose === 'program';
  const view = viewOf(slice(input, 'program headers', BigInt(offset), BigInt(count * programHeaderBytes)));
  for (let index = 0; index < count; index++) {
    const at = index * programHeaderBytes;
    if (view.getUint32(at, true) !== segmentLoad) continue;
    const fileBytes = view.getBigUint64(at + 0x20, true);
    const memoryBytes = view.getBigUint64(at + 0x28, true);
    const fileOffset = view.getBigUint64(at + 0x08, true);
    if (isWhole && fileBytes > memoryBytes) {
      throw headerField(file, `p_filesz of segment ${index}`, `at most p_memsz, ${memoryBytes}`, fileBytes);
    }
    if (isWhole) checkBounds(input, `segment ${index}`, fileOffset, fileBytes);
    const bytes = once(() => slice(input, `segment ${index}`, fileOffset, fileBytes));
    segments.push({
      virtualAddress: view.getBigUint64(at + 0x10, true),
      physicalAddress: view.getBigUint64(at + 0x18, true),
      get bytes() {
        return bytes();
      },
      memoryBytes,
      flags: view.getUint32(at + 0x04, true),
    });
  }
  return segments;
};

const readSections = (input: Input, offset: number, count: number, namesIndex: number): Section[] => {
  const { file, source } = input;
  const view = viewOf(slice(input, 'section headers', BigInt(offset), BigInt(count * sectionHeaderBytes)));
  const header = (index: number) => {
    const at = index * sectionHeaderBytes;
    const type = view.getUint32(at + 0x04, true);
    const sizeBytes = view.getBigUint64(at + 0x20, true);
    // Section 0 is the null section; its fields are counts, not a place in the file.
    const stored = type === sectionType.nobits || type === 0 ? 0n : sizeBytes;
    const start = view.getBigUint64(at + 0x18, true);
    if (stored > 0n) checkBounds(input, `section ${index}`, start, stored);
    const part = (from: number, length: number) =>
      stored === 0n ? empty : slice(input, `section ${index}`, start + BigInt(from), BigInt(length));
    const readInto = (from: number, target: Uint8Array): void => {
      const end = start + BigInt(from + target.length);
      if (source.readInto(Number(start) + from, target) < target.length) {
        throw outOfBounds(file, `section ${index}`, end, source.sizeBytes);
      }
    };
    return { at, type, sizeBytes, stored, part, readInto, bytes: once(() => part(0, Number(stored))) };
  };
  if (count === 0) return [];
  if (namesIndex >= count) throw headerField(file, 'e_shstrndx', `a section below ${count}`, namesIndex);
  const names = namesIndex === 0 ? empty : header(namesIndex).bytes();
  let storedBytes = 0n;
  return Array.from({ length: count }, (_, index) => {
    const { at, type, sizeBytes, stored, part, readInto, bytes } = header(index);
    // Sections do not overlap: otherwise a small file could ask for the same bytes a thousand times.
    storedBytes += stored;
    if (storedBytes > overlapMax * BigInt(source.sizeBytes)) {
      throw headerField(file, `sh_size of section ${index}`, 'sections that do not overlap', sizeBytes);
    }
    return {
      name: stringAt(names, view.getUint32(at, true)),
      type,
      flags: view.getBigUint64(at + 0x08, true),
      address: view.getBigUint64(at + 0x10, true),
      sizeBytes,
      part,
      readInto,
      get bytes() {
        return bytes();
      },
      link: view.getUint32(at + 0x28, true),
      info: view.getUint32(at + 0x2c, true),
      entryBytes: view.getBigUint64(at + 0x38, true),
    };
  });
};

const empty = new Uint8Array(0);

const checkBounds = ({ source, file }: Input, part: string, offset: bigint, sizeBytes: bigint): void => {
  const end = offset + sizeBytes;
  if (end > BigInt(source.sizeBytes)) throw outOfBounds(file, part, end, source.sizeBytes);
};

const slice = (input: Input, part: string, offset: bigint, sizeBytes: bigint): Uint8Array => {
  checkBounds(input, part, offset, sizeBytes);
  const bytes = input.source.read(Number(offset), Number(sizeBytes));
  // The file was cut off while it was in use.
  if (bytes.length < Number(sizeBytes)) {
    throw outOfBounds(input.file, part, offset + sizeBytes, Number(offset) + bytes.length);
  }
  return bytes;
};

const machineName = (machine: number): string => {
  const name = { 3: 'x86', 8: 'MIPS', 21: 'PowerPC', 40: 'Arm', 62: 'x86-64', 183: 'AArch64', 258: 'LoongArch' }[
    machine
  ];
  return `machine ${machine}${name === undefined ? '' : ` (${name})`}`;
};
