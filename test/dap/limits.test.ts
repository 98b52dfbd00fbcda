/** What a client may ask for too much of: it is told so, and what it has stays as it was. */

import { beforeAll, describe, expect, test } from 'vitest';
import { setV8Flags } from '../../adapter/host/v8-flags.ts';
import { refusal, type TestClient } from './client.ts';
import { demoElf, record, replay } from './fixture.ts';

let trace = '';
beforeAll(async () => {
  setV8Flags();
  trace = await record(demoElf, 'limits', 4_000_000);
});

const begin = async (): Promise<TestClient> => {
  const client = await replay(trace, { cache: false });
  await client.move('configurationDone');
  return client;
};

const setStop = async (client: TestClient, pattern: string): Promise<object> => {
  const { body } = await client.customRequest('chronovisor/setStops', { stops: [{ kind: 'console', pattern }] });
  return body.stops[0];
};

describe('a pattern that the guest prints', () => {
  test('may be one that goes back for ever', async () => {
    const client = await begin();
    expect(await setStop(client, '(.+)+\\u0001')).toEqual({ verified: true });
    expect(await client.move('continue')).toMatchObject({ description: 'Reached the end of the recording' });
    expect(client.output.length).toBeGreaterThan(200);
  });

  test.each(['(a)\\1', '(?<x>a)\\k<x>', 'a(?=b)', '(?<!a)b'])('is not %s, which can take as long', async (pattern) => {
    expect(await setStop(await begin(), pattern)).toMatchObject({
      verified: false,
      message: expect.stringContaining('its pattern is wrong'),
    });
  });
});

describe('a fork', () => {
  test('that is refused leaves one where one was', async () => {
    const client = await begin();
    const frameId = (await client.frame()).id;
    const edits = [{ kind: 'setRegister', hart: 9, register: 'a0', value: '5' }];
    expect(await refusal(client.customRequest('chronovisor/fork', { moment: 1_000_000, edits }))).toMatch(/hart/);
    expect(await client.moment()).toBe(0);
    expect((await client.scopesRequest({ frameId })).success).toBe(true);
  });

  test('is made as often as there is room', async () => {
    const client = await begin();
    for (let fork = 1; fork <= 32; fork += 1) await client.moved('chronovisor/fork', {});
    expect(await refusal(client.customRequest('chronovisor/fork', {}))).toContain(
      'There is no room for another timeline',
    );
    await client.customRequest('chronovisor/deleteFork', { id: 5 });
    expect(await client.moved('chronovisor/fork', {})).toMatchObject({ description: 'In fork 33' });
  });
});

test('as many questions are asked at once as can be answered, and further ones later', async () => {
  const client = await begin();
  const ask = () => client.customRequest('chronovisor/ask', { question: 'writes 0x80002000,8' });
  const answers = await Promise.allSettled(Array.from({ length: 40 }, ask));
  const refused = answers.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(8);
  expect(String((refused[0] as PromiseRejectedResult).reason)).toContain(
    'So many questions cannot be answered at once',
  );
  for (const answer of answers) {
    if (answer.status === 'fulfilled')
      await client.customRequest('chronovisor/cancelAsk', { id: answer.value.body.id });
  }
  const over = client.waitForEvent('chronovisor/answer', 30_000);
  expect((await ask()).success).toBe(true);
  await over;
});
