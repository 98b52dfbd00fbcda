/**
 * What is due when: devices that asked to be woken, timers that drive interrupt lines, the clock's alarm. The machine
 * asks before each step. The wake-ups are state; all else is derived from the harts, the board and the clock.
 */

import type { Board } from './board.ts';
import type { Clock } from './clock.ts';
import type { Hart } from './hart.ts';
import { interruptBit } from './interrupts.ts';

export interface AgendaParts {
  readonly harts: readonly Hart[];
  readonly board: Board;
  readonly clock: Clock;
  readonly setLine: (hart: Hart, bit: number, high: boolean) => void;
}

export class Agenda {
  readonly #parts: AgendaParts;
  /** By device: the moment at which it wants to be woken. */
  readonly #wakeups: (number | undefined)[];
  #nextDue = 0;
  #isStale = true;

  constructor(parts: AgendaParts) {
    this.#parts = parts;
    this.#wakeups = parts.board.devices.map(() => undefined);
  }

  /** Something that the agenda is derived from has changed. */
  changed(): void {
    this.#isStale = true;
  }

  wakeAt(device: number, at: number | undefined): void {
    this.#wakeups[device] = at;
    this.#isStale = true;
  }

  /** The first moment at which something is due, as of the last `settle`. */
  get nextDue(): number {
    return this.#nextDue;
  }

  /** Does what is due by a moment. Idempotent. */
  settle(now: number): void {
    if (!this.#isStale && now < this.#nextDue) return;
    this.#isStale = false;
    const { harts, board, clock, setLine } = this.#parts;
    for (;;) {
      const device = this.#first();
      if (device === undefined || this.#wakeups[device]! > now) break;
      this.#wake(device);
    }
    const ticks = clock.ticksAt(now);
    let next = this.#wakeups[this.#first() ?? -1] ?? Number.POSITIVE_INFINITY;
    for (const hart of harts)
      for (const { bit, compare } of this.#timers(hart)) {
        const isPending = compare <= ticks;
        setLine(hart, bit, isPending);
        if (!isPending) next = Math.min(next, clock.momentOf(compare));
      }
    const alarm = board.rtc.alarmTicks();
    if (alarm !== undefined && alarm <= ticks) board.rtc.wake();
    else if (alarm !== undefined) next = Math.min(next, clock.momentOf(alarm));
    this.#nextDue = next;
  }

  /** Wakes the device whose turn is next, before its moment: nothing else can happen. False when there is none. */
  wakeNext(): boolean {
    const device = this.#first();
    if (device === undefined) return false;
    this.#wake(device);
    this.#isStale = true;
    return true;
  }

  /** The clock's value, in ticks, at which a timer or the alarm ends idle time; `undefined` when none ever will. */
  idleUntilTicks(now: number): number | undefined {
    const { harts, board, clock } = this.#parts;
    const ticks = clock.ticksAt(now);
    let next = board.rtc.alarmTicks() ?? Number.POSITIVE_INFINITY;
    for (const hart of harts)
      if (hart.low('hsmState') === 0)
        for (const { bit, compare } of this.#timers(hart))
          if (compare > ticks && (hart.low('mie') & bit) !== 0) next = Math.min(next, compare);
    return next < Number.MAX_SAFE_INTEGER ? next : undefined;
  }

  save(): readonly (number | null)[] {
    return this.#wakeups.map((at) => at ?? null);
  }

  restore(wakeups: readonly (number | null)[]): void {
    for (const [device, at] of wakeups.entries()) this.#wakeups[device] = at ?? undefined;
    this.#isStale = true;
  }

  #wake(device: number): void {
    this.#wakeups[device] = undefined;
    this.#parts.board.devices[device]!.wake?.();
  }

  #first(): number | undefined {
    let first: number | undefined;
    for (const [device, at] of this.#wakeups.entries())
      if (at !== undefined && (first === undefined || at < this.#wakeups[first]!)) first = device;
    return first;
  }

  /** Timer compares of a hart, as numbers of ticks (beyond 2^53: never), and the lines that they drive. */
  #timers(hart: Hart): readonly { readonly bit: number; readonly compare: number }[] {
    const machineTimer = { bit: interruptBit.mtip, compare: Number(this.#parts.board.clint.mtimecmp(hart.id)) };
    const hasStimecmp = hart.high('menvcfg') >>> 31 === 1; // STCE (Sstc, 2.1)
    const compare = hasStimecmp ? Number(hart.get('stimecmp')) : Number.POSITIVE_INFINITY;
    return [machineTimer, { bit: interruptBit.stip, compare }];
  }
}
