/** `chronovisor dap`: the debug adapter on this process's stdin and stdout, for an editor to start. */

import type { Command } from 'commander';
import type { CliHost } from './cli.ts';

export const addDap = (program: Command, host: CliHost): void => {
  program
    .command('dap')
    .summary('serve the Debug Adapter Protocol')
    .description('Serves one debug session on stdin and stdout. An editor starts this; VS Code through the extension.')
    .action(async () => {
      // Here and not above: no other command needs it, and it is much to load.
      const { runDap } = await import('../dap/server.ts');
      await runDap(host.stdin, host.stdout);
    });
};
