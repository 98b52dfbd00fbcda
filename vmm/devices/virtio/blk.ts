/**
 * The block device (specification 1.2, section 5.2): requests on a disk. A request reads a header and, to write,
 * data; it writes, to read, data, and last a status byte.
 *
 *     header, 16 bytes: { type u32, reserved u32, sector u64 }
 */

import type { DeviceContext, PlainState } from '../device.ts';
import { type Disk, sectorBytes } from '../disk.ts';
import type { Shape } from '../shape.ts';
import type { VirtioBackend } from './backend.ts';
import { type Chain, gather, QueueFault, queueSizeMax, scatter } from './queue.ts';

const headerBytes = 16;

// Request types.
const requestIn = 0;
const requestOut = 1;
const requestFlush = 4;
const requestGetId = 8;
const requestDiscard = 11;
const requestWriteZeroes = 13;

// Status.
const statusOk = 0;
const statusIoError = 1;
const statusUnsupported = 2;

// Feature bits.
const featureSegMax = 1n << 2n;
const featureReadOnly = 1n << 5n;
const featureBlockSize = 1n << 6n;
const featureFlush = 1n << 9n;
const featureDiscard = 1n << 13n;
const featureWriteZeroes = 1n << 14n;

const segmentBytes = 16; // of discard and write zeroes: { sector u64, sectors u32, flags u32 }
const segmentUnmap = 1;
const idBytes = 20;

/** Bounds the work of one request. Linux asks for at most 1280 KiB, unless told otherwise. */
const requestBytesMax = 32 * 2 ** 20;

/** Zeroing costs work without carrying data, so less of it fits a request. */
const zeroedBytesMax = 4 * 2 ** 20;

const latencyStepsBase = 2000;
const latencyStepsPerSector = 50;

export interface VirtioBlkConfig {
  readonly readOnly: boolean;
  /** What "get ID" answers: at most 20 ASCII characters. */
  readonly serial: string;
}

export class VirtioBlk implements VirtioBackend {
  readonly deviceId = 2;
  readonly features: bigint;
  readonly queues = 1;
  readonly #disk: Disk;
  readonly #settings: VirtioBlkConfig;

  constructor(disk: Disk, settings: VirtioBlkConfig) {
    this.#disk = disk;
    this.#settings = settings;
    const writing = settings.readOnly ? featureReadOnly : featureDiscard | featureWriteZeroes;
    this.features = featureSegMax | featureBlockSize | featureFlush | writing;
  }

  /** The layout of section 5.2.4, as far as the features go. */
  config(): Uint8Array {
    const bytes = new Uint8Array(60);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, BigInt(this.#disk.sectors), true); // capacity
    view.setUint32(12, queueSizeMax / 4 - 2, true); // seg_max: room for header and status beside
    view.setUint32(20, sectorBytes, true); // blk_size
    view.setUint16(34, this.queues, true); // num_queues
    const sectorsMax = zeroedBytesMax / sectorBytes;
    view.setUint32(36, sectorsMax, true); // max_discard_sectors
    view.setUint32(40, 1, true); // max_discard_seg
    view.setUint32(44, 1, true); // discard_sector_alignment
    view.setUint32(48, sectorsMax, true); // max_write_zeroes_sectors
    view.setUint32(52, 1, true); // max_write_zeroes_seg
    view.setUint8(56, 1); // write_zeroes_may_unmap
    return bytes;
  }

  latencySteps(_queue: number, chain: Chain): number {
    const sizeBytes = Math.min(Math.max(chain.readableBytes, chain.writableBytes), requestBytesMax);
    return latencyStepsBase + latencyStepsPerSector * Math.ceil(sizeBytes / sectorBytes);
  }

  serve(_queue: number, chain: Chain, context: DeviceContext): number {
    if (chain.readableBytes < headerBytes || chain.writableBytes < 1) {
      throw new QueueFault('a block request without header or status');
    }
    const header = new DataView(gather(context, chain.readable, 0, headerBytes).buffer);
    const { status, writtenBytes } = this.#request(
      header.getUint32(0, true),
      header.getBigUint64(8, true),
      chain,
      context,
    );
    scatter(context, chain.writable, chain.writableBytes - 1, Uint8Array.of(status));
    return writtenBytes + 1;
  }

  save(): PlainState {
    return this.#disk.save();
  }

  get shape(): Shape {
    return this.#disk.shape;
  }

  restore(state: PlainState): void {
    this.#disk.restore(state);
  }

  #request(type: number, sector: bigint, chain: Chain, context: DeviceContext): Outcome {
    const outBytes = chain.readableBytes - headerBytes;
    const inBytes = chain.writableBytes - 1;
    switch (type) {
      case requestIn: {
        const at = this.#range(sector, inBytes);
        if (at === undefined) return failed;
        const source = { kind: 'disk', offset: at * sectorBytes } as const;
        scatter(context, chain.writable, 0, this.#disk.read(at, inBytes / sectorBytes), source);
        return { status: statusOk, writtenBytes: inBytes };
      }
      case requestOut: {
        const at = this.#range(sector, outBytes);
        if (at === undefined || this.#settings.readOnly) return failed;
        this.#disk.write(at, gather(context, chain.readable, headerBytes, outBytes));
        return done;
      }
      case requestFlush:
        return done;
      case requestGetId: {
        const id = new Uint8Array(Math.min(idBytes, inBytes));
        id.set(new TextEncoder().encode(this.#settings.serial).subarray(0, id.length));
        scatter(context, chain.writable, 0, id);
        return { status: statusOk, writtenBytes: id.length };
      }
      case requestDiscard:
      case requestWriteZeroes:
        return this.#zero(
          type,
          gather(context, chain.readable, headerBytes, Math.min(outBytes, segmentBytes)),
          outBytes,
        );
      default:
        return unsupported;
    }
  }

  /** Both leave zeros; a discard may leave anything, and zeros are what QEMU's raw images have afterwards. */
  #zero(type: number, segment: Uint8Array, outBytes: number): Outcome {
    if (this.#settings.readOnly || outBytes !== segmentBytes) return failed;
    const view = new DataView(segment.buffer);
    const flags = view.getUint32(12, true);
    if ((flags & ~(type === requestWriteZeroes ? segmentUnmap : 0)) !== 0) return unsupported;
    const sectors = view.getUint32(8, true);
    const at = this.#range(view.getBigUint64(0, true), sectors * sectorBytes);
    if (at === undefined || sectors * sectorBytes > zeroedBytesMax) return failed;
    this.#disk.zero(at, sectors);
    return done;
  }

  /** The first sector of a range that is whole sectors, on the disk and not too long for one request. */
  #range(sector: bigint, sizeBytes: number): number | undefined {
    if (sizeBytes % sectorBytes !== 0 || sizeBytes > requestBytesMax) return undefined;
    if (sector > BigInt(this.#disk.sectors)) return undefined;
    return this.#disk.holds(Number(sector), sizeBytes / sectorBytes) ? Number(sector) : undefined;
  }
}

interface Outcome {
  readonly status: number;
  readonly writtenBytes: number;
}

const done: Outcome = { status: statusOk, writtenBytes: 0 };
const failed: Outcome = { status: statusIoError, writtenBytes: 0 };
const unsupported: Outcome = { status: statusUnsupported, writtenBytes: 0 };
