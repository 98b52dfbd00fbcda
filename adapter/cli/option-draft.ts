/** The machine's options while they are being read: names are not yet looked up and slots not yet given. */

import { assignVirtioSlots } from '../../vmm/machine/platform.ts';
import type { ConsoleOption, DeviceOption, LoaderOption, MachineOptions } from '../boot/machine-options.ts';
import { noFreeSlot, noSuchDrive } from './errors.ts';

const mebibyte = 2 ** 20;
const ramBytesDefault = 128 * mebibyte; // as QEMU's virt

export interface Draft {
  harts: number;
  ramBytes: number;
  bios: MachineOptions['bios'];
  kernel: string | undefined;
  initrd: string | undefined;
  dtb: string | undefined;
  append: string;
  drives: Map<string, { file: string; readOnly: boolean }>;
  devices: { kind: 'virtio-blk' | 'virtio-rng'; slot: number | undefined; drive: string | undefined }[];
  loaders: LoaderOption[];
  virtioLegacy: boolean;
  console: ConsoleOption | undefined;
  noReboot: boolean;
  clockSeconds: number | undefined;
  stepsPerTick: number | undefined;
}

export const newDraft = (): Draft => ({
  harts: 1,
  ramBytes: ramBytesDefault,
  bios: 'default',
  kernel: undefined,
  initrd: undefined,
  dtb: undefined,
  append: '',
  drives: new Map(),
  devices: [],
  loaders: [],
  virtioLegacy: true,
  console: undefined,
  noReboot: false,
  clockSeconds: undefined,
  stepsPerTick: undefined,
});

/** Drives and devices may come in any order, so names are looked up and slots are given at the end. */
export const finish = ({ drives, devices, console, ...rest }: Draft): MachineOptions => {
  const slots = assignVirtioSlots(devices.map(({ slot }) => slot));
  return {
    ...rest,
    console: console ?? { kind: 'terminal' },
    devices: devices.map(({ kind, slot: wanted, drive }, index): DeviceOption => {
      const slot = slots[index];
      if (slot === undefined) throw noFreeSlot(`${kind}-device`, wanted);
      if (kind === 'virtio-rng') return { kind, slot };
      const found = drives.get(drive ?? '');
      if (found === undefined) throw noSuchDrive(drive ?? '', [...drives.keys()]);
      return { kind, slot, ...found };
    }),
  };
};
