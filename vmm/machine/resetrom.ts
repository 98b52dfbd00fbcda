/**
 * The boot ROM's contents and where a loader puts things in RAM, as QEMU's `virt` does both: so that firmware and
 * kernels find themselves where they expect. Not the loading itself.
 *
 *     0x1000  reset vector, six instructions
 *     0x1018  address to jump to
 *     0x1020  address of the device tree
 *     0x1028  fw_dynamic information (OpenSBI, fw_dynamic.h)
 */

import { ramBase } from './memory.ts';
import { platformRow } from './platform.ts';

/** Where a hart begins. */
export const resetVector = platformRow('rom').base;

/** Modes of the next stage, as OpenSBI numbers them. */
export const nextMode = { user: 0, supervisor: 1, machine: 3 } as const;

export interface ResetRom {
  /** Physical address of the first instruction outside the ROM: firmware, or a kernel without firmware. */
  readonly start: number;
  /** Physical address of the device tree. */
  readonly dtb: number;
  /** What OpenSBI's fw_dynamic starts afterwards, and in which mode; 0 when there is no next stage. */
  readonly nextAddress: number;
  readonly nextMode: (typeof nextMode)[keyof typeof nextMode];
}

const startAt = 0x18;
const dtbAt = 0x20;
const dynamicInfoAt = 0x28;
const romBytes = dynamicInfoAt + 6 * 8;

// Registers of the hand-over: a0 = hart, a1 = device tree, a2 = fw_dynamic information.
const t0 = 5;
const a0 = 10;
const a1 = 11;
const a2 = 12;
const mhartid = 0xf14;

// Encodings (unprivileged specification, section 2.3), as far as the reset vector needs them.
const auipc = (rd: number, upper: number): number => (upper << 12) | (rd << 7) | 0x17;
const addi = (rd: number, rs1: number, imm: number): number => (imm << 20) | (rs1 << 15) | (rd << 7) | 0x13;
const ld = (rd: number, offset: number, rs1: number): number =>
  (offset << 20) | (rs1 << 15) | (3 << 12) | (rd << 7) | 0x03;
const csrr = (rd: number, csr: number): number => (csr << 20) | (2 << 12) | (rd << 7) | 0x73;
const jr = (rs1: number): number => (rs1 << 15) | 0x67;

const dynamicMagic = 0x4942_534f;
const dynamicVersion = 2;

export const resetRom = (config: ResetRom): Uint8Array => {
  const bytes = new Uint8Array(romBytes);
  const view = new DataView(bytes.buffer);
  const instructions = [
    auipc(t0, 0), // t0 = this address
    addi(a2, t0, dynamicInfoAt),
    csrr(a0, mhartid),
    ld(a1, dtbAt, t0),
    ld(t0, startAt, t0),
    jr(t0),
  ];
  const dynamicInfo = [
    dynamicMagic,
    dynamicVersion,
    config.nextAddress,
    config.nextMode,
    0, // options
    0, // boot hart
  ];
  instructions.forEach((word, index) => {
    view.setUint32(index * 4, word >>> 0, true);
  });
  [config.start, config.dtb, ...dynamicInfo].forEach((value, index) => {
    view.setBigUint64(startAt + index * 8, BigInt(value), true);
  });
  return bytes;
};

const mebibyte = 0x10_0000;
/** Device trees stay below 3 GiB, where a 32-bit kernel can reach them. */
const deviceTreeEndMax = 3072 * mebibyte;

/** Physical address of a device tree of a size: as high as it fits, at a multiple of 2 MiB. */
export const placeDeviceTree = (ramBytes: number, dtbBytes: number): number => {
  const end = Math.min(ramBase + ramBytes, deviceTreeEndMax);
  return alignDown(end - dtbBytes, 2 * mebibyte);
};

/**
 * Physical address of an initial RAM disk: half of RAM behind the kernel's start, at most 128 MiB, so that a kernel
 * that unpacks itself does not reach it.
 */
export const placeInitrd = (ramBytes: number, kernelStart: number): number =>
  kernelStart + Math.min(ramBytes / 2, 128 * mebibyte);

/** Physical address of a raw kernel image: the first multiple of 2 MiB behind the firmware, or RAM's start without. */
export const placeKernel = (firmwareEnd: number | undefined): number =>
  firmwareEnd === undefined ? ramBase : -alignDown(-firmwareEnd, 2 * mebibyte);

const alignDown = (address: number, alignment: number): number => Math.floor(address / alignment) * alignment;
