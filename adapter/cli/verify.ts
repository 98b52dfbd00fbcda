/** `chronovisor verify`: replays a whole trace and compares every digest. */

import type { Command } from 'commander';
import type { CliHost } from './cli.ts';
import { addTraceOptions, type TraceOptions } from './trace-options.ts';
import { grouped } from './values.ts';

export const addVerify = (program: Command, host: CliHost): void => {
  const command = program
    .command('verify')
    .summary('replay a trace and compare it with its recording')
    .description('Replays all of a trace, compares every digest of its state, and says whether all are equal.')
    .option('--json', 'as JSON, for programs: how far it is, a line each, then the result');
  addTraceOptions(command).action(async (file: string, options: TraceOptions & { readonly json?: boolean }) => {
    const { openToVerify, progressLines, showProgress, verifyAll } = await import('./replay-command.ts');
    const session = await openToVerify(file, options);
    const progress = options.json === true ? progressLines(host.stdout) : showProgress('verifying', host.stderr);
    try {
      const verified = await verifyAll(session, { beat: (share) => progress.update(share) });
      progress.stop();
      const { steps, digests, note } = verified;
      const text = `verified: ${grouped(steps)} steps, ${digests} digests, all equal.${note === '' ? '' : ` ${note}`}`;
      host.stdout.write(`${options.json === true ? JSON.stringify({ verified: true, ...verified }) : text}\n`);
    } finally {
      progress.stop();
      session.close();
    }
  });
};
