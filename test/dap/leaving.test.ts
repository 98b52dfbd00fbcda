/**
 * Clients that leave, in the middle of anything, and come again: the adapter ends, and nothing of a session stays behind.
 * CHRONOVISOR_SESSIONS says how many come one after the other.
 */

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { runLine } from '../replay/support.ts';
import { bareElf, demoElf, folder, machineLine, record } from './fixture.ts';
import { RawClient } from './raw-client.ts';
import { usedBytes } from './used-memory.ts';

let trace = '';
beforeAll(async () => {
  trace = await record(demoElf, 'left', 40_000_000);
});

const openFiles = (): number => readdirSync('/proc/self/fd').length;
const hasProc = process.platform === 'linux';

type Leaving = (client: RawClient) => void | Promise<void>;
const waysToLeave: readonly (readonly [name: string, leave: Leaving])[] = [
  ['disconnects', (client) => void client.send('disconnect')],
  [
    'terminates and disconnects',
    async (client) => {
      await client.ask('terminate');
      client.send('disconnect');
    },
  ],
  ['hangs up', (client) => client.hangUp()],
];

/** Begins something in a session and leaves; then the adapter has ended, said nothing of failures, and closed its files. */
const check = async (launch: object, begin: Leaving, leave: Leaving): Promise<void> => {
  const before = hasProc ? openFiles() : 0;
  const client = new RawClient();
  await client.begin({ cache: false, ...launch });
  await begin(client);
  await leave(client);
  await client.ended;
  for (let turn = 0; turn < 10; turn += 1) await new Promise(setImmediate);
  expect(client.bugs).toEqual([]);
  if (hasProc) expect(openFiles()).toBeLessThanOrEqual(before);
};

const send =
  (command: string, args: object): Leaving =>
  (client) =>
    void client.send(command, args);

const beginnings: readonly (readonly [name: string, begin: Leaving])[] = [
  ['nothing', () => {}],
  ['a run', send('continue', { threadId: 1 })],
  [
    'a search',
    async (client) => {
      await client.ask('chronovisor/goTo', { moment: 2_000_000 });
      await client.event('stopped');
      client.send('reverseContinue', { threadId: 1 });
    },
  ],
  ['a jump', send('chronovisor/goTo', { moment: 20_000_000 })],
  ['a question', send('chronovisor/ask', { question: 'traps --count' })],
  [
    'a question that is under way',
    async (client) => {
      expect((await client.ask('chronovisor/ask', { question: 'writes 0x80002000,8' })).success).toBe(true);
    },
  ],
  ['a fork', send('chronovisor/fork', { moment: 1_000_000 })],
  [
    'a fork that is saved',
    async (client) => {
      await client.ask('chronovisor/fork', {});
      client.send('chronovisor/saveFork', { file: join(folder, 'left-fork.chrono') });
    },
  ],
  [
    'a fork that runs',
    async (client) => {
      await client.ask('chronovisor/fork', {});
      client.send('continue', { threadId: 1 });
    },
  ],
  ['a bookmark', send('chronovisor/bookmarks', { action: 'add', note: 'left' })],
];

describe.each(waysToLeave)('a client that %s', (_, leave) => {
  test.each(beginnings)('in the middle of %s', (_name, begin) => check({ trace }, begin, leave));

  test('in the middle of a launch', async () => {
    const before = hasProc ? openFiles() : 0;
    const client = new RawClient();
    client.send('initialize', {});
    client.send('launch', { trace, cache: false });
    await leave(client);
    await client.ended;
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
    expect(client.bugs).toEqual([]);
    if (hasProc) expect(openFiles()).toBeLessThanOrEqual(before);
  });

  test('while a machine is recorded, which can be verified', async () => {
    const file = join(folder, 'left-live.chrono');
    rmSync(file, { force: true });
    const launch = { machine: machineLine(bareElf('echo')), record: file, stopOnEntry: true };
    await check(launch, send('continue', { threadId: 1 }), leave);
    expect((await runLine(`verify ${file}`, folder)).exitCode).toBe(0);
  });
});

const sessions = Number(process.env.CHRONOVISOR_SESSIONS ?? 40);

test(`${sessions} sessions leave nothing behind`, { timeout: 60_000 + sessions * 1000 }, async () => {
  let before = 0;
  for (let session = 0; session < sessions; session += 1) {
    const [, begin] = beginnings[session % beginnings.length]!;
    const [, leave] = waysToLeave[session % waysToLeave.length]!;
    await check({ trace }, begin, leave);
    if (session === 10) before = usedBytes();
  }
  // Two machines or so may not have been collected yet; one of each session would be ten times as much.
  expect(usedBytes() - before).toBeLessThan(200 * 2 ** 20);
});
