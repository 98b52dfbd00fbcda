/**
 * Messages of the past, compared with those that a log point says while the machine runs: asked in a debug session, and with
 * several threads whose pieces of the history end anywhere.
 */

import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../../adapter/dap/question-requests.ts';
import { Asker, type Item } from '../../adapter/questions/api.ts';
import { demoElf, folder, record, replay } from '../dap/fixture.ts';
import { bundleWorker } from '../farm/bundle.ts';

const end = 3_000_000;
let trace = '';
let withHarts = '';
let workerFile = '';
const askers = new Map<string, Promise<Asker>>();
beforeAll(async () => {
  trace = await record(demoElf, 'logged', end);
  withHarts = await record(
    join(import.meta.dirname, '../guests/harts/harts-O2.elf'),
    'logged-harts',
    400_000,
    '-smp 2',
  );
  workerFile = await bundleWorker(folder);
});
afterAll(async () => {
  for (const asker of askers.values()) await (await asker).close();
});

/** The same one each time: the first question finds no states to begin at, those that follow do. */
const askerWith = (threads: number, stride: number, file = trace): Promise<Asker> => {
  const key = `${threads} ${stride} ${file}`;
  const made = (): Promise<Asker> =>
    Asker.open({ trace: file, cache: false }, { threads, stride, workerFile, history: () => undefined });
  const asker = askers.get(key) ?? made();
  askers.set(key, asker);
  return asker;
};

const answer = async (asker: Asker, question: string): Promise<Item[]> => {
  const items: Item[] = [];
  for await (const item of asker.ask(question)) items.push(item);
  return items;
};

const messages = (items: readonly Item[]): string[] =>
  items.flatMap((item) => (item.kind === 'message' ? item.text : []));
const moments = (items: readonly Item[]): number[] => items.flatMap((item) => ('moment' in item ? item.moment : []));

interface Logged {
  readonly logMessage: string;
  readonly condition?: string;
  readonly hitCondition?: string;
}

/** What a log point says at a function while a debug session runs through the recording; and what is answered there afterwards. */
const livelySaid = async (
  name: string,
  logged: Logged,
  question: string,
  file = trace,
): Promise<[live: string[], asked: string[]]> => {
  const client = await replay(file);
  const said: string[] = [];
  client.on('output', ({ body }: DebugProtocol.OutputEvent) => {
    if (body.category === 'console') said.push(body.output.trimEnd());
  });
  await client.functionBreakpoints({ name, ...logged } as DebugProtocol.FunctionBreakpoint);
  await client.move('configurationDone');
  await client.move('continue');
  await client.functionBreakpoints();
  await client.goTo(100_000);
  const asked: string[] = [];
  const over = new Promise<void>((resolve) => {
    client.on('chronovisor/answer', ({ body }: { body: Answer }) => {
      asked.push(...body.items.map(({ label }) => label));
      if (body.done) resolve();
    });
  });
  await client.customRequest('chronovisor/ask', { question });
  await over;
  expect(await client.moment()).toBe(100_000);
  return [said, asked];
};

const lineOf = (name: string, { logMessage, condition, hitCondition }: Logged): string =>
  [
    `log ${name} "${logMessage}"`,
    ...(condition === undefined ? [] : [`--if "${condition}"`]),
    ...(hitCondition === undefined ? [] : [`--hits "${hitCondition}"`]),
  ].join(' ');

const check = async (name: string, logged: Logged, countMin: number, file = trace): Promise<void> => {
  const question = lineOf(name, logged);
  const [said, asked] = await livelySaid(name, logged, question, file);
  expect(said.length).toBeGreaterThanOrEqual(countMin);
  expect(asked).toEqual(said);
  for (const [threads, stride] of [
    [0, end],
    [1, 300_000],
    [2, 70_001],
    [3, 130_003],
  ] as const) {
    const asked = await answer(await askerWith(threads, stride, file), question);
    expect([threads, messages(asked)]).toEqual([threads, said]);
  }
};

describe('messages of the past are those that a log point says while the machine runs', () => {
  const logMessage = 'call {$a7} of {processes[0].state} at {$pc}, {frame->sepc,x}';

  test.each([
    ['each time', {}, 100],
    ['with a condition', { condition: '$a7 % 2 == 1 && processes[0].state > 0' }, 100],
    ['with a condition that cannot be evaluated everywhere', { condition: '100 / ($a7 - 5) > 0' }, 10],
    ['once', { hitCondition: '7' }, 1],
    ['from some time on', { hitCondition: '>= 30' }, 100],
    ['every third time that a condition holds', { condition: '$a7 > 1', hitCondition: '% 3' }, 30],
    ['where hardly any hit is one that counts', { condition: '$a7 == 5 && processes[1].state == 77' }, 0],
  ] as const)('%s', (_name, more, countMin) => check('system_call', { logMessage, ...more }, countMin));

  test('with what the hart has counted by then', () =>
    check('system_call', { logMessage: '{$cycle} {$instret} {$time} {$mstatus} {$sp}' }, 100));

  test('on two harts that take turns', () =>
    check('sum', { logMessage: '{$a0} {$instret} {$cycle} {$mhartid}', condition: '$a0 != 7' }, 50, withHarts));

  test('where an expression has a value at some hits only', async () => {
    const failing = { logMessage: '{100 / ($a7 & 1)} {*(long *)($a7 << 28)}' };
    await check('system_call', failing, 100);
    const [said] = await livelySaid('system_call', failing, lineOf('system_call', failing));
    const failed = said.filter((text) => text.includes('a division by zero'));
    expect([failed.length > 10, failed.length < said.length - 10]).toEqual([true, true]);
  });

  test('in a loop, with so much text that it comes in parts', () => {
    const logMessage = `${'clearing '.repeat(200)}{$a5} {$a2 - $a5} {$instret}`;
    return check('memset+6', { logMessage, hitCondition: '% 10' }, 200);
  });
});

test('a part of the history has the messages of its moments, wherever it begins and ends', async () => {
  const question = 'log system_call "{$a7} {$instret}"';
  const asker = await askerWith(2, 90_000);
  const all = await answer(asker, question);
  const traps = moments(await answer(asker, 'traps'));
  const hits = moments(all);
  const at = (from: readonly number[], index: number): number => from[Math.floor((index * from.length) / 6)]!;
  for (let index = 0; index < 6; index += 1) {
    const [hit, trap] = [at(hits, index), at(traps, index)];
    for (const [from, to] of [
      [hit, hit + 1],
      [hit - 1, hit],
      [hit, at(hits, 5)],
      [trap, hit],
      [hit + 1, trap],
      [trap + 1, trap + 200_003],
      [hit - 77_777, hit + 3],
    ] as const) {
      const expected = all.filter((_, which) => from <= hits[which]! && hits[which]! < to);
      expect([from, to, await answer(asker, `${question} --from ${from} --to ${to}`)]).toEqual([from, to, expected]);
    }
  }
});

test('a question with a limit ends as soon as it has as many items, whatever comes at once', async () => {
  const question = 'log system_call "{$a7} {$instret}"';
  for (const threads of [0, 2]) {
    const asker = await askerWith(threads, 500_000);
    const all = await answer(asker, question);
    const few: Item[] = [];
    for await (const item of asker.ask(question, { limit: 5 })) few.push(item);
    expect(few).toEqual(all.slice(0, 5));
  }
});
