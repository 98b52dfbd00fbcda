/** `chronovisor core`: writes the machine at a moment of a trace as a core file, for gdb and whatever else reads these. */

import { type Command, InvalidArgumentError } from 'commander';
import type { Moment } from '../../traces/time.ts';
import type { CliHost } from './cli.ts';
import { addTraceOptions, type TraceOptions } from './trace-options.ts';
import { parseMoment } from './values.ts';

export interface CoreOptions extends TraceOptions {
  readonly at: Moment | 'start' | 'end';
  readonly output: string;
  readonly hart: number;
  readonly physical?: boolean;
}

export const addCore = (program: Command, host: CliHost): void => {
  const command = program
    .command('core')
    .summary('write the machine at a moment as a core file')
    .description(
      'Replays a trace to a moment and writes the machine as an ELF core file, which gdb opens: each hart is a thread ' +
        'with its registers and CSRs; memory is at the addresses that the hart uses there.',
    )
    .requiredOption('-o, --output <file>', 'the core file')
    .option('--at <moment>', 'the moment, such as 250000 or 1.5G, or start, or end', parseAt, 'end' as const)
    .option('--hart <number>', 'whose address space it is', parseHart, 0)
    .option('--physical', 'RAM at its physical addresses, also where the hart translates');
  addTraceOptions(command).action(async (file: string, options: CoreOptions) => {
    const { writeCoreFile } = await import('./core-command.ts');
    await writeCoreFile(file, options, host);
  });
};

const parseAt = (text: string): CoreOptions['at'] => (text === 'start' || text === 'end' ? text : parseMoment(text));

const parseHart = (text: string): number => {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError('It must be the number of a hart, such as 0.');
  return Number(text);
};
