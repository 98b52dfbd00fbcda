/**
 * The command line as a function: words in, an exit code out. One file a command, one line here; what a command does is
 * loaded when it is asked for. It ends no process and reads no environment, so that tests call it as the shell does.
 */

import { Command, CommanderError } from 'commander';
import { product } from '../session/product.ts';
import { addAsk } from './ask.ts';
import { addBookmark } from './bookmark.ts';
import { addCore } from './core.ts';
import { addDap } from './dap.ts';
import { addDiff } from './diff.ts';
import { exitCodeHelp, exitCodes } from './exit-codes.ts';
import { addFork } from './fork.ts';
import { addForks } from './forks.ts';
import { addInfo } from './info.ts';
import { addOrigin } from './origin.ts';
import { addRecord } from './record.ts';
import { addReplay } from './replay.ts';
import { addRun } from './run.ts';
import { addStats } from './stats.ts';
import { columns } from './values.ts';
import { addVerify } from './verify.ts';

/** What a command may touch of the process that it runs in. */
export interface CliHost {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Whether errors come with stack traces. */
  readonly debug: boolean;
  /** The exit code, once the command is done, if it is not 0. */
  exitCode: number;
}

/** @returns the exit code; never throws */
export const runCli = async (words: readonly string[], host: CliHost): Promise<number> => {
  try {
    await createProgram(host).parseAsync(words, { from: 'user' });
    return host.exitCode;
  } catch (error) {
    // Help and a version come as errors, too.
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
    const { reportOf } = await import('./report.ts');
    const { exitCode, text } = reportOf(error, host.debug);
    if (text !== '') host.stderr.write(text);
    return exitCode;
  }
};

const commands: readonly ((program: Command, host: CliHost) => void)[] = [
  addRecord,
  addRun,
  addReplay,
  addVerify,
  addInfo,
  addStats,
  addAsk,
  addCore,
  addFork,
  addForks,
  addDiff,
  addBookmark,
  addOrigin,
  addDap,
];

const createProgram = (host: CliHost): Command => {
  const program = new Command('chronovisor')
    .description('Records RISC-V kernels in a virtual machine, replays them bit for bit, and debugs them backwards.')
    .version(product, '-V, --version', 'say which version this is')
    .helpOption('-h, --help', 'say this')
    .helpCommand('help [command]', 'say what a command does')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void host.stdout.write(text),
      writeErr: (text) => void host.stderr.write(text),
      outputError: () => {}, // the report says it
    })
    .addHelpText('after', `\nExit codes:\n${columns(exitCodeHelp, '  ')}`);
  for (const add of commands) add(program, host);
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
};
