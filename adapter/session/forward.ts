/** Going forward in a trace that nobody goes back in: to some moment, or to its end while all of it is compared. */

import type { Trace } from '../../traces/reader.ts';
import { type Moment, moment } from '../../traces/time.ts';
import { DivergenceError } from '../../vmm/replay/divergence.ts';
import type { TimelineStop } from '../../vmm/timeline/timeline.ts';
import { grouped } from '../cli/shown.ts';
import { nextTurn } from '../host/turns.ts';
import { momentOutside } from './errors.ts';
import { openRecording, type ReplayRequest } from './replay.ts';
import { noCheckpoints, type ReplaySession } from './session.ts';

/** A trace that is replayed forward only, and compared with its recording; nobody sees what the guest prints. */
export const openForVerifying = (
  file: string,
  options: Pick<ReplayRequest, 'salvage' | 'imageFolders'> = {},
): Promise<ReplaySession> =>
  openRecording({
    file,
    verify: true,
    verifyStates: true,
    checkpoints: noCheckpoints,
    keepImages: false,
    console: () => {},
    ...options,
  });

/** What a person must know who takes the end of a trace for the end of the run; nothing when it is. */
export const incompleteText = ({ complete, damage }: Trace): string => {
  if (damage !== undefined) return `Only what is before the damage was read. ${damage.message}`;
  return complete ? '' : 'The recorder was stopped before it wrote the end.';
};

const earlyEnd = (stop: TimelineStop): string => {
  if (stop.reason !== 'power') return 'that it waits for ever';
  return stop.action === 'off' ? 'that it has switched itself off' : 'that it has asked for a reset';
};

export interface OnTheWay {
  /** Whether the person who wanted it has left. */
  readonly isLeft?: () => boolean;
  /** How far it is, from 0 to 1. */
  readonly beat?: (share: number) => void;
}

/**
 * Goes to a moment or, when the trace ends before it, to the trace's end; less far when a person has left.
 * @throws {DivergenceError} when the guest does not come so far
 */
export const replayTo = async (
  { timeline, trace }: ReplaySession,
  target: Moment,
  { isLeft = () => false, beat = () => {} }: OnTheWay = {},
): Promise<void> => {
  if (target < timeline.start) throw momentOutside(target, timeline.start, timeline.end);
  const goal = moment(Math.min(target, timeline.end));
  while (timeline.now < goal && !isLeft()) {
    const stop = timeline.forward(goal);
    if (timeline.now < goal && (stop.reason === 'end' || stop.reason === 'power')) {
      throw new DivergenceError({
        at: timeline.now,
        part: 'how far the guest comes',
        expected: `${grouped(trace.until)} steps`,
        found: earlyEnd(stop),
      });
    }
    beat((timeline.now - timeline.start) / (goal - timeline.start));
    await nextTurn(); // a signal must be able to end this
  }
  timeline.applyInputs(); // those of moment 0 too
};

/** What `verify` says at the end, as data. */
export interface Verified {
  readonly steps: number;
  readonly digests: number;
  /** See `incompleteText`. */
  readonly note: string;
}

/**
 * Replays all of a trace and compares it.
 * @throws {DivergenceError} where it is not as it was recorded
 */
export const verifyAll = async (session: ReplaySession, onTheWay?: OnTheWay): Promise<Verified> => {
  await replayTo(session, session.trace.until, onTheWay);
  session.replayer.verifyEnd();
  const { digestsCompared: digests } = session.replayer;
  return { steps: session.machine.now - session.trace.start, digests, note: incompleteText(session.trace) };
};
