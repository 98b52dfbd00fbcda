/**
 * Reads what a machine that covers has marked since it was read last: for each RAM page, which instructions were executed
 * and which granules were written, as bitmaps. Reading clears the marks.
 */

import { codeGranuleBytes, coverageMark, writeGranuleBytes } from '../engine/coverage.ts';
import { pageBytes, pageFlag, pageFlagsBase, pageShift, ramOffset } from '../engine/layout.ts';
import type { Machine } from '../machine/machine.ts';

/** A bit for each granule of a page, in words of 32. */
export type PageBitmap = Uint32Array;

const codeGranules = pageBytes / codeGranuleBytes;
const writeGranules = pageBytes / writeGranuleBytes;
export const codeWords = codeGranules / 32;
export const writeWords = writeGranules / 32;

/** By RAM page. */
export interface Coverage {
  readonly executed: ReadonlyMap<number, PageBitmap>;
  readonly written: ReadonlyMap<number, PageBitmap>;
}

export class CoverageReader {
  readonly #machine: Machine;
  /** RAM pages that may have marks of executed code: those that were told of. */
  readonly #executable = new Set<number>();

  /** The machine was made to cover, and stands where the first interval begins. */
  constructor(machine: Machine) {
    if (machine.memory.coverage === undefined) throw new Error('the machine was not made to mark what it does');
    this.#machine = machine;
    this.read();
  }

  /** To be told of each RAM page before it is executed (see Translations.onExecutable). */
  noteExecutable(page: number): void {
    this.#executable.add(page);
  }

  read(): Coverage {
    const executed = new Map<number, Uint32Array>();
    const written = new Map<number, Uint32Array>();
    const { u8, ramPages } = this.#machine.memory;
    for (let page = 0; page < ramPages; page += 1) {
      const flags = u8[pageFlagsBase + page]!;
      if ((flags & pageFlag.dirtySinceInterval) === 0) continue;
      u8[pageFlagsBase + page] = flags & ~pageFlag.dirtySinceInterval;
      this.#readWritten(page, written);
    }
    for (const page of this.#executable) this.#readExecuted(page, executed);
    this.#machine.translations.dropWrites();
    return { executed, written };
  }

  #readExecuted(page: number, into: Map<number, Uint32Array>): void {
    const { u8, u32, coverage } = this.#machine.memory;
    const start = coverage!.executed + page * codeGranules;
    for (let at = start; at < start + codeGranules; at += 4) {
      if (u32[at >>> 2] === 0) continue;
      for (let byte = at; byte < at + 4; byte += 1) {
        const mark = u8[byte]!;
        if (mark === 0) continue;
        const host = ramOffset + page * pageBytes + (byte - start) * codeGranuleBytes;
        if ((mark & coverageMark.instruction) !== 0) setExecuted(into, host);
        if ((mark & coverageMark.block) === 0) continue;
        for (const instruction of this.#machine.engine.blocks.get(host)!) setExecuted(into, instruction);
      }
      u32[at >>> 2] = 0;
    }
  }

  #readWritten(page: number, into: Map<number, Uint32Array>): void {
    const { u8, u32, coverage } = this.#machine.memory;
    const start = coverage!.written + page * writeGranules;
    let bitmap: Uint32Array | undefined;
    for (let at = start; at < start + writeGranules; at += 4) {
      if (u32[at >>> 2] === 0) continue;
      bitmap ??= new Uint32Array(writeWords);
      const granule = at - start;
      for (let byte = 0; byte < 4; byte += 1)
        if (u8[at + byte] !== 0) bitmap[granule >>> 5]! |= 1 << ((granule + byte) & 31);
      u32[at >>> 2] = 0;
    }
    if (bitmap !== undefined) into.set(page, bitmap);
  }
}

const setExecuted = (into: Map<number, Uint32Array>, host: number): void => {
  const page = (host - ramOffset) >>> pageShift;
  let bitmap = into.get(page);
  if (bitmap === undefined) {
    bitmap = new Uint32Array(codeWords);
    into.set(page, bitmap);
  }
  const granule = (host & (pageBytes - 1)) / codeGranuleBytes;
  bitmap[granule >>> 5]! |= 1 << (granule & 31);
};
