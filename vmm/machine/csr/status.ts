/**
 * The bits of mstatus, and sstatus as a window on it (Privileged 3.1.6, 4.1.1). The record keeps only the bits that
 * software can change: UXL and SXL are fixed and SD is derived, so they are added when the register is read.
 * All changeable bits lie in the lower half, so the hot paths work on 32-bit numbers.
 */

import { hartOffset } from '../../engine/layout.ts';
import type { Hart } from '../hart.ts';
import { disturbs } from './row.ts';

export const mstatus = {
  sie: 1 << 1, // supervisor interrupts enabled
  mie: 1 << 3, // machine interrupts enabled
  spie: 1 << 5, // SIE before the trap
  mpie: 1 << 7, // MIE before the trap
  spp: 1 << 8, // privilege before the trap into S: 0 U, 1 S
  mpp: 3 << 11, // privilege before the trap into M
  fs: 3 << 13, // floating-point state: 0 off, 1 initial, 2 clean, 3 dirty
  mprv: 1 << 17, // loads and stores as if in MPP
  sum: 1 << 18, // S may access pages of U
  mxr: 1 << 19, // executable pages may be read
  tvm: 1 << 20, // trap satp and sfence.vma in S
  tw: 1 << 21, // trap wfi in S
  tsr: 1 << 22, // trap sret in S
} as const;

export const mppShift = 11;

/** What csr writes to mstatus may change; MPP is checked apart. VS, XS, UBE, SBE, MBE are zero on this hart. */
const mstatusWritable =
  mstatus.sie |
  mstatus.mie |
  mstatus.spie |
  mstatus.mpie |
  mstatus.spp |
  mstatus.fs |
  mstatus.mprv |
  mstatus.sum |
  mstatus.mxr |
  mstatus.tvm |
  mstatus.tw |
  mstatus.tsr;

/** The bits of mstatus that the record keeps. */
export const mstatusKept = mstatusWritable | mstatus.mpp;

export const sstatusWritable = mstatus.sie | mstatus.spie | mstatus.spp | mstatus.fs | mstatus.sum | mstatus.mxr;

const uxl64 = 2; // UXL = 2, bits 33:32
const sxl64 = 2 << 2; // SXL = 2, bits 35:34
const sd = 0x8000_0000; // bit 63

const statusWord = hartOffset.mstatus >>> 2;

export const statusLow = (hart: Hart): number => hart.memory.u32[(hart.base >>> 2) + statusWord]!;
export const setStatusLow = (hart: Hart, value: number): void => {
  hart.memory.u32[(hart.base >>> 2) + statusWord] = value;
};

/** Upper half of sstatus for a given lower half of mstatus. SD says that some state is dirty (3.1.6.6). */
export const sstatusHigh = (low: number): number => (((low & mstatus.fs) === mstatus.fs ? sd : 0) | uxl64) >>> 0;
const mstatusHigh = (low: number): number => (sstatusHigh(low) | sxl64) >>> 0;

export const readMstatus = (hart: Hart): bigint => {
  const low = statusLow(hart);
  return (BigInt(mstatusHigh(low)) << 32n) | BigInt(low);
};

export const readSstatus = (hart: Hart): bigint => {
  const low = statusLow(hart);
  return (BigInt(sstatusHigh(low)) << 32n) | BigInt(low & sstatusWritable);
};

/** Writes the lower half of mstatus; returns what that disturbs. */
export const writeMstatusLow = (hart: Hart, value: number): number => {
  // MPP is WARL (3.1.6.1): the reserved level 2 leaves the old one.
  const mask = (value & mstatus.mpp) >>> mppShift === 2 ? mstatusWritable : mstatusWritable | mstatus.mpp;
  return changeStatus(hart, mask, value);
};

/** Writes the lower half of sstatus; returns what that disturbs. */
export const writeSstatusLow = (hart: Hart, value: number): number => changeStatus(hart, sstatusWritable, value);

const contextBits = mstatus.mprv | mstatus.sum | mstatus.mxr | mstatus.mpp;

const changeStatus = (hart: Hart, mask: number, value: number): number => {
  const old = statusLow(hart);
  const now = ((old & ~mask) | (value & mask)) >>> 0;
  setStatusLow(hart, now);
  const changed = old ^ now;
  let disturbed = 0;
  if (changed & now & (mstatus.sie | mstatus.mie)) disturbed |= disturbs.interrupts;
  // Floating point going on or off is told too: whoever has checked FS once for several instructions checks again.
  if (changed & contextBits || ((old & mstatus.fs) === 0) !== ((now & mstatus.fs) === 0)) {
    disturbed |= disturbs.context;
  }
  return disturbed;
};

export const floatIsOff = (hart: Hart): boolean => (statusLow(hart) & mstatus.fs) === 0;
export const markFloatDirty = (hart: Hart): void => setStatusLow(hart, (statusLow(hart) | mstatus.fs) >>> 0);
