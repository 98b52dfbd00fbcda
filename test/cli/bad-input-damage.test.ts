/**
 * Whatever happens to a trace's bytes, the commands that read it either say what is wrong or give a true part of the
 * recording and say that it is one. What the reader alone does with damage is test/traces/damage.test.ts.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCodes } from '../../adapter/cli/exit-codes.ts';
import { chunkHeaderBytes, preambleBytes } from '../../traces/chunk.ts';
import { expectRefusal, expectSentences, type Outcome, randomNumbers, runLine } from '../replay/support.ts';

const commands = ['info', 'verify', 'replay --console'] as const;
type Command = (typeof commands)[number];

const bytes = Uint8Array.from(readFileSync(join(import.meta.dirname, '../../traces/samples/machine-1-console.chrono')));

let folder = '';
let whole: Record<Command, Outcome>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chronovisor-damage-'));
  const outcomes = [];
  for (const command of commands) outcomes.push([command, await run(command, bytes)] as const);
  whole = Object.fromEntries(outcomes) as typeof whole;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (command: string, damaged: Uint8Array): Promise<Outcome> => {
  writeFileSync(join(folder, 'trace.chrono'), damaged);
  return runLine(`${command} FOLDER/trace.chrono`, folder);
};

/** The ends of the preamble and of each chunk. */
const chunkEnds = (): number[] => {
  const view = new DataView(bytes.buffer);
  const ends = [preambleBytes];
  while (ends.at(-1)! < bytes.length)
    ends.push(ends.at(-1)! + chunkHeaderBytes + view.getUint32(ends.at(-1)! + 8, true));
  return ends;
};

/** A part of the recording from its start, that says so. */
const expectTruePart = (command: Command, { exitCode, stdout, stderr }: Outcome): void => {
  expect(exitCode).toBe(exitCodes.ok);
  switch (command) {
    case 'info':
      expect(stdout).toMatch(/ended +not: the recorder was stopped/);
      expect(stderr).toBe('');
      return;
    case 'verify':
      expect(stdout).toMatch(
        /^verified: [\d,]+ steps, \d+ digests, all equal\. (The recorder was stopped|Only what is)/,
      );
      expect(stderr).toBe('');
      return;
    case 'replay --console':
      expect(whole[command].stdout.startsWith(stdout)).toBe(true);
      expectSentences(stderr);
  }
};

test('the trace that is damaged here is whole', () =>
  expect(Object.values(whole).map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual(commands.map(() => [0, ''])));

/**
 * How long a torn chunk is changes nothing but a number, and a machine takes its time: so once a trace can be opened, a
 * machine is run near the ends of chunks and at every 32nd length only. CHRONOVISOR_EXHAUSTIVE=1 runs it at each.
 */
const isTold = (command: Command, length: number): boolean =>
  command === 'info' ||
  process.env.CHRONOVISOR_EXHAUSTIVE === '1' ||
  length % 32 === 0 ||
  chunkEnds().some((end) => Math.abs(end - length) <= 2 || Math.abs(end + chunkHeaderBytes - length) <= 1);

describe.each(commands)('%s of a trace that is cut off', (command) => {
  test('is refused, or a true part that says so, at every length', async () => {
    let opened = 0;
    for (let length = 0; length < bytes.length; length++) {
      if (opened > 0 && !isTold(command, length)) continue;
      const outcome = await run(command, bytes.subarray(0, length));
      if (outcome.exitCode === exitCodes.ok) {
        opened++;
        expectTruePart(command, outcome);
      } else {
        expect(opened, `refused at ${length} what was opened shorter`).toBe(0);
        expectRefusal(outcome, [exitCodes.badInput]);
      }
    }
    expect(opened).toBeGreaterThan(40);
  });
});

describe.each(commands)('%s of a trace with flipped bits', (command) => {
  const flips = (seed: number) => {
    const random = randomNumbers(seed);
    return Array.from({ length: 1000 }, () => {
      const damaged = bytes.slice();
      damaged[random(bytes.length)]! ^= 1 << random(8);
      return damaged;
    });
  };

  test('is refused, 1,000 times', async () => {
    for (const damaged of flips(1)) expectRefusal(await run(command, damaged), [exitCodes.badInput]);
  });

  test('is refused or a true part that says what is wrong, with --salvage, 200 times', async () => {
    for (const damaged of flips(2).slice(0, 200)) {
      const outcome = await run(`${command} --salvage`, damaged);
      if (outcome.exitCode === exitCodes.ok) expectTruePart(command, outcome);
      else expectRefusal(outcome, [exitCodes.badInput]);
    }
  });
});

test('the end of each chunk is a place at which a recorder may have died', async () => {
  const ends = chunkEnds().slice(0, -1);
  const outcomes = [];
  for (const end of ends) outcomes.push((await run('verify', bytes.subarray(0, end))).exitCode);
  const firstOpened = outcomes.indexOf(exitCodes.ok);
  expect(firstOpened).toBeGreaterThan(0);
  expect(outcomes.slice(firstOpened).every((code) => code === exitCodes.ok)).toBe(true);
});
