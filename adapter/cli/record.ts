/** `chronovisor record`: a machine at the terminal, of which everything is kept that a replay needs. */

import { statSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { Keep } from '../../vmm/record/flight.ts';
import type { CliHost } from './cli.ts';
import { addLiveOptions, digestStrideOption, type LiveOptions, statesOption } from './live-options.ts';
import { parseKeep, parsePattern, sizeText } from './values.ts';

/** Linux, xv6 and Rust; not the command line that says panic=1. */
const panicPattern = /\b(kernel )?panic(ked)?( -|:| at )/i;

interface RecordOptions extends LiveOptions {
  readonly output: string;
  readonly external?: boolean;
  readonly endState?: boolean;
  readonly states?: number;
  readonly keep?: Keep;
  readonly panic: RegExp | undefined;
}

export const addRecord = (program: Command, host: CliHost): void => {
  const command = program
    .command('record')
    .summary('run a machine and record it')
    .description('Runs a machine at the terminal and writes a trace that replays it bit for bit.')
    .usage('-o run.chrono [options] -- QEMU-OPTIONS')
    .requiredOption('-o, --output <trace>', 'the .chrono file to write; an existing one is replaced')
    .option('--external', 'leave the images out of the trace: a replay then needs their files')
    .option(
      '--end-state',
      'put the state shortly before the end, with which a trace is opened there at once (default: when it costs less than 1 % of the recording)',
    )
    .option('--no-end-state', 'leave it out')
    .addOption(statesOption())
    .addOption(digestStrideOption())
    .option(
      '--keep <amount>',
      "a flight recorder: keep this much of the past alone, such as 60s of the guest's time, 2G steps or 500MB of memory; " +
        'write it when the guest panics, at the end, and on SIGUSR1 into a file of its own',
      parseKeep,
    )
    .addOption(
      new Option('--panic <pattern>', 'with --keep, what a line of a panic looks like; "" for none')
        .argParser(parsePattern)
        .default(panicPattern, "Linux's, xv6's and Rust's"),
    );
  addLiveOptions(command).action(async (words: string[], options: RecordOptions) => {
    const { endText, runCommand } = await import('./live-command.ts');
    const trace = {
      file: options.output,
      embedded: options.external !== true,
      ...(options.endState === undefined ? {} : { endState: options.endState }),
      ...(options.states === undefined ? {} : { stateStride: options.states }),
      ...(options.keep && { flight: { keep: options.keep, ...(options.panic && { panic: options.panic }) } }),
    };
    const { end, steps, exitCode } = await runCommand(words, options, trace, host);
    const sizeBytes = statSync(options.output, { throwIfNoEntry: false })?.size ?? 0;
    host.stderr.write(`chronovisor: ${endText(end, steps)}; ${options.output} has ${sizeText(sizeBytes)}.\n`);
    host.exitCode = exitCode;
  });
};
