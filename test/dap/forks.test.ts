/** Forks and bookmarks as a debug client has them. */

import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BookmarksAnswer } from '../../adapter/dap/bookmark-requests.ts';
import type { ForkInfo, ForksAnswer } from '../../adapter/dap/fork-requests.ts';
import type { Answer } from '../../adapter/dap/question-requests.ts';
import { runLine } from '../replay/support.ts';
import { refusal, type TestClient } from './client.ts';
import { bareElf, demoElf, folder, machineLine, newClient, record } from './fixture.ts';

let trace = '';
beforeAll(async () => {
  trace = await record(demoElf, 'forked', 2_000_000);
});

const replay = async (): Promise<TestClient> => {
  const client = newClient();
  await client.begin({ trace, cache: false });
  await client.move('configurationDone');
  return client;
};

const fork = async (client: TestClient, args: object): Promise<ForkInfo> => {
  const stopped = client.nextStop();
  const { body } = await client.customRequest('chronovisor/fork', args);
  expect(await stopped).toMatchObject({ reason: 'goto' });
  return body as ForkInfo;
};

const a5 = async (client: TestClient): Promise<string> => {
  const { body } = await client.evaluateRequest({ expression: '$s5', context: 'watch' });
  return body.result;
};

describe('a fork', () => {
  test('is offered where somebody wants to change the past', async () => {
    const client = await replay();
    const change = client.customRequest('setExpression', { expression: '$a0', value: '5' });
    expect(await refusal(change)).toMatch(
      /The past cannot be changed: .* Fork the timeline here and change that \(chronovisor\/fork\)/,
    );
  });

  test('has its edits, runs on live, and leaves the recording as it is', async () => {
    const client = await replay();
    await client.goTo(1_000_000);
    const before = await a5(client);
    const edits = [
      { kind: 'setRegister', register: 's5', value: '0x1234' },
      { kind: 'type', text: 'hello' },
    ];
    expect(await fork(client, { name: 'other', edits })).toEqual({
      id: 1,
      name: 'other',
      parent: 0,
      at: 1_000_000,
      moment: 1_000_000,
      end: 1_000_000,
    });
    expect(Number(await a5(client))).toBe(0x1234);
    await client.customRequest('setExpression', { expression: '$s5', value: '0x77' });
    expect(Number(await a5(client))).toBe(0x77);
    await client.move('stepIn');
    expect(await client.moment()).toBe(1_000_001);
    await client.goTo(900_000);
    await client.goTo(1_000_001);
    expect(Number(await a5(client))).toBe(0x77);

    const back = client.nextStop();
    await client.customRequest('chronovisor/switchFork', { id: 0 });
    expect(await back).toMatchObject({ description: 'In the timeline that was launched' });
    expect([await client.moment(), await a5(client)]).toEqual([1_000_000, before]);
  });

  test('is listed, forked in turn, deleted, and saved as a trace that is verified', async () => {
    const client = await replay();
    await fork(client, { moment: 500_000 });
    for (let step = 0; step < 3; step += 1) await client.move('stepIn');
    await fork(client, {
      name: 'second',
      moment: 400_000,
      edits: [{ kind: 'setMemory', address: '0x80700000', data: 'AQI=' }],
    });
    const list = async () => (await client.customRequest('chronovisor/forks')).body as ForksAnswer;
    expect(await list()).toMatchObject({
      current: 2,
      forks: [
        { id: 0, name: 'launched', end: 2_000_000 },
        { id: 1, name: 'fork 1', parent: 0, at: 500_000, end: 500_003 },
        { id: 2, name: 'second', parent: 1, at: 400_000, end: 400_000 },
      ],
    });
    await client.move('stepIn');
    const file = join(folder, 'saved.chrono');
    await client.customRequest('chronovisor/saveFork', { file });
    expect((await runLine(`verify ${file}`, folder)).stdout).toMatch(/^verified: 400,001 steps, .* all equal/);
    const stopped = client.nextStop();
    await client.customRequest('chronovisor/deleteFork', { id: 2 });
    await stopped;
    expect(await list()).toMatchObject({ current: 0, forks: [{ id: 0 }, { id: 1 }] });
    expect(await refusal(client.customRequest('chronovisor/switchFork', { id: 2 }))).toContain(
      'There is no timeline 2',
    );
    expect(await refusal(client.customRequest('chronovisor/deleteFork', { id: 0 }))).toContain('cannot be deleted');
    expect(await refusal(client.customRequest('chronovisor/saveFork', { id: 0, file }))).toContain('cannot be saved');
  });

  test('of a live machine in its past leaves that where it was', async () => {
    const client = newClient();
    await client.begin({ machine: machineLine(bareElf('chatter')), stopOnEntry: true, cache: false });
    await client.move('configurationDone');
    for (let step = 0; step < 5; step += 1) await client.move('stepIn');
    await fork(client, { moment: 2, edits: [{ kind: 'setRegister', register: 's5', value: '9' }] });
    expect([Number(await a5(client)), await client.moment()]).toEqual([9, 2]);
    const back = client.nextStop();
    await client.customRequest('chronovisor/switchFork', { id: 0 });
    await back;
    await client.goTo(5);
    expect(Number(await a5(client))).toBe(0);
  });

  test('that the machine cannot take is refused', async () => {
    const client = await replay();
    const wrong = (edit: object) => refusal(client.customRequest('chronovisor/fork', { edits: [edit] }));
    expect(await wrong({ kind: 'setRegister', register: 'q1', value: '1' })).toContain('a register that a hart has');
    expect(await wrong({ kind: 'setMemory', address: '0x10', data: 'AA==' })).toContain('expected RAM');
    expect(await wrong({ kind: 'fly' })).toContain('not valid');
    expect(await refusal(client.customRequest('chronovisor/fork', { moment: 9e9 }))).toContain(
      'no moment of the recording',
    );
    expect(((await client.customRequest('chronovisor/forks')).body as ForksAnswer).forks).toHaveLength(1);
  });
});

describe('two timelines', () => {
  /** All of an answer, which may come in parts. */
  const answered = async (
    client: TestClient,
    command: string,
    args: object,
    meanwhile: (id: number) => Promise<void> = async () => {},
  ): Promise<Answer> => {
    const parts: Answer[] = [];
    const done = new Promise<void>((resolve) => {
      client.on('chronovisor/answer', ({ body }: { body: Answer }) => {
        parts.push(body);
        if (body.done) resolve();
      });
    });
    const { body } = await client.customRequest(command, args);
    await meanwhile((body as { id: number }).id);
    await done;
    return { ...parts.at(-1)!, items: parts.flatMap(({ items }) => items) };
  };
  const compare = (client: TestClient, one: number, other: number) =>
    answered(client, 'chronovisor/compareForks', { one, other });
  const edits = [{ kind: 'setRegister', register: 's5', value: '0x1234' }];

  test('part where something else comes in, and stay where they are', async () => {
    const client = await replay();
    await client.goTo(1_000_000);
    const before = Number.parseInt(await a5(client), 16);
    await fork(client, { name: 'other', edits });
    for (let step = 0; step < 3; step += 1) await client.move('stepIn');
    const { items, error } = await compare(client, 0, 1);
    expect(error).toBeUndefined();
    const register = (value: number): string => `0x${value.toString(16).padStart(16, '0')}`;
    expect(items).toMatchObject([
      { kind: 'parting', moment: 1_000_000, by: 'input' },
      { kind: 'input', moment: 1_000_000, timeline: 1, label: expect.stringMatching(/^in other: .*s5/) },
      { kind: 'difference', moment: 1_000_000, part: 'hart 0: s5', one: register(before), other: register(0x1234) },
    ]);
    expect([await client.moment(), Number(await a5(client))]).toEqual([1_000_003, 0x1234]);
  });

  test('that got the same are the same as far as both go', async () => {
    const client = await replay();
    await fork(client, { moment: 1_000_000 });
    await client.move('stepIn');
    expect((await compare(client, 1, 0)).items).toEqual([
      { kind: 'same', moment: 1_000_001, label: 'the same up to here, where one of them ends' },
    ]);
    expect((await compare(client, 0, 0)).items).toMatchObject([{ kind: 'same', moment: 2_000_000 }]);
  });

  test('are compared while one stands in a third one, and that can be given up from another timeline', async () => {
    const client = await replay();
    await fork(client, { moment: 500_000, edits });
    await client.move('stepIn');
    await fork(client, { moment: 400_000 });
    let [asked, givenUp] = [0, false];
    const answer = answered(client, 'chronovisor/compareForks', { one: 0, other: 1 }, async (id) => {
      await client.customRequest('chronovisor/switchFork', { id: 0 });
      await client.customRequest('chronovisor/cancelAsk', { id });
      [asked, givenUp] = [id, true];
    });
    expect(await answer).toMatchObject({ id: asked, done: true });
    expect(givenUp).toBe(true);
    const found = await compare(client, 1, 2);
    expect(found).toMatchObject({ id: asked + 1, items: [{ kind: 'same', moment: 400_000 }] });
  });
});

describe('bookmarks', () => {
  const change = async (client: TestClient, args: object = {}) =>
    (await client.customRequest('chronovisor/bookmarks', args)).body as BookmarksAnswer;

  test('of a trace are in its file, for the next session too', async () => {
    const own = join(folder, 'noted.chrono');
    copyFileSync(trace, own);
    const client = newClient();
    await client.begin({ trace: own, cache: false });
    await client.move('configurationDone');
    await client.goTo(1234);
    expect((await change(client, { action: 'add', note: 'here' })).changed).toEqual({ id: 1, at: 1234, note: 'here' });
    await change(client, { action: 'add', moment: 99, note: 'before' });
    await change(client, { action: 'edit', id: 1, note: 'just here' });
    expect((await change(client, { action: 'remove', id: 2 })).bookmarks).toEqual([
      { id: 1, at: 1234, note: 'just here' },
    ]);
    expect(await refusal(client.customRequest('chronovisor/bookmarks', { action: 'remove' }))).toContain(
      'without an id',
    );
    expect(await refusal(client.customRequest('chronovisor/bookmarks', { action: 'add', moment: 9e9 }))).toContain(
      'does not have this moment',
    );
    const again = newClient();
    await again.begin({ trace: own, cache: false });
    expect(await change(again)).toEqual({ bookmarks: [{ id: 1, at: 1234, note: 'just here' }] });
    expect(readFileSync(own).length).toBeGreaterThan(readFileSync(trace).length);
  });

  test('of a recording go into its file, and of a fork into that', async () => {
    const own = join(folder, 'live-noted.chrono');
    const client = newClient();
    await client.begin({ machine: machineLine(bareElf('chatter')), record: own, stopOnEntry: true, cache: false });
    await client.move('configurationDone');
    await client.move('stepIn');
    await change(client, { action: 'add', note: 'live' });
    await fork(client, {});
    await change(client, { action: 'add', note: 'in the fork' });
    const file = join(folder, 'fork-noted.chrono');
    await client.customRequest('chronovisor/saveFork', { file });
    await client.disconnectRequest();
    await client.ended;
    expect((await runLine(`bookmark ${own} list`, folder)).stdout).toBe('1  1  live\n');
    expect((await runLine(`bookmark ${file} list`, folder)).stdout).toBe('1  1  in the fork\n');
  });
});
