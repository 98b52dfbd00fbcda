/**
 * How long a run goes on before whoever called it wants it back. The machine reads no clock: it asks, the oftener the slower
 * its steps are, by counting what makes them slow: all that leaves emitted code. Fast code is asked after a slice or two, of
 * which each is short. A run that ends early has the stop `requested`; where it ends shows in no state.
 */

import { scratch } from '../engine/layout.ts';
import type { MachineMemory } from './memory.ts';

/** So many slow things take about a tenth of a millisecond. */
const slowThingsPerLook = 128;
/** Steps of emitted code that take as long as a slow thing does. */
const stepsPerSlowThing = 4096;
/** Nobody waits. */
const never = 2 ** 30;

/** Longest portion of one call into Wasm: V8 replaces a function by its optimised form only between calls. */
const sliceStepsMax = 500_000;
const sliceStepsMin = 1000;

export class Patience {
  readonly #i32: Int32Array;
  /** Longest slice: a short one after one in which much was slow that could not end it, as floating point in software cannot. */
  sliceSteps = sliceStepsMax;
  #isOver: (() => boolean) | undefined;
  #thingsPerLook = never;
  readonly #stop: () => void;

  /** @param stop ends the run under way */
  constructor({ i32 }: MachineMemory, stop: () => void) {
    this.#i32 = i32;
    this.#stop = stop;
    this.left = never;
  }

  /** Slow things that may happen until it is looked at again; whoever does one takes it off, in JS or emitted code. */
  get left(): number {
    return this.#i32[scratch.patience >>> 2]!;
  }
  set left(things: number) {
    this.#i32[scratch.patience >>> 2] = things;
  }

  /** From now on a run ends soon after this has become true. Whoever has a clock sets it. */
  waitUntil(isOver: (() => boolean) | undefined, thingsPerLook = slowThingsPerLook): void {
    this.#isOver = isOver;
    this.#thingsPerLook = isOver === undefined ? never : thingsPerLook;
    this.left = this.#thingsPerLook;
    this.sliceSteps = sliceStepsMax;
  }

  /** Called in the middle of a step where `left` has become negative, and where the step is the last one if need be. */
  look(): void {
    this.left = this.#thingsPerLook;
    if (this.#isOver?.() === true) this.#stop();
  }

  /** Called after each slice, with the steps that it made. */
  sliced(steps: number): void {
    this.left -= 1 + Math.floor(steps / stepsPerSlowThing);
    if (this.left >= 0) return;
    const overdrawn = -this.left / this.#thingsPerLook;
    this.sliceSteps =
      overdrawn > 2
        ? Math.max(sliceStepsMin, Math.floor(steps / overdrawn))
        : Math.min(sliceStepsMax, 2 * this.sliceSteps);
    this.look();
  }

  /** What took long just now: it is looked at after the slice. */
  tookLong(): void {
    this.left = 0;
  }
}
