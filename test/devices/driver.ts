/** A virtio driver for the tests: rings in the fake board's RAM, one queue, requests of any shape. */

import type { VirtioMmio } from '../../vmm/devices/virtio/mmio.ts';
import { type FakeBoard, ramBase } from './board.ts';

export const reg = {
  magic: 0x00,
  version: 0x04,
  deviceId: 0x08,
  deviceFeatures: 0x10,
  deviceFeaturesSel: 0x14,
  driverFeatures: 0x20,
  driverFeaturesSel: 0x24,
  guestPageSize: 0x28,
  queueSel: 0x30,
  queueNumMax: 0x34,
  queueNum: 0x38,
  queueAlign: 0x3c,
  queuePfn: 0x40,
  queueReady: 0x44,
  notify: 0x50,
  interruptStatus: 0x60,
  interruptAck: 0x64,
  status: 0x70,
  desc: 0x80,
  driver: 0x90,
  device: 0xa0,
} as const;

export const descriptorFlags = { next: 1, write: 2, indirect: 4 } as const;
export const queueSize = 8;

// Places in RAM, as offsets. The legacy ones follow from a page size of 4096.
const tableAt = 0x1000;
const legacy = { driver: tableAt + 16 * queueSize, device: 0x2000 };
const modern = { driver: 0x3000, device: 0x4000 };
export const indirectAt = 0x5000;
export const buffersAt = 0x6000;

export class Driver {
  readonly #device: VirtioMmio;
  readonly #board: FakeBoard;
  readonly #at: { readonly driver: number; readonly device: number };
  #available = 0;

  constructor(device: VirtioMmio, board: FakeBoard) {
    this.#device = device;
    this.#board = board;
    this.#at = this.get(reg.version) === 1 ? legacy : modern;
  }

  get(offset: number): number {
    return Number(this.#device.read(offset, 4));
  }
  put(offset: number, value: number): void {
    this.#device.write(offset, 4, BigInt(value >>> 0));
  }

  /** The driver's whole initialisation (section 3.1.1), with the features it wants of word 0. */
  start(features = 0): void {
    this.put(reg.status, 0);
    this.put(reg.status, 3);
    this.put(reg.driverFeaturesSel, 0);
    this.put(reg.driverFeatures, features);
    if (this.#at === modern) {
      this.put(reg.driverFeaturesSel, 1);
      this.put(reg.driverFeatures, 1);
    }
    this.put(reg.status, 0x0b);
    this.put(reg.queueSel, 0);
    this.put(reg.queueNum, queueSize);
    if (this.#at === modern) {
      this.put(reg.desc, ramBase + tableAt);
      this.put(reg.driver, ramBase + modern.driver);
      this.put(reg.device, ramBase + modern.device);
      this.put(reg.queueReady, 1);
    } else {
      this.put(reg.guestPageSize, 4096);
      this.put(reg.queueAlign, 4096);
      this.put(reg.queuePfn, (ramBase + tableAt) / 4096);
    }
    this.put(reg.status, 0x0f);
  }

  descriptor(index: number, at: number, sizeBytes: number, flags: number, next = 0, table = tableAt): void {
    const view = this.#board.view();
    view.setBigUint64(table + 16 * index, BigInt(ramBase + at), true);
    view.setUint32(table + 16 * index + 8, sizeBytes, true);
    view.setUint16(table + 16 * index + 12, flags, true);
    view.setUint16(table + 16 * index + 14, next, true);
  }

  /** A chain of parts from descriptor 0 on: readable ones first. */
  chain(parts: readonly (readonly [at: number, sizeBytes: number, writable: boolean])[], table = tableAt): void {
    parts.forEach(([at, sizeBytes, writable], index) => {
      const next = index + 1 < parts.length ? descriptorFlags.next : 0;
      this.descriptor(index, at, sizeBytes, next | (writable ? descriptorFlags.write : 0), index + 1, table);
    });
  }

  offer(head: number): void {
    const view = this.#board.view();
    view.setUint16(this.#at.driver + 4 + 2 * (this.#available % queueSize), head, true);
    this.#available = (this.#available + 1) & 0xffff;
    view.setUint16(this.#at.driver + 2, this.#available, true);
  }

  notify(): void {
    this.put(reg.notify, 0);
  }

  setAvailableIndex(index: number): void {
    this.#board.view().setUint16(this.#at.driver + 2, index, true);
  }
  setDriverFlags(flags: number): void {
    this.#board.view().setUint16(this.#at.driver, flags, true);
  }
  setUsedEvent(index: number): void {
    this.#board.view().setUint16(this.#at.driver + 4 + 2 * queueSize, index, true);
  }
  availableEvent(): number {
    return this.#board.view().getUint16(this.#at.device + 4 + 8 * queueSize, true);
  }

  usedIndex(): number {
    return this.#board.view().getUint16(this.#at.device + 2, true);
  }
  used(index: number): readonly [head: number, sizeBytes: number] {
    const at = this.#at.device + 4 + 8 * (index % queueSize);
    return [this.#board.view().getUint32(at, true), this.#board.view().getUint32(at + 4, true)];
  }
}
