/** `chronovisor diff`: where two traces part, and how. */

import type { Command } from 'commander';
import type { CliHost } from './cli.ts';

export interface DiffOptions {
  readonly json?: boolean;
  readonly images?: string[];
}

export const addDiff = (program: Command, host: CliHost): void => {
  program
    .command('diff')
    .summary('say where two traces part')
    .description(
      'Finds the first moment at which two recordings of a machine differ, and says in what. Exits with 1 if they do.',
    )
    .argument('<one>', 'a .chrono file')
    .argument('<other>', 'another one, such as a fork of it')
    .option('--json', 'as JSON, for programs')
    .option('--images <folder...>', 'where the images are that the traces do not hold')
    .action(async (one: string, other: string, options: DiffOptions) => {
      const { diffTraces } = await import('./diff-command.ts');
      await diffTraces(one, other, options, host);
    });
};
