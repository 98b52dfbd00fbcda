/** What `replay` and `verify` have in common: opening a trace and going forward in it, with progress. */

import type { Command } from 'commander';
import { type Moment, moment } from '../../traces/time.ts';
import { showProgress } from '../host/progress.ts';
import type { ReplaySession } from '../session/session.ts';
import type { CliHost } from './cli.ts';

export interface TraceOptions {
  readonly salvage?: boolean;
  readonly images?: string[];
}

export const addTraceOptions = (command: Command): Command =>
  command
    .argument('<trace>', 'the .chrono file')
    .option('--salvage', 'read the intact part of a damaged trace')
    .option('--images <folder...>', 'where the images are that the trace does not hold');

/** Goes to a moment or, when the trace ends before it, to the trace's end. */
export const goTo = async (
  { timeline }: ReplaySession,
  target: Moment,
  label: string,
  host: CliHost,
): Promise<void> => {
  const progress = showProgress(label, host.stderr);
  const goal = moment(Math.min(target, timeline.end));
  try {
    while (timeline.now < goal) {
      const stop = timeline.forward(goal);
      if (stop.reason === 'end' || stop.reason === 'power') break;
      progress.update(timeline.now / goal);
      await new Promise(setImmediate); // a signal must be able to end this
    }
  } finally {
    progress.stop();
  }
};
