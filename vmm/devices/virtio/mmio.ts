/**
 * The virtio-mmio transport (specification 1.2, section 4.2), version 2, and the legacy version 1 (section 4.2.4). A
 * slot without a device answers with device ID 0, which drivers pass over.
 *
 * A queue's next request is taken when the driver notifies or the one before it has been served, and is served when
 * its moment comes. So one notification costs one request's work, however long the queue. Like QEMU's, it does not
 * insist on VIRTIO_F_VERSION_1: xv6 never accepts it.
 */

import { type Moment, moment } from '../../../traces/time.ts';
import type { Device, DeviceContext, PlainState } from '../device.ts';
import { SavedRecord } from '../record.ts';
import { fields, flag, integer, listOf, nothing, number, type Shape, tuple, unsigned } from '../shape.ts';
import type { VirtioBackend } from './backend.ts';
import { isGuestFault, Queue, type QueueFeatures, queueSizeMax } from './queue.ts';
import { register } from './registers.ts';

const magic = 0x7472_6976; // "virt"
const vendor = 0x554d_4551; // "QEMU", by which some drivers know the board

// Status bits (section 2.1).
const statusDriverOk = 0x04;
const statusFeaturesOk = 0x08;
const statusNeedsReset = 0x40;

// Interrupt status bits.
const interruptUsedBuffer = 1;
const interruptConfiguration = 2;

// Feature bits of the transport and its queues (chapter 6).
const featureAnyLayout = 1n << 27n;
const featureIndirect = 1n << 28n;
const featureEventIndex = 1n << 29n;
const featureVersion1 = 1n << 32n;

export interface VirtioMmioConfig {
  /** Version 1 of the transport, QEMU's default (`-global virtio-mmio.force-legacy=true`). */
  readonly legacy: boolean;
  /** Absent: an empty slot. */
  readonly backend?: VirtioBackend;
}

/** A request that was taken and not yet served; at most one a queue. */
interface Pending {
  readonly queue: number;
  readonly head: number;
  readonly at: Moment;
}

export class VirtioMmio implements Device {
  readonly name: string;
  readonly #context: DeviceContext;
  readonly #legacy: boolean;
  readonly #backend: VirtioBackend | undefined;
  readonly #queues: readonly Queue[];
  readonly #offered: bigint;
  #driverFeatures = 0n;
  #deviceFeaturesSel = 0;
  #driverFeaturesSel = 0;
  #queueSel = 0;
  #status = 0;
  #interrupts = 0;
  #broken = false; // the driver broke the rules; nothing is served until a reset
  #guestPageBytes = 0; // legacy
  #alignments: number[]; // legacy, of each queue
  #pending: readonly Pending[] = []; // in the order of their moments

  constructor(name: string, context: DeviceContext, config: VirtioMmioConfig) {
    this.name = name;
    this.#context = context;
    this.#legacy = config.legacy;
    this.#backend = config.backend;
    this.#queues = Array.from({ length: config.backend?.queues ?? 0 }, () => new Queue(context));
    this.#alignments = this.#queues.map(() => 0);
    const own = featureIndirect | featureEventIndex | (config.legacy ? featureAnyLayout : featureVersion1);
    this.#offered = (config.backend?.features ?? 0n) | own;
  }

  read(offset: number, sizeBytes: number): bigint {
    if (offset >= register.config) return this.#readConfig(offset - register.config, sizeBytes);
    return sizeBytes === 4 ? BigInt(this.#readRegister(offset) >>> 0) : 0n;
  }

  /** No device here has a configuration that the driver may write. */
  write(offset: number, sizeBytes: number, value: bigint): void {
    if (sizeBytes !== 4 || offset >= register.config || this.#backend === undefined) return;
    this.#writeRegister(offset, Number(BigInt.asUintN(32, value)));
  }

  /** Serves the next request, which was asked for even if it is early, and those whose moment has come. */
  wake(): void {
    do {
      const [next, ...later] = this.#pending;
      if (next === undefined) break;
      this.#pending = later;
      this.#guarded(() => this.#serve(next.queue, next.head));
    } while (this.#pending.length > 0 && this.#pending[0]!.at <= this.#context.now());
    this.#askToWake();
  }

  save(): PlainState {
    return {
      queues: this.#queues.map((queue) => queue.save()),
      driverFeatures: this.#driverFeatures,
      deviceFeaturesSel: this.#deviceFeaturesSel,
      driverFeaturesSel: this.#driverFeaturesSel,
      queueSel: this.#queueSel,
      status: this.#status,
      interrupts: this.#interrupts,
      broken: this.#broken,
      guestPageBytes: this.#guestPageBytes,
      alignments: [...this.#alignments],
      pending: this.#pending.map(({ queue, head, at }) => [queue, head, at]),
      backend: this.#backend?.save() ?? null,
    };
  }

  get shape(): Shape {
    const count = this.#queues.length;
    return fields({
      queues: listOf(Queue.shape, count, count),
      driverFeatures: integer(64),
      deviceFeaturesSel: unsigned(32),
      driverFeaturesSel: unsigned(32),
      queueSel: unsigned(32),
      status: unsigned(8),
      interrupts: unsigned(32),
      broken: flag,
      guestPageBytes: unsigned(32),
      alignments: listOf(unsigned(32), count, count),
      pending: listOf(tuple(number(0, count - 1), unsigned(16), unsigned(53)), 0, count),
      backend: this.#backend?.shape ?? nothing,
    });
  }

  restore(state: PlainState): void {
    const record = new SavedRecord(this.name, state);
    record.list('queues').forEach((saved, index) => {
      this.#queues[index]!.restore(saved);
    });
    this.#driverFeatures = record.integer('driverFeatures');
    this.#deviceFeaturesSel = record.number('deviceFeaturesSel');
    this.#driverFeaturesSel = record.number('driverFeaturesSel');
    this.#queueSel = record.number('queueSel');
    this.#status = record.number('status');
    this.#interrupts = record.number('interrupts');
    this.#broken = record.flag('broken');
    this.#guestPageBytes = record.number('guestPageBytes');
    this.#alignments = record.list('alignments').map((value) => value as number);
    this.#pending = record.list('pending').map((entry) => {
      const [queue, head, at] = entry as readonly [number, number, number];
      return { queue, head, at: moment(at) };
    });
    this.#backend?.restore(record.state('backend') ?? null);
  }

  // Registers

  #readRegister(offset: number): number {
    if (offset === register.magic) return magic;
    if (offset === register.version) return this.#legacy ? 1 : 2;
    if (offset === register.vendorId) return vendor;
    if (this.#backend === undefined) return 0;
    if (offset >= register.sharedMemoryFirst && offset <= register.sharedMemoryLast) return this.#legacy ? 0 : -1;
    const queue = this.#queues[this.#queueSel];
    switch (offset) {
      case register.deviceId:
        return this.#backend.deviceId;
      case register.deviceFeatures:
        return this.#deviceFeaturesSel > 1 ? 0 : Number(word(this.#offered, this.#deviceFeaturesSel));
      case register.queueNumMax:
        return queue === undefined ? 0 : queueSizeMax;
      case register.queuePfn:
        return this.#legacy && queue?.ready ? Number(queue.descriptorTable) / this.#guestPageBytes : 0;
      case register.queueReady:
        return !this.#legacy && queue?.ready ? 1 : 0;
      case register.interruptStatus:
        return this.#interrupts;
      case register.status:
        return this.#status;
      default: // ConfigGeneration is 0: no configuration ever changes.
        return 0;
    }
  }

  #writeRegister(offset: number, value: number): void {
    const queue = this.#queues[this.#queueSel];
    switch (offset) {
      case register.deviceFeaturesSel:
        this.#deviceFeaturesSel = value;
        break;
      case register.driverFeaturesSel:
        this.#driverFeaturesSel = value;
        break;
      case register.driverFeatures:
        this.#acceptFeatures(value);
        break;
      case register.queueSel:
        this.#queueSel = value;
        break;
      case register.queueNum: // A power of two (section 2.7); anything else is not taken.
        if (queue !== undefined && value >= 1 && value <= queueSizeMax && (value & (value - 1)) === 0) {
          queue.size = value;
        }
        break;
      case register.queueNotify:
        if (this.#queues[value] !== undefined) this.#guarded(() => this.#takeRequest(value));
        break;
      case register.interruptAck:
        this.#interrupts &= ~value;
        this.#drive();
        break;
      case register.status:
        this.#setStatus(value & 0xff);
        break;
      default:
        if (queue === undefined) break;
        if (this.#legacy) this.#writeLegacyQueue(queue, offset, value);
        else this.#writeQueue(queue, offset, value);
    }
  }

  #writeQueue(queue: Queue, offset: number, value: number): void {
    switch (offset) {
      case register.queueReady:
        if ((value & 1) === 1) queue.ready = true;
        else this.#stopQueue(this.#queueSel);
        break;
      case register.queueDescLow:
        queue.descriptorTable = withWord(queue.descriptorTable, 0, value);
        break;
      case register.queueDescHigh:
        queue.descriptorTable = withWord(queue.descriptorTable, 1, value);
        break;
      case register.queueDriverLow:
        queue.driverArea = withWord(queue.driverArea, 0, value);
        break;
      case register.queueDriverHigh:
        queue.driverArea = withWord(queue.driverArea, 1, value);
        break;
      case register.queueDeviceLow:
        queue.deviceArea = withWord(queue.deviceArea, 0, value);
        break;
      case register.queueDeviceHigh:
        queue.deviceArea = withWord(queue.deviceArea, 1, value);
        break;
      default:
    }
  }

  /** The legacy rings lie one after the other, from a page on (section 2.7.2). */
  #writeLegacyQueue(queue: Queue, offset: number, value: number): void {
    switch (offset) {
      case register.guestPageSize:
        this.#guestPageBytes = value;
        break;
      case register.queueAlign:
        this.#alignments[this.#queueSel] = value;
        break;
      case register.queuePfn: {
        this.#stopQueue(this.#queueSel);
        if (value === 0) break;
        const alignment = BigInt(Math.max(1, this.#alignments[this.#queueSel]!));
        const size = BigInt(queue.size);
        queue.descriptorTable = BigInt(value) * BigInt(this.#guestPageBytes);
        queue.driverArea = queue.descriptorTable + 16n * size;
        const driverEnd = queue.driverArea + 6n + 2n * size;
        queue.deviceArea = ((driverEnd + alignment - 1n) / alignment) * alignment;
        queue.ready = this.#guestPageBytes !== 0;
        break;
      }
      default:
    }
  }

  #acceptFeatures(value: number): void {
    if ((this.#status & statusFeaturesOk) !== 0 || this.#driverFeaturesSel > 1) return;
    this.#driverFeatures = withWord(this.#driverFeatures, this.#driverFeaturesSel, value);
  }

  #setStatus(value: number): void {
    if (value === 0) {
      this.#reset();
      return;
    }
    const acceptable = (this.#driverFeatures & ~this.#offered) === 0n;
    const refused = (value & statusFeaturesOk) !== 0 && !acceptable ? statusFeaturesOk : 0;
    this.#status = (value & ~refused & ~statusNeedsReset) | (this.#status & statusNeedsReset);
  }

  #reset(): void {
    this.#queues.forEach((queue, index) => {
      this.#stopQueue(index);
      queue.size = queueSizeMax;
      queue.descriptorTable = 0n;
      queue.driverArea = 0n;
      queue.deviceArea = 0n;
    });
    this.#driverFeatures = 0n;
    this.#deviceFeaturesSel = 0;
    this.#driverFeaturesSel = 0;
    this.#queueSel = 0;
    this.#status = 0;
    this.#interrupts = 0;
    this.#broken = false;
    this.#alignments = this.#queues.map(() => 0);
    this.#drive();
  }

  /** Forgets what the queue had taken; its rings begin anew. */
  #stopQueue(index: number): void {
    const queue = this.#queues[index]!;
    queue.ready = false;
    queue.restart();
    this.#pending = this.#pending.filter((pending) => pending.queue !== index);
    this.#askToWake();
  }

  #readConfig(offset: number, sizeBytes: number): bigint {
    const config = this.#backend?.config() ?? new Uint8Array(0);
    let value = 0n;
    for (let index = sizeBytes - 1; index >= 0; index--) value = (value << 8n) | BigInt(config[offset + index] ?? 0);
    return value;
  }

  // Requests

  #features(): QueueFeatures {
    const negotiated = this.#driverFeatures & this.#offered;
    return {
      indirect: (negotiated & featureIndirect) !== 0n,
      eventIndex: (negotiated & featureEventIndex) !== 0n,
    };
  }

  #takeRequest(index: number): void {
    const queue = this.#queues[index]!;
    // Some legacy drivers notify before they are ready (section 3.1.2); later ones must not.
    const live = this.#legacy || (this.#status & statusDriverOk) !== 0;
    if (!live || !queue.ready || this.#broken || this.#pending.some((pending) => pending.queue === index)) return;
    const chain = queue.take(this.#features());
    if (chain === undefined) return;
    const busyUntil = this.#pending.at(-1)?.at ?? this.#context.now();
    const at = moment(busyUntil + this.#backend!.latencySteps(index, chain));
    this.#pending = [...this.#pending, { queue: index, head: chain.head, at }];
    this.#askToWake();
  }

  #serve(index: number, head: number): void {
    const queue = this.#queues[index]!;
    const features = this.#features();
    const written = this.#backend!.serve(index, queue.chain(head, features), this.#context);
    if (queue.give(head, written, features)) {
      this.#interrupts |= interruptUsedBuffer;
      this.#drive();
    }
    this.#takeRequest(index);
  }

  /** A driver that breaks the rules stops the device until it resets it, and is told (section 2.1.2). */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!isGuestFault(error)) throw error;
      this.#broken = true;
      this.#pending = [];
      this.#askToWake();
      if (this.#legacy) return; // Version 1 has no such status.
      this.#status |= statusNeedsReset;
      if ((this.#status & statusDriverOk) === 0) return;
      this.#interrupts |= interruptConfiguration;
      this.#drive();
    }
  }

  #askToWake(): void {
    this.#context.wakeAt(this.#pending[0]?.at);
  }

  #drive(): void {
    this.#context.setLine(0, this.#interrupts !== 0);
  }
}

const word = (value: bigint, index: number): bigint => BigInt.asUintN(32, value >> BigInt(32 * index));

const withWord = (value: bigint, index: number, replaced: number): bigint =>
  index === 0 ? ((value >> 32n) << 32n) | BigInt(replaced) : (BigInt(replaced) << 32n) | BigInt.asUintN(32, value);
