/**
 * A stand-in for the machine around one device, and the checks that every device passes. Deterministic: its clock
 * and its entropy are counters.
 */

import { expect } from 'vitest';
import { type Moment, moment } from '../../traces/time.ts';
import { type Device, type DeviceContext, DmaError, type PlainState } from '../../vmm/devices/device.ts';

export const ramBase = 0x8000_0000;

export class FakeBoard {
  now = 0;
  ticks = 0;
  readonly lines = new Map<number, boolean>();
  wakeMoment: Moment | undefined;
  readonly ram: Uint8Array;
  output = '';
  entropyCounter = 0;
  readonly power: string[] = [];
  readonly context: DeviceContext;

  constructor(ramBytes = 0x1_0000) {
    this.ram = new Uint8Array(ramBytes);
    this.context = {
      now: () => moment(this.now),
      ticks: () => this.ticks,
      setLine: (line, high) => void this.lines.set(line, high),
      wakeAt: (at) => {
        this.wakeMoment = at;
      },
      readMemory: (address, sizeBytes) => this.#range(address, sizeBytes).slice(),
      writeMemory: (address, bytes) => this.#range(address, bytes.length).set(bytes),
      output: (bytes) => {
        this.output += String.fromCharCode(...bytes);
      },
      entropy: (sizeBytes) => Uint8Array.from({ length: sizeBytes }, () => this.entropyCounter++ & 0xff),
      power: (action, exitCode) => void this.power.push(`${action} ${exitCode}`),
    };
  }

  line(line = 0): boolean {
    return this.lines.get(line) ?? false;
  }

  view(): DataView {
    return new DataView(this.ram.buffer);
  }

  /** Runs until the device wants nothing more, at most `wakesMax` wake-ups. Returns how many there were. */
  settle(device: Device, wakesMax = 10_000): number {
    let wakes = 0;
    while (this.wakeMoment !== undefined && wakes < wakesMax) {
      this.now = Math.max(this.now, this.wakeMoment);
      this.wakeMoment = undefined;
      device.wake?.();
      wakes++;
    }
    return wakes;
  }

  /** All that a device can have changed outside itself. */
  snapshot(): unknown {
    return {
      now: this.now,
      ticks: this.ticks,
      lines: [...this.lines].filter(([, high]) => high).sort(),
      wakeMoment: this.wakeMoment,
      ram: Buffer.from(this.ram).toString('latin1'), // a string: comparing element by element takes ages
      output: this.output,
      entropyCounter: this.entropyCounter,
      power: [...this.power],
    };
  }

  /** A board in the same condition, for another device. */
  copy(): FakeBoard {
    const other = new FakeBoard(this.ram.length);
    other.now = this.now;
    other.ticks = this.ticks;
    for (const [line, high] of this.lines) other.lines.set(line, high);
    other.wakeMoment = this.wakeMoment;
    other.ram.set(this.ram);
    other.output = this.output;
    other.entropyCounter = this.entropyCounter;
    other.power.push(...this.power);
    return other;
  }

  #range(address: number, sizeBytes: number): Uint8Array {
    if (!Number.isSafeInteger(address) || address < ramBase || address + sizeBytes > ramBase + this.ram.length) {
      throw new DmaError(`0x${address.toString(16)} + ${sizeBytes}`);
    }
    return this.ram.subarray(address - ramBase, address - ramBase + sizeBytes);
  }
}

/** One thing that can happen to a device. */
export type Act =
  | { readonly kind: 'read'; readonly offset: number; readonly sizeBytes: number }
  | { readonly kind: 'write'; readonly offset: number; readonly sizeBytes: number; readonly value: bigint }
  | { readonly kind: 'other'; readonly run: (device: Device, board: FakeBoard) => void };

/** Applies acts; returns what the guest could see of them. */
export const perform = (device: Device, board: FakeBoard, acts: readonly Act[]): unknown[] =>
  acts.map((act) => {
    board.now += 100;
    board.ticks += 1;
    if (board.wakeMoment !== undefined && board.wakeMoment <= board.now) {
      board.wakeMoment = undefined;
      device.wake?.();
    }
    switch (act.kind) {
      case 'read':
        return device.read(act.offset, act.sizeBytes);
      case 'write':
        device.write(act.offset, act.sizeBytes, act.value);
        return 'written';
      case 'other':
        act.run(device, board);
        return 'done';
      default:
        return act satisfies never;
    }
  });

/**
 * A device saved in the middle and restored into a new instance goes on exactly as the one that was not disturbed,
 * and later changes of the first do not reach the saved state.
 */
export const checkSaveAnywhere = (
  make: (board: FakeBoard) => Device,
  acts: readonly Act[],
  at: number,
  prepare: (board: FakeBoard) => void = () => {},
): void => {
  const board = new FakeBoard();
  prepare(board);
  const device = make(board);
  perform(device, board, acts.slice(0, at));
  const saved = device.save();
  const frozen: PlainState = structuredClone(saved);
  const otherBoard = board.copy();
  const seen = perform(device, board, acts.slice(at));
  expect(saved, 'a saved state does not change').toEqual(frozen);
  const other = make(otherBoard);
  other.restore(saved);
  expect(other.save(), 'a restored device saves the same').toEqual(frozen);
  expect(perform(other, otherBoard, acts.slice(at))).toEqual(seen);
  expect(other.save()).toEqual(device.save());
  expect(otherBoard.snapshot()).toEqual(board.snapshot());
};
