/**
 * A hart as JS sees it: a window on its record in linear memory. It holds no state of its own, so that whatever
 * restores the memory restores the hart. 64-bit values are unsigned bigints; the hot ones can be had as halves. Looking
 * a field up by its name takes longer than most of what is done with it, so those of each tick have accessors.
 * What it has counted for statistics is not state: no answer follows from it.
 */

import { type HartField, hartBase, hartOffset } from '../engine/layout.ts';
import type { MachineMemory } from './memory.ts';

export const privilege = { user: 0, supervisor: 1, machine: 3 } as const;
export type Privilege = (typeof privilege)[keyof typeof privilege];

const word = {
  privilege: hartOffset.privilege >>> 2,
  waiting: hartOffset.waiting >>> 2,
  lines: hartOffset.lines >>> 2,
  hsmState: hartOffset.hsmState >>> 2,
} as const;
const stepsIndex = hartOffset.steps >>> 3;
const trapsIndex = hartOffset.traps >>> 3;
const xIndex = hartOffset.x >>> 3;

/** Where counts of interrupts begin in `trapCounts`. Causes are below 64 (Privileged 3.1.15). */
export const interruptCounts = 64;

/** Whoever wants to know what a hart does that is more than computing. No answer of the machine depends on it. */
export interface HartObserver {
  readonly trapped: (hart: Hart, cause: number, interrupt: boolean, from: Privilege, to: Privilege) => void;
  readonly returned: (hart: Hart, from: Privilege, to: Privilege) => void;
  readonly spaceChanged: (hart: Hart) => void;
}

export class Hart {
  readonly base: number;
  readonly id: number;
  readonly memory: MachineMemory;
  /** How often it has entered each exception and, from `interruptCounts` on, each interrupt; also again after going back. */
  readonly trapCounts = new Float64Array(2 * interruptCounts);

  observer: HartObserver | undefined;

  constructor(memory: MachineMemory, id: number) {
    this.memory = memory;
    this.id = id;
    this.base = hartBase(id);
  }

  /** A 64-bit field, unsigned. */
  get(field: HartField): bigint {
    return this.memory.u64[(this.base + hartOffset[field]) >>> 3]!;
  }
  set(field: HartField, value: bigint): void {
    this.memory.u64[(this.base + hartOffset[field]) >>> 3] = value;
  }

  /** Low 32 bits of a 64-bit field, or a 32-bit field; unsigned. */
  low(field: HartField): number {
    return this.memory.u32[(this.base + hartOffset[field]) >>> 2]!;
  }
  setLow(field: HartField, value: number): void {
    this.memory.u32[(this.base + hartOffset[field]) >>> 2] = value;
  }
  high(field: HartField): number {
    return this.memory.u32[((this.base + hartOffset[field]) >>> 2) + 1]!;
  }
  setHigh(field: HartField, value: number): void {
    this.memory.u32[((this.base + hartOffset[field]) >>> 2) + 1] = value;
  }

  /** A field that holds an f64 count. */
  count(field: HartField): number {
    return this.memory.f64[(this.base + hartOffset[field]) >>> 3]!;
  }
  setCount(field: HartField, value: number): void {
    this.memory.f64[(this.base + hartOffset[field]) >>> 3] = value;
  }

  get privilege(): Privilege {
    return this.memory.u32[(this.base >>> 2) + word.privilege] as Privilege;
  }
  set privilege(level: Privilege) {
    this.memory.u32[(this.base >>> 2) + word.privilege] = level;
  }

  /** 1 after wfi, until an enabled interrupt is pending. */
  get waiting(): number {
    return this.memory.u32[(this.base >>> 2) + word.waiting]!;
  }
  set waiting(waiting: 0 | 1) {
    this.memory.u32[(this.base >>> 2) + word.waiting] = waiting;
  }

  /** Bits of mip that come from outside. */
  get lines(): number {
    return this.memory.u32[(this.base >>> 2) + word.lines]!;
  }
  set lines(bits: number) {
    this.memory.u32[(this.base >>> 2) + word.lines] = bits;
  }

  /** Whether the SBI's hart state management has not stopped it. */
  get isStarted(): boolean {
    return this.memory.u32[(this.base >>> 2) + word.hsmState] === 0;
  }

  /** Steps made up to the last slice's end. */
  get steps(): number {
    return this.memory.f64[(this.base >>> 3) + stepsIndex]!;
  }
  set steps(count: number) {
    this.memory.f64[(this.base >>> 3) + stepsIndex] = count;
  }

  /** Traps and interrupts entered. */
  get traps(): number {
    return this.memory.f64[(this.base >>> 3) + trapsIndex]!;
  }
  set traps(count: number) {
    this.memory.f64[(this.base >>> 3) + trapsIndex] = count;
  }

  x(register: number): bigint {
    return this.memory.u64[(this.base >>> 3) + xIndex + register]!;
  }
  setX(register: number, value: bigint): void {
    if (register !== 0) this.memory.u64[(this.base >>> 3) + xIndex + register] = value;
  }
  f(register: number): bigint {
    return this.memory.u64[((this.base + hartOffset.f) >>> 3) + register]!;
  }
  setF(register: number, value: bigint): void {
    this.memory.u64[((this.base + hartOffset.f) >>> 3) + register] = value;
  }
}
