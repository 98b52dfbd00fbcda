/**
 * How long answers from the whole history take: `node dist/bench-asking.mjs TRACE`. Each question is asked with one replay in one
 * thread and with the farm, first where nothing is known of the recording and again when its states are at hand.
 *
 *   node dist/bench-asking.mjs TRACE [--symbols ELF] --question "last-write jiffies" ... [--json FILE]
 *
 * It asserts no time; different answers fail.
 */

import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import CliTable from 'cli-table3';
import { setV8Flags } from '../../adapter/host/v8-flags.ts';
import { Asker } from '../../adapter/questions/api.ts';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    symbols: { type: 'string' },
    question: { type: 'string', multiple: true, default: [] },
    threads: { type: 'string', default: String(Math.max(2, availableParallelism())) },
    json: { type: 'string' },
  },
});
const [trace] = positionals;
if (trace === undefined) throw new Error('usage: bench-asking TRACE [--symbols ELF] --question QUESTION ...');

setV8Flags();

interface Asked {
  readonly seconds: number;
  /** Of all threads together, which other work on the machine changes less. */
  readonly processorSeconds: number;
  /** By how much the process grew, all threads together, with its garbage. */
  readonly grownBytes: number;
  readonly items: number;
  /** The last item, to tell that answers are the same. */
  readonly last: string;
}

const ask = async (asker: Asker, question: string): Promise<Asked> => {
  const [started, before, { rss }] = [performance.now(), process.cpuUsage(), process.memoryUsage()];
  let items = 0;
  let last = '';
  for await (const item of asker.ask(question)) {
    items += 1;
    last = JSON.stringify(item);
  }
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - started) / 1000;
  const grownBytes = process.memoryUsage().rss - rss;
  return { seconds, processorSeconds: (user + system) / 1e6, grownBytes, items, last };
};

interface Row {
  readonly question: string;
  readonly items: number;
  readonly one: Asked;
  readonly farm: Asked;
  readonly again: Asked;
}

const launch = { trace, symbols: options.symbols };
const threads = Number(options.threads);

const measure = async (question: string): Promise<Row> => {
  const open = async (count: number): Promise<Asker> => {
    const asker = await Asker.open(launch, { threads: count });
    for await (const _ of asker.ask('traps --next', { at: 0 })); // what a start costs is not measured
    return asker;
  };
  const alone = await open(1);
  const one = await ask(alone, question);
  await alone.close();
  const several = await open(threads);
  const farm = await ask(several, question);
  const again = await ask(several, question);
  await several.close();
  for (const other of [farm, again])
    if (other.items !== one.items || other.last !== one.last)
      throw new Error(
        `${question}: expected ${one.items} items, the last ${one.last}; found ${other.items}, ${other.last}`,
      );
  return { question, items: one.items, one, farm, again };
};

const rows: Row[] = [];
for (const question of options.question) rows.push(await measure(question));

const host = {
  processor: cpus()[0]?.model ?? 'unknown processor',
  cores: cpus().length,
  node: process.version,
  loadAverage: loadavg()[0]!,
};
for (const [name, value] of Object.entries(host)) console.log(`${name}: ${value}`);
const table = new CliTable({
  head: [
    'question',
    'items',
    '1 thread, s',
    `${threads} threads, s`,
    'again, s',
    'faster',
    'of processors, s',
    'grown, MiB',
  ],
  style: { head: [], border: [], compact: true },
});
for (const { question, items, one, farm, again } of rows) {
  const processors = [one, farm, again].map(({ processorSeconds }) => processorSeconds.toFixed(1)).join(', ');
  const wall = [one, farm, again].map(({ seconds }) => seconds.toFixed(2));
  const grown = [one, farm, again].map(({ grownBytes }) => (grownBytes / 2 ** 20).toFixed(0)).join(', ');
  table.push([question, items, ...wall, `${(one.seconds / again.seconds).toFixed(2)}x`, processors, grown]);
}
console.log(table.toString());
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ host, rows }, undefined, 2)}\n`);
