/** Where two recordings part, and notes of their moments. */

import { appendFileSync, chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCodes } from '../../adapter/cli/exit-codes.ts';
import { diffRecordings } from '../../adapter/forks/diff.ts';
import { changeBookmarks, listBookmarks } from '../../adapter/session/bookmarks.ts';
import { openRecording } from '../../adapter/session/replay.ts';
import { denseCheckpoints } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import { samples } from '../replay/samples.ts';
import { runLine, runWords } from '../replay/support.ts';

let folder = '';
const file = (name: string): string => join(folder, `${name}.chrono`);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chronovisor-diff-'));
  for (const { name, record } of samples) await record(file(name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const world = 'FOLDER/machine-1-world.chrono';
const run = (line: string) => runLine(line, folder);
const diff = async (one: string, other: string) => {
  const { stdout, stderr, exitCode } = await run(`diff --json ${one} ${other}`);
  expect(stderr).toBe('');
  return { exitCode, found: JSON.parse(stdout) };
};

describe('two traces', () => {
  test('that are one are the same', async () => {
    expect(await run(`diff ${world} ${world}`)).toMatchObject({
      exitCode: exitCodes.ok,
      stdout: 'the same up to their end at moment 15,283\n',
    });
  });

  test('are the same whatever hashes of pages their digests have', async () => {
    const open = () =>
      openRecording({ file: file('machine-2-world'), verify: false, checkpoints: denseCheckpoints, console: () => {} });
    const [one, other] = [await open(), await open()];
    const { pageHash, ...machine } = other.header.machine;
    const steps = diffRecordings(one, { ...other, header: { ...other.header, machine } });
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    expect([pageHash, step.value]).toEqual(['nh', { kind: 'same', lengths: [15_283, 15_283] }]);
    for (const session of [one, other]) session.close();
  });

  test('of which one is shorter are the same as far as it goes', async () => {
    await run(`fork ${world} --at 6000 --follow --run-until 12k -o FOLDER/short.chrono`);
    expect((await run(`diff ${world} FOLDER/short.chrono`)).stdout).toBe(
      'the same up to moment 12,000, where one of them ends\n',
    );
  });

  test('part where something was written in one of them, and only in that', async () => {
    await run(`fork ${world} --at 7777 --follow --set 2:s10=0x55 --write 0x80009000=0102 -o FOLDER/set.chrono`);
    const { exitCode, found } = await diff(world, 'FOLDER/set.chrono');
    expect(exitCode).toBe(exitCodes.differs);
    expect(found).toMatchObject({ kind: 'states', at: 7777 });
    const parts = found.differences.map(({ part }: { part: string }) => part);
    expect(parts).toEqual(['hart 2: s10', 'memory 0x80009000 (2 bytes)']);
    expect(found.differences[0].other).toBe('0x0000000000000055');
    expect(found.inputs.other).toEqual([
      'the debugger sets s10 of hart 2 to 0x55',
      'the debugger writes 2 bytes at 0x80009000',
    ]);
  });

  test('part where what was typed reaches the port', async () => {
    await run(`fork ${world} --at 7000 --follow --type Q -o FOLDER/typed.chrono`);
    const { stdout } = await run(`diff FOLDER/typed.chrono ${world}`);
    expect(stdout).toMatch(
      /^the first difference is at moment 7,000\n {2}in one, the console receives "Q"\n {2}in the other, nothing/,
    );
    expect(stdout).toMatch(/device uart0 .*81/);
  });

  test('part where an input without effect has one', async () => {
    // s10 of hart 1 is what it is; the other edit is a turn that shows only later.
    await run(`fork ${world} --at 5000 --follow --turn 1:3 -o FOLDER/turn.chrono`);
    const { found } = await diff(world, 'FOLDER/turn.chrono');
    expect(found.kind).toBe('states');
    expect(found.at).toBe(5000);
    expect(found.differences.map(({ part }: { part: string }) => part)).toContain('machine: quantumEnd');
  });

  test('of other machines are not compared', async () => {
    const { found, exitCode } = await diff(world, 'FOLDER/machine-1-timers.chrono');
    expect(exitCode).toBe(exitCodes.differs);
    expect(found.kind).toBe('machines');
    expect(found.differences).toContainEqual({ part: 'harts', one: '3', other: '2' });
  });

  test('of which one is none are refused', async () =>
    expect(await run(`diff ${world} FOLDER/none.chrono`)).toMatchObject({
      exitCode: exitCodes.badInput,
      stderr: expect.stringMatching(/none.chrono cannot be read/),
    }));
});

describe('bookmarks', () => {
  const noted = 'FOLDER/noted.chrono';
  const words = (...more: string[]) => runWords(['bookmark', join(folder, 'noted.chrono'), ...more], folder);

  test('are added, changed, removed and listed, without a byte before them being touched', async () => {
    copyFileSync(file('machine-1-world'), file('noted'));
    const before = readFileSync(file('noted'));
    expect((await words('add', '--at', '9k', 'where it goes wrong')).stdout).toBe(
      'bookmark 1 at moment 9,000 is added: where it goes wrong\n',
    );
    await words('add', '--at', '100', 'early');
    await words('add', '--at', '15283', 'the end');
    await words('edit', '1', 'where it really goes wrong');
    expect((await words('remove', '3')).stdout).toBe('bookmark 3 at moment 15,283 is removed: the end\n');
    expect((await words('list')).stdout).toBe('2  100    early\n1  9,000  where it really goes wrong\n');
    expect((await words('add', '--at', '1', 'new')).stdout).toMatch(/^bookmark 4 /);
    expect(readFileSync(file('noted')).subarray(0, before.length)).toEqual(before);
    expect((await run(`verify ${noted}`)).stdout).toMatch(/all equal\.\n$/);
    expect((await run(`info ${noted}`)).stdout).toMatch(/bookmark 1 +at 9,000: where it really goes wrong/);
  });

  test('of which the last was torn lose that one alone, and the next goes in its place', async () => {
    copyFileSync(file('machine-1-world'), file('torn'));
    await changeBookmarks(file('torn'), { kind: 'add', at: moment(5), note: 'first' });
    const whole = statSync(file('torn')).size;
    await changeBookmarks(file('torn'), { kind: 'add', at: moment(6), note: 'second' });
    const bytes = readFileSync(file('torn'));
    rmSync(file('torn'));
    appendFileSync(file('torn'), bytes.subarray(0, whole + 60));
    expect((await listBookmarks(file('torn'))).map(({ note }) => note)).toEqual(['first']);
    expect((await run('verify FOLDER/torn.chrono')).exitCode).toBe(exitCodes.ok);
    await changeBookmarks(file('torn'), { kind: 'add', at: moment(7), note: 'third' });
    expect((await listBookmarks(file('torn'))).map(({ id, note }) => [id, note])).toEqual([
      [1, 'first'],
      [2, 'third'],
    ]);
  });

  test('can be in a trace of the first format, and in one whose recorder was stopped', async () => {
    const old = join(import.meta.dirname, '../../traces/samples/machine-1-world.chrono');
    appendFileSync(file('old'), readFileSync(old));
    await changeBookmarks(file('old'), { kind: 'add', at: moment(5), note: 'in an old one' });
    expect((await run('verify FOLDER/old.chrono')).exitCode).toBe(exitCodes.ok);
    appendFileSync(file('cut'), readFileSync(old).subarray(0, statSync(old).size - 40));
    await changeBookmarks(file('cut'), { kind: 'add', at: moment(5), note: 'in half a one' });
    expect(await listBookmarks(file('cut'))).toHaveLength(1);
    expect((await run('verify FOLDER/cut.chrono')).stdout).toMatch(/The recorder was stopped/);
  });

  test('are refused where the file is not to be written', async () => {
    copyFileSync(file('machine-1-world'), file('fixed'));
    chmodSync(file('fixed'), 0o444);
    const { stderr, exitCode } = await run('bookmark FOLDER/fixed.chrono add --at 5 note');
    expect(exitCode).toBe(exitCodes.badInput);
    expect(stderr).toMatch(
      /^chronovisor: Bookmarks cannot be kept in the trace .*: expected a file that may be written, found /,
    );
    expect(readFileSync(file('fixed'))).toEqual(readFileSync(file('machine-1-world')));
  });

  test.each([
    ['add note', exitCodes.usage, 'A bookmark needs its moment: --at MOMENT.'],
    ['add --at 99G note', exitCodes.badInput, 'The recording does not have this moment'],
    ['remove 9', exitCodes.badInput, 'The trace has no bookmark 9'],
    ['remove first', exitCodes.usage, 'The number of a bookmark comes behind remove.'],
    ['forget 1', exitCodes.usage, 'It must be one of list, add, edit, remove.'],
  ])('with "%s" are refused', async (line, exitCode, sentence) => {
    const outcome = await run(`bookmark ${world} ${line}`);
    expect(outcome.exitCode).toBe(exitCode);
    expect(outcome.stderr).toContain(sentence);
  });
});
