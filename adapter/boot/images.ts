/**
 * Says what an image is from its bytes, never from its name, and takes compression off. It opens no file and places
 * nothing.
 *
 * A Linux image begins with (Documentation/arch/riscv/boot-image-header.rst):
 *
 *     0x00  code0, code1      0x08  text_offset    0x10  image_size     0x18  flags
 *     0x30  "RISCV\0\0\0"     0x38  "RSC\x05"
 *
 * With EFI's self-decompression ("zboot") it begins with "MZ", at 4 "zimg", at 8 and 12 offset and size of the payload,
 * at 24 the name of its compression (drivers/firmware/efi/libstub/zboot-header.S).
 */

import { magic as traceMagic } from '../../traces/chunk.ts';
import { gunzip } from '../host/compression.ts';
import { type Elf, isElf, readElf } from '../program/elf.ts';
import { emptyImage, notDecompressed, otherFormat } from './errors.ts';

export type ProgramImage =
  | { readonly kind: 'elf'; readonly elf: Elf }
  /** `memoryBytes` is what it takes of RAM once it runs, more than the file has. */
  | { readonly kind: 'linux'; readonly bytes: Uint8Array; readonly memoryBytes: number }
  | { readonly kind: 'raw'; readonly bytes: Uint8Array };

/** Nothing that a kernel or firmware is compressed from is larger: RAM has at most 2 GiB, debug information rarely 1. */
const decompressedBytesMax = 2 ** 30;

/**
 * Firmware, a kernel or another file to load.
 * @throws {BootError} when it is of a kind that cannot run here
 * @throws {ProgramError} when it is an ELF that is damaged or of another architecture
 */
export const readProgramImage = (file: Uint8Array, name: string): ProgramImage => {
  const bytes = decompress(file, name);
  if (bytes.length === 0) throw emptyImage(name);
  if (isElf(bytes)) return { kind: 'elf', elf: readElf(bytes, name) };
  refuseForeign(bytes, name);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < linuxHeaderBytes || view.getUint32(0x38, true) !== magic.linuxRiscv) return { kind: 'raw', bytes };
  // A size of 0 means that the kernel does not say (before Linux 4.6); beyond 2^53 it does not fit anyway.
  const memoryBytes = Math.max(Number(view.getBigUint64(0x10, true)), bytes.length);
  return { kind: 'linux', bytes, memoryBytes };
};

/** @throws {BootError} when it is not one */
export const checkDeviceTree = (bytes: Uint8Array, name: string): void => {
  if (startsWith(bytes, 0xd0, 0x0d, 0xfe, 0xed)) return;
  const remedy = 'Compile it first: dtc -I dts -O dtb';
  throw otherFormat(name, 'a compiled device tree, which begins with d0 0d fe ed', startOf(bytes), remedy);
};

/** Raw disks can hold anything, so only what is certainly something else is refused. */
export const checkDisk = (bytes: Uint8Array, name: string): void => {
  const remedy = `Convert it: qemu-img convert -O raw ${name} disk.img`;
  if (startsWith(bytes, 0x51, 0x46, 0x49, 0xfb)) throw otherFormat(name, 'a raw disk image', 'a QCOW2 image', remedy);
  if (bytes.length === 0) throw emptyImage(name);
};

const magic = {
  linuxRiscv: 0x0543_5352, // "RSC\x05"
  linuxArm64: 0x644d_5241, // "ARM\x64"
  zboot: 0x676d_697a, // "zimg"
} as const;
const linuxHeaderBytes = 64;

const decompress = (file: Uint8Array, name: string): Uint8Array => {
  const payload = zbootPayload(file, name) ?? file;
  if (!startsWith(payload, 0x1f, 0x8b)) return payload;
  try {
    return gunzip(payload, decompressedBytesMax);
  } catch (cause) {
    throw notDecompressed(name, decompressedBytesMax, cause);
  }
};

const zbootPayload = (file: Uint8Array, name: string): Uint8Array | undefined => {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (file.length < 64 || !startsWith(file, 0x4d, 0x5a) || view.getUint32(4, true) !== magic.zboot) return undefined;
  const [offset, sizeBytes] = [view.getUint32(8, true), view.getUint32(12, true)];
  const compression = Buffer.from(file.subarray(24, 56)).toString('latin1').split('\0')[0] ?? '';
  if (compression !== 'gzip') {
    throw otherFormat(
      name,
      'an EFI zboot image with gzip',
      `compression "${compression}"`,
      'Use the plain Image of the kernel',
    );
  }
  if (offset + sizeBytes > file.length) {
    throw otherFormat(
      name,
      `a payload up to byte ${offset + sizeBytes}`,
      `${file.length} bytes`,
      'Copy it again; it is cut off',
    );
  }
  return file.subarray(offset, offset + sizeBytes);
};

/** Kinds of files that would run as garbage if they were taken as raw bytes. */
const refuseForeign = (bytes: Uint8Array, name: string): void => {
  const expected = 'an ELF, a Linux Image or raw RISC-V code';
  const word = bytes.length >= 0x3c ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(0x38, true) : 0;
  const foreign: readonly (readonly [is: boolean, what: string, remedy: string])[] = [
    [word === magic.linuxArm64, 'a Linux Image for AArch64', 'Build the kernel with ARCH=riscv'],
    [startsWith(bytes, 0x27, 0x05, 0x19, 0x56), 'a U-Boot image', 'Use the Image that it was made from'],
    [startsWith(bytes, 0xd0, 0x0d, 0xfe, 0xed), 'a device tree or FIT image', 'Give a device tree with -dtb'],
    [startsWith(bytes, 0xfd, 0x37, 0x7a, 0x58), 'xz data', 'Decompress it with xz -d'],
    [startsWith(bytes, 0x28, 0xb5, 0x2f, 0xfd), 'zstd data', 'Decompress it with zstd -d'],
    [startsWith(bytes, 0x21, 0x3c, 0x61, 0x72), 'an archive of object files', 'Name the linked kernel'],
    [startsWith(bytes, 0x51, 0x46, 0x49, 0xfb), 'a QCOW2 disk', 'Attach disks with -drive'],
    [startsWith(bytes, ...traceMagic), 'a Chronovisor trace', 'Replay it with "chronovisor replay"'],
  ];
  const found = foreign.find(([is]) => is);
  if (found !== undefined) throw otherFormat(name, expected, found[1], found[2]);
};

const startsWith = (bytes: Uint8Array, ...start: readonly number[]): boolean =>
  start.every((byte, index) => bytes[index] === byte);

const startOf = (bytes: Uint8Array): string =>
  bytes.length === 0
    ? 'nothing'
    : Buffer.from(bytes.subarray(0, 4))
        .toString('hex')
        .replace(/(..)(?=.)/g, '$1 ');
