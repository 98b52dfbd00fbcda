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

interface Asked {
  readonly seconds: number;
  readonly items: number;
  /** The last item, to tell that answers are the same. */
  readonly last: string;
}

const ask = async (asker: Asker, question: string): Promise<Asked> => {
  const started = performance.now();
  let items = 0;
  let last = '';
  for await (const item of asker.ask(question)) {
    items += 1;
    last = JSON.stringify(item);
  }
  return { seconds: (performance.now() - started) / 1000, items, last };
};

interface Row {
  readonly question: string;
  readonly items: number;
  readonly one: number;
  readonly farm: number;
  readonly again: number;
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
  return { question, items: one.items, one: one.seconds, farm: farm.seconds, again: again.seconds };
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
  head: ['question', 'items', '1 thread, s', `${threads} threads, s`, 'again, s', 'faster'],
  style: { head: [], border: [], compact: true },
});
for (const { question, items, one, farm, again } of rows)
  table.push([question, items, one.toFixed(2), farm.toFixed(2), again.toFixed(2), `${(one / again).toFixed(2)}x`]);
console.log(table.toString());
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ host, rows }, undefined, 2)}\n`);
