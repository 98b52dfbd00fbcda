/** A state that is carried to another timeline is the state there, and what happens from there on is the same. */

import { beforeAll, expect, test } from 'vitest';
import { openRecording } from '../../adapter/session/replay.ts';
import type { ReplaySession } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import { Digester } from '../../vmm/machine/digest.ts';
import { type CarriedState, SlabWriter } from '../../vmm/timeline/carried-state.ts';
import { demoElf, record } from '../dap/fixture.ts';

let trace = '';
beforeAll(async () => {
  trace = await record(demoElf, 'carried', 4_000_000);
});

const open = async (): Promise<ReplaySession> => {
  const session = await openRecording({
    file: trace,
    verify: false,
    checkpoints: { stride: 1_000_000, budgetBytes: 2 ** 26 },
    console: () => {},
  });
  digesters.set(session, new Digester(session.machine, session.hash64));
  return session;
};

/** One a machine, made before its first step: it knows the pages that have not changed since. */
const digesters = new Map<ReplaySession, Digester>();

const digest = (session: ReplaySession) => {
  const { pages: _, ...rest } = digesters.get(session)!.digest();
  return rest;
};

/** As it arrives in another thread. */
const sent = (state: CarriedState): CarriedState => structuredClone(state);

test('a carried state is the same state elsewhere, and goes on the same', async () => {
  const [one, other] = [await open(), await open()];
  const [writer, taker] = [new SlabWriter('one'), new SlabWriter('other')];
  for (const at of [700_001, 1_500_000, 3_999_999, 12]) {
    one.timeline.seek(moment(at));
    other.timeline.adopt(sent(one.timeline.carry(writer)), taker);
    expect(other.timeline.now).toBe(at);
    expect(digest(other)).toEqual(digest(one));
    one.timeline.seek(moment(at + 100_000));
    other.timeline.seek(moment(at + 100_000));
    expect(digest(other)).toEqual(digest(one));
  }
});

test('a state is carried on by who took it, without copies of the pages that are the same', async () => {
  const [one, other, third] = [await open(), await open(), await open()];
  one.timeline.seek(moment(2_000_000));
  const first = one.timeline.carry(new SlabWriter('one'));
  const writer = new SlabWriter('other');
  other.timeline.adopt(sent(first), writer);
  other.timeline.seek(moment(2_000_500));
  const second = other.timeline.carry(writer);
  expect(second.slabs.map(({ name }) => name)).toEqual(['one.1', 'other.1']);
  expect(second.slabs[1]!.bytes.length).toBeLessThan(first.slabs[0]!.bytes.length / 4);
  third.timeline.adopt(sent(second), new SlabWriter('third'));
  expect(digest(third)).toEqual(digest(other));
});

test('a checkpoint is carried as the state that it is of', async () => {
  const [one, other] = [await open(), await open()];
  one.timeline.seek(moment(3_500_000));
  const writer = new SlabWriter('one');
  for (const at of [1_000_000, 3_000_000, 2_000_000]) {
    const { checkpoints } = one.timeline;
    other.timeline.adopt(sent(checkpoints.carry(checkpoints.before(moment(at)), writer)), new SlabWriter(`other${at}`));
    const third = await open();
    third.timeline.seek(moment(at));
    third.timeline.applyInputs();
    other.timeline.applyInputs();
    expect(digest(other)).toEqual(digest(third));
  }
});

test('a replay that takes states goes on being verified', async () => {
  const one = await open();
  const checkpoints = { stride: 1_000_000, budgetBytes: 2 ** 26 };
  const other = await openRecording({ file: trace, verify: true, checkpoints, console: () => {} });
  one.timeline.seek(moment(1_000_000));
  other.timeline.adopt(sent(one.timeline.carry(new SlabWriter('one'))), new SlabWriter('other'));
  other.timeline.seek(other.timeline.end);
  other.replayer.verifyEnd();
  expect(other.replayer.digestsCompared).toBe(1);
});
