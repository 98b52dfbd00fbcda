/** What `ask` does: opens the trace, asks, and writes items as they come. Loaded when it does. */

import { showProgress } from '../host/progress.ts';
import { Asker, type Item, itemText, momentOf } from '../questions/api.ts';
import { parseQuestion, questions } from '../questions/questions.ts';
import type { AskCliOptions } from './ask.ts';
import type { CliHost } from './cli.ts';
import { columns, grouped } from './values.ts';

export const askTrace = async (file: string, line: string, options: AskCliOptions, host: CliHost): Promise<void> => {
  if (line.trim() === '') {
    host.stdout.write(columns(questions.map(({ name, usage, meaning }) => [`${name} ${usage}`, meaning])));
    return;
  }
  const { question, args } = parseQuestion(line); // before anything is opened
  const { at, limit, hart, json = false } = options;
  const stop = new AbortController();
  const leave = (): void => stop.abort();
  process.on('SIGINT', leave);
  const asker = await openAsker(file, options, endsEarly(question.name, args), stop.signal, host);
  const progress = showProgress(question.name, host.stderr);
  try {
    const items = asker.ask(line, {
      at,
      hart,
      limit,
      signal: stop.signal,
      onProgress: ({ stepsDone, stepsTotal }) => progress.update(stepsDone / stepsTotal),
    });
    let count = 0;
    for await (const item of question.isOrdered ? items : sorted(items)) {
      count += 1;
      host.stdout.write(json ? `${JSON.stringify(item)}\n` : `${itemLine(item)}\n`);
    }
    if (count === 0 && !json) host.stderr.write(`chronovisor: ${stop.signal.aborted ? 'given up' : 'never'}.\n`);
  } finally {
    process.off('SIGINT', leave);
    progress.stop();
    await asker.close();
  }
};

/**
 * With what an earlier session or question has kept of the history. Where there is nothing and the question goes through all of
 * it anyway, one replay makes the index first: then this question has only to look where the index says, and so have the next.
 */
const openAsker = async (
  trace: string,
  { program, symbols, threads, index, limit }: AskCliOptions,
  isShort: boolean,
  signal: AbortSignal,
  { stderr }: CliHost,
): Promise<Asker> => {
  const isMade = index && !isShort && limit === undefined && threads !== 0;
  const progress = showProgress('indexing', stderr);
  try {
    return await Asker.open(
      { trace, program, symbols },
      {
        ...(threads !== undefined && { threads }),
        ...(!index && { history: () => undefined }),
        ...(isMade && { index: { signal, stepsMin: indexedStepsMin, onProgress: progress.update } }),
      },
    );
  } finally {
    progress.stop();
  }
};

const indexedStepsMin = 100_000_000;

/** Whether a question is answered by the first thing that is found, mostly long before the end. */
const endsEarly = (name: string, args: unknown): boolean =>
  ['first-write', 'console-char', 'origin'].includes(name) || (args as { readonly which?: string }).which === 'next';

const itemLine = (item: Item): string => {
  const moment = momentOf(item);
  return moment === undefined ? itemText(item) : `${grouped(moment).padStart(15)}  ${itemText(item)}`;
};

async function* sorted(items: AsyncIterable<Item>): AsyncGenerator<Item, void> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  yield* all.sort((one, other) => (momentOf(one) ?? 0) - (momentOf(other) ?? 0));
}
