/** `chronovisor verify`: replays a whole trace and compares every digest. */

import type { Command } from 'commander';
import { openRecording } from '../session/replay.ts';
import { noCheckpoints } from '../session/session.ts';
import type { CliHost } from './cli.ts';
import { exitCodes } from './exit-codes.ts';
import { addTraceOptions, goTo, incompleteText, type TraceOptions } from './replay-command.ts';
import { grouped } from './values.ts';

export const addVerify = (program: Command, host: CliHost): void => {
  const command = program
    .command('verify')
    .summary('replay a trace and compare it with its recording')
    .description('Replays all of a trace, compares every digest of its state, and says whether all are equal.');
  addTraceOptions(command).action(async (file: string, options: TraceOptions) => {
    const session = await openRecording({
      file,
      verify: true,
      checkpoints: noCheckpoints,
      console: () => {},
      salvage: options.salvage === true,
      imageFolders: options.images ?? [],
    });
    try {
      await goTo(session, session.trace.until, 'verifying', host);
      session.replayer.verifyEnd();
    } finally {
      session.close();
    }
    const { machine, replayer, trace } = session;
    const steps = grouped(machine.now);
    const compared = replayer.digestsCompared;
    const incomplete = incompleteText(trace);
    if (compared < trace.digests.count) {
      host.stderr.write(
        `chronovisor: Some digests of the trace could not be compared: expected ${trace.digests.count} of them, one every ` +
          `${grouped(trace.header.machine.digestStride)} steps and one at the end, found ${compared}. ` +
          'The program that wrote the trace did not follow the format; record again with Chronovisor.\n',
      );
      host.exitCode = exitCodes.divergence;
      return;
    }
    host.stdout.write(
      `verified: ${steps} steps, ${compared} digests, all equal.${incomplete === '' ? '' : ` ${incomplete}`}\n`,
    );
  });
};
