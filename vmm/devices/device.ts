/**
 * What a device is to the machine, and what the machine is to a device. A device sees its own record and a narrow
 * context; never another device, never the machine, never the host.
 */

import type { PlainValue } from '../../traces/plain.ts';
import type { Moment } from '../../traces/time.ts';
import type { Shape } from './shape.ts';

/** Where bytes come from that a device writes to memory, for whoever asks: a place on a disk, or in a request for entropy. */
export interface DmaSource {
  readonly kind: 'disk' | 'entropy';
  /** Of the first byte, from the beginning of the disk or of the request. */
  readonly offset: number;
}

/** What a device may do besides changing its own record. */
export interface DeviceContext {
  /** The moment of the access or wake-up that is being served. */
  readonly now: () => Moment;
  /** The guest's clock, in ticks of 100 ns. */
  readonly ticks: () => number;
  /** Drives the device's interrupt line (level-triggered); `line` is the device's own numbering, 0 for most. */
  readonly setLine: (line: number, high: boolean) => void;
  /** Asks for `wake` at a moment; a later call replaces the earlier one, `undefined` cancels it. */
  readonly wakeAt: (at: Moment | undefined) => void;
  /** Guest-physical memory, RAM only. `read` copies; both throw `DmaError` when the range is not in RAM. */
  readonly readMemory: (address: number, sizeBytes: number) => Uint8Array;
  readonly writeMemory: (address: number, bytes: Uint8Array, source?: DmaSource) => void;
  /** Characters for the world outside: a console. Not state: replay produces the same again. */
  readonly output: (bytes: Uint8Array) => void;
  /** Random bytes from outside: recorded live, reproduced in a replay. */
  readonly entropy: (sizeBytes: number) => Uint8Array;
  /** The guest switches itself off or asks for a reset; `exitCode` becomes the process's exit code. */
  readonly power: (action: 'off' | 'reset', exitCode: number) => void;
}

/** A device's whole state: plain data that structured cloning and the canonical encoding of digests understand. */
export type PlainState = PlainValue;

export interface Device {
  /** Unique on the board, such as `uart0` or `virtio3`. */
  readonly name: string;
  /** MMIO read of 1, 2, 4 or 8 bytes at an offset in the device's window. Only 8-byte reads may exceed 2^32. */
  read(offset: number, sizeBytes: number): bigint;
  write(offset: number, sizeBytes: number, value: bigint): void;
  /** The moment asked for with `wakeAt` has come; or is yet to come, and every hart waits: no step would bring it nearer. */
  wake?(): void;
  /** Bytes typed at it, for a console. Returns nothing; the device queues what does not fit. */
  receive?(bytes: Uint8Array): void;
  /** A deep copy of its state that later changes of the device do not alter (large parts may be shared, immutable). */
  save(): PlainState;
  /** What `save` can give; whatever comes from a file is held against it before it is restored. */
  readonly shape: Shape;
  restore(state: PlainState): void;
}

/** The guest pointed a device at memory that is not RAM. The device turns it into its own error status. */
export class DmaError extends Error {
  override readonly name = 'DmaError';
}
