/** What `replay`, `verify` and `stats` have in common: going forward in a trace, with progress. Loaded when one does. */

import type { Moment } from '../../traces/time.ts';
import { type Progress, showProgress } from '../host/progress.ts';
import { openForVerifying, replayTo } from '../session/forward.ts';
import { openRecording } from '../session/replay.ts';
import { noCheckpoints, type ReplaySession } from '../session/session.ts';
import type { CliHost } from './cli.ts';
import type { TraceOptions } from './trace-options.ts';

export { Digester } from '../../vmm/machine/digest.ts';
export { BackgroundHistory } from '../history/background-history.ts';
export { cacheFolder } from '../host/folders.ts';
export { incompleteText, verifyAll } from '../session/forward.ts';
export { noCheckpoints, openRecording, showProgress };

export const openToVerify = (file: string, { salvage, images }: TraceOptions): Promise<ReplaySession> =>
  openForVerifying(file, { salvage: salvage === true, imageFolders: images ?? [] });

/** `replayTo`, with progress for a person. */
export const goTo = async (
  session: ReplaySession,
  target: Moment,
  label: string,
  host: CliHost,
  isLeft: () => boolean = () => false,
  progress: Progress = showProgress(label, host.stderr),
): Promise<void> => {
  try {
    await replayTo(session, target, { isLeft, beat: (share) => progress.update(share) });
  } finally {
    progress.stop();
  }
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
