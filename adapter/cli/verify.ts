/** `chronovisor verify`: replays a whole trace and compares every digest. */

import type { Command } from 'commander';
import type { BackgroundHistory } from '../history/background-history.ts';
import type { ReplaySession } from '../session/session.ts';
import type { CliHost } from './cli.ts';
import { addTraceOptions, type TraceOptions } from './trace-options.ts';
import { grouped } from './values.ts';

interface VerifyOptions extends TraceOptions {
  readonly json?: boolean;
  readonly index?: boolean;
}

/** Another thread makes it: replaying with it is slower than without. */
const indexOf = async (session: ReplaySession, { images }: TraceOptions): Promise<BackgroundHistory> => {
  const { BackgroundHistory, cacheFolder } = await import('./replay-command.ts');
  const { file } = session;
  return new BackgroundHistory(session, {
    file,
    imageFolders: images ?? [],
    cacheFolder: cacheFolder(),
    replaysFor: 'index',
  });
};

const finished = async (index: BackgroundHistory): Promise<void> => {
  const ticking = setInterval(() => {}, 1000); // its thread alone keeps no process alive
  try {
    await index.finished;
  } finally {
    clearInterval(ticking);
  }
};

export const addVerify = (program: Command, host: CliHost): void => {
  const command = program
    .command('verify')
    .summary('replay a trace and compare it with its recording')
    .description('Replays all of a trace, compares every digest of its state, and says whether all are equal.')
    .option('--json', 'as JSON, for programs: how far it is, a line each, then the result')
    .option('--index', 'make the index of its history meanwhile, if none is kept, for debugging, ask and info');
  addTraceOptions(command).action(async (file: string, options: VerifyOptions) => {
    const { openToVerify, progressLines, showProgress, verifyAll } = await import('./replay-command.ts');
    const session = await openToVerify(file, options);
    const index = options.index === true ? await indexOf(session, options) : undefined;
    const progress = options.json === true ? progressLines(host.stdout) : showProgress('verifying', host.stderr);
    try {
      const verified = await verifyAll(session, { beat: (share) => progress.update(share) });
      progress.stop();
      if (index !== undefined) await finished(index);
      const { steps, digests, note } = verified;
      const text = `verified: ${grouped(steps)} steps, ${digests} digests, all equal.${note === '' ? '' : ` ${note}`}`;
      host.stdout.write(`${options.json === true ? JSON.stringify({ verified: true, ...verified }) : text}\n`);
    } finally {
      progress.stop();
      index?.close();
      session.close();
    }
  });
};
