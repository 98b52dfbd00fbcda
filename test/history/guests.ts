/**
 * Small guests with a history: code of the assembler of the random programs on the small machine of the engine's tests,
 * with inputs at moments, and a timeline over them. Not a test.
 */

import type { InputEvent } from '../../traces/events.ts';
import { moment } from '../../traces/time.ts';
import type { OriginAnswer, OriginNode } from '../../vmm/history/origin/answer.ts';
import { findOrigin, type OriginQuestion } from '../../vmm/history/origin/origin.ts';
import { beginningsOf } from '../../vmm/history/origin/ways.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { GrowingLog, type Unstamped } from '../../vmm/record/recorder.ts';
import { Timeline } from '../../vmm/timeline/timeline.ts';
import { createSmallGuest, type SmallGuest } from '../engine/small-guest.ts';

export interface Story extends Omit<SmallGuest, 'result' | 'strides'> {
  readonly inputs?: readonly (readonly [at: number, input: Unstamped])[];
  readonly checkpointStride?: number;
}

/** The guest run to `steps`, or to where it stops before. */
export const timelineOf = (story: Story): Timeline => followed(createSmallGuest({ ...story, result: 0n }), story);

export const followed = (machine: Machine, { steps, inputs = [], checkpointStride = 1_000_000 }: Story): Timeline => {
  const log = new GrowingLog();
  for (const [at, input] of inputs) log.push({ ...input, at: moment(at) } as InputEvent);
  const options = { checkpointStride, checkpointBudgetBytes: 64 << 20, stride: 10_000_000 };
  const timeline = new Timeline(machine, { log, end: moment(steps), ...options });
  while (timeline.now < steps && timeline.forward(moment(steps)).reason === 'until');
  return timeline;
};

export const ask = (timeline: Timeline, question: OriginQuestion): OriginAnswer => {
  const search = findOrigin(timeline, question);
  for (;;) {
    const { done, value } = search.next();
    if (done) return value;
  }
};

/** Where bytes come from, a line a piece: `0+4 disk virtio0 sector 3 offset 16`. */
export const beginnings = (answer: OriginAnswer): readonly string[] =>
  beginningsOf(answer).map(
    ({ offset, sizeBytes, node, nodeOffset }) => `${offset}+${sizeBytes} ${described(node, nodeOffset)}`,
  );

const described = (node: OriginNode, nodeOffset: number): string => {
  const { origin } = node;
  if (origin === undefined) return `${node.kind} ${node.instruction ?? ''}`.trim();
  const facts = Object.entries(origin)
    .filter(([name]) => name !== 'kind')
    .map(([name, value]) => `${name} ${name === 'offset' ? Number(value) + nodeOffset : value}`);
  return [origin.kind, ...facts].join(' ');
};
