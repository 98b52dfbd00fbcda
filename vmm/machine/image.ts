/** A machine's initial state and its saved state, as data, and how the first is laid into a new machine. */

import type { MachineConfiguration } from '../../traces/header.ts';
import type { PlainState } from '../devices/device.ts';
import { pageBytes, pageFlag } from '../engine/layout.ts';
import type { Disks } from './board.ts';
import { resetHart } from './csr/reset.ts';
import type { Hart } from './hart.ts';
import { clearPageFlag, hostOffset, inRam, type MachineMemory } from './memory.ts';
import { platformRow } from './platform.ts';
import { bootSupervisor, parkSupervisor } from './sbi.ts';
import type { Translations } from './translations.ts';

/** Bytes of the initial memory at a physical address in RAM. */
export interface Placement {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** Initial state, all of it. */
export interface MachineImage {
  readonly configuration: MachineConfiguration;
  readonly placements: readonly Placement[];
  /** Contents of the boot ROM at 0x1000. */
  readonly rom: Uint8Array;
  /** With the built-in SBI: where hart 0 starts in S-mode, and the device tree's address. */
  readonly supervisorStart?: { readonly pc: bigint; readonly deviceTree: number };
  /** Initial contents of the disks, by virtio slot. */
  readonly disks: Disks;
}

/** A saved machine without its RAM. Plain data. */
export interface MachineRecord {
  readonly machine: Uint8Array;
  readonly harts: readonly Uint8Array[];
  readonly wakeups: readonly (number | null)[];
  readonly devices: readonly { readonly name: string; readonly state: PlainState }[];
}

/** Lays the initial bytes into RAM, which is all zeros. */
export const placeImage = (image: MachineImage, memory: MachineMemory, translations: Translations): void => {
  for (const { address, bytes } of image.placements) {
    if (!inRam(memory, address, bytes.length))
      throw new Error(`a placement at 0x${address.toString(16)} lies outside RAM: the boot code must refuse it`);
    memory.u8.set(bytes, hostOffset(address));
    for (let at = address; at < address + bytes.length; at += pageBytes) translations.markDirty(at);
    if (bytes.length > 0) translations.markDirty(address + bytes.length - 1);
  }
  // This is the initial state: for digests and checkpoints it is new, but nothing was written since.
  clearPageFlag(memory, pageFlag.changed);
};

/** All harts in M at the boot ROM; or, with the built-in SBI, the first in S at its start and the others parked. */
export const startHarts = ({ supervisorStart }: MachineImage, harts: readonly Hart[]): void => {
  for (const hart of harts)
    if (supervisorStart === undefined) resetHart(hart, BigInt(platformRow('rom').base));
    else parkSupervisor(hart);
  if (supervisorStart !== undefined) bootSupervisor(harts[0]!, supervisorStart.pc, BigInt(supervisorStart.deviceTree));
};
