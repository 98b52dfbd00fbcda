/**
 * Reads an ELF64 file of a RISC-V program: entry, segments to load, sections. Every number in the file is checked against
 * the file's size before it is used, and nothing is copied: bytes are views on the file. It is not a loader (where a
 * segment lies in RAM is `boot/`'s concern), and symbols and debug information are read elsewhere.
 *
 * Names are those of the System V ABI, chapters 4 and 5, and of the RISC-V ELF psABI.
 *
 *     +--------------+ 0
 *     | ELF header   |---- e_phoff ---> program headers, 56 bytes each: what is loaded where
 *     |              |---- e_shoff ---> section headers, 64 bytes each: what the linker made
 *     +--------------+
 */

import { headerField, notElf, otherArchitecture, otherKind, outOfBounds } from './errors.ts';

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
  readonly link: number;
  /** `sh_info`: for relocations, the number of the section that they change. */
  readonly info: number;
  readonly entryBytes: bigint;
}

export interface Elf {
  /** The file's name, as errors call it. */
  readonly file: string;
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
const overlapMax = 2;

export const isElf = (bytes: Uint8Array): boolean =>
  bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;

/** @throws {ProgramError} when the file is not a 64-bit RISC-V program or is damaged */
export const readElf = (bytes: Uint8Array, file: string, purpose: ElfPurpose = 'program'): Elf => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const input: Input = { bytes, view, file, purpose };
  const kind = checkIdentity(input);
  const sectionTable = tableOf(input, 'section headers', 0x28, 0x3a, 0x3c, sectionHeaderBytes);
  const programTable = tableOf(input, 'program headers', 0x20, 0x36, 0x38, programHeaderBytes);
  const counts = extendedCounts(input, sectionTable, programTable);
  return {
    file,
    entry: view.getBigUint64(0x18, true),
    kind,
    relocatable: kind === 'shared',
    flags: view.getUint32(0x30, true),
    segments: readSegments(input, programTable.offset, counts.segments),
    sections: readSections(input, sectionTable.offset, counts.sections, counts.names),
  };
};

/** A name is at most this long, so that a table without zero bytes cannot make each of many names as long as itself. */
const nameBytesMax = 4096;

/** The text that starts at an offset of a string table, up to its zero byte or the table's end. */
export const stringAt = (table: Uint8Array, offset: number): string => {
  const name = table.subarray(offset, offset + nameBytesMax);
  const end = name.indexOf(0);
  return Buffer.from(name.buffer, name.byteOffset, name.length).toString('utf8', 0, end < 0 ? name.length : end);
};

interface Input {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly file: string;
  readonly purpose: ElfPurpose;
}

interface Table {
  readonly offset: number;
  readonly count: number;
}

const checkIdentity = ({ bytes, view, file, purpose }: Input): ElfKind => {
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
  slice(input, part, offset, BigInt(count * entryBytes));
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
  slice(input, 'section header 0', BigInt(sections.offset), BigInt(sectionHeaderBytes));
  const first = sections.offset;
  if (counts.sections === 0) {
    const count = input.view.getBigUint64(first + 0x20, true);
    slice(input, 'section headers', BigInt(first), count * BigInt(sectionHeaderBytes));
    counts.sections = Number(count);
  }
  if (counts.names === 0xffff) counts.names = input.view.getUint32(first + 0x28, true);
  if (counts.segments === 0xffff) {
    counts.segments = input.view.getUint32(first + 0x2c, true);
    slice(input, 'program headers', BigInt(segments.offset), BigInt(counts.segments * programHeaderBytes));
  }
  return counts;
};

const readSegments = (input: Input, offset: number, count: number): Segment[] => {
  const { view, file } = input;
  const segments: Segment[] = [];
  if (input.purpose === 'symbols') return segments;
  for (let index = 0; index < count; index++) {
    const at = offset + index * programHeaderBytes;
    if (view.getUint32(at, true) !== segmentLoad) continue;
    const fileBytes = view.getBigUint64(at + 0x20, true);
    const memoryBytes = view.getBigUint64(at + 0x28, true);
    if (fileBytes > memoryBytes) {
      throw headerField(file, `p_filesz of segment ${index}`, `at most p_memsz, ${memoryBytes}`, fileBytes);
    }
    segments.push({
      virtualAddress: view.getBigUint64(at + 0x10, true),
      physicalAddress: view.getBigUint64(at + 0x18, true),
      bytes: slice(input, `segment ${index}`, view.getBigUint64(at + 0x08, true), fileBytes),
      memoryBytes,
      flags: view.getUint32(at + 0x04, true),
    });
  }
  return segments;
};

const readSections = (input: Input, offset: number, count: number, namesIndex: number): Section[] => {
  const { view, file } = input;
  const header = (index: number) => {
    const at = offset + index * sectionHeaderBytes;
    const type = view.getUint32(at + 0x04, true);
    const sizeBytes = view.getBigUint64(at + 0x20, true);
    // Section 0 is the null section; its fields are counts, not a place in the file.
    const stored = type === sectionType.nobits || type === 0 ? 0n : sizeBytes;
    const bytes = stored === 0n ? empty : slice(input, `section ${index}`, view.getBigUint64(at + 0x18, true), stored);
    return { at, type, sizeBytes, bytes };
  };
  if (count === 0) return [];
  if (namesIndex >= count) throw headerField(file, 'e_shstrndx', `a section below ${count}`, namesIndex);
  const names = namesIndex === 0 ? empty : header(namesIndex).bytes;
  let storedBytes = 0;
  return Array.from({ length: count }, (_, index) => {
    const { at, type, sizeBytes, bytes } = header(index);
    // Sections do not overlap: otherwise a small file could ask for the same bytes a thousand times.
    storedBytes += bytes.length;
    if (storedBytes > overlapMax * input.bytes.length) {
      throw headerField(file, `sh_size of section ${index}`, 'sections that do not overlap', sizeBytes);
    }
    return {
      name: stringAt(names, view.getUint32(at, true)),
      type,
      flags: view.getBigUint64(at + 0x08, true),
      address: view.getBigUint64(at + 0x10, true),
      sizeBytes,
      bytes,
      link: view.getUint32(at + 0x28, true),
      info: view.getUint32(at + 0x2c, true),
      entryBytes: view.getBigUint64(at + 0x38, true),
    };
  });
};

const empty = new Uint8Array(0);

const slice = ({ bytes, file }: Input, part: string, offset: bigint, sizeBytes: bigint): Uint8Array => {
  const end = offset + sizeBytes;
  if (end > BigInt(bytes.length)) throw outOfBounds(file, part, end, bytes.length);
  return bytes.subarray(Number(offset), Number(end));
};

const machineName = (machine: number): string => {
  const name = { 3: 'x86', 8: 'MIPS', 21: 'PowerPC', 40: 'Arm', 62: 'x86-64', 183: 'AArch64', 258: 'LoongArch' }[
    machine
  ];
  return `machine ${machine}${name === undefined ? '' : ` (${name})`}`;
};
