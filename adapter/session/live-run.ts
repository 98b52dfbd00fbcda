/** Runs a recording to its end, with no debugger: until the guest switches itself off, a person leaves, or time is up. */

import type { TraceEnd } from '../../traces/end.ts';
import { type Moment, moment } from '../../traces/time.ts';
import { brief } from '../program/input-error.ts';
import type { LiveDriver } from './live-driver.ts';
import type { LiveSession } from './session.ts';

export type LiveEnd =
  | { readonly reason: 'off'; readonly exitCode: number }
  | { readonly reason: 'reset' }
  /** A person or a script ended it. */
  | { readonly reason: 'left' }
  /** It has panicked, and who kept only its recent past looked for that. */
  | { readonly reason: 'panic'; readonly line: string }
  /** It has come to the moment that was asked for. */
  | { readonly reason: 'until' }
  /** The guest waits for input and there will be none. */
  | { readonly reason: 'idle' };

export interface LiveRunOptions {
  readonly until?: Moment;
  /** Asked between portions. */
  readonly isLeft: () => boolean;
  /** Told of a file that was written because somebody asked for it. */
  readonly saved?: (file: string) => void;
  /** The guest's seconds without any life after which the run is over; absent with a person at the console. */
  readonly idleSecondsMax?: number;
}

/** Ends the recording in any case; a recording that fails says so in its end. */
export const runLive = async (session: LiveSession, driver: LiveDriver, options: LiveRunOptions): Promise<LiveEnd> => {
  try {
    const end = await runPortions(session, driver, options);
    await finish(session, traceEnd(end));
    return end;
  } catch (error) {
    const message = brief(error instanceof Error ? error.message : String(error));
    try {
      await finish(session, { reason: 'error', message });
    } catch {
      // What made it fail may keep the end from being written too; the first error is the one to tell.
    }
    throw error;
  }
};

const finish = async ({ recorder, flight }: LiveSession, end: Omit<TraceEnd, 'at'>): Promise<void> => {
  recorder.end(end);
  await flight?.saveEnd(end);
};

const runPortions = async (
  { machine, flight }: LiveSession,
  driver: LiveDriver,
  { until = moment(Number.MAX_SAFE_INTEGER), isLeft, saved, idleSecondsMax = Number.POSITIVE_INFINITY }: LiveRunOptions,
): Promise<LiveEnd> => {
  for (;;) {
    const file = await flight?.saveAsked();
    if (file !== undefined) saved?.(file);
    if (flight?.panicked !== undefined) return { reason: 'panic', line: flight.panicked };
    if (isLeft()) return { reason: 'left' };
    if (machine.now >= until) return { reason: 'until' };
    const stop = await driver.portion(until);
    if (stop.reason === 'power') {
      return stop.action === 'off' ? { reason: 'off', exitCode: stop.exitCode } : { reason: 'reset' };
    }
    if (stop.reason === 'idle' || driver.idleSeconds > idleSecondsMax) {
      const line = flight?.panickedForGood;
      return line === undefined ? { reason: 'idle' } : { reason: 'panic', line };
    }
  }
};

const traceEnd = (end: LiveEnd): Omit<TraceEnd, 'at'> => {
  switch (end.reason) {
    case 'off':
      return { reason: 'poweroff', exitCode: end.exitCode };
    case 'reset':
      return { reason: 'reset' };
    case 'panic':
      return { reason: 'stopped', message: brief(`the guest panicked: ${end.line}`) };
    case 'left':
    case 'until':
    case 'idle':
      return { reason: 'stopped' };
  }
};
