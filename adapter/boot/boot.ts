/**
 * From a machine's configuration and its images to its initial state: what lies where in RAM, what is in the boot ROM,
 * where the first instruction is. A pure function, so that a recording and its replay start from the same. It follows
 * what QEMU does for its `virt` board (hw/riscv/virt.c and boot.c, described in docs/system/riscv/virt.rst):
 *
 *     -bios none     kernel at its own addresses or 0x8000_0000; the boot ROM jumps to 0x8000_0000 in M-mode
 *     -bios FILE     firmware at 0x8000_0000, raw kernel at the next 2 MiB behind it; the ROM jumps to the firmware
 *     -bios default  the same with the SBI inside the VMM, which takes the first 2 MiB for itself as firmware would
 */

import type { DeviceConfiguration, ImageDescription, MachineConfiguration } from '../../traces/header.ts';
import { amendDeviceTree, type Chosen } from '../../vmm/machine/devicetree/reader.ts';
import { deviceTree } from '../../vmm/machine/devicetree.ts';
import type { MachineImage, Placement } from '../../vmm/machine/machine.ts';
import { ramBase } from '../../vmm/machine/memory.ts';
import { nextMode, placeDeviceTree, placeInitrd, placeKernel, resetRom } from '../../vmm/machine/resetrom.ts';
import type { Elf } from '../program/elf.ts';
import {
  imageMissing,
  initrdWithoutKernel,
  noLoadAddress,
  notADisk,
  nothingToLoad,
  nothingToStart,
  outsideRam,
  overlap,
  type Region,
} from './errors.ts';
import { checkDeviceTree, checkDisk, type ProgramImage, readProgramImage } from './images.ts';

export type ImageRole = ImageDescription['role'];

/** An image as the trace's header lists it, with its bytes. `name` is for people. */
export interface BootImage {
  readonly role: ImageRole;
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Physical; for role `loader` alone. */
  readonly address?: number;
}

/** The programs that were loaded, for whoever wants their symbols. */
export interface BootPrograms {
  readonly bios?: Elf;
  readonly kernel?: Elf;
}

/**
 * @throws {BootError} when an image is missing, of no use, or does not fit
 * @throws {ProgramError} when an ELF is damaged
 */
export const bootImage = (configuration: MachineConfiguration, images: readonly BootImage[]): MachineImage => {
  const plan = new Plan(configuration.ramBytes);
  const firmware = placeFirmware(plan, configuration, images);
  const kernel = placeKernelImage(plan, firmware, images);
  if (kernel === undefined && firmware.isNeeded) throw nothingToStart(configuration.bios);
  for (const image of images) if (image.role === 'loader') placeLoaded(plan, image);
  const initrd = placeInitialRamDisk(plan, kernel, images);
  const dtb = placeTree(plan, configuration, images, initrd);
  plan.check();
  const disks = disksOf(configuration.devices, images);
  const start = plan.covers(ramBase) ? ramBase : (kernel?.entry ?? ramBase);
  if (configuration.bios === 'default') {
    const supervisorStart = { pc: BigInt(kernel!.start), deviceTree: dtb };
    return { configuration, placements: plan.placements, rom: new Uint8Array(0), supervisorStart, disks };
  }
  const next = { nextAddress: kernel?.start ?? 0, nextMode: nextMode.supervisor };
  return { configuration, placements: plan.placements, rom: resetRom({ start, dtb, ...next }), disks };
};

/** The programs with symbols among the images; damaged ones have none. */
export const bootPrograms = (images: readonly BootImage[]): BootPrograms => {
  const elfOf = (role: ImageRole): Elf | undefined => {
    const image = images.find((candidate) => candidate.role === role);
    if (image === undefined) return undefined;
    const program = readProgramImage(image.bytes, image.name);
    return program.kind === 'elf' ? program.elf : undefined;
  };
  const [bios, kernel] = [elfOf('bios'), elfOf('kernel')];
  return { ...(bios === undefined ? {} : { bios }), ...(kernel === undefined ? {} : { kernel }) };
};

/** What lies in RAM so far. Every range is checked: images come from people. */
class Plan {
  readonly placements: Placement[] = [];
  readonly regions: Region[] = [];
  readonly ram: Region;

  constructor(ramBytes: number) {
    this.ram = { name: 'RAM', start: ramBase, end: ramBase + ramBytes };
  }

  /** `memoryBytes` counts what follows the bytes and is zero at first, such as .bss. */
  put(name: string, address: number, bytes: Uint8Array, memoryBytes = bytes.length): void {
    const region = { name, start: address, end: address + Math.max(memoryBytes, bytes.length) };
    if (region.end === region.start) return;
    if (region.start < this.ram.start || region.end > this.ram.end) throw outsideRam(region, this.ram);
    this.regions.push(region);
    this.placements.push({ address, bytes });
  }

  covers(address: number): boolean {
    return this.regions.some(({ start, end }) => start <= address && address < end);
  }

  /** @throws {BootError} when two ranges overlap */
  check(): void {
    const sorted = [...this.regions].sort((a, b) => a.start - b.start);
    for (const [index, region] of sorted.entries()) {
      const before = sorted[index - 1];
      if (before !== undefined && before.end > region.start) throw overlap(before, region);
    }
  }
}

/** What was placed: its lowest address, the one behind its highest, and where an ELF says that it begins. */
interface Placed {
  readonly start: number;
  readonly end: number;
  readonly entry: number;
}

const only = (images: readonly BootImage[], role: ImageRole): BootImage | undefined =>
  images.find((image) => image.role === role);

const placeProgram = (plan: Plan, program: ProgramImage, label: string, address: number): Placed => {
  switch (program.kind) {
    case 'elf':
      return placeElf(plan, program.elf, label);
    case 'linux':
      plan.put(label, address, program.bytes, program.memoryBytes);
      return { start: address, end: address + program.memoryBytes, entry: address };
    case 'raw':
      plan.put(label, address, program.bytes);
      return { start: address, end: address + program.bytes.length, entry: address };
  }
};

const placeElf = (plan: Plan, elf: Elf, label: string): Placed => {
  const segments = elf.segments.filter(({ memoryBytes }) => memoryBytes > 0n);
  if (segments.length === 0) throw nothingToLoad(elf.file);
  let [start, end] = [Number.POSITIVE_INFINITY, 0];
  for (const [index, segment] of segments.entries()) {
    const name = `segment ${index} of ${label}`;
    const segmentEnd = segment.physicalAddress + segment.memoryBytes;
    // Checked before they become numbers, which could not tell such addresses apart.
    if (segmentEnd > addressMax) throw outsideRam({ name, start: segment.physicalAddress, end: segmentEnd }, plan.ram);
    const [address, memoryBytes] = [Number(segment.physicalAddress), Number(segment.memoryBytes)];
    plan.put(name, address, segment.bytes, memoryBytes);
    start = Math.min(start, address);
    end = Math.max(end, address + memoryBytes);
  }
  return { start, end, entry: Number(elf.entry) };
};

const addressMax = BigInt(Number.MAX_SAFE_INTEGER);

interface Firmware {
  /** Where a raw kernel goes. */
  readonly kernelStart: number;
  /** Whether there is nothing to run without a kernel. */
  readonly isNeeded: boolean;
}

const builtInFirmwareBytes = 1; // any size up to 2 MiB puts a kernel 2 MiB into RAM

const placeFirmware = (plan: Plan, { bios }: MachineConfiguration, images: readonly BootImage[]): Firmware => {
  switch (bios) {
    case 'none':
      return { kernelStart: placeKernel(undefined), isNeeded: !images.some(({ role }) => role === 'loader') };
    case 'default':
      return { kernelStart: placeKernel(ramBase + builtInFirmwareBytes), isNeeded: true };
    case 'image': {
      const image = only(images, 'bios');
      if (image === undefined) throw imageMissing('firmware');
      const program = readProgramImage(image.bytes, image.name);
      const { end } = placeProgram(plan, program, `the firmware ${image.name}`, ramBase);
      return { kernelStart: placeKernel(end), isNeeded: false };
    }
  }
};

const placeKernelImage = (plan: Plan, firmware: Firmware, images: readonly BootImage[]): Placed | undefined => {
  const image = only(images, 'kernel');
  if (image === undefined) return undefined;
  const program = readProgramImage(image.bytes, image.name);
  return placeProgram(plan, program, `the kernel ${image.name}`, firmware.kernelStart);
};

const placeLoaded = (plan: Plan, image: BootImage): void => {
  const program = readProgramImage(image.bytes, image.name);
  if (program.kind !== 'elf' && image.address === undefined) throw noLoadAddress(image.name);
  placeProgram(plan, program, `the file ${image.name}`, image.address ?? ramBase);
};

const placeInitialRamDisk = (
  plan: Plan,
  kernel: Placed | undefined,
  images: readonly BootImage[],
): Chosen['initrd'] => {
  const image = only(images, 'initrd');
  if (image === undefined) return undefined;
  if (kernel === undefined) throw initrdWithoutKernel(image.name);
  const start = placeInitrd(plan.ram.end - plan.ram.start, kernel.start);
  plan.put(`the initial RAM disk ${image.name}`, start, image.bytes);
  return { start, end: start + image.bytes.length };
};

const placeTree = (
  plan: Plan,
  { harts, ramBytes, append, rngSeed }: MachineConfiguration,
  images: readonly BootImage[],
  initrd: Chosen['initrd'],
): number => {
  const chosen: Chosen = {
    ...(append === '' ? {} : { bootargs: append }),
    ...(initrd === undefined ? {} : { initrd }),
  };
  const image = only(images, 'dtb');
  if (image !== undefined) checkDeviceTree(image.bytes, image.name);
  const seeded = rngSeed === undefined ? {} : { rngSeed };
  const bytes =
    image === undefined ? deviceTree({ harts, ramBytes, ...seeded, ...chosen }) : amendDeviceTree(image.bytes, chosen);
  const address = placeDeviceTree(ramBytes, bytes.length);
  plan.put(image === undefined ? 'the device tree' : `the device tree ${image.name}`, address, bytes);
  return address;
};

const disksOf = (devices: readonly DeviceConfiguration[], images: readonly BootImage[]): Map<number, Uint8Array> => {
  const disks = new Map<number, Uint8Array>();
  for (const { kind, slot, image: index } of devices) {
    if (kind !== 'virtio-blk') continue;
    const image = index === undefined ? undefined : images[index];
    if (image === undefined) throw imageMissing('disk');
    if (image.role !== 'disk') throw notADisk(slot, image.role, image.name);
    checkDisk(image.bytes, image.name);
    disks.set(slot, image.bytes);
  }
  return disks;
};
