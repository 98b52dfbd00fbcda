/**
 * `chronovisor stats`: runs a machine as `run` does, or replays a trace as `verify` does, and says where the time went.
 * What is measured and how it is attributed is in `adapter/stats`.
 */

import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { CliHost } from './cli.ts';
import { addLiveOptions, type LiveOptions } from './live-options.ts';
import type { TraceOptions } from './trace-options.ts';

export interface StatsOptions extends LiveOptions, TraceOptions {
  readonly json?: boolean;
  readonly every?: number;
  readonly output?: string;
}

export const addStats = (program: Command, host: CliHost): void => {
  const command = program
    .command('stats')
    .summary('say where the time of a run goes')
    .description(
      'Runs a machine as "run" does, or replays a trace, and says at its end where the time went and what there was how often. ' +
        'Also at once, on SIGUSR2.',
    )
    .usage('[options] (TRACE | -- QEMU-OPTIONS)')
    .option('--json', 'as one line of JSON, for programs; what the guest prints goes to stderr')
    .option('--every <seconds>', 'also this often while it runs', parseSeconds)
    .option('-o, --output <trace>', 'record the run too, as "record" does, and so measure that')
    .option('--salvage', 'of a trace: read the intact part of a damaged one')
    .option('--images <folder...>', 'of a trace: where the images are that it does not hold');
  addLiveOptions(command).action(async (words: string[], options: StatsOptions) => {
    const { measureReplay, measureRun } = await import('./stats-command.ts');
    const trace = traceOf(words);
    await (trace === undefined ? measureRun(words, options, host) : measureReplay(trace, options, host));
  });
};

/** A single word that is no option is a trace: a machine has at least a kernel, which takes two. */
const traceOf = (words: readonly string[]): string | undefined => {
  const [word] = words;
  return words.length === 1 && word !== undefined && !word.startsWith('-') ? word : undefined;
};

const parseSeconds = (text: string): number => {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds <= 0 || seconds > 1e6)
    throw new InvalidArgumentError('It must be a number of seconds such as 10 or 0.5.');
  return seconds;
};
