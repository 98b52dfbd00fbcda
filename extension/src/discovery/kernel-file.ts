/** Which files are kernels for this machine, told from their first bytes. Nothing of them is loaded. */

import { posix } from 'node:path';
import type { ProjectFolder } from './folder.ts';

export interface KernelFile {
  readonly path: string;
  readonly modifiedMs: number;
  /** Whether it runs in machine mode, where the machine has no firmware. */
  readonly bare: boolean;
}

/** No program has these names' endings. */
const noProgram =
  /\.(c|cc|cpp|h|hpp|s|S|rs|zig|o|a|d|rmeta|rlib|md|txt|json|toml|lock|py|sh|mk|ld|lds|asm|sym|chrono|img|cpio|gz|xz|zip|ts|js|mjs|html|css|png|svg|pdf|log)$/;
const sizeBytesMin = 512;
const sizeBytesMax = 1024 * 1024 * 1024;
const looksMax = 400;
const headBytes = 64;

/** The kernels among some files, the newest first. */
export const kernelFiles = async (folder: ProjectFolder, files: readonly string[]): Promise<KernelFile[]> => {
  const found: KernelFile[] = [];
  let looks = 0;
  for (const path of files) {
    if (noProgram.test(path) || looks >= looksMax) continue;
    const status = await folder.status(path);
    if (status === undefined || status.sizeBytes < sizeBytesMin || status.sizeBytes > sizeBytesMax) continue;
    looks += 1;
    const kind = kernelKind((await folder.read(path, headBytes)) ?? new Uint8Array());
    if (kind !== undefined) found.push({ path, modifiedMs: status.modifiedMs, bare: kind === 'machine' });
  }
  return found.sort((one, other) => other.modifiedMs - one.modifiedMs);
};

/** The newest kernel in one of some folders. */
export const newestIn = async (
  folder: ProjectFolder,
  files: readonly string[],
  places: readonly string[],
): Promise<KernelFile | undefined> => {
  const wanted = new Set(places.map((place) => posix.normalize(place)));
  return (
    await kernelFiles(
      folder,
      files.filter((path) => wanted.has(posix.dirname(path))),
    )
  )[0];
};

const ramBase = 0x8000_0000n;
/** Where firmware that comes with a board leaves a kernel. */
const behindFirmware = 0x8020_0000n;

/**
 * The mode in which a file begins, if it is a kernel: an ELF file for RV64 (System V ABI, ELF-64 object file format; machine
 * 243) whose entry is in the machine's RAM or in the upper half; or a Linux image, by its header.
 */
export const kernelKind = (head: Uint8Array): 'machine' | 'supervisor' | undefined => {
  if (head.length < headBytes) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  if (view.getUint32(0x38, true) === 0x0543_5352) return 'supervisor'; // Linux: "RSC\x05"
  const isElf = view.getUint32(0) === 0x7f45_4c46 && head[4] === 2 && head[5] === 1;
  const type = view.getUint16(16, true);
  if (!isElf || view.getUint16(18, true) !== 243 || (type !== 2 && type !== 3)) return undefined;
  const entry = view.getBigUint64(24, true);
  if (entry < ramBase) return undefined; // a user program
  return entry >= ramBase && entry < behindFirmware ? 'machine' : 'supervisor';
};
