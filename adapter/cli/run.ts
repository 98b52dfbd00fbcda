/** `chronovisor run`: a machine at the terminal, of which nothing is kept. */

import type { Command } from 'commander';
import type { CliHost } from './cli.ts';
import { addLiveOptions, type LiveOptions } from './live-options.ts';

export const addRun = (program: Command, host: CliHost): void => {
  const command = program
    .command('run')
    .summary('run a machine without recording it')
    .description('Runs a machine at the terminal and keeps nothing of it.')
    .usage('[options] -- QEMU-OPTIONS');
  addLiveOptions(command).action(async (words: string[], options: LiveOptions) => {
    const { endText, runCommand } = await import('./live-command.ts');
    const { end, steps, exitCode } = await runCommand(words, options, undefined, host);
    if (end.reason !== 'off') host.stderr.write(`chronovisor: ${endText(end, steps)}.\n`);
    host.exitCode = exitCode;
  });
};
