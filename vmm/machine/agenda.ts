/**
 * What is due when: devices that asked to be woken, timers that drive interrupt lines, the clock's alarm. The machine
 * asks before each step. The wake-ups are state; all else is derived from the harts, the board and the clock.
 */

import { hartOffset } from '../engine/layout.ts';
import type { Board } from './board.ts';
import type { Clock } from './clock.ts';
import type { Hart } from './hart.ts';
import { interruptBit } from './interrupts.ts';
import { ticksMax } from './platform.ts';

export interface AgendaParts {
  readonly harts: readonly Hart[];
  readonly board: Board;
  readonly clock: Clock;
  readonly setLine: (hart: Hart, bit: number, high: boolean) => void;
}

export class Agenda {
  readonly #parts: AgendaParts;
  /** By device: the moment at which it wants to be woken, or `never`. */
  readonly #wakeups: number[];
  /** The device that wants to be woken first, or -1. It follows from the above. */
  #first = -1;
  #nextDue = 0;
  #isStale = true;

  constructor(parts: AgendaParts) {
    this.#parts = parts;
    this.#wakeups = parts.board.devices.map(() => never);
  }

  /** Something that the agenda is derived from has changed. */
  changed(): void {
    this.#isStale = true;
  }

  wakeAt(device: number, at: number | undefined): void {
    this.#wakeups[device] = at ?? never;
    this.#first = this.#findFirst();
    this.#isStale = true;
  }

  /** The first moment at which something is due, as of the last `settle`. */
  get nextDue(): number {
    return this.#nextDue;
  }

  /** Whether there may be anything to settle at a moment. */
  isDue(now: number): boolean {
    return this.#isStale || now >= this.#nextDue;
  }

  /** Does what is due by a moment. Idempotent. */
  settle(now: number): void {
    this.#isStale = false;
    const { harts, board, clock } = this.#parts;
    while (this.#first >= 0 && this.#wakeups[this.#first]! <= now) this.#wake(this.#first);
    const ticks = clock.ticksAt(now);
    let next = this.#first < 0 ? never : this.#wakeups[this.#first]!;
    for (let id = 0; id < harts.length; id += 1) {
      const hart = harts[id]!;
      next = Math.min(next, this.#drive(hart, interruptBit.mtip, this.#machineTimer(hart), ticks));
      next = Math.min(next, this.#drive(hart, interruptBit.stip, supervisorTimer(hart), ticks));
    }
    const alarm = board.rtc.alarmTicks();
    if (alarm !== undefined && alarm <= ticks) board.rtc.wake();
    else if (alarm !== undefined) next = Math.min(next, clock.momentOf(alarm));
    this.#nextDue = next;
  }

  /** Drives a timer's line by its compare, in ticks; gives the moment at which it will rise. */
  #drive(hart: Hart, bit: number, compare: number, ticks: number): number {
    const isPending = compare <= ticks;
    if (((hart.lines & bit) !== 0) !== isPending) this.#parts.setLine(hart, bit, isPending);
    return isPending || compare === never ? never : this.#parts.clock.momentOf(compare);
  }

  /** Wakes the device whose turn is next, before its moment: nothing else can happen. False when there is none. */
  wakeNext(): boolean {
    if (this.#first < 0) return false;
    this.#wake(this.#first);
    this.#isStale = true;
    return true;
  }

  /** The clock's value, in ticks, at which a timer or the alarm ends idle time; `undefined` when none ever will. */
  idleUntilTicks(now: number): number | undefined {
    const { harts, board, clock } = this.#parts;
    const ticks = clock.ticksAt(now);
    const alarm = board.rtc.alarmTicks() ?? never;
    let next = alarm > ticks ? alarm : never;
    for (let id = 0; id < harts.length; id += 1) {
      const hart = harts[id]!;
      if (!hart.isStarted) continue;
      next = Math.min(next, endOfIdling(hart, interruptBit.mtip, this.#machineTimer(hart), ticks));
      next = Math.min(next, endOfIdling(hart, interruptBit.stip, supervisorTimer(hart), ticks));
    }
    return next <= ticksMax ? next : undefined;
  }

  save(): readonly (number | null)[] {
    return this.#wakeups.map((at) => (at === never ? null : at));
  }

  restore(wakeups: readonly (number | null)[]): void {
    for (const [device, at] of wakeups.entries()) this.#wakeups[device] = at ?? never;
    this.#first = this.#findFirst();
    this.#isStale = true;
  }

  #wake(device: number): void {
    this.#wakeups[device] = never;
    this.#first = this.#findFirst();
    this.#parts.board.devices[device]!.wake?.();
  }

  #findFirst(): number {
    let first = -1;
    let moment = never;
    for (let device = 0; device < this.#wakeups.length; device += 1) {
      const at = this.#wakeups[device]!;
      if (at >= moment) continue;
      first = device;
      moment = at;
    }
    return first;
  }

  /** Compare of the CLINT's timer, in ticks; beyond 2^53 it is never reached. */
  #machineTimer(hart: Hart): number {
    return this.#parts.board.clint.timerTicks(hart.id);
  }
}

/** A timer's compare, in ticks, if it will wake its hart; otherwise `never`. */
const endOfIdling = (hart: Hart, bit: number, compare: number, ticks: number): number =>
  compare > ticks && (hart.memory.u32[(hart.base >>> 2) + mieWord]! & bit) !== 0 ? compare : never;

/** stimecmp as far as menvcfg.STCE enables it (Sstc, 2.1). */
const supervisorTimer = (hart: Hart): number => {
  const { u32 } = hart.memory;
  const base = hart.base >>> 2;
  if (u32[base + menvcfgWord + 1]! >>> 31 === 0) return never;
  return u32[base + stimecmpWord + 1]! * 2 ** 32 + u32[base + stimecmpWord]!;
};

const mieWord = hartOffset.mie >>> 2;
const menvcfgWord = hartOffset.menvcfg >>> 2;
const stimecmpWord = hartOffset.stimecmp >>> 2;

const never = Number.POSITIVE_INFINITY;
