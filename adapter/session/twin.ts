/**
 * Another machine with the history that a session has so far: it may be moved while the session stands or goes on. Unlike a
 * copy (copy.ts) it is made from what is in memory, and is of this thread.
 */

import type { InputEvent } from '../../traces/events.ts';
import type { Moment } from '../../traces/time.ts';
import type { Hash64 } from '../../vmm/machine/digest.ts';
import { Machine } from '../../vmm/machine/machine.ts';
import { loadState } from '../../vmm/machine/state.ts';
import { SlabWriter } from '../../vmm/timeline/carried-state.ts';
import { type InputLog, Timeline } from '../../vmm/timeline/timeline.ts';
import { bootImage } from '../boot/boot.ts';
import { entropyAgain } from './replay.ts';
import type { CheckpointPolicy, Session } from './session.ts';

export interface Twin {
  readonly machine: Machine;
  readonly timeline: Timeline;
  readonly hash64: Hash64;
}

/** It stands where the history begins, and hears of nothing that comes in from now on. The session must have kept its images. */
export const twinOf = (session: Session, { stride, budgetBytes }: CheckpointPolicy): Twin => {
  const { header, images, hash64, timeline } = session;
  const log = new LogSoFar(timeline.log);
  const begins = session.beginning?.load();
  const entropy = entropyAgain(header.machine, log, { begins, hash64, now: () => machine.stepMoment });
  const machine = new Machine(bootImage(header.machine, images), { console: () => {}, entropy });
  if (begins !== undefined) loadState(machine, begins);
  const options = { log, end: timeline.end, checkpointStride: stride, checkpointBudgetBytes: budgetBytes };
  return { machine, hash64, timeline: new Timeline(machine, { ...options, stride: Number.MAX_SAFE_INTEGER }) };
};

/**
 * Brings twins near a moment without running, to a checkpoint of a session. Up to that moment they and the session must have the
 * same history.
 */
export const bringNear = (twins: readonly Twin[], { timeline: { checkpoints } }: Session, at: Moment): void => {
  const state = checkpoints.carry(checkpoints.before(at), new SlabWriter('session'));
  for (const [index, { timeline }] of twins.entries()) timeline.adopt(state, new SlabWriter(`twin ${index}`));
};

/** The inputs that there are now, of a log that may grow. */
class LogSoFar implements InputLog {
  readonly count: number;
  readonly #log: InputLog;

  constructor(log: InputLog) {
    this.#log = log;
    this.count = log.count;
  }

  get(index: number): InputEvent {
    return this.#log.get(index);
  }

  *[Symbol.iterator](): Iterator<InputEvent> {
    for (let index = 0; index < this.count; index += 1) yield this.get(index);
  }
}
