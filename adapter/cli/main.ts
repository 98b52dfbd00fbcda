/** The process behind `chronovisor`: the command line of this computer, joined to `cli.ts`. */

import { setV8Flags } from '../host/v8-flags.ts';
import { runCli } from './cli.ts';
import { exitCodes } from './exit-codes.ts';

setV8Flags();
const debug = (process.env.CHRONOVISOR_DEBUG ?? '') !== '';

// Whoever reads our output may have enough of it, as `head` has; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.bug);
});

const { stdin, stdout, stderr } = process;
// Not awaited, so that it can be bundled as a script, whose code V8 can keep: see start.ts. It never fails.
void runCli(process.argv.slice(2), { stdin, stdout, stderr, debug, exitCode: exitCodes.ok }).then((exitCode) => {
  process.exitCode = exitCode;
});
