/**
 * Coverage: which instructions were executed and which RAM was written, as bytes that emitted code sets on its way. Only a
 * machine that is asked to covers; the history index is made by one. It is bookkeeping, not state.
 *
 *     executed  a byte for each two bytes of RAM: `coverageMark`
 *     written   a byte for each eight bytes of RAM: not 0 when one of them was written
 *
 * Both lie behind RAM. What is marked may have happened: a block that is left in its middle is marked as a whole, and a
 * store that faults as if it had been made.
 */

import type { Code } from '../wasm/code.ts';
import { op } from '../wasm/opcodes.ts';
import { ramOffset, wasmPageBytes } from './layout.ts';

/** What `executed` says of an instruction, as bits. */
export const coverageMark = {
  /** A translated block that begins here. */
  block: 1,
  instruction: 2,
} as const;

export const codeGranuleBytes = 2;
export const writeGranuleBytes = 8;

/** Where the maps are in linear memory. */
export interface CoverageMaps {
  readonly executed: number;
  readonly written: number;
  readonly end: number;
}

export const coverageMaps = (ramBytes: number): CoverageMaps => {
  const executed = ramOffset + ramBytes + wasmPageBytes;
  const written = executed + ramBytes / codeGranuleBytes;
  return { executed, written, end: written + ramBytes / writeGranuleBytes };
};

/** The byte of `executed` for the code at a host address. */
export const executedAt = ({ executed }: CoverageMaps, host: number): number =>
  executed + (host - ramOffset) / codeGranuleBytes;

/** Marks the instruction at a host address, an i32 local. */
export const emitExecuted = (code: Code, { executed }: CoverageMaps, host: number): void => {
  const base = executed - ramOffset / codeGranuleBytes;
  const push = (): Code => code.get(host).i32(1).ops(op.i32ShrU);
  push();
  push().memory(op.i32Load8U, base).i32(coverageMark.instruction).ops(op.i32Or).memory(op.i32Store8, base);
};

/** Marks the block at a host address. */
export const emitBlockExecuted = (code: Code, maps: CoverageMaps, host: number): void => {
  code.i32(0).i32(coverageMark.block).memory(op.i32Store8, executedAt(maps, host));
};

/** Marks what a store writes, whose host address is an i32 local plus a distance. */
export const emitWritten = (
  code: Code,
  { written }: CoverageMaps,
  host: number,
  distance: number,
  sizeBytes: number,
): void => {
  const base = written - ramOffset / writeGranuleBytes;
  for (const last of sizeBytes === 1 ? [0] : [0, sizeBytes - 1]) {
    code.get(host);
    if (distance + last !== 0) code.i32(distance + last).ops(op.i32Add);
    code.i32(3).ops(op.i32ShrU).i32(1).memory(op.i32Store8, base);
  }
};
