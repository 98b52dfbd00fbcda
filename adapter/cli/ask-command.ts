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
  const { question } = parseQuestion(line); // before anything is opened
  const { at, limit, hart, program, symbols, threads, json = false } = options;
  const asker = await Asker.open({ trace: file, program, symbols }, threads === undefined ? {} : { threads });
  const progress = showProgress(question.name, host.stderr);
  const stop = new AbortController();
  const leave = (): void => stop.abort();
  process.on('SIGINT', leave);
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

const itemLine = (item: Item): string => {
  const moment = momentOf(item);
  return moment === undefined ? itemText(item) : `${grouped(moment).padStart(15)}  ${itemText(item)}`;
};

async function* sorted(items: AsyncIterable<Item>): AsyncGenerator<Item, void> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  yield* all.sort((one, other) => (momentOf(one) ?? 0) - (momentOf(other) ?? 0));
}
