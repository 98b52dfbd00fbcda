/**
 * The guest's clock (mtime): a function of the moment between two settings of it. It holds no state of its own: the
 * machine record in linear memory says from where it counts.
 */

import { machineBase, machineOffset } from '../engine/layout.ts';
import type { MachineMemory } from './memory.ts';

const ticksIndex = (machineBase + machineOffset.clockTicks) >>> 3;
const momentIndex = (machineBase + machineOffset.clockMoment) >>> 3;

export class Clock {
  readonly #f64: Float64Array;
  readonly #stepsPerTick: number;

  constructor(memory: MachineMemory, stepsPerTick: number) {
    this.#f64 = memory.f64;
    this.#stepsPerTick = stepsPerTick;
  }

  /** Ticks of 100 ns at a moment not before the last setting. */
  ticksAt(moment: number): number {
    return this.#f64[ticksIndex]! + Math.floor((moment - this.#f64[momentIndex]!) / this.#stepsPerTick);
  }

  /** The first moment at which the clock shows at least `ticks`, if nothing sets it before. */
  momentOf(ticks: number): number {
    return this.#f64[momentIndex]! + (ticks - this.#f64[ticksIndex]!) * this.#stepsPerTick;
  }

  set(moment: number, ticks: number): void {
    this.#f64[ticksIndex] = ticks;
    this.#f64[momentIndex] = moment;
  }
}
