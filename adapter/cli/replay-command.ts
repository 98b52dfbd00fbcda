/** What `replay`, `verify` and `stats` have in common: going forward in a trace, with progress. Loaded when one does. */

import type { Trace } from '../../traces/reader.ts';
import { type Moment, moment } from '../../traces/time.ts';
import { DivergenceError } from '../../vmm/replay/divergence.ts';
import type { TimelineStop } from '../../vmm/timeline/timeline.ts';
import { type Progress, showProgress } from '../host/progress.ts';
import { momentOutside } from '../session/errors.ts';
import { openRecording } from '../session/replay.ts';
import { noCheckpoints, type ReplaySession } from '../session/session.ts';
import type { CliHost } from './cli.ts';
import type { TraceOptions } from './trace-options.ts';
import { grouped } from './values.ts';

export { Digester } from '../../vmm/machine/digest.ts';
export { BackgroundHistory } from '../history/background-history.ts';
export { cacheFolder } from '../host/folders.ts';
export { noCheckpoints, openRecording };

/** A trace that is replayed forward only, and compared with its recording; nobody sees what the guest prints. */
export const openToVerify = (file: string, { salvage, images }: TraceOptions): Promise<ReplaySession> =>
  openRecording({
    file,
    verify: true,
    verifyStates: true,
    checkpoints: noCheckpoints,
    keepImages: false,
    console: () => {},
    salvage: salvage === true,
    imageFolders: images ?? [],
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

/**
 * Goes to a moment or, when the trace ends before it, to the trace's end; less far when a person has left.
 * @throws {DivergenceError} when the guest does not come so far
 */
export const goTo = async (
  { timeline, trace }: ReplaySession,
  target: Moment,
  label: string,
  host: CliHost,
  isLeft: () => boolean = () => false,
  progress: Progress = showProgress(label, host.stderr),
): Promise<void> => {
  if (target < timeline.start) throw momentOutside(target, timeline.start, timeline.end);
  const goal = moment(Math.min(target, timeline.end));
  try {
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
      progress.update((timeline.now - timeline.start) / (goal - timeline.start));
      await new Promise(setImmediate); // a signal must be able to end this
    }
  } finally {
    progress.stop();
  }
  timeline.applyInputs(); // those of moment 0 too
};

/** For a program that shows it: `{"done":0.25}`, a line each. */
export const progressLines = (output: NodeJS.WriteStream): Progress => {
  let saidMs = 0;
  return {
    update: (done) => {
      const nowMs = performance.now();
      if (nowMs - saidMs < 100) return;
      saidMs = nowMs;
      output.write(`${JSON.stringify({ done })}\n`);
    },
    stop: () => {},
  };
};
