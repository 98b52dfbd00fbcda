/**
 * Drives one motion at a time: lets requests in between two portions, pauses when it is asked to, tells how far it has
 * come. It knows no machine and no protocol.
 */

import type { Moment } from '../../traces/time.ts';
import { Breath } from '../host/breath.ts';
import type { Arrival, Motion } from './travel.ts';

export interface MotionListener {
  /** Now and then while it moves. */
  readonly beat: (at: Moment | undefined) => void;
  readonly arrived: (arrival: Arrival) => void;
  readonly failed: (error: unknown) => void;
}

export class MotionDriver {
  #motion: Motion | undefined;
  #pauseAsked = false;
  #home: (() => Motion) | undefined;
  readonly #breath = new Breath();

  get running(): boolean {
    return this.#motion !== undefined;
  }

  /** Whether the portion under way is to end: requests wait. */
  get isLate(): boolean {
    return this.running && this.#breath.isOver;
  }

  /**
   * Begins in the next turn of the event loop, so that what is sent now is sent before.
   * @param home where a motion that is given up ends; without it, where it is then
   */
  start(motion: Motion, listener: MotionListener, home?: () => Motion): void {
    if (this.#motion !== undefined) throw new Error('a motion was started while another one is under way');
    this.#motion = motion;
    this.#pauseAsked = false;
    this.#home = home;
    void this.#run(motion, listener);
  }

  /** The motion ends at the next opportunity. */
  pause(): void {
    this.#pauseAsked = true;
  }

  /** It ends where it is then, whatever it is. */
  abandon(): void {
    this.#home = undefined;
    this.#pauseAsked = true;
  }

  async #run(motion: Motion, listener: MotionListener): Promise<void> {
    try {
      await this.#breath.take();
      const arrival = await this.#drive(motion, listener.beat);
      this.#motion = undefined;
      listener.arrived(arrival);
    } catch (error) {
      this.#motion = undefined;
      listener.failed(error);
    }
  }

  async #drive(motion: Motion, beat: MotionListener['beat']): Promise<Arrival> {
    for (let moves = motion; ; ) {
      if (this.#pauseAsked) {
        const home = this.#home?.();
        moves.return({ reason: 'pause' }); // what it has to clear up
        if (home === undefined) return { reason: 'pause' };
        [moves, this.#home, this.#pauseAsked] = [home, undefined, false];
      }
      const { done, value } = moves.next();
      if (done === true) return moves === motion ? value : { reason: 'pause' };
      if (typeof value !== 'number') {
        beat(undefined);
        await value;
        await this.#breath.take(); // waiting may be over at once, again and again
      } else if (this.#breath.isOver) {
        beat(value);
        await this.#breath.take();
      }
    }
  }
}
