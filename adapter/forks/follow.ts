/** Runs a fork forward: alone, or with the inputs that its parent had from the fork's moment on, each at its moment. */

import type { InputEvent } from '../../traces/events.ts';
import { type Moment, moment } from '../../traces/time.ts';
import type { Unstamped } from '../../vmm/record/recorder.ts';
import type { InputLog } from '../../vmm/timeline/timeline.ts';
import type { LiveSession } from '../session/session.ts';

export type ForkStop = 'until' | 'idle' | 'off' | 'reset';

/** The inputs of a log from an index on that come from outside; entropy is asked for. */
export const inputsFrom = (log: InputLog, cursor: number): InputEvent[] => {
  const events: InputEvent[] = [];
  for (let index = cursor; index < log.count; index += 1) events.push(log.get(index));
  return events.filter(({ kind }) => kind !== 'entropy');
};

/** Goes to a moment at most; yields between portions. The recording ends where the machine is switched off. */
export function* runFork(
  { timeline, recorder }: LiveSession,
  until: Moment,
  inputs: readonly InputEvent[] = [],
): Generator<Moment, ForkStop> {
  let next = 0;
  const give = (): boolean => {
    const before = next;
    for (; inputs[next] !== undefined && inputs[next]!.at <= timeline.now; next += 1) {
      const { at: _, ...input } = inputs[next]!;
      recorder.input(input as Unstamped);
    }
    return next > before;
  };
  for (;;) {
    give();
    if (timeline.now >= until) return 'until';
    const stop = timeline.forward(moment(Math.min(until, inputs[next]?.at ?? until)));
    if (stop.reason === 'power') {
      recorder.end({ reason: stop.action === 'off' ? 'poweroff' : 'reset', exitCode: stop.exitCode >>> 0 });
      return stop.action;
    }
    if (stop.reason === 'idle' && !give()) return 'idle';
    yield timeline.now;
  }
}
