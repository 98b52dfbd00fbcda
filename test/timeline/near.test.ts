/** Whoever gives up a search comes back at once to where it began. */

import { expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import { Timeline } from '../../vmm/timeline/timeline.ts';
import { createBench, place, set } from '../engine/fixture.ts';

const nearSteps = 10_000;

/** Of a guest that counts for ever. */
const liveTimeline = (): Timeline => {
  const machine = createBench();
  place(machine, 0x8000_0000, ['addi', { rd: 5, rs1: 5, imm: 1n }], ['jal', { imm: -4n }]);
  set(machine, { pc: 0x8000_0000 });
  return new Timeline(machine, {
    log: { count: 0, get: () => undefined as never },
    end: 'live',
    checkpointStride: 5_000_000,
    checkpointBudgetBytes: 2 ** 28,
    stride: 10_000_000,
  });
};

const runTo = (timeline: Timeline, at: number): void => {
  while (timeline.now < at) timeline.forward(moment(at));
};

test('the way back from anywhere is short, once it was made sure of', () => {
  const timeline = liveTimeline();
  const here = moment(4_900_000);
  runTo(timeline, here);
  timeline.leaveNear();
  timeline.seek(moment(1000));
  const { stepsMade } = timeline.machine;
  timeline.seek(here);
  expect(timeline.now).toBe(here);
  expect(timeline.machine.stepsMade - stepsMade).toBeLessThanOrEqual(nearSteps);
});

test('no checkpoint is taken where there is one near', () => {
  const timeline = liveTimeline();
  runTo(timeline, 5_000_500);
  const { count } = timeline.checkpoints;
  timeline.leaveNear();
  expect(timeline.checkpoints.count).toBe(count);
});
