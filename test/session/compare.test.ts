/** Where two timelines part: against a run of both, step by step, and against what is found in their traces. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareTimelines } from '../../adapter/forks/compare.ts';
import { type Diff, diffRecordings } from '../../adapter/forks/diff.ts';
import { inputsFrom, runFork } from '../../adapter/forks/follow.ts';
import { createFork, type Edit, type Fork } from '../../adapter/forks/fork.ts';
import { openRecording } from '../../adapter/session/replay.ts';
import type { ReplaySession, Session } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import { ramOffset } from '../../vmm/engine/layout.ts';
import { samples } from '../replay/samples.ts';

let folder = '';
const file = (name: string): string => join(folder, `${name}.chrono`);
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chronovisor-compare-'));
  for (const { name, record } of samples) await record(file(name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const checkpoints = { stride: 500, budgetBytes: 2 ** 24 };
const opened: ReplaySession[] = [];
afterAll(() => {
  for (const session of opened) session.close();
});
const open = async (name: string): Promise<ReplaySession> => {
  const session = await openRecording({ file: file(name), verify: false, checkpoints, console: () => {} });
  opened.push(session);
  return session;
};

const end = <Result>(run: Generator<unknown, Result>): Result => {
  for (;;) {
    const { done, value } = run.next();
    if (done === true) return value;
  }
};

/** A fork of a parent, which has run as far as that, or to a moment, with its inputs or without them. */
const forkAt = (parent: Session, at: number, edits: readonly Edit[], until: number, follows = true): Fork => {
  parent.timeline.seek(moment(at));
  const fork = createFork(parent, { name: 'a fork', edits, checkpoints, console: () => {}, follows: true });
  const inputs = follows ? inputsFrom(parent.timeline.log, parent.timeline.cursor) : [];
  end(runFork(fork.session, moment(until), inputs));
  return fork;
};

/** All that a machine is. */
const stateOf = ({ machine, hash64 }: Session) => {
  const { u8, ramBytes } = machine.memory;
  return { ...machine.save(), ram: hash64(u8.subarray(ramOffset, ramOffset + ramBytes), 0n) };
};

/** By looking at each moment. */
const partingByStep = (one: Session, other: Session, from: number): number | undefined => {
  const until = Math.min(one.timeline.end, other.timeline.end);
  for (let at = from; at <= until; at += 1) {
    one.timeline.seek(moment(at));
    other.timeline.seek(moment(at));
    if (!isDeepStrictEqual(stateOf(one), stateOf(other))) return at;
  }
  return undefined;
};

const saved = async (fork: Fork, name: string): Promise<ReplaySession> => {
  fork.session.recorder.end({ reason: 'stopped' });
  await fork.save(file(name));
  return open(name);
};

describe.each(samples.map(({ name }) => name))('a timeline of %s and its fork', (name) => {
  test('part where they do step by step, and as their traces do; they stay where they are', async () => {
    const parent = await open(name);
    const { until } = parent.trace;
    const bytes = Uint8Array.of(0x5a);
    const middle = Math.floor(until / 2);
    const cases: [at: number, edits: Edit[]][] = [
      [0, [{ kind: 'setRegister', hart: 0, register: 's11', value: 77n }]],
      [middle, [{ kind: 'setMemory', address: 0x8000_0100, bytes }]],
      [middle, [{ kind: 'serial', bytes }]],
    ];
    for (const [at, edits] of cases) {
      const fork = forkAt(parent, at, edits, until);
      const stands = [parent, fork.session].map((session) => [session.timeline.now, stateOf(session)]);
      const found = end(compareTimelines(parent, fork.session));
      expect([parent, fork.session].map((session) => [session.timeline.now, stateOf(session)])).toEqual(stands);
      const trace = await saved(fork, 'saved');
      expect(found).toEqual(end(diffRecordings(await open(name), trace)));
      const near = Math.max(0, at - 3);
      expect(partingByStep(parent, fork.session, near)).toBe((found as { at?: number }).at);
    }
  });

  test('are the same as far as both go when what comes in is', async () => {
    const parent = await open(name);
    const until = parent.trace.until - 1;
    const fork = forkAt(parent, Math.floor(until / 3), [], until);
    expect(end(compareTimelines(parent, fork.session))).toEqual({ kind: 'same', lengths: [until + 1, until] });
    expect(end(compareTimelines(fork.session, fork.session))).toEqual({ kind: 'same', lengths: [until, until] });
  });

  test('part where an input was not given to one', async () => {
    const parent = await open(name);
    const { until } = parent.trace;
    const fork = forkAt(parent, 1, [], until, false);
    const found: Diff = end(compareTimelines(fork.session, parent));
    expect((found as { at?: number }).at).toBe(partingByStep(fork.session, parent, 1));
  });
});

test('two forks of one timeline part where the earlier one does', async () => {
  const parent = await open(samples[0]!.name);
  const { until } = parent.trace;
  const edit: Edit = { kind: 'setRegister', hart: 0, register: 's11', value: 5n };
  const [late, early] = [400, 200].map((at) => forkAt(parent, at, [edit], until).session) as [Session, Session];
  expect(end(compareTimelines(late, early))).toMatchObject({ kind: 'states', at: 200 });
  // A fork of a fork, which begins before that.
  const second = forkAt(late, 300, [{ ...edit, value: 6n }], until).session;
  expect(end(compareTimelines(late, second))).toMatchObject({ at: 300, inputs: { one: [] } });
  expect(end(compareTimelines(second, early))).toMatchObject({ at: 200, inputs: { one: [] } });
});

test('an edit that changes nothing is no difference, and what comes of one later is found', async () => {
  const parent = await open(samples[0]!.name);
  const { until } = parent.trace;
  const fork = forkAt(parent, 100, [{ kind: 'setRegister', hart: 0, register: 'zero', value: 0n }], until);
  expect(end(compareTimelines(parent, fork.session))).toEqual({ kind: 'same', lengths: [until, until] });
});
