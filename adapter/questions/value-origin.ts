/**
 * `origin`: where a value came from. A replay of its own goes to the moment and follows the bytes back (vmm/history/origin); each
 * step that moved them is an item, the latest first, and so is where they began.
 */

import * as v from 'valibot';
import type { Moment } from '../../traces/time.ts';
import { moment } from '../../traces/time.ts';
import type { OriginAnswer, OriginNode } from '../../vmm/history/origin/answer.ts';
import { findOrigin } from '../../vmm/history/origin/origin.ts';
import { memoryPlace, type Place, placeText, registerNamed } from '../../vmm/history/origin/place.ts';
import { originSentence } from '../../vmm/history/origin/text.ts';
import type { Job } from '../farm/job.ts';
import type { Seat } from '../farm/seat.ts';
import type { Item, OriginItem } from './answer.ts';
import { between } from './intervals.ts';
import { initialMemoryOf } from './origin.ts';
import { placeAt } from './places.ts';
import { type Asking, find, natural, question, text } from './question.ts';
import { rangesNow, subjectOf } from './subject.ts';

export const valueOrigin = question({
  name: 'origin',
  usage: 'EXPRESSION | REGISTER',
  meaning: 'where a value came from: the steps that moved it, back to a constant, a file, a disk or a typed character',
  needsState: true,
  entries: { expression: text, sizeBytes: v.nullish(natural) },
  argumentsOf: ({ rest, options }) => ({
    expression: rest,
    ...(options.size !== undefined && { sizeBytes: Number(options.size) }),
  }),
  ask: (asking, { expression, sizeBytes }) => origins(asking, placesOf(asking, expression, sizeBytes)),
});

const placesOf = (asking: Asking, expression: string, sizeBytes: number | null | undefined): readonly Place[] => {
  const register = registerNamed(asking.hart.id, expression.replace(/^\$/, ''));
  if (register !== undefined) return [register];
  const { ranges } = rangesNow(asking, subjectOf(asking, expression, sizeBytes));
  return ranges.map((range) => memoryPlace(range.address, range.sizeBytes));
};

async function* origins(asking: Asking, places: readonly Place[]): AsyncGenerator<Item, void> {
  // A replay comes to the moment by running there, unless that is where everything begins.
  const way = between(Math.max(asking.start, asking.at - 1), asking.at);
  if (way.from === way.to) return;
  for await (const { finding } of find(asking, originJob, places, [way])) yield* finding;
}

export const originJob: Job<readonly Place[], readonly OriginItem[]> = {
  name: 'origin',
  *work(seat, places, interval) {
    yield* seat.goTo(interval.to);
    const items: OriginItem[] = [];
    for (const place of places) items.push(...(yield* itemsOf(seat, place)));
    return items;
  },
};

function* itemsOf({ target }: Seat, place: Place): Generator<Moment, readonly OriginItem[]> {
  const { timeline } = target;
  const from = timeline.now;
  const initialMemory = initialMemoryOf(target.session);
  const search = findOrigin(timeline, { place, ...(initialMemory && { initialMemory }) });
  let answer: OriginAnswer;
  for (;;) {
    const step = search.next();
    if (step.done === true) {
      answer = step.value;
      break;
    }
    yield step.value;
  }
  const items: OriginItem[] = [];
  for (const node of answer.nodes) {
    // Whose code it is the state of that moment says.
    if (node.pc !== undefined) yield* timeline.travel(moment(node.moment));
    items.push(itemOf(target, node));
  }
  yield* timeline.travel(from);
  return items;
}

const itemOf = (target: Seat['target'], node: OriginNode): OriginItem => {
  const hart = target.machine.harts[node.hart ?? 0]!;
  const at =
    node.pc === undefined ? { moment: node.moment, hart: hart.id } : placeAt(target, hart, node.moment, node.pc);
  const value = node.value === undefined ? '' : ` = 0x${node.value.toString(16)}`;
  const how =
    node.kind === 'open'
      ? 'was there before; looked for no further'
      : node.origin === undefined
        ? (node.instruction ?? '')
        : originSentence(node.origin);
  return {
    kind: 'origin',
    ...at,
    step: node.kind,
    text: `${placeText(node.place)}${value}${how === '' ? '' : `: ${how}`}`,
  };
};
