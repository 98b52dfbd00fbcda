/** The physical address space outside RAM: which device answers where, with which widths. */

import type { Device } from '../devices/device.ts';
import { platformRow } from './platform.ts';

interface Window {
  readonly base: number;
  readonly end: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly deviceBytes: number;
  readonly device: Device;
  reads: number;
  writes: number;
}

/** How often a device was accessed. For statistics. */
export interface DeviceAccesses {
  readonly name: string;
  readonly reads: number;
  readonly writes: number;
}

export class Bus {
  readonly #windows: readonly Window[];
  /** The boot ROM, which can be read and executed; its start in the physical address space. */
  readonly #rom: Uint8Array;
  readonly #romView: DataView;
  readonly #romBase = platformRow('rom').base;

  constructor(devices: readonly Device[], rom: Uint8Array) {
    this.#windows = devices.map((device) => {
      const row = platformRow(device.name);
      const [minBytes, maxBytes] = row.accessBytes ?? [1, 8];
      return {
        base: row.base,
        end: row.base + row.sizeBytes,
        minBytes,
        maxBytes,
        deviceBytes: row.deviceBytes ?? 8,
        device,
        reads: 0,
        writes: 0,
      };
    });
    this.#rom = new Uint8Array(platformRow('rom').sizeBytes);
    this.#rom.set(rom);
    this.#romView = new DataView(this.#rom.buffer);
  }

  /** Of every device, in the order of the board. */
  get accesses(): readonly DeviceAccesses[] {
    return this.#windows.map(({ device: { name }, reads, writes }) => ({ name, reads, writes }));
  }

  /** Whether instructions may be fetched at a physical address outside RAM. */
  isExecutable(address: number): boolean {
    return address >= this.#romBase && address + 2 <= this.#romBase + this.#rom.length;
  }

  /** The value, of which the bits of the access count; `undefined` when nothing answers (an access fault). */
  read(address: number, sizeBytes: number): bigint | undefined {
    const inRom = address - this.#romBase;
    if (inRom >= 0 && inRom + sizeBytes <= this.#rom.length) return this.#readRom(inRom, sizeBytes);
    const window = this.#window(address, sizeBytes);
    if (window === undefined) return undefined;
    window.reads += 1;
    const { device, deviceBytes } = window;
    const offset = address - window.base;
    if (sizeBytes <= deviceBytes) return device.read(offset, sizeBytes);
    let value = 0n;
    for (let at = 0; at < sizeBytes; at += deviceBytes) {
      value |= BigInt.asUintN(8 * deviceBytes, device.read(offset + at, deviceBytes)) << BigInt(8 * at);
    }
    return value;
  }

  /** False when nothing answers (an access fault). */
  write(address: number, sizeBytes: number, value: bigint): boolean {
    const window = this.#window(address, sizeBytes);
    if (window === undefined) return false;
    window.writes += 1;
    const { device, deviceBytes } = window;
    const offset = address - window.base;
    if (sizeBytes <= deviceBytes) device.write(offset, sizeBytes, value);
    else {
      for (let at = 0; at < sizeBytes; at += deviceBytes) {
        device.write(offset + at, deviceBytes, BigInt.asUintN(8 * deviceBytes, value >> BigInt(8 * at)));
      }
    }
    return true;
  }

  #readRom(offset: number, sizeBytes: number): bigint {
    let value = 0n;
    for (let index = sizeBytes - 1; index >= 0; index -= 1)
      value = (value << 8n) | BigInt(this.#romView.getUint8(offset + index));
    return value;
  }

  #window(address: number, sizeBytes: number): Window | undefined {
    for (const window of this.#windows)
      if (address >= window.base && address + sizeBytes <= window.end)
        return sizeBytes >= window.minBytes && sizeBytes <= window.maxBytes && address % sizeBytes === 0
          ? window
          : undefined;
    return undefined;
  }
}
