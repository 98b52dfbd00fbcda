/**
 * The machine's linear memory and the typed views on it. The views are made once: the memory never grows.
 * Physical addresses are plain numbers here (below 2^53); RAM begins at `ramBase` in the guest's physical space.
 */

import { isZero } from '../../traces/zeros.ts';
import { type CoverageMaps, coverageMaps } from '../engine/coverage.ts';
import {
  pageBytes,
  pageFlag,
  pageFlagsBase,
  pageHashesBase,
  pageShift,
  ramOffset,
  scratch,
  wasmPageBytes,
} from '../engine/layout.ts';
import { memoryUnavailable } from './errors.ts';

/** Start of RAM in the guest's physical address space (board memory map). */
export const ramBase = 0x8000_0000;

export interface MachineMemory {
  readonly wasm: WebAssembly.Memory;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly u64: BigUint64Array;
  readonly i64: BigInt64Array;
  readonly f64: Float64Array;
  readonly view: DataView;
  readonly ramBytes: number;
  readonly ramPages: number;
  /** Where what happens is marked, if it is. */
  readonly coverage: Coverage | undefined;
  /** See `tellFirstWrites`. */
  beforeFirstWrite: ((page: number) => void) | undefined;
}

/** Makes the interpreter of a machine that covers: whoever wants one brings it along, since few do and it is large. */
export type EmitCovering = (armed: boolean, maps: CoverageMaps) => Uint8Array<ArrayBuffer>;

export interface Coverage extends CoverageMaps {
  readonly emitInterpreter: EmitCovering;
}

/** @throws {MachineError} when there is not enough memory */
export const createMemory = (ramBytes: number, emitInterpreter?: EmitCovering): MachineMemory => {
  const coverage = emitInterpreter && { ...coverageMaps(ramBytes), emitInterpreter };
  const end = coverage?.end ?? ramOffset + ramBytes;
  const pages = Math.ceil(end / wasmPageBytes) + 1; // one more, so that a wide read at the very end stays inside
  const wasm = allocate(pages, ramBytes);
  const buffer = wasm.buffer;
  return {
    wasm,
    u8: new Uint8Array(buffer),
    u16: new Uint16Array(buffer),
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
    u64: new BigUint64Array(buffer),
    i64: new BigInt64Array(buffer),
    f64: new Float64Array(buffer),
    view: new DataView(buffer),
    ramBytes,
    ramPages: ramBytes / pageBytes,
    coverage,
    beforeFirstWrite: undefined,
  };
};

/** `told` is called before a page is written that is not marked as written in the present interval; maybe also later. */
export const tellFirstWrites = (memory: MachineMemory, told: ((page: number) => void) | undefined): void => {
  memory.beforeFirstWrite = told;
  memory.i32[scratch.tellsFirstWrites >>> 2] = told === undefined ? 0 : 1;
};

const allocate = (pages: number, ramBytes: number): WebAssembly.Memory => {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (cause) {
    throw memoryUnavailable(ramBytes, cause);
  }
};

/** Whether [address, address + sizeBytes) lies in RAM. */
export const inRam = (memory: MachineMemory, address: number, sizeBytes: number): boolean =>
  address >= ramBase && address + sizeBytes <= ramBase + memory.ramBytes;

/** Offset in linear memory of a physical address that lies in RAM. */
export const hostOffset = (address: number): number => address - ramBase + ramOffset;

/** Index of the RAM page that holds a physical address in RAM. */
export const pageIndex = (address: number): number => (address - ramBase) >>> pageShift;

/** Clears a bit of every RAM page's flags, four pages at a time: there may be half a million. */
export const clearPageFlag = ({ u32, ramPages }: MachineMemory, flag: number): void => {
  const kept = ~(flag * 0x0101_0101);
  for (let at = pageFlagsBase >>> 2; at < (pageFlagsBase + ramPages + 3) >>> 2; at += 1) u32[at]! &= kept;
};

/** Whether a RAM page is all zeros: the last digest tells, for a page that was not written since. */
export const isZeroPage = ({ u8, u32 }: MachineMemory, page: number): boolean => {
  if ((u8[pageFlagsBase + page]! & pageFlag.dirtySinceDigest) === 0) {
    const hash = (pageHashesBase >>> 2) + page * 2;
    return (u32[hash]! | u32[hash + 1]!) === 0;
  }
  return isZero(u8.subarray(ramOffset + page * pageBytes, ramOffset + (page + 1) * pageBytes));
};
