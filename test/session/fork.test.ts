/** Forks: what would have happened otherwise, beside a recording that stays as it is. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCodes } from '../../adapter/cli/exit-codes.ts';
import { inputsFrom, runFork } from '../../adapter/forks/follow.ts';
import { createFork, type Edit, type Fork } from '../../adapter/forks/fork.ts';
import { openRecording } from '../../adapter/session/replay.ts';
import type { ReplaySession, Session } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import { ramOffset } from '../../vmm/engine/layout.ts';
import { peekRegister } from '../../vmm/machine/registers.ts';
import { samples } from '../replay/samples.ts';
import { runLine, runWords } from '../replay/support.ts';

let folder = '';
const file = (name: string): string => join(folder, `${name}.chrono`);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chronovisor-fork-'));
  for (const { name, record } of samples) await record(file(name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const checkpoints = { stride: 500, budgetBytes: 2 ** 24 };
const open = (name: string): Promise<ReplaySession> =>
  openRecording({ file: file(name), verify: false, checkpoints, console: () => {} });

const forkAt = (parent: Session, at: number, edits: readonly Edit[] = [], follows = true): Fork => {
  parent.timeline.seek(moment(at));
  return createFork(parent, { name: 'a fork', edits, checkpoints, console: () => {}, follows });
};

const run = (fork: Fork, parent: ReplaySession, until = parent.trace.until): string => {
  const { log: inputs } = parent.timeline;
  const behind = inputsFrom(inputs, fork.session.timeline.log.count);
  const steps = runFork(fork.session, until, behind);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
};

/** All that a machine is. */
const stateOf = ({ machine, hash64 }: Session) => {
  const { u8, ramBytes } = machine.memory;
  return { ...machine.save(), ram: hash64(u8.subarray(ramOffset, ramOffset + ramBytes), 0n) };
};

const world = 'machine-1-world';

describe.each(samples.map(({ name }) => name))('a fork of %s without edits, with the same inputs', (name) => {
  test('is its parent again, from any moment, and leaves it as it was', async () => {
    const parent = await open(name);
    const { until } = parent.trace;
    const whole = await open(name);
    whole.timeline.seek(until);
    const end = stateOf(whole);
    whole.close();
    for (const at of [0, 1, 99, 101, Math.floor(until / 2), until - 1, until]) {
      const fork = forkAt(parent, at);
      const before = parent.machine.save();
      run(fork, parent);
      expect(stateOf(fork.session), `from ${at}`).toEqual(end);
      expect(parent.machine.save()).toEqual(before);
      expect([parent.timeline.now, fork.at]).toEqual([at, at]);
      fork.session.timeline.seek(moment(Math.floor(at / 3)));
      parent.timeline.seek(moment(Math.floor(at / 3)));
      expect(fork.session.machine.save()).toEqual(parent.machine.save());
    }
    parent.close();
  });

  test('is saved as a trace that is verified, and has its parent', async () => {
    const parent = await open(name);
    const fork = forkAt(parent, Math.floor(parent.trace.until / 3));
    run(fork, parent);
    fork.session.recorder.end({ reason: 'stopped' });
    await fork.save(file('saved'));
    const { stdout, stderr } = await runLine('verify FOLDER/saved.chrono', folder);
    expect(stderr).toBe('');
    const { digests } = parent.trace;
    expect(stdout).toContain(`, ${digests.count} digests, all equal`);
    parent.close();
  });
});

describe('a fork with edits', () => {
  test('has them at its moment, and its parent has not', async () => {
    const parent = await open(world);
    const edits: Edit[] = [
      { kind: 'setRegister', hart: 1, register: 's10', value: 77n },
      { kind: 'setMemory', address: 0x8000_9000, bytes: Uint8Array.of(1, 2, 3) },
      { kind: 'schedule', hart: 1, steps: 5 },
      { kind: 'serial', bytes: Uint8Array.of(0x21) },
    ];
    const fork = forkAt(parent, 9500, edits);
    const [here, there] = [fork.session.machine, parent.machine];
    expect(peekRegister(here.harts[1]!, 's10')).toBe(77n);
    expect(peekRegister(there.harts[1]!, 's10')).not.toBe(77n);
    expect([...here.readRam(0x8000_9000, 3)!]).toEqual([1, 2, 3]);
    expect([...there.readRam(0x8000_9000, 3)!]).not.toEqual([1, 2, 3]);
    const steps = here.harts.map((hart) => hart.count('steps'));
    fork.session.timeline.forward(moment(9505));
    expect(here.harts.map((hart, index) => hart.count('steps') - steps[index]!)).toEqual([0, 5, 0]);
    run(fork, parent);
    await fork.save(file('edited'));
    expect((await runLine('verify FOLDER/edited.chrono', folder)).stdout).toMatch(/all equal/);
    const events = (await runLine('info --events FOLDER/edited.chrono', folder)).stdout;
    expect(events).toContain('the debugger gives hart 1 the turn for 5 steps');
    expect(events).toContain('fork         "a fork" from moment 9,500 on');
    parent.close();
  });

  test('can be forked in turn, also in its past, and saved', async () => {
    const parent = await open(world);
    const fork = forkAt(parent, 9500, [{ kind: 'serial', bytes: Uint8Array.of(0x21) }]);
    run(fork, parent, moment(12_500));
    for (const at of [12_500, 11_000, 9500, 4000]) {
      fork.session.timeline.seek(moment(at));
      const second = createFork(fork.session, { name: 'second', edits: [], checkpoints, console: () => {} });
      const steps = runFork(second.session, moment(13_000));
      while (steps.next().done !== true);
      await second.save(file('second'));
      const { stdout, stderr } = await runLine('verify FOLDER/second.chrono', folder);
      expect([stderr, stdout]).toEqual(['', expect.stringMatching(/^verified: 13,000 steps, [67] digests/)]);
    }
    parent.close();
  });

  test('that the machine cannot take is refused, and nothing is made', async () => {
    const parent = await open('machine-1-console');
    const refused = (edit: Edit, found: RegExp) => expect(() => forkAt(parent, 100, [edit])).toThrow(found);
    refused({ kind: 'setRegister', hart: 0, register: 'a9', value: 0n }, /a register that a hart has/);
    refused({ kind: 'setMemory', address: 0x1000, bytes: Uint8Array.of(1) }, /RAM, from/);
    refused({ kind: 'schedule', hart: 0, steps: 3 }, /harts that take turns/);
    parent.close();
  });
});

describe('chronovisor fork', () => {
  const console = 'FOLDER/machine-1-console.chrono';
  test('makes another trace, which is listed, verified and deleted', async () => {
    const at = 300;
    const words = `fork ${console} --at ${at} --type Zq -o FOLDER/other.chrono --name otherwise --run-until 3M`;
    const made = await runLine(words, folder);
    expect(made.exitCode).toBe(exitCodes.ok);
    expect(made.stderr).toMatch(
      /^chronovisor: otherwise: from moment 300, where the console receives "Zq"; the guest switched itself off/,
    );
    expect(made.stdout).toContain('Z');
    expect((await runLine('verify FOLDER/other.chrono', folder)).stdout).toMatch(/all equal/);
    expect((await runLine(`forks ${console}`, folder)).stdout).toMatch(
      /^otherwise +machine-1-console.chrono +300 +\d/m,
    );
    expect((await runLine(`forks ${console} --delete other`, folder)).stderr).toMatch(
      /expected one of otherwise, found "other"/,
    );
    expect((await runLine(`forks ${console} --delete otherwise`, folder)).stdout).toMatch(/is deleted/);
    expect((await runLine(`forks ${console}`, folder)).stdout).toBe('There are no forks.\n');
  });

  test('of a trace whose digests have other hashes of pages has those', async () => {
    const old = join(import.meta.dirname, '../../traces/samples/machine-1-world.chrono');
    const words = ['fork', old, '--at', '6000', '--follow', '-o', file('old')];
    expect((await runWords(words, folder)).exitCode).toBe(exitCodes.ok);
    expect((await runLine(`verify ${file('old')}`, folder)).stdout).toMatch(/all equal/);
    expect((await runLine(`diff ${old} ${file('old')}`, folder)).stdout).toMatch(/^the same/);
  });

  test('that follows its parent and changes nothing is its parent', async () => {
    await runLine(`fork FOLDER/${world}.chrono --at 8000 --follow -o FOLDER/same.chrono`, folder);
    const [one, other] = await Promise.all(
      [world, 'same'].map((name) => runLine(`replay --digest FOLDER/${name}.chrono`, folder)),
    );
    expect(other).toEqual(one);
  });

  test.each([
    ['--set a0', "'a0' is invalid. It must be such as a0=5"],
    ['--write 5=f', "'5=f' is invalid. It must be such as 0x80001000=ff00"],
    ['--turn 9:1', "'9:1' is invalid. It must be such as 1:5000"],
    ['--at 99G', 'The recording does not have this moment: expected a moment from 0 to'],
    ['--set x77=5', 'expected a register that a hart has, found "x77"'],
    ['--write 0x1000=00', 'expected RAM, from 0x80000000'],
  ])('says what is wrong with %s', async (option, sentence) => {
    const { stderr, exitCode } = await runLine(`fork ${console} ${option} -o FOLDER/wrong.chrono`, folder);
    expect(stderr).toContain(sentence);
    expect([exitCodes.usage, exitCodes.badInput]).toContain(exitCode);
  });

  test('refuses to write over its parent', async () => {
    const before = readFileSync(file(world));
    const { stderr } = await runWords(['fork', file(world), '-o', file(world)], folder);
    expect(stderr).toMatch(/The fork would overwrite the trace/);
    expect(readFileSync(file(world))).toEqual(before);
  });
});
