/**
 * Drives a recording in the host's time: brings it what is typed, the host's clock under the `host` policy, and waits out
 * idle time where the machine does. It makes one portion at a time, so that whoever calls can pause between two. It knows
 * no terminal and no protocol.
 *
 * A person's typing reaches the guest at once. What is fed from a file or a pipe is typed line by line, each once the
 * guest has been silent for half a second of its own time: sent all at once, most of it would be lost while a kernel sets
 * its console up.
 */

import { inputBytesMax } from '../../traces/events.ts';
import { type Moment, moment } from '../../traces/time.ts';
import { timebaseHz } from '../../vmm/machine/platform.ts';
import type { RunOptions } from '../../vmm/machine/stops.ts';
import type { TimelineStop } from '../../vmm/timeline/timeline.ts';
import type { LiveSession } from './session.ts';

/** Longest portion under the `host` policy: the guest's clock is as coarse as this. */
const hostPortionSteps = 250_000;
const feedSilenceTicks = timebaseHz / 2;
const ticksPerMs = timebaseHz / 1000;
/** A script answers this many steps after the guest has printed what it waited for: guests print before they listen. */
const answerDelaySteps = 500_000;
/** A recorder that is killed loses at most what happened since the last flush. */
const flushIntervalMs = 1000;
/** What the host has for this process, a signal or a key, waits no longer than this while the guest runs. */
const turnIntervalMs = 4;
/** Timers of the host reach no further. */
const waitMsMax = 2 ** 30;

export class LiveDriver {
  readonly #session: LiveSession;
  readonly #typed: Uint8Array[] = [];
  readonly #answers: { readonly due: number; readonly bytes: Uint8Array }[] = [];
  readonly #fed: Uint8Array[] = [];
  #feedEnded = true;
  /** The guest's clock when it last printed something or was given something. */
  #activeTicks = 0;
  #activeSteps = 0;
  /** What was waited out in real time since then. */
  #waitedTicks = 0;
  readonly #startMs = performance.now();
  #flushedMs = performance.now();
  #turnedMs = performance.now();
  #wake: (() => void) | undefined;
  /** Told when the machine begins and ends to wait in real time, for showing it. */
  onWaiting: (waiting: boolean) => void = () => {};

  constructor(session: LiveSession) {
    this.#session = session;
  }

  /** For the guest's console, at the next moment possible. */
  type(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#typed.push(bytes);
    this.interrupt();
  }

  /** A script's answer to what the guest is just printing. Its moment depends on nothing but the guest. */
  answer(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#answers.push({ due: this.#session.machine.stepMoment + answerDelaySteps, bytes });
    this.interrupt();
  }

  /** From here to `endFeed` something may come that is fed. */
  beginFeed(): void {
    this.#feedEnded = false;
  }
  /** For the guest's console, line by line as it seems ready. */
  feed(bytes: Uint8Array): void {
    for (const line of linesOf(bytes)) this.#fed.push(line);
    this.#wake?.();
  }
  endFeed(): void {
    this.#feedEnded = true;
    this.#wake?.();
  }

  /** Comes back from the portion or from the wait under way soon. */
  interrupt(): void {
    this.#session.machine.requestStop();
    this.#wake?.();
  }

  /** The guest has printed something: call it from the console callback of the session. */
  printed(): void {
    this.#activeTicks = this.#session.machine.ticks;
    this.#activeSteps = this.#session.machine.now;
    this.#waitedTicks = 0;
  }

  /**
   * One portion at the live end of the timeline, at most to `until`. The reason `idle` is given only when the guest waits
   * for what nobody will ever bring.
   */
  async portion(until: Moment, options: RunOptions = {}): Promise<TimelineStop> {
    const { timeline, machine, header } = this.#session;
    this.#deliver();
    const portionEnd = header.machine.timePolicy === 'host' ? Math.min(until, machine.now + hostPortionSteps) : until;
    const limit = Math.min(portionEnd, this.#answers[0]?.due ?? portionEnd);
    const stop = timeline.forward(moment(limit), options);
    this.#flush();
    if (stop.reason !== 'idle') {
      await this.#turn();
      return stop;
    }
    this.#takeAnswers(Number.POSITIVE_INFINITY); // it is listening
    if (this.#typed.length > 0) return { reason: 'requested' };
    if (this.#feedNext()) return { reason: 'requested' };
    if (stop.untilTicks === undefined && this.#feedEnded && !this.canType) return stop;
    await this.#waitUntil(stop.untilTicks);
    return { reason: 'requested' };
  }

  /** Whether a person may still type. Without one, a guest that waits for input only waits for ever. */
  canType = false;

  /** For how long, in the guest's seconds, it has neither printed nor been given anything while it was mostly idle. */
  get idleSeconds(): number {
    if (this.#fed.length > 0 || !this.#feedEnded) return 0;
    const { machine, header } = this.#session;
    const { idlePolicy, stepsPerTick } = header.machine;
    const ticks = machine.ticks - this.#activeTicks;
    const skipped = ticks - (machine.now - this.#activeSteps) / stepsPerTick;
    const idleTicks = idlePolicy === 'skip' ? skipped : this.#waitedTicks;
    return idleTicks * 2 > ticks ? ticks / timebaseHz : 0;
  }

  async #turn(): Promise<void> {
    if (performance.now() - this.#turnedMs < turnIntervalMs) return;
    await new Promise(setImmediate);
    this.#turnedMs = performance.now();
  }

  /** Inputs that are due, each stamped with the present moment. */
  #deliver(): void {
    const { recorder, machine, header } = this.#session;
    if (header.machine.timePolicy === 'host') this.#setClock(this.#hostTicks());
    this.#takeAnswers(machine.now);
    const silence = machine.ticks - this.#activeTicks;
    if (this.#typed.length === 0 && silence >= feedSilenceTicks) this.#feedNext();
    const typed = Buffer.concat(this.#typed.splice(0));
    for (let at = 0; at < typed.length; at += inputBytesMax) {
      recorder.input({ kind: 'serial', bytes: Uint8Array.from(typed.subarray(at, at + inputBytesMax)) });
      this.printed();
    }
  }

  /** Types the answers that are due at a moment. */
  #takeAnswers(now: number): void {
    while (this.#answers[0] !== undefined && this.#answers[0].due <= now)
      this.#typed.push(this.#answers.shift()!.bytes);
  }

  /** Makes the next line that is fed be typed; false when there is none. */
  #feedNext(): boolean {
    const line = this.#fed.shift();
    if (line !== undefined) this.#typed.push(line);
    return line !== undefined;
  }

  /** The clock never goes backwards. */
  #setClock(ticks: number): void {
    const { recorder, machine } = this.#session;
    if (ticks > machine.ticks) recorder.input({ kind: 'clock', ticks });
  }

  #hostTicks(): number {
    return Math.floor((performance.now() - this.#startMs) * ticksPerMs);
  }

  /** Waits in real time until the guest's clock is due or something comes, then puts the clock forward. */
  async #waitUntil(untilTicks: number | undefined): Promise<void> {
    const { machine, header } = this.#session;
    const startTicks = machine.ticks;
    const startMs = performance.now();
    const ms = untilTicks === undefined ? waitMsMax : Math.min((untilTicks - startTicks) / ticksPerMs, waitMsMax);
    const isOver = await this.#sleep(ms);
    this.#waitedTicks += (performance.now() - startMs) * ticksPerMs;
    if (header.machine.timePolicy === 'host') return; // the next portion begins with the host's clock
    if (header.machine.idlePolicy === 'skip') return; // the guest's time stood still
    const passed =
      isOver && untilTicks !== undefined ? untilTicks : startTicks + (performance.now() - startMs) * ticksPerMs;
    this.#setClock(Math.floor(Math.min(passed, untilTicks ?? Number.POSITIVE_INFINITY)));
  }

  /** True when all the time has passed, false when something came before. */
  #sleep(ms: number): Promise<boolean> {
    this.onWaiting(true);
    return new Promise((resolve) => {
      const done = (isOver: boolean): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        this.onWaiting(false);
        resolve(isOver);
      };
      const timer = setTimeout(() => done(true), Math.ceil(ms));
      this.#wake = () => done(false);
    });
  }

  #flush(): void {
    const now = performance.now();
    if (now - this.#flushedMs < flushIntervalMs) return;
    this.#flushedMs = now;
    this.#session.recorder.flush();
  }
}

const lineFeed = 0x0a;

const linesOf = (bytes: Uint8Array): Uint8Array[] => {
  const lines: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(lineFeed, at);
    const next = end < 0 ? bytes.length : end + 1;
    lines.push(bytes.slice(at, next));
    at = next;
  }
  return lines;
};
