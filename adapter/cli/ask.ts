/** `chronovisor ask`: asks the whole history of a trace, such as which step wrote a variable last. */

import { type Command, InvalidArgumentError } from 'commander';
import type { Moment } from '../../traces/time.ts';
import type { CliHost } from './cli.ts';
import { parseMoment } from './values.ts';

export interface AskCliOptions {
  readonly at: Moment | 'start' | 'end';
  readonly json?: boolean;
  readonly limit?: number;
  readonly hart?: number;
  readonly program?: string;
  readonly symbols?: string;
  readonly threads?: number;
  readonly index: boolean;
}

export const addAsk = (program: Command, host: CliHost): void => {
  program
    .command('ask')
    .summary('ask the whole history of a trace')
    .description(
      'Answers a question to the whole history of a trace: "last-write &proc[3].state", "executed trap.c:61 --count". ' +
        'It is replayed on all processors at once. Without a question it lists them; docs/questions.md has more.',
    )
    .argument('<trace>', 'the .chrono file')
    .argument('[question...]', 'the question; quote it, or put -- before it when it has options')
    .option(
      '--at <moment>',
      'the moment that is asked from, such as 250000 or 1.5G, or start, or end',
      parseAt,
      'end' as const,
    )
    .option('--json', 'each item as one line of JSON, for programs')
    .option('--limit <count>', 'as many items at most', parseCount)
    .option(
      '--hart <number>',
      'whose registers and translation count, by default the one that is next to run',
      parseCount,
    )
    .option('--program <elf>', 'an ELF with the symbols, when that is not what was loaded')
    .option('--symbols <elf>', 'an ELF with the debug information, such as vmlinux')
    .option(
      '--threads <count>',
      'how many replays at once, by default one a processor; 0: none but this thread',
      parseCount,
    )
    .option('--no-index', 'use no index of the history that was kept, and make none')
    .action(async (file: string, words: string[], options: AskCliOptions) => {
      const { askTrace } = await import('./ask-command.ts');
      await askTrace(file, words.join(' '), options, host);
    });
};

const parseAt = (text: string): AskCliOptions['at'] => (text === 'start' || text === 'end' ? text : parseMoment(text));

const parseCount = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number such as 10.');
  return Number(text);
};
