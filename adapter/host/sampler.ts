/**
 * Samples the stack of this thread at an interval, with V8's own profiler: what is not sampled pays nothing. It gives
 * profiles and understands none.
 */

import { type Profiler, Session } from 'node:inspector';

/** At this interval a run is at most 4 % slower. */
const intervalUs = 1000;

export class Sampler {
  #session: Session | undefined;

  get running(): boolean {
    return this.#session !== undefined;
  }

  /** Begins to sample; goes on if it does already. */
  start(): void {
    if (this.#session !== undefined) return;
    const session = new Session();
    session.connect();
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval: intervalUs });
    session.post('Profiler.start');
    this.#session = session;
  }

  /** What was sampled since the start or the last `take`, and goes on. Nothing when it does not run. */
  take(): Profiler.Profile | undefined {
    const session = this.#session;
    if (session === undefined) return undefined;
    const profile = stopProfile(session);
    session.post('Profiler.start');
    return profile;
  }

  /** Samples no more; what was sampled since the last `take` is lost. */
  stop(): void {
    this.#session?.disconnect();
    this.#session = undefined;
  }
}

/** A session within one thread answers within the call. */
const stopProfile = (session: Session): Profiler.Profile => {
  let profile: Profiler.Profile | undefined;
  let problem: Error | null = null;
  session.post('Profiler.stop', (error, answer) => {
    problem = error;
    profile = answer?.profile;
  });
  if (profile === undefined)
    throw new Error(`V8's profiler gave no profile: ${problem ?? 'it did not answer at once'}`);
  return profile;
};
