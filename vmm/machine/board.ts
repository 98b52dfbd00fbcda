/**
 * The devices of a machine, made and wired from the platform table: lines to the PLIC, the PLIC and CLINT to the harts,
 * wake-ups to the machine. It is the only place that knows which device is connected to which.
 */

import type { Moment } from '../../traces/time.ts';
import { Clint } from '../devices/clint.ts';
import { type Device, type DeviceContext, DmaError, type DmaSource } from '../devices/device.ts';
import { Disk } from '../devices/disk.ts';
import { Finisher } from '../devices/finisher.ts';
import { FwCfg } from '../devices/fw_cfg.ts';
import { Plic } from '../devices/plic.ts';
import { Rtc } from '../devices/rtc.ts';
import { Uart } from '../devices/uart.ts';
import type { VirtioBackend } from '../devices/virtio/backend.ts';
import { VirtioBlk } from '../devices/virtio/blk.ts';
import { VirtioMmio } from '../devices/virtio/mmio.ts';
import { VirtioRng } from '../devices/virtio/rng.ts';
import { unknownDevice } from './errors.ts';
import type { MachineImage } from './image.ts';
import { interruptBit } from './interrupts.ts';
import { hostOffset, inRam, type MachineMemory } from './memory.ts';
import { platformRow, virtioSlots } from './platform.ts';
import type { Translations } from './translations.ts';

/** Initial contents of disks by virtio slot; immutable. */
export type Disks = ReadonlyMap<number, Uint8Array>;

/** What the board needs of the machine. */
export interface BoardServices {
  readonly memory: MachineMemory;
  readonly translations: Translations;
  readonly now: () => Moment;
  readonly ticks: () => number;
  readonly setTicks: (ticks: number) => void;
  readonly wakeAt: (device: number, at: Moment | undefined) => void;
  /** Drives an interrupt line of a hart; `bit` is a bit of mip. */
  readonly interruptLine: (hart: number, bit: number, high: boolean) => void;
  readonly timerChanged: () => void;
  /** Somebody who is no hart is about to write RAM: store-conditionals to it must fail (A extension). */
  readonly endReservations: (address: number, sizeBytes: number) => void;
  /** A device is about to write RAM. */
  readonly writing: (address: number, sizeBytes: number, device: string, source?: DmaSource) => void;
  readonly output: (bytes: Uint8Array) => void;
  readonly entropy: (device: string, sizeBytes: number) => Uint8Array;
  readonly power: (action: 'off' | 'reset', exitCode: number) => void;
}

export interface Board {
  /** In a fixed order, that of their wake-ups. */
  readonly devices: readonly Device[];
  readonly uart: Uart;
  readonly clint: Clint;
  readonly rtc: Rtc;
}

export const createBoard = (image: MachineImage, services: BoardServices): Board => {
  const { memory, translations } = services;
  const { configuration } = image;
  const devices: Device[] = [];

  const context = (name: string, setLine: DeviceContext['setLine']): DeviceContext => {
    const index = devices.length;
    return {
      now: services.now,
      ticks: services.ticks,
      setLine,
      wakeAt: (at) => services.wakeAt(index, at),
      readMemory: (address, sizeBytes) => {
        if (!inRam(memory, address, sizeBytes)) throw dmaError(name, address, sizeBytes);
        return memory.u8.slice(hostOffset(address), hostOffset(address) + sizeBytes);
      },
      writeMemory: (address, bytes, source) => {
        if (!inRam(memory, address, bytes.length)) throw dmaError(name, address, bytes.length);
        services.writing(address, bytes.length, name, source);
        translations.beforeWrite(address, bytes.length);
        services.endReservations(address, bytes.length);
        memory.u8.set(bytes, hostOffset(address));
      },
      output: services.output,
      entropy: (sizeBytes) => services.entropy(name, sizeBytes),
      power: services.power,
    };
  };
  const add = <D extends Device>(device: D): D => {
    devices.push(device);
    return device;
  };

  const plic: Plic = add(
    new Plic(
      'plic',
      context('plic', (line, high) =>
        services.interruptLine(line >>> 1, line % 2 === 0 ? interruptBit.meip : interruptBit.seip, high),
      ),
      configuration.harts,
    ),
  );
  const throughPlic =
    (name: string): DeviceContext['setLine'] =>
    (_line, high) =>
      plic.setSource(platformRow(name).source!, high);

  const clint = add(
    new Clint(
      'clint',
      context('clint', (line, high) => services.interruptLine(line, interruptBit.msip, high)),
      configuration.harts,
      { timerChanged: services.timerChanged, setTicks: services.setTicks },
    ),
  );
  const uart = add(new Uart('uart0', context('uart0', throughPlic('uart0'))));
  add(
    new Finisher(
      'finisher',
      context('finisher', () => {}),
    ),
  );
  const rtc: Rtc = add(
    new Rtc('rtc', context('rtc', throughPlic('rtc')), {
      baseNs: BigInt(configuration.rtcSeconds ?? 0) * 1_000_000_000n,
      alarmChanged: services.timerChanged,
    }),
  );
  const unconnected = (): void => {};
  const { harts, ramBytes } = configuration;
  add(new FwCfg('fw_cfg', context('fw_cfg', unconnected), { harts, ramBytes, files: [] }));
  for (let slot = 0; slot < virtioSlots; slot += 1) {
    const name = `virtio${slot}`;
    const backend = virtioBackend(image, slot);
    const legacy = configuration.virtioLegacy ?? false;
    add(new VirtioMmio(name, context(name, throughPlic(name)), { legacy, ...(backend && { backend }) }));
  }
  return { devices, uart, clint, rtc };
};

/** What sits in a virtio slot. @throws {MachineError} for a device that only a newer version has */
const virtioBackend = ({ configuration, disks }: MachineImage, slot: number): VirtioBackend | undefined => {
  const device = configuration.devices.find((candidate) => candidate.slot === slot);
  if (device === undefined) return undefined;
  switch (device.kind) {
    case 'virtio-rng':
      return new VirtioRng();
    case 'virtio-blk':
      return new VirtioBlk(new Disk(disks.get(slot) ?? new Uint8Array(0)), {
        readOnly: device.readOnly ?? false,
        serial: `chronovisor-${slot}`,
      });
    default:
      throw unknownDevice(device.kind, slot);
  }
};

const dmaError = (device: string, address: number, sizeBytes: number): DmaError =>
  new DmaError(`${device} was pointed at 0x${address.toString(16)} (${sizeBytes} bytes), which is not RAM`);
