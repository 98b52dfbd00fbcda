/** `chronovisor record`: a machine at the terminal, of which everything is kept that a replay needs. */

import { statSync } from 'node:fs';
import type { Command } from 'commander';
import type { CliHost } from './cli.ts';
import { addLiveOptions, digestStrideOption, type LiveOptions, statesOption } from './live-options.ts';
import { sizeText } from './values.ts';

interface RecordOptions extends LiveOptions {
  readonly output: string;
  readonly external?: boolean;
  readonly endState: boolean;
  readonly states?: number;
}

export const addRecord = (program: Command, host: CliHost): void => {
  const command = program
    .command('record')
    .summary('run a machine and record it')
    .description('Runs a machine at the terminal and writes a trace that replays it bit for bit.')
    .usage('-o run.chrono [options] -- QEMU-OPTIONS')
    .requiredOption('-o, --output <trace>', 'the .chrono file to write; an existing one is replaced')
    .option('--external', 'leave the images out of the trace: a replay then needs their files')
    .option('--no-end-state', 'leave out the state at the end, with which a trace is opened there at once')
    .addOption(statesOption())
    .addOption(digestStrideOption());
  addLiveOptions(command).action(async (words: string[], options: RecordOptions) => {
    const { endText, runCommand } = await import('./live-command.ts');
    const trace = {
      file: options.output,
      embedded: options.external !== true,
      endState: options.endState,
      ...(options.states === undefined ? {} : { stateStride: options.states }),
    };
    const { end, steps, exitCode } = await runCommand(words, options, trace, host);
    const sizeBytes = statSync(options.output, { throwIfNoEntry: false })?.size ?? 0;
    host.stderr.write(`chronovisor: ${endText(end, steps)}; ${options.output} has ${sizeText(sizeBytes)}.\n`);
    host.exitCode = exitCode;
  });
};
