/** `chronovisor origin`: where a value came from. */

import { type Command, InvalidArgumentError } from 'commander';
import type { Moment } from '../../traces/time.ts';
import type { CliHost } from './cli.ts';
import { addTraceOptions, type TraceOptions } from './trace-options.ts';
import { parseMoment, parsePositiveSteps } from './values.ts';

export interface OriginOptions extends TraceOptions {
  readonly at?: Moment;
  readonly hart: number;
  readonly json?: boolean;
  readonly lines: number;
  readonly steps?: number;
}

export const addOrigin = (program: Command, host: CliHost): void => {
  const command = program
    .command('origin')
    .summary('say where a value came from')
    .description(
      'Replays a trace to a moment and follows what a register or some bytes of memory hold back through the steps that ' +
        'moved it, to where it began: a constant, a loaded file, a disk, a typed character, a trap.',
    );
  addTraceOptions(command)
    .argument('<place>', 'a register such as ra, or memory such as 0x80005ff8,8 or buffers+0xff8,8')
    .option('--at <moment>', 'the moment, such as 250000 or 1.5G; the end if it is left out', parseMoment)
    .option('--hart <number>', 'whose register, or whose address', parseHart, 0)
    .option('--steps <count>', 'so many steps at most are looked at one by one', parsePositiveSteps)
    .option('--lines <count>', 'so many lines at most', parsePositiveSteps, 200)
    .option('--json', 'the answer as JSON')
    .action(async (file: string, place: string, options: OriginOptions) => {
      const { writeOrigin } = await import('./origin-command.ts');
      await writeOrigin(file, place, options, host);
    });
};

const parseHart = (text: string): number => {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('It must be the number of a hart, such as 0.');
  return Number(text);
};
