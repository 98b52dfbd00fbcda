/**
 * The live end of a recording that is being debugged: what the person types, the clock that the guest's idle time is
 * waited out by, and the end. The guest's clock stands still while the machine is paused.
 * `session/live-driver.ts` does the same for runs that nobody pauses.
 */

import { inputBytesMax } from '../../traces/events.ts';
import { timebaseHz } from '../../vmm/machine/platform.ts';
import type { Stop } from '../../vmm/machine/stops.ts';
import type { Recorder } from '../../vmm/record/recorder.ts';

/** A clock that only goes forward, in milliseconds. */
export type HostClock = () => number;

const ticksPerMs = timebaseHz / 1000;
/** Longest portion under host time: the guest's clock is as coarse as this. */
const hostPortionSteps = 250_000;
const flushIntervalMs = 1000;
/** Idle time is waited out in pieces, so that a machine that ticks slowly still answers. */
const waitMsMax = 2 ** 30;

export class Live {
  readonly #recorder: Recorder;
  readonly #hostMs: HostClock;
  #anchor: { readonly ticks: number; readonly ms: number } | undefined;
  #typed: Uint8Array[] = [];
  #wake: (() => void) | undefined;
  #flushedMs = 0;

  constructor(recorder: Recorder, hostMs: HostClock = () => performance.now()) {
    this.#recorder = recorder;
    this.#hostMs = hostMs;
  }

  /** The person types; it reaches the guest before its next step at the live end. */
  type(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#typed.push(bytes);
    this.wake();
  }

  /** Ends a wait. */
  wake(): void {
    this.#wake?.();
  }

  /** The machine was paused or in the past: the guest's time goes on from where it is. */
  pause(): void {
    this.#anchor = undefined;
    if (this.#recorder.timeline.atLiveEnd) this.#recorder.flush();
  }

  /** To be called before each portion at the live end. Gives the longest portion to make, in steps. */
  beforePortion(): number {
    this.#flush();
    for (const bytes of this.#typed.splice(0)) {
      for (let at = 0; at < bytes.length; at += inputBytesMax) {
        this.#recorder.input({ kind: 'serial', bytes: bytes.slice(at, at + inputBytesMax) });
      }
    }
    if (this.#recorder.machine.configuration.timePolicy === 'virtual') return Number.POSITIVE_INFINITY;
    this.#bringClock(this.#hostTicks());
    return hostPortionSteps;
  }

  /** An adapter that is killed loses what happened since the last flush. */
  #flush(): void {
    const nowMs = this.#hostMs();
    if (nowMs - this.#flushedMs < flushIntervalMs) return;
    this.#flushedMs = nowMs;
    this.#recorder.flush();
  }

  #hostTicks(): number {
    this.#anchor ??= { ticks: this.#recorder.machine.ticks, ms: this.#hostMs() };
    return Math.floor(this.#anchor.ticks + (this.#hostMs() - this.#anchor.ms) * ticksPerMs);
  }

  #bringClock(ticks: number): void {
    if (ticks > this.#recorder.machine.ticks) this.#recorder.input({ kind: 'clock', ticks });
  }

  /** Nothing can run: waits until the guest's clock has come to the next timer, or somebody types, or `wake`. */
  async idle({ untilTicks }: Extract<Stop, { reason: 'idle' }>): Promise<void> {
    if (this.#typed.length > 0) return;
    this.#recorder.flush();
    const { machine } = this.#recorder;
    // Under virtual time the clock follows the steps, not the host: only from here on is it the host's.
    if (machine.configuration.timePolicy === 'virtual') this.#anchor = undefined;
    const waitMs =
      untilTicks === undefined ? waitMsMax : (untilTicks - Math.max(machine.ticks, this.#hostTicks())) / ticksPerMs;
    const waited = await this.#wait(Math.min(Math.max(waitMs, 0), waitMsMax));
    if (waited && untilTicks !== undefined) this.#bringClock(untilTicks);
    else this.#bringClock(Math.min(this.#hostTicks(), untilTicks ?? Number.POSITIVE_INFINITY));
  }

  /** True when the time is over, false when something else came first. */
  #wait(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (over: boolean): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve(over);
      };
      const timer = setTimeout(() => done(true), ms);
      this.#wake = () => done(false);
    });
  }
}
