/** `chronovisor forks`: which forks of a trace lie beside it. */

import type { Command } from 'commander';
import type { CliHost } from './cli.ts';

export interface ForksOptions {
  readonly json?: boolean;
  readonly delete?: string;
}

export const addForks = (program: Command, host: CliHost): void => {
  program
    .command('forks')
    .summary('list the forks of a trace')
    .description('Lists the forks of a trace that lie in its folder, or all forks in a folder.')
    .argument('<trace>', 'the .chrono file, or a folder')
    .option('--json', 'as JSON, for programs')
    .option('--delete <name>', 'delete the file of a fork, by its name or its own')
    .action(async (file: string, options: ForksOptions) => {
      const { listForks } = await import('./fork-command.ts');
      await listForks(file, options, host);
    });
};
