/** The step that printed a character, found by its place in all that was printed, and by stepping through the same run. */

import { expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import { ConsoleSteps } from '../../vmm/history/console.ts';
import type { History } from '../../vmm/history/history.ts';
import { createGuest } from '../engine/fixture.ts';
import { followed } from './guests.ts';

const steps = 100_000;
const hello = () =>
  followed(createGuest('bare/smp.elf', { harts: 3 }), { steps, emit: () => undefined, checkpointStride: 5_000 });

const all = <Result>(work: Generator<unknown, Result>): Result => {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
};

/** Each character with the step that printed it, by making every step by itself. */
const stepped = (): readonly { at: number; hart: number; pc: bigint; byte: number }[] => {
  const machine = createGuest('bare/smp.elf', { harts: 3 });
  const printed: { at: number; hart: number; pc: bigint; byte: number }[] = [];
  let said: number[] = [];
  machine.observer = { printed: (bytes) => said.push(...bytes) };
  while (machine.now < steps) {
    const before = machine.harts.map((hart) => [hart.get('pc'), hart.count('steps')] as const);
    const at = machine.now;
    if (machine.run(moment(at + 1)).reason === 'power' && machine.now === at) break;
    const hart = machine.harts.findIndex((one, index) => one.count('steps') !== before[index]![1]);
    for (const byte of said) printed.push({ at, hart, pc: before[hart]![0], byte });
    said = [];
  }
  return printed;
};

test('every character of a guest is found at its step', () => {
  const expected = stepped();
  expect(String.fromCharCode(...expected.map(({ byte }) => byte))).toMatch(/^harts: 3\n/);
  const timeline = hello();
  const { now } = timeline;
  const finder = new ConsoleSteps(timeline);
  for (const offset of [...expected.keys()].reverse()) {
    const found = all(finder.find(offset))!;
    const { at, hart, pc, byte } = expected[offset]!;
    expect({ ...found, bytes: [...found.bytes] }).toEqual({ at, hart, pc, offset, bytes: [byte] });
    expect(timeline.now).toBe(now);
  }
  expect(all(finder.find(expected.length))).toBe(undefined);
  expect(timeline.now).toBe(now);
});

test('what the history knows is not run again', () => {
  const timeline = hello();
  const event = { kind: 'console' as const, at: moment(777), offset: 0, bytes: new Uint8Array(30) };
  const history = {
    covered: [{ from: moment(0), to: moment(steps) }],
    events: () => [event],
  } as unknown as History;
  expect(all(new ConsoleSteps(timeline, history).find(29))!.at).toBe(777);
});
