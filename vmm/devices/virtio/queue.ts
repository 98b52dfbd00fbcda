/**
 * A split virtqueue from the device's side (Virtual I/O Device specification 1.2, section 2.7). The rings are the
 * guest's memory and anything may stand in them: every index, length and chain is bounded, and what breaks the rules
 * is a `QueueFault`, which the transport turns into "device needs reset". Not here: which registers set a queue up.
 *
 *     descriptor table   size x { address u64, length u32, flags u16, next u16 }
 *     driver area        { flags u16, index u16, ring size x u16, used_event u16 }
 *     device area        { flags u16, index u16, ring size x { id u32, length u32 }, avail_event u16 }
 */

import { type DeviceContext, DmaError, type DmaSource, type PlainState } from '../device.ts';
import { SavedRecord } from '../record.ts';
import { fields, flag, integer, number, type Shape, unsigned } from '../shape.ts';

/** Entries of the longest queue, and descriptors of the longest chain. A power of two. */
export const queueSizeMax = 1024;

// Flags of a descriptor.
const descriptorNext = 1;
const descriptorWrite = 2; // the device writes, else reads
const descriptorIndirect = 4;
const descriptorBytes = 16;

/** Flag of the driver area: no interrupts, please. */
const noInterrupt = 1;

/** The driver broke the rules of the queue. */
export class QueueFault extends Error {
  override readonly name = 'QueueFault';
}

export interface Segment {
  readonly address: number;
  readonly sizeBytes: number;
}

/** A request: what the device may read, then what it may write. */
export interface Chain {
  readonly head: number;
  readonly readable: readonly Segment[];
  readonly writable: readonly Segment[];
  readonly readableBytes: number;
  readonly writableBytes: number;
}

/** What was negotiated that concerns queues. */
export interface QueueFeatures {
  readonly indirect: boolean;
  readonly eventIndex: boolean;
}

type Memory = Pick<DeviceContext, 'readMemory' | 'writeMemory'>;

export class Queue {
  readonly #memory: Memory;
  size = queueSizeMax;
  ready = false;
  descriptorTable = 0n;
  driverArea = 0n;
  deviceArea = 0n;
  #nextAvailable = 0; // counts modulo 2^16
  #nextUsed = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** Begins anew at the start of the rings, as after a reset of the device. */
  restart(): void {
    this.#nextAvailable = 0;
    this.#nextUsed = 0;
  }

  /** Takes the next request that the driver made available; `undefined` when there is none. */
  take(features: QueueFeatures): Chain | undefined {
    const index = this.#u16(this.driverArea, 2);
    const waiting = (index - this.#nextAvailable) & 0xffff;
    if (waiting > this.size) throw new QueueFault(`${waiting} requests in a queue of ${this.size}`);
    if (waiting === 0) return undefined;
    const head = this.#u16(this.driverArea, 4 + 2 * (this.#nextAvailable % this.size));
    const chain = this.chain(head, features);
    this.#nextAvailable = (this.#nextAvailable + 1) & 0xffff;
    // Tells the driver after which request it shall notify again (section 2.7.10).
    if (features.eventIndex) this.#putU16(this.deviceArea, 4 + 8 * this.size, this.#nextAvailable);
    return chain;
  }

  /** The request whose first descriptor is `head`. */
  chain(head: number, features: QueueFeatures): Chain {
    const readable: Segment[] = [];
    const writable: Segment[] = [];
    let table = Number(this.descriptorTable);
    let tableEntries = this.size;
    let inIndirect = false;
    let index = head;
    for (let count = 0; count <= queueSizeMax; count++) {
      if (index >= tableEntries) throw new QueueFault(`descriptor ${index} in a table of ${tableEntries}`);
      const descriptor = view(this.#memory.readMemory(table + index * descriptorBytes, descriptorBytes));
      const address = Number(descriptor.getBigUint64(0, true));
      const sizeBytes = descriptor.getUint32(8, true);
      const flags = descriptor.getUint16(12, true);
      if ((flags & descriptorIndirect) !== 0) {
        // Section 2.7.5.3.1: once, last, and a whole number of descriptors.
        if (!features.indirect) throw new QueueFault('an indirect descriptor that was not negotiated');
        if (inIndirect) throw new QueueFault('an indirect descriptor in an indirect table');
        if ((flags & descriptorNext) !== 0) throw new QueueFault('an indirect descriptor that is not the last');
        if (sizeBytes === 0 || sizeBytes % descriptorBytes !== 0) {
          throw new QueueFault(`an indirect table of ${sizeBytes} bytes`);
        }
        table = address;
        tableEntries = sizeBytes / descriptorBytes;
        inIndirect = true;
        index = 0;
        continue;
      }
      if ((flags & descriptorWrite) !== 0) writable.push({ address, sizeBytes });
      else if (writable.length > 0) throw new QueueFault('a readable descriptor behind a writable one');
      else readable.push({ address, sizeBytes });
      if ((flags & descriptorNext) === 0) {
        return { head, readable, writable, readableBytes: sum(readable), writableBytes: sum(writable) };
      }
      index = descriptor.getUint16(14, true);
    }
    throw new QueueFault(`a chain of more than ${queueSizeMax} descriptors`);
  }

  /** Hands a request back; `writtenBytes` of its writable part were written. Returns whether to interrupt. */
  give(head: number, writtenBytes: number, features: QueueFeatures): boolean {
    const element = new Uint8Array(8);
    view(element).setUint32(0, head, true);
    view(element).setUint32(4, writtenBytes, true);
    const before = this.#nextUsed;
    this.#memory.writeMemory(Number(this.deviceArea) + 4 + 8 * (before % this.size), element);
    this.#nextUsed = (before + 1) & 0xffff;
    this.#putU16(this.deviceArea, 2, this.#nextUsed);
    // With event index the driver names the index at which it wants to be told (section 2.7.7.2).
    if (features.eventIndex) return this.#u16(this.driverArea, 4 + 2 * this.size) === before;
    return (this.#u16(this.driverArea, 0) & noInterrupt) === 0;
  }

  save(): PlainState {
    return {
      size: this.size,
      ready: this.ready,
      descriptorTable: this.descriptorTable,
      driverArea: this.driverArea,
      deviceArea: this.deviceArea,
      nextAvailable: this.#nextAvailable,
      nextUsed: this.#nextUsed,
    };
  }

  static readonly shape: Shape = fields({
    size: number(1, queueSizeMax),
    ready: flag,
    descriptorTable: integer(64),
    driverArea: integer(72), // legacy queues: behind the table, wherever that is
    deviceArea: integer(72),
    nextAvailable: unsigned(16),
    nextUsed: unsigned(16),
  });

  restore(state: PlainState): void {
    const record = new SavedRecord('a virtqueue', state);
    this.size = record.number('size');
    this.ready = record.flag('ready');
    this.descriptorTable = record.integer('descriptorTable');
    this.driverArea = record.integer('driverArea');
    this.deviceArea = record.integer('deviceArea');
    this.#nextAvailable = record.number('nextAvailable');
    this.#nextUsed = record.number('nextUsed');
  }

  #u16(area: bigint, offset: number): number {
    return view(this.#memory.readMemory(Number(area) + offset, 2)).getUint16(0, true);
  }

  #putU16(area: bigint, offset: number, value: number): void {
    this.#memory.writeMemory(Number(area) + offset, Uint8Array.of(value & 0xff, value >>> 8));
  }
}

/** Copies bytes [from, from + sizeBytes) of a list of segments out of guest memory. */
export const gather = (memory: Memory, segments: readonly Segment[], from: number, sizeBytes: number): Uint8Array => {
  const bytes = new Uint8Array(sizeBytes);
  eachPart(segments, from, sizeBytes, (address, at, partBytes) => {
    bytes.set(memory.readMemory(address, partBytes), at);
  });
  return bytes;
};

/** Copies bytes into a list of segments, beginning at byte `from` of it. `source` is where the first of them comes from. */
export const scatter = (
  memory: Memory,
  segments: readonly Segment[],
  from: number,
  bytes: Uint8Array,
  source?: DmaSource,
): void =>
  eachPart(segments, from, bytes.length, (address, at, partBytes) => {
    const partSource = source && { ...source, offset: source.offset + at };
    memory.writeMemory(address, bytes.subarray(at, at + partBytes), partSource);
  });

/** Whether an error is the guest's doing, and not a bug of ours. */
export const isGuestFault = (error: unknown): boolean => error instanceof QueueFault || error instanceof DmaError;

const eachPart = (
  segments: readonly Segment[],
  from: number,
  sizeBytes: number,
  visit: (address: number, at: number, partBytes: number) => void,
): void => {
  let skip = from;
  let at = 0;
  for (const segment of segments) {
    const partBytes = Math.min(segment.sizeBytes - skip, sizeBytes - at);
    if (partBytes > 0) {
      visit(segment.address + skip, at, partBytes);
      at += partBytes;
    }
    skip = Math.max(0, skip - segment.sizeBytes);
    if (at === sizeBytes) return;
  }
  throw new QueueFault(`${sizeBytes} bytes at ${from} of a request that is shorter`);
};

const sum = (segments: readonly Segment[]): number => segments.reduce((total, segment) => total + segment.sizeBytes, 0);

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
