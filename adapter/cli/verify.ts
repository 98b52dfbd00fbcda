/** `chronovisor verify`: replays a whole trace and compares every digest. */

import type { Command } from 'commander';
import type { CliHost } from './cli.ts';
import { addTraceOptions, type TraceOptions } from './trace-options.ts';
import { grouped } from './values.ts';

export const addVerify = (program: Command, host: CliHost): void => {
  const command = program
    .command('verify')
    .summary('replay a trace and compare it with its recording')
    .description('Replays all of a trace, compares every digest of its state, and says whether all are equal.');
  addTraceOptions(command).action(async (file: string, options: TraceOptions) => {
    const { goTo, incompleteText, openToVerify } = await import('./replay-command.ts');
    const session = await openToVerify(file, options);
    try {
      await goTo(session, session.trace.until, 'verifying', host);
      session.replayer.verifyEnd();
    } finally {
      session.close();
    }
    const { machine, replayer, trace } = session;
    const steps = grouped(machine.now - trace.start);
    const compared = replayer.digestsCompared;
    const incomplete = incompleteText(trace);
    host.stdout.write(
      `verified: ${steps} steps, ${compared} digests, all equal.${incomplete === '' ? '' : ` ${incomplete}`}\n`,
    );
  });
};
