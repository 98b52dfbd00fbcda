/** `chronovisor verify`: replays a whole trace and compares every digest. */

import type { Command } from 'commander';
import { openRecording } from '../session/replay.ts';
import { noCheckpoints } from '../session/session.ts';
import type { CliHost } from './cli.ts';
import { exitCodes } from './exit-codes.ts';
import { addTraceOptions, goTo, type TraceOptions } from './replay-command.ts';
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
    await goTo(session, session.trace.until, 'verifying', host);
    session.replayer.verifyEnd();
    const { machine, replayer, trace } = session;
    session.close();
    const steps = grouped(machine.now);
    const compared = replayer.digestsCompared;
    const complete = trace.complete ? '' : ' The recorder was stopped before it wrote the end.';
    if (machine.now < trace.until || compared < trace.digests.count) {
      host.stderr.write(
        `chronovisor: The replay ended early: expected ${grouped(trace.until)} steps and ${trace.digests.count} digests, ` +
          `found ${steps} and ${compared}. Replay it with the version that recorded it: ${trace.header.createdBy}.\n`,
      );
      host.exitCode = exitCodes.divergence;
      return;
    }
    host.stdout.write(`verified: ${steps} steps, ${compared} digests, all equal.${complete}\n`);
  });
};
