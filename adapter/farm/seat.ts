/**
 * One replay of a recording that nobody looks at: where a job is done. It has the programs and symbols of a debug session, and
 * no part in any. Who has several of them, and what each does when, is in farm.ts.
 */

import { type Moment, moment } from '../../traces/time.ts';
import type { Interval } from '../../vmm/history/history.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { RunOptions, Stop } from '../../vmm/machine/stops.ts';
import { DivergenceError } from '../../vmm/replay/divergence.ts';
import { type CarriedState, SlabWriter } from '../../vmm/timeline/carried-state.ts';
import type { TimelineStop } from '../../vmm/timeline/timeline.ts';
import { type LaunchArguments, openTarget } from '../dap/launch.ts';
import type { Target } from '../dap/target.ts';
import type { RecordingCopy } from '../session/copy.ts';

/** What seats replay. */
export interface Replayed {
  /** A launch of a trace, or of a machine whose recording is `copy`. */
  readonly launch: LaunchArguments;
  readonly copy?: RecordingCopy | undefined;
}

/** It keeps the first checkpoint; others come and go as they are carried. */
const seatCheckpoints = { stride: Number.MAX_SAFE_INTEGER, budgetBytes: 64 * 2 ** 20 };

/** To a state that the trace keeps it jumps where this saves as much. */
const jumpStepsMin = 5_000_000;

/** After so many meetings in one portion, whoever drives a seat is asked whether to go on. */
const meetingsMax = 500;

/** A stop that says that something has happened, before or after the step. */
export type Event = Extract<Stop, { reason: 'breakpoint' | 'trap' | 'watch' }>;

export class Seat {
  readonly target: Target;
  readonly #writer: SlabWriter;

  /** @param name tells it from the other seats that states are exchanged with */
  constructor(target: Target, name: string) {
    this.target = target;
    this.#writer = new SlabWriter(name);
    target.console.muted = true;
  }

  /** @throws whatever opening a launch's target does */
  static async open({ launch, copy }: Replayed, name: string, checkpoints = seatCheckpoints): Promise<Seat> {
    const target = await openTarget(launch, () => {}, { checkpoints, copy });
    for (const program of target.programs.all) program.prepare();
    await target.program.collecting;
    return new Seat(target, name);
  }

  get now(): Moment {
    return this.target.timeline.now;
  }

  /** The state where it stands. */
  carry(): CarriedState {
    return this.target.timeline.carry(this.#writer);
  }

  /** Goes to a state, or to the start. */
  adopt(state: CarriedState | 'start'): void {
    const { timeline } = this.target;
    if (state === 'start') timeline.seek(timeline.start);
    else timeline.adopt(state, this.#writer);
  }

  /** Forward to a moment, which is not before the present one. The inputs of that moment are applied. */
  *goTo(at: Moment): Generator<Moment, void> {
    const { timeline } = this.target;
    timeline.jumpToKept(at, moment(timeline.now + jumpStepsMin));
    while (timeline.now < at) {
      this.checkStop(timeline.forward(at), at);
      yield timeline.now;
    }
    timeline.applyInputs();
  }

  /**
   * Goes through an interval with something armed and calls `visit` at each event of one of its steps: at a breakpoint before
   * the step, behind a trap or a write after it. Ends where `visit` is true, or at the interval's end.
   * @param portion called after each portion, event or not, before `visit`; inputs of its last moment are applied
   */
  *scan(
    { to }: Interval,
    options: () => RunOptions,
    visit: (event: Event) => boolean,
    portion: (stop: TimelineStop) => void = () => {},
  ): Generator<Moment, void> {
    const { timeline } = this.target;
    let passing = false;
    while (timeline.now < to) {
      const stop: TimelineStop = passing
        ? timeline.forward(moment(timeline.now + 1), { ...options(), armed: false })
        : timeline.forward(to, options());
      passing = stop.reason === 'breakpoint';
      portion(stop);
      if (stop.reason === 'breakpoint' || stop.reason === 'trap' || stop.reason === 'watch') {
        if (visit(stop)) return;
      } else this.checkStop(stop, to);
      yield timeline.now;
    }
  }

  /**
   * Goes through an interval and calls `visit` at each step of it that a breakpoint is at, or that shares its place in the filter,
   * before the step. The machine is not stopped for that, except now and then so that others get a turn. Ends where `visit` is
   * true, or at the interval's end.
   */
  *meet({ to }: Interval, visit: (hart: Hart) => boolean): Generator<Moment, void> {
    const { timeline } = this.target;
    let isOver = false;
    let rest = meetingsMax;
    const stopsAt = (hart: Hart): boolean => {
      isOver = visit(hart);
      rest -= 1;
      return isOver || rest <= 0;
    };
    while (timeline.now < to) {
      const isPassing = rest <= 0;
      if (isPassing) rest = meetingsMax;
      const stop: TimelineStop = isPassing
        ? timeline.forward(moment(timeline.now + 1))
        : timeline.forward(to, { armed: true, stopsAt });
      if (isOver) return;
      if (stop.reason !== 'breakpoint') this.checkStop(stop, to);
      yield timeline.now;
    }
  }

  /** @throws {DivergenceError} when the guest did not come as far as it did when it was recorded */
  checkStop(stop: TimelineStop, goal: Moment): void {
    const { now } = this.target.timeline;
    if ((stop.reason !== 'end' && stop.reason !== 'power') || now >= goal) return;
    const found = stop.reason === 'power' ? 'that it has switched itself off' : 'that it waits for ever';
    throw new DivergenceError({ at: now, part: 'how far the guest comes', expected: `${goal} steps`, found });
  }

  close(): void {
    this.target.close();
  }
}
