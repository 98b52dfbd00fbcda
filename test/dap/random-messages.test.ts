/**
 * The adapter lives through whatever comes: every request gets one answer, it goes on answering, it knows a sentence for all
 * that is wrong, it does not grow, and the machine that is replayed stays what it was.
 *
 * CHRONOVISOR_MESSAGES says how many messages are sent in each session, CHRONOVISOR_MESSAGES_SEED which ones.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { runLine } from '../replay/support.ts';
import { demoElf, folder, machineLine, record } from './fixture.ts';
import { type RandomMessage, randomMessages } from './random-messages.ts';
import { RawClient } from './raw-client.ts';
import { usedByObjectsBytes } from './used-memory.ts';

const count = Number(process.env.CHRONOVISOR_MESSAGES ?? 400);
const seed = Number(process.env.CHRONOVISOR_MESSAGES_SEED ?? 1);
const batch = 50;
const timeoutMs = 120_000 + count * 200;

let trace = '';
beforeAll(async () => {
  trace = await record(demoElf, 'random', 40_000_000);
});

/** Sends messages in pieces of any size, and several at once. */
const sendAll = (client: RawClient, messages: readonly RandomMessage[], random: number): void => {
  const bytes = Buffer.concat(messages.map((message) => message.bytes));
  const piece = [bytes.length, 7, 1000, 64 * 1024][random % 4]!;
  const pieceBytes = Math.max(piece, bytes.length >>> 12);
  for (let at = 0; at < bytes.length; at += pieceBytes) client.write(bytes.subarray(at, at + pieceBytes));
};

/** Every request has one answer, no number has more than there were requests with it. */
const checkAnswers = async (client: RawClient, messages: readonly RandomMessage[]): Promise<void> => {
  const wanted = new Map<number, number>();
  for (const { seq } of messages) if (seq !== undefined) wanted.set(seq, (wanted.get(seq) ?? 0) + 1);
  const answered = (seq: number): number => client.answers.get(seq)?.length ?? 0;
  const missing = () => [...wanted].filter(([seq, times]) => answered(seq) < times).map(([seq]) => seq);
  const textsOf = (seqs: readonly number[]): string =>
    messages.flatMap(({ seq, text }) => (seq !== undefined && seqs.includes(seq) ? [text] : [])).join('\n');
  await client.until(
    () => missing().length === 0,
    () => `not answered:\n${textsOf(missing())}`,
  );
  const twice = [...client.answers.keys()].filter((seq) => answered(seq) > (wanted.get(seq) ?? 0) && seq < 1_000_000);
  expect(textsOf(twice)).toBe('');
  expect(twice).toEqual([]);
  client.answers.clear();
};

const check = async (client: RawClient): Promise<void> => {
  let before = 0;
  const middle = Math.floor(count / 2 / batch) * batch;
  for (let sent = 0; sent < count; sent += batch) {
    const number = sent / batch;
    const messages = randomMessages(batch, seed * 1_000_003 + number, 10 + sent, { folder });
    sendAll(client, messages, number);
    await client.halt();
    await checkAnswers(client, messages);
    expect((await client.ask('threads')).body.threads).toHaveLength(1);
    client.answers.clear();
    client.forgetEvents();
    if (sent === middle) before = await usedWithoutForks(client);
  }
  const bugs = client.bugs.filter((bug) => !bug.startsWith('A message of the client could not be read'));
  expect([...new Set(bugs)]).toEqual([]);
  expect((await usedWithoutForks(client)) - before).toBeLessThan(200 * 2 ** 20);
};

/** Each fork is a machine of its own, and some messages make them. */
const usedWithoutForks = async (client: RawClient): Promise<number> => {
  const { forks } = (await client.ask('chronovisor/forks')).body;
  for (const { id } of forks) if (id > 0) await client.ask('chronovisor/deleteFork', { id });
  client.answers.clear();
  client.forgetEvents();
  return usedByObjectsBytes();
};

/** Nothing stops a motion, and the timeline that was launched is the one that is debugged. */
const calmDown = async (client: RawClient): Promise<void> => {
  await client.ask('setExceptionBreakpoints', { filters: [] });
  await client.ask('setFunctionBreakpoints', { breakpoints: [] });
  await client.ask('setDataBreakpoints', { breakpoints: [] });
  await client.ask('setInstructionBreakpoints', { breakpoints: [] });
  await client.ask('chronovisor/setStops', { stops: [] });
  client.forgetEvents();
  await client.ask('chronovisor/switchFork', { id: 0 });
  await client.event('stopped');
};

/** All of memory and every register at a moment. */
const stateAt = async (client: RawClient, moment: number): Promise<string> => {
  await client.ask('chronovisor/goTo', { moment });
  await client.event('stopped');
  const hash = createHash('sha256');
  for (let at = 0; at < 32; at += 1) {
    const memoryReference = `0x${(0x8000_0000 + at * 2 ** 20).toString(16)}`;
    hash.update(Buffer.from((await client.ask('readMemory', { memoryReference, count: 2 ** 20 })).body.data, 'base64'));
  }
  const { stackFrames } = (await client.ask('stackTrace', { threadId: 1 })).body;
  const { scopes } = (await client.ask('scopes', { frameId: stackFrames[0].id })).body;
  for (const { variablesReference, name } of scopes as { variablesReference: number; name: string }[]) {
    if (!['Registers', 'CSRs', 'Floating point'].includes(name)) continue;
    const { variables } = (await client.ask('variables', { variablesReference })).body;
    for (const variable of variables as { name: string; value: string }[])
      hash.update(`${variable.name}=${variable.value}\n`);
  }
  return hash.digest('hex');
};

describe(`${count} random messages`, () => {
  test('leave a recording that is replayed as it is', { timeout: timeoutMs }, async () => {
    const client = new RawClient();
    await client.begin({ trace, cache: false });
    await check(client);
    await calmDown(client);
    const after = await stateAt(client, 2_500_000);
    await client.ask('disconnect');
    const fresh = new RawClient();
    await fresh.begin({ trace, cache: false });
    expect(after).toBe(await stateAt(fresh, 2_500_000));
    await fresh.ask('disconnect');
    await Promise.all([client.ended, fresh.ended]);
  });

  test('to a machine that is recorded leave a recording that is verified', { timeout: timeoutMs }, async () => {
    const file = join(folder, 'random-live.chrono');
    const client = new RawClient();
    await client.begin({ machine: machineLine(demoElf), record: file, stopOnEntry: true, idle: 'skip', cache: false });
    await check(client);
    await client.ask('disconnect');
    await client.ended;
    expect((await runLine(`verify ${file}`, folder)).exitCode).toBe(0);
  });
});
