/** `chronovisor ask`, and asking by program: what is printed, what moves, and what is wrong. */

import { beforeAll, expect, test } from 'vitest';
import { openTarget } from '../../adapter/dap/launch.ts';
import { Asker } from '../../adapter/questions/api.ts';
import { moment } from '../../traces/time.ts';
import { Digester } from '../../vmm/machine/digest.ts';
import { demoElf, folder, record } from '../dap/fixture.ts';
import { expectSentences, type Outcome, runWords } from '../replay/support.ts';
import { answers } from './brute-force.ts';

let trace = '';
beforeAll(async () => {
  trace = await record(demoElf, 'cli', 1_500_000);
});

const ask = (question: string, ...options: string[]): Promise<Outcome> =>
  runWords(['ask', trace, ...options, question], folder);

const check = async (question: string, expected: string | RegExp, ...options: string[]): Promise<void> => {
  const { exitCode, stdout, stderr } = await ask(question, ...options);
  expect([exitCode, stderr]).toEqual([0, '']);
  if (typeof expected === 'string') expect(stdout).toBe(expected);
  else expect(stdout).toMatch(expected);
};

const refused = async (question: string, sentence: string, ...options: string[]): Promise<void> => {
  const { stdout, stderr } = await ask(question, ...options);
  expectSentences(stderr);
  expect(stderr).toContain(sentence);
  expect(stdout).toBe('');
};

test('an answer is a line for each item, its moment first', () =>
  check('console-char 5', /^ {12}172 {2}put_character\+0x12 \(console\.c:40\): byte 5, ": a small kernel/));

test('as many items as are asked for are given, from the moment that is asked from', async () => {
  await check(
    'executed system_call --next',
    /^ {8}\d{3},\d{3} {2}system_call \(system_call\.c:19\)\n$/,
    '--at',
    '500k',
  );
  const { stdout } = await ask('executed system_call', '--limit', '3');
  expect(stdout.split('\n')).toHaveLength(4);
});

test('a value is followed back through copies to where it began', async () => {
  const { stdout, stderr } = await ask('origin processes[1].state');
  expect(stderr).toBe('');
  const lines = stdout.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(1);
  expect(lines[0]).toMatch(
    /^ +[\d,]+ {2}process_block\+0x\w+ \(process\.c:\d+\): 4 bytes at physical 0x\w+ = 0x5: c.sw a0,0/,
  );
  expect(lines.at(-1)).toMatch(/immediate|li|constant/);
  await refused('origin no_such_name', 'no_such_name');
});

test('programs get each item as JSON', async () => {
  const { stdout } = await ask('last-write &processes[1].state', '--json');
  const item = JSON.parse(stdout);
  expect(item).toMatchObject({
    kind: 'write',
    hart: 0,
    mode: 'S',
    before: expect.any(String),
    after: expect.any(String),
  });
  expect(item.source.path).toMatch(/\.c$/);
});

test('calls are in order of their beginnings', async () => {
  const { stdout } = await ask('calls process_spawn');
  const moments = stdout
    .trim()
    .split('\n')
    .map((line) => Number(line.trim().split(' ')[0]!.replaceAll(',', '')));
  expect(moments.length).toBeGreaterThan(2);
  expect(moments).toEqual([...moments].sort((one, other) => one - other));
});

test('what never happened is said so', async () => {
  const { stdout, stderr } = await ask('executed panic');
  expect([stdout, stderr]).toEqual(['', 'chronovisor: never.\n']);
});

test('without a question all are listed', () => check('', /^last-write EXPRESSION/));

test('what is wrong is said in a sentence', async () => {
  await refused('what is this', 'There is no question "what"');
  await refused('last-write nothing', 'Nothing is called nothing');
  await refused('traps --cause x', 'There is no such cause');
  await refused('executed', 'The arguments of executed are not valid at "place"');
  await refused('executed system_call', 'does not come to the moment that is asked from', '--at', '1G');
  await refused('writes 0x80000000,1000000', 'too large');
});

test('asking changes nothing of the session that it is asked from', async () => {
  const target = await openTarget({ trace, cache: false });
  const { machine, timeline, session } = target;
  timeline.seek(moment(1_000_000));
  const digester = new Digester(machine, session.hash64);
  digester.digest();
  const digest = () => ({ ...digester.digest(), memory: Buffer.from(machine.memory.u8).toString('latin1') });
  const before = digest();
  const asker = await Asker.open({ trace, cache: false }, { session: target });
  for (const question of [
    'last-write &processes[1].state',
    'when processes[0].pid != 0',
    'traps --last',
    'calls memcpy',
  ])
    expect((await answers(asker.ask(question, { limit: 5 }))).length).toBeGreaterThan(0);
  await answers(asker.ask('last-write &processes[1].state', { at: 400_000 }));
  expect(timeline.now).toBe(1_000_000);
  expect(digest().memory === before.memory).toBe(true);
  expect({ ...digest(), memory: '' }).toEqual({ ...before, memory: '' });
  await asker.close();
  target.close();
});

test('what is given up gives no more items', async () => {
  const asker = await Asker.open({ trace, cache: false });
  const stop = new AbortController();
  let count = 0;
  for await (const _ of asker.ask('traps', { signal: stop.signal })) if (++count === 3) stop.abort();
  expect(count).toBeLessThan(500);
  await asker.close();
});
