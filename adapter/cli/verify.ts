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
    const { goTo, incompleteText, openToVerify, progressLines } = await import('./replay-command.ts');
    const session = await openToVerify(file, options);
    try {
      const progress = options.json === true ? progressLines(host.stdout) : undefined;
      await goTo(session, session.trace.until, 'verifying', host, undefined, progress);
      session.replayer.verifyEnd();
    } finally {
      session.close();
    }
    const note = incompleteText(session.trace);
    const steps = session.machine.now - session.trace.start;
    const { digestsCompared: digests } = session.replayer;
    const text = `verified: ${grouped(steps)} steps, ${digests} digests, all equal.${note === '' ? '' : ` ${note}`}`;
    host.stdout.write(`${options.json === true ? JSON.stringify({ verified: true, steps, digests, note }) : text}\n`);
  });
};
