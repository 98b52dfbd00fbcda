/** Questions of a debug session: answered in events, while the machine stays where it is. */

import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Answer } from '../../adapter/dap/question-requests.ts';
import { refusal, type TestClient } from '../dap/client.ts';
import { demoElf, folder, machineLine, newClient, record, replay } from '../dap/fixture.ts';

let trace = '';
beforeAll(async () => {
  trace = await record(demoElf, 'asked', 3_000_000);
});

/** All events of one question, and its items. */
const ask = async (client: TestClient, question: string, more: object = {}): Promise<Answer> => {
  const items: Answer['items'][number][] = [];
  const over = new Promise<Answer>((resolve) => {
    client.on('chronovisor/answer', ({ body }: { body: Answer }) => {
      items.push(...body.items);
      if (body.done) resolve({ ...body, items });
    });
  });
  const { body } = await client.customRequest('chronovisor/ask', { question, ...more });
  const answer = await over;
  client.removeAllListeners('chronovisor/answer');
  expect(answer.id).toBe(body.id);
  return answer;
};

const labels = ({ items }: Answer): string[] => items.map(({ label }) => label);

test('a question is asked from the present moment, or from another one, and nothing moves', async () => {
  const client = await replay(trace);
  await client.move('configurationDone');
  await client.goTo(2_000_000);
  const registers = await client.scope('Registers');
  const here = await ask(client, 'last-write &processes[1].state');
  expect(here.items).toHaveLength(1);
  const [item] = here.items;
  expect(item).toMatchObject({ kind: 'write', hart: 0 });
  const at = 'moment' in item! ? item.moment : 0;
  expect(at).toBeLessThan(2_000_000);
  const before = await ask(client, 'last-write &processes[1].state', { at });
  expect(before.items[0]).not.toEqual(item);
  const after = await ask(client, 'last-write &processes[1].state', { at: at + 1 });
  expect(after.items[0]).toEqual(item);
  expect(await client.moment()).toBe(2_000_000);
  expect(await client.scope('Registers')).toEqual(registers);
  await client.goTo(at);
  expect(item!.label).toContain((await client.frame()).name);
});

test('a recording that is being made is asked as far as it has come, and again when it has grown', async () => {
  const client = newClient();
  await client.begin({ machine: machineLine(demoElf), stopOnEntry: true });
  await client.move('configurationDone');
  await client.functionBreakpoints({ name: 'system_call', hitCondition: '20' });
  await client.move('continue');
  expect(labels(await ask(client, 'executed system_call --count'))).toEqual(['19']); // the twentieth is about to be
  await client.functionBreakpoints({ name: 'system_call', hitCondition: '30' });
  await client.move('continue');
  const [grown] = (await ask(client, 'executed system_call --count')).items;
  expect(grown).toMatchObject({ kind: 'count' });
  expect(grown?.kind === 'count' && grown.count).toBeGreaterThan(19);
});

test('a fork is asked about its own past: what it shares with the recording, and what it did otherwise', async () => {
  const client = await replay(trace, { cache: false });
  await client.move('configurationDone');
  const calls = 'executed system_call';
  const before = labels(await ask(client, `${calls} --to 1000000`));
  expect(before.length).toBeGreaterThan(20);
  await client.goTo(1_000_000);
  const arrived = client.nextStop();
  const expression = '(long)&processes[1].exit_status';
  const { body } = await client.evaluateRequest({ expression, context: 'watch' });
  const edit = { kind: 'setMemory', address: body.result, data: 'BwAAAA==' };
  await client.customRequest('chronovisor/fork', { edits: [edit] });
  await arrived;
  await client.functionBreakpoints({ name: 'system_call', hitCondition: '30' });
  await client.move('continue');
  expect(labels(await ask(client, `${calls} --to 1000000`))).toEqual(before);
  expect(labels(await ask(client, `${calls} --from 1000000 --count`))).toEqual(['29']);
  const edited = 'first-write &processes[1].exit_status --from 999000';
  expect((await ask(client, edited)).items).toMatchObject([{ moment: 999_999, after: '7' }]);

  const asked = [calls, 'traps', 'last-write &processes[1].state', 'writes &processes[1].state'];
  const answered: string[][] = [];
  for (const question of asked) answered.push(labels(await ask(client, question)));
  const back = client.nextStop();
  const file = join(folder, 'asked-fork.chrono');
  await client.customRequest('chronovisor/saveFork', { file });
  await client.customRequest('chronovisor/switchFork', { id: 0 });
  await back;
  expect((await ask(client, edited)).items).not.toMatchObject([{ moment: 999_999 }]);
  const saved = await replay(file, { cache: false, stopAt: 'end' });
  await saved.move('configurationDone');
  for (const [index, question] of asked.entries()) expect(labels(await ask(saved, question))).toEqual(answered[index]);
});

test('a question has arguments by name, and as many items as are asked for', async () => {
  const client = await replay(trace);
  await client.move('configurationDone');
  const { items } = await ask(client, 'executed', { arguments: { place: 'system_call', which: 'all' }, limit: 3 });
  expect(items.map(({ kind }) => kind)).toEqual(['execution', 'execution', 'execution']);
});

test('a question that is cancelled ends at once, and another can be asked', async () => {
  const client = await replay(trace);
  await client.move('configurationDone');
  const over = new Promise<Answer>((resolve) => {
    client.on('chronovisor/answer', ({ body }: { body: Answer }) => {
      if (body.done) resolve(body);
    });
  });
  const { body } = await client.customRequest('chronovisor/ask', { question: 'traps' });
  await client.customRequest('chronovisor/cancelAsk', { id: body.id });
  expect(await over).toMatchObject({ id: body.id, cancelled: true });
  client.removeAllListeners('chronovisor/answer');
  expect(labels(await ask(client, 'traps --count'))).toHaveLength(1);
});

test('what is wrong with a question is said as the refusal of the request', async () => {
  const client = await replay(trace);
  await client.move('configurationDone');
  const check = async (question: string, sentence: string, more: object = {}): Promise<void> => {
    expect(await refusal(client.customRequest('chronovisor/ask', { question, ...more }))).toContain(sentence);
  };
  await check('who wrote it', 'There is no question "who": expected one of last-write, ');
  await check('last-write', 'The arguments of last-write are not valid at "expression"');
  await check('last-write &nothing', 'Nothing is called nothing');
  await check('last-write 1 +', 'expected');
  await check('last-write processes[0].pid + 1', 'is not in memory');
  await check('last-write 0x10', 'is not in RAM');
  await check('executed nowhere', 'Nothing is called nowhere');
  await check('executed trap.c:99999', 'There is no code for trap.c:99999');
  await check('calls 0x1 + $', 'expected');
  await check('when $a0 == 1', 'is not about memory alone');
  await check('traps no-such', 'There is no such cause');
  await check('log system_call', 'a message without text');
  await check('log system_call "{nothing}"', 'Nothing is called nothing');
  await check('last-write &processes', 'The recording does not come to', { at: 1e15 });
  const answer = await ask(client, 'console-char 100000000');
  expect(answer.error).toContain('The console never had byte 100000000');
});
