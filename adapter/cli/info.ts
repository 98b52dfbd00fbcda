/** `chronovisor info`: what a trace is a recording of, how long it is and what it is made of. It runs no machine. */

import type { Command } from 'commander';
import type { CliHost } from './cli.ts';

export interface InfoOptions {
  readonly json?: boolean;
  readonly events?: boolean;
  readonly salvage?: boolean;
}

export const addInfo = (program: Command, host: CliHost): void => {
  program
    .command('info')
    .summary('say what a trace holds')
    .description('Says what a trace is a recording of, how long it is and what it is made of. Runs nothing.')
    .argument('<trace>', 'the .chrono file')
    .option('--json', 'as JSON, for programs')
    .option('--events', 'list every input with its moment')
    .option('--salvage', 'read the intact part of a damaged trace')
    .action(async (file: string, options: InfoOptions) => {
      const { showInfo } = await import('./info-command.ts');
      await showInfo(file, options, host);
    });
};
