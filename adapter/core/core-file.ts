/**
 * An ELF core file of the machine as it stands, written piece by piece. What it holds is decided in `ranges.ts` and `notes.ts`.
 *
 *     ELF header | program headers | notes | ... | RAM, from its first byte that is shown to its last one
 *
 * Of RAM each byte is there once, however often it is mapped: segments at several addresses share it. Pages of zeros are
 * holes in the file, which take no room. They are not left out of segments (p_filesz below p_memsz), because gdb takes
 * what a core file does not hold from the program's file, where such a page may have had its first contents.
 */

import { pageBytes } from '../../vmm/engine/layout.ts';
import { hostOffset, type MachineMemory, pageIndex, ramBase } from '../../vmm/machine/memory.ts';
import type { CoreRange } from './ranges.ts';

/** Where a core file goes. */
export interface CoreSink {
  write(at: number, bytes: Uint8Array): void;
  /** The file has this size, also where nothing was written. */
  end(sizeBytes: number): void;
}

const header = { sizeBytes: 64, programHeaderBytes: 56, sectionHeaderBytes: 64 } as const;
const elf = { core: 4, riscv: 243, load: 1, note: 4, readWriteExecute: 7 } as const;
/** e_flags: RVC and the ABI with doubles in registers (RISC-V ELF psABI), as the programs have that are debugged. */
const flags = 0x5;

/** @returns the size of the file and how many bytes of RAM are in it that are not zeros */
export const writeCore = (
  sink: CoreSink,
  memory: MachineMemory,
  ranges: readonly CoreRange[],
  notes: Uint8Array,
): { readonly sizeBytes: number; readonly storedBytes: number } => {
  const start = ranges.reduce((least, { physical }) => Math.min(least, physical), Number.POSITIVE_INFINITY);
  const end = ranges.reduce((most, { physical, sizeBytes }) => Math.max(most, physical + sizeBytes), 0);
  const notesAt = header.sizeBytes + header.programHeaderBytes * (1 + ranges.length);
  const ramAt = alignUp(notesAt + notes.length);
  const fileOffset = (physical: number): number => ramAt + physical - start;
  sink.write(0, elfHeader(1 + ranges.length));
  sink.write(
    header.sizeBytes,
    programHeaders([
      [elf.note, 0, notesAt, 0, 0, notes.length, 0, 4],
      ...ranges.map(
        ({ virtual, physical, sizeBytes }) =>
          [
            elf.load,
            elf.readWriteExecute,
            fileOffset(physical),
            virtual,
            physical,
            sizeBytes,
            sizeBytes,
            pageBytes,
          ] as const,
      ),
    ]),
  );
  sink.write(notesAt, notes);
  let storedBytes = 0;
  for (const { from, to } of storedRuns(memory, ranges)) {
    const bytes = memory.u8.subarray(hostOffset(addressOf(from)), hostOffset(addressOf(to)));
    sink.write(fileOffset(addressOf(from)), bytes);
    storedBytes += bytes.length;
  }
  const sizeBytes = ranges.length === 0 ? ramAt : fileOffset(end);
  sink.end(sizeBytes);
  return { sizeBytes, storedBytes };
};

const alignUp = (offset: number): number => Math.ceil(offset / pageBytes) * pageBytes;
const addressOf = (page: number): number => ramBase + page * pageBytes;

/** Pages of RAM side by side that are shown somewhere and are not zeros; `to` is behind the last. */
function* storedRuns(memory: MachineMemory, ranges: readonly CoreRange[]) {
  const isShown = new Uint8Array(memory.ramPages);
  for (const { physical, sizeBytes } of ranges) isShown.fill(1, pageIndex(physical), pageIndex(physical + sizeBytes));
  let from: number | undefined;
  // A kernel leaves most of RAM as it was, and the host compares it with zeros ten times as fast as a loop does.
  const bytes = Buffer.from(memory.u8.buffer);
  const zeros = Buffer.alloc(pageBytes);
  const isZeros = (page: number): boolean => {
    const at = hostOffset(addressOf(page));
    return bytes.compare(zeros, 0, pageBytes, at, at + pageBytes) === 0;
  };
  for (let page = 0; page <= memory.ramPages; page++) {
    const isStored = isShown[page] === 1 && !isZeros(page); // no page behind the last is shown
    if (isStored) from ??= page;
    else if (from !== undefined) {
      yield { from, to: page };
      from = undefined;
    }
  }
}

const elfHeader = (segments: number): Uint8Array => {
  const bytes = new Uint8Array(header.sizeBytes);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // 64 bits, little-endian, version 1
  view.setUint16(0x10, elf.core, true);
  view.setUint16(0x12, elf.riscv, true);
  view.setUint32(0x14, 1, true);
  view.setBigUint64(0x20, BigInt(header.sizeBytes), true);
  view.setUint32(0x30, flags, true);
  view.setUint16(0x34, header.sizeBytes, true);
  view.setUint16(0x36, header.programHeaderBytes, true);
  view.setUint16(0x38, segments, true);
  view.setUint16(0x3a, header.sectionHeaderBytes, true);
  return bytes;
};

/** In the order of the gABI: type, flags, offset, virtual and physical address, size in the file and in memory, alignment. */
type ProgramHeader = readonly [number, number, number, number | bigint, number, number, number, number];

const programHeaders = (rows: readonly ProgramHeader[]): Uint8Array => {
  const bytes = new Uint8Array(header.programHeaderBytes * rows.length);
  const view = new DataView(bytes.buffer);
  for (const [index, [type, access, ...words]] of rows.entries()) {
    const at = header.programHeaderBytes * index;
    view.setUint32(at, type, true);
    view.setUint32(at + 4, access, true);
    for (const [word, value] of words.entries()) view.setBigUint64(at + 8 + 8 * word, BigInt(value), true);
  }
  return bytes;
};
