/**
 * Steps by line of one of two harts, both ways: the reverse of a step ends where it began, and without the memory of it at the
 * same place. The other hart runs meanwhile, by turns, and the two wait for one another.
 */
import { resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Motion, TestClient } from './client.ts';
import { record, replay } from './fixture.ts';

const folder = resolve(import.meta.dirname, '../guests/harts');
const traces: Record<string, string> = {};
beforeAll(async () => {
  for (const level of ['O0', 'O2']) {
    traces[level] = await record(`${folder}/harts-${level}.elf`, `harts-${level}`, 400_000, '-smp 2');
  }
});

/** At `sum`, some rounds from the start. */
const begin = async (level: string): Promise<TestClient> => {
  const client = await replay(traces[level]!, { cwd: folder });
  await client.functionBreakpoints({ name: 'sum', hitCondition: '30' });
  await client.move('configurationDone');
  await client.move('continue');
  await client.functionBreakpoints();
  return client;
};

const cases = ['O0', 'O2'].flatMap((level) => [1, 2].map((threadId) => [level, threadId] as const));
const kinds = ['next', 'stepIn', 'next', 'stepIn', 'stepIn', 'stepOut', 'next'] as const;

describe.each(cases)('with -%s, by hart %d', (level, threadId) => {
  const arguments_ = { granularity: 'line', threadId };
  const look = async (client: TestClient): Promise<string> => {
    const { stackFrames } = (await client.stackTraceRequest({ threadId })).body;
    return `${await client.moment()} ${stackFrames.map(({ name, line }) => `${name}:${line}`).join(' ')}`;
  };
  const chain = async (client: TestClient, motions: readonly Motion[], count: number): Promise<string[]> => {
    const seen = [await look(client)];
    for (let made = 0; made < count; made++) {
      await client.move(motions[made % motions.length]!, arguments_);
      seen.push(await look(client));
    }
    return seen;
  };

  test('the reverse of a step ends where the step began, whatever it was', async () => {
    const client = await begin(level);
    await client.move('stepIn', arguments_);
    for (const wanted of [...kinds, ...kinds, ...kinds, ...kinds]) {
      const from = await look(client);
      // Nothing comes behind `run`.
      const kind = wanted === 'stepOut' && / run:\d+ _start/.test(from) && !from.includes('sum') ? 'next' : wanted;
      await client.move(kind, arguments_);
      const to = await look(client);
      await client.move('stepBack', arguments_);
      expect([kind, await look(client)]).toEqual([kind, from]);
      await client.move(kind, arguments_);
      expect([kind, await look(client)]).toEqual([kind, to]);
    }
  });

  test('a chain of steps into is the same forwards and backwards', async () => {
    const client = await begin(level);
    await client.move('stepIn', arguments_);
    const seen = await chain(client, ['stepIn'], 50);
    await client.goTo(Number(seen.at(-1)!.split(' ')[0]));
    const back = await chain(client, ['chronovisor/stepBackInto'], 50);
    expect(back.reverse()).toEqual(seen);
  });

  test('a chain of steps over is the same forwards and backwards', async () => {
    const client = await begin(level);
    while (!/^\d+ run:/.test(await look(client))) await client.move('stepOut', arguments_);
    await client.move('next', arguments_); // out of the middle of the line that made the call
    const seen = await chain(client, ['next'], 12);
    await client.goTo(Number(seen.at(-1)!.split(' ')[0]));
    const back = await chain(client, ['stepBack'], 12);
    expect(back.reverse()).toEqual(seen);
  });
});
