/**
 * The history of one machine, and where one stands in it. Its right-hand end is live, when somebody is recording, or
 * the end of a recording. Going back is restoring a checkpoint and running forward to the exact moment; there is one
 * log of inputs for both, so the machine cannot tell whether it is recorded or replayed.
 *
 * Long work is a generator that yields between portions, so that whoever drives it can pause, show progress or give up.
 */

import type { InputEvent } from '../../traces/events.ts';
import { type Moment, moment } from '../../traces/time.ts';
import type { Interval } from '../history/history.ts';
import type { Machine } from '../machine/machine.ts';
import type { RunOptions, Stop } from '../machine/stops.ts';
import type { CarriedState, SlabWriter } from './carried-state.ts';
import { Checkpoints } from './checkpoints.ts';
import type { Spill } from './spill.ts';

/** The inputs, in order. A trace's log is one; a recording's grows. */
export interface InputLog {
  readonly count: number;
  get(index: number): InputEvent;
}

/**
 * States that are kept elsewhere, as in a trace: where one may go without running what is before. Which ones there are changes
 * no answer, as with checkpoints.
 */
export interface KeptStates {
  /** Ascending. `cursor`: how many inputs had been applied. */
  readonly list: readonly { readonly at: Moment; readonly cursor: number }[];
  /** Puts one of them into the machine; pages that it does not name hold what they did where the timeline begins. */
  readonly restore: (index: number) => void;
  /** Called when the machine has come to one of them by running. */
  readonly passed?: (index: number) => void;
}

export interface TimelineOptions {
  readonly log: InputLog;
  /** The end of a recording, or `live`. */
  readonly end: Moment | 'live';
  /** Steps between checkpoints in territory that is new to this timeline. */
  readonly checkpointStride: number;
  /** With 0 there is no checkpoint at all, and no way back. */
  readonly checkpointBudgetBytes: number;
  /** Where checkpoints go for which there is no room within that; if absent, they are dropped. */
  readonly spill?: Spill | undefined;
  /** Steps between calls of `onStride`. */
  readonly stride: number;
  /** Called on arrival at a multiple of the stride, before the inputs of that moment, the first time it is reached. */
  readonly onStride?: (at: Moment) => void;
  /** Called where a checkpoint is due in new territory, also when none are taken; before the inputs of that moment. */
  readonly onCheckpoint?: (cursor: number) => void;
  readonly kept?: KeptStates;
  /** A kept state is gone to when it saves so many steps: what is printed on the way is not seen. None unless it says so. */
  readonly keptStepsMin?: number | undefined;
}

export type TimelineStop = Stop | { readonly reason: 'end' };

/** Whether a stop is what is searched. */
export type Hit = (stop: TimelineStop) => boolean;
/**
 * Where a search need look between two moments: intervals, ascending and apart. It is asked again after each piece, and yields
 * where it takes long.
 */
export type Among = (within: Interval) => Generator<void, readonly Interval[]>;

/** Longest portion between two yields. Of slow steps it may be shorter: see Patience. */
const portionSteps = 1_000_000;

/** How many checkpoints are taken on a long way, at most: each costs a millisecond or two. */
const checkpointsOnTheWay = 256;

/** Distances before a destination at which checkpoints are left, for the steps back that may follow. */
const landingDistances = [3_000_000, 300_000, 30_000, 3_000] as const;

/** Of the slowest steps these take some milliseconds. */
const nearSteps = 10_000;

export class Timeline {
  readonly machine: Machine;
  readonly checkpoints: Checkpoints;
  readonly #options: TimelineOptions;
  #cursor = 0;
  #end: Moment;
  #live: boolean;
  /** Where it begins: mostly at moment 0. */
  readonly start: Moment;
  /** Up to where `onStride` has been called. */
  #strideSeen: Moment;
  /** The first of the kept states that was not passed. */
  #nextKept = 0;

  constructor(machine: Machine, options: TimelineOptions) {
    this.machine = machine;
    this.#options = options;
    this.#live = options.end === 'live';
    this.start = machine.now;
    this.#strideSeen = machine.now;
    this.#end = options.end === 'live' ? machine.now : options.end;
    this.checkpoints = new Checkpoints(machine, options.checkpointBudgetBytes, options.spill);
  }

  get now(): Moment {
    return this.machine.now;
  }

  /** The furthest moment that is known. */
  get end(): Moment {
    return this.#end;
  }

  /** Whether the machine stands at the end of a recording that goes on. */
  get atLiveEnd(): boolean {
    return this.#live && this.now === this.#end && this.#cursor === this.#options.log.count;
  }

  /** Ends the recording here: from now on the end is an end. */
  endRecording(): void {
    this.#live = false;
  }

  /** The inputs, also those that have not been applied. */
  get log(): InputLog {
    return this.#options.log;
  }

  /** How many inputs have been applied; with the moment it says exactly where one stands. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Applies the inputs of the present moment that have not been applied. A recorder calls it after logging one. */
  applyInputs(): void {
    const { log } = this.#options;
    for (;;) {
      this.#passKept();
      if (this.#cursor >= log.count) return;
      const event = log.get(this.#cursor);
      if (event.at > this.now) return;
      if (event.at < this.now) throw new Error(`input ${this.#cursor} at ${event.at} was missed at ${this.now}`);
      this.#cursor += 1;
      this.machine.apply(event);
    }
  }

  #passKept(): void {
    const { kept } = this.#options;
    if (kept?.passed === undefined) return;
    for (let next = kept.list[this.#nextKept]; next !== undefined; next = kept.list[this.#nextKept]) {
      if (next.at > this.now || (next.at === this.now && next.cursor > this.#cursor)) return;
      if (next.at === this.now && next.cursor === this.#cursor) kept.passed(this.#nextKept);
      this.#nextKept += 1;
    }
  }

  /** The input that was logged last took effect within the step that asked for it: there is nothing to apply. */
  passInput(): void {
    this.#cursor += 1;
  }

  /** One portion forward, to `until` at most. Comes back with `until` also when it got less far than that. */
  forward(until: Moment, options: RunOptions = {}): TimelineStop {
    return this.#advance(until, options, this.#options.checkpointStride);
  }

  /** A portion with checkpoints at another stride. */
  #advance(until: Moment, options: RunOptions, checkpointStride: number): TimelineStop {
    this.applyInputs();
    if (this.now >= until) return { reason: 'until' };
    if (!this.#live && this.now >= this.#end) return { reason: 'end' };
    const { stride, log, kept } = this.#options;
    const nextInput = this.#cursor < log.count ? log.get(this.#cursor).at : Number.POSITIVE_INFINITY;
    const limit = Math.min(
      until,
      this.now + portionSteps,
      nextInput,
      nextMultiple(this.now, stride),
      nextMultiple(this.now, checkpointStride),
      this.#live ? Number.POSITIVE_INFINITY : this.#end,
      (kept?.passed && kept.list[this.#nextKept]?.at) ?? Number.POSITIVE_INFINITY,
    );
    const stop = this.machine.run(moment(limit), options);
    this.#arrived();
    if (this.now % checkpointStride === 0) {
      this.checkpoints.take(this.#cursor);
      this.#options.onCheckpoint?.(this.#cursor);
    }
    this.applyInputs();
    if (stop.reason === 'idle' && !this.#live) return { reason: 'end' };
    return stop;
  }

  /** Steps between checkpoints on a way of some steps: not more of them than make what follows faster. */
  #strideOver(steps: number): number {
    const { checkpointStride } = this.#options;
    return checkpointStride * Math.max(1, Math.ceil(steps / checkpointStride / checkpointsOnTheWay));
  }

  #arrived(): void {
    this.#end = moment(Math.max(this.#end, this.now));
    if (this.now % this.#options.stride !== 0 || this.now <= this.#strideSeen) return;
    this.#strideSeen = this.now;
    this.#options.onStride?.(this.now);
  }

  /** Goes to a moment, at most to the end. Yields the moment reached, between portions. */
  *travel(target: Moment): Generator<Moment, void> {
    const destination = moment(Math.max(this.start, Math.min(target, this.#end)));
    this.#jump(destination);
    const landings = landingDistances.map((distance) => destination - distance).filter((at) => at > this.now);
    const stride = this.#strideOver(destination - this.now);
    while (this.now < destination) {
      const landing = landings.find((at) => at > this.now) ?? destination;
      const stop = this.#advance(moment(landing), {}, stride);
      if (landings.includes(this.now)) this.checkpoints.take(this.#cursor);
      if (stop.reason === 'end' || stop.reason === 'power') break;
      yield this.now;
    }
    this.applyInputs();
    this.checkpoints.noteStop();
  }

  /** Makes sure that one comes back here at once from wherever one goes. */
  leaveNear(): void {
    if (this.now - this.checkpoints.before(this.now).at > nearSteps) this.checkpoints.take(this.#cursor);
  }

  /** The present state, for another timeline of this recording. */
  carry(writer: SlabWriter): CarriedState {
    return this.checkpoints.carryPresent(this.#cursor, writer);
  }

  /** Goes where another timeline of this recording was. Needs a budget of checkpoints, though it takes none. */
  adopt(state: CarriedState, writer: SlabWriter): void {
    this.checkpoints.restoreCarried(state, writer);
    this.#cursor = state.cursor;
  }

  /** Goes to the last state at or before a moment that is kept anywhere, unless one stands between the two. */
  #jump(destination: Moment): void {
    const isBack = this.now > destination;
    const checkpoint = isBack || this.checkpoints.count > 0 ? this.checkpoints.before(destination) : undefined;
    const from = Math.max(checkpoint?.at ?? this.start, isBack ? this.start : this.now);
    if (this.jumpToKept(destination, moment(from + (this.#options.keptStepsMin ?? 0)))) return;
    if (checkpoint !== undefined && (isBack || this.now < checkpoint.at)) this.#restore(checkpoint);
  }

  /** Goes to the last kept state after one moment and at or before another; false when there is none. */
  jumpToKept(destination: Moment, after: Moment = this.now): boolean {
    const { kept } = this.#options;
    const index = kept?.list.findLastIndex(({ at }) => at <= destination) ?? -1;
    if (kept === undefined || index < 0 || kept.list[index]!.at <= after) return false;
    // Its pages are those of the timeline's beginning where it names none; without checkpoints one never goes back.
    const toStart = (): void => {
      if (this.checkpoints.count > 0) this.#restore(this.checkpoints.before(this.start));
    };
    toStart();
    try {
      kept.restore(index);
    } catch (error) {
      toStart(); // half of it may have been put there
      throw error;
    }
    const { at, cursor } = kept.list[index]!;
    this.#cursor = cursor;
    this.#strideSeen = moment(Math.max(this.#strideSeen, at));
    this.#nextKept = Math.max(this.#nextKept, index + 1);
    this.#end = moment(Math.max(this.#end, at));
    this.checkpoints.take(cursor);
    return true;
  }

  #restore(checkpoint: ReturnType<Checkpoints['before']>): void {
    let restored = checkpoint;
    while (!this.checkpoints.restore(restored)) restored = this.checkpoints.before(restored.at);
    this.#cursor = restored.cursor;
  }

  /** `travel`, all of it at once. */
  seek(target: Moment): void {
    for (const _ of this.travel(target));
  }

  /**
   * Goes back to the last moment before the present one for which `hit` is true, or to the start. Only moments at
   * which a run with these options stops are candidates. Each candidate is asked once for each pass over its interval.
   * Gives the stop that was found, or undefined at the start. `among`: where there may be steps that such a stop comes before
   * or after, when the history index knows; nothing else is looked at, and what becomes known meanwhile counts.
   */
  *reverse(options: RunOptions, hit: Hit, among?: Among): Generator<Moment, TimelineStop | undefined> {
    const { now, start } = this;
    const whole = { from: start, to: now };
    // Ever larger pieces: what is near is found soon, and what is far without going back at each checkpoint.
    for (let upTo = now, size = 1; ; ) {
      const candidates = among === undefined ? [whole] : yield* this.#meanwhile(among(whole));
      const last = candidates.findLast(({ from }) => from < upTo);
      if (last === undefined) break;
      if (last.to < upTo) size = 1;
      const to = moment(Math.min(last.to + 1, upTo));
      const checkpoint = this.checkpoints.before(moment(Math.max(start, to - size)));
      upTo = moment(Math.max(checkpoint.at, last.from));
      size = 2 * Math.max(size, to - upTo);
      if (this.now > upTo || this.now < checkpoint.at) this.#restore(checkpoint);
      const found = yield* this.#lastHit({ from: upTo, to }, options, (stop) => this.now < now && hit(stop));
      if (found !== undefined) return found;
    }
    yield* this.travel(start);
    return undefined;
  }

  /** Work that moves nothing. */
  *#meanwhile<Found>(work: Generator<void, Found>): Generator<Moment, Found> {
    for (;;) {
      const { done, value } = work.next();
      if (done === true) return value;
      yield this.now;
    }
  }

  /** Goes to the last hit of a piece of the history, which is not behind where one stands, if there is one. */
  *#lastHit({ from, to }: Interval, options: RunOptions, hit: Hit): Generator<Moment, TimelineStop | undefined> {
    const stride = this.#strideOver(to - this.now);
    while (this.now < from) {
      this.#advance(from, {}, stride);
      yield this.now;
    }
    let found: { readonly at: Moment; readonly stop: TimelineStop } | undefined;
    yield* this.#scan(to, options, stride, (stop) => {
      if (hit(stop)) found = { at: this.now, stop };
    });
    if (found === undefined) return undefined;
    yield* this.travel(found.at);
    return found.stop;
  }

  /**
   * Runs to `upTo`, calling `visit` at each candidate stop. What the last step did is one; the instruction that comes next,
   * at `upTo`, is one of the piece behind.
   */
  *#scan(
    upTo: Moment,
    options: RunOptions,
    stride: number,
    visit: (stop: TimelineStop) => void,
  ): Generator<Moment, void> {
    let passing = false;
    while (this.now < upTo) {
      const before = this.now;
      const stop: TimelineStop = passing
        ? this.#advance(moment(this.now + 1), { ...options, armed: false }, stride)
        : this.#advance(upTo, options, stride);
      passing = false;
      if (stop.reason === 'end' || stop.reason === 'power') return;
      if (stop.reason !== 'until' && stop.reason !== 'idle' && stop.reason !== 'requested') {
        if (this.now < upTo || stop.reason !== 'breakpoint') visit(stop);
        passing = stop.reason === 'breakpoint';
      }
      if (before !== this.now) yield this.now;
    }
  }
}

const nextMultiple = (now: number, stride: number): number => (Math.floor(now / stride) + 1) * stride;
