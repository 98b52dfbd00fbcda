/**
 * `executed` and `log`: when code was come to, how often, and what a log point there would have said, over the whole history.
 * A place is what a breakpoint would be set at; an inlined function has several.
 */

import * as v from 'valibot';
import { parseHitCondition } from '../dap/hit-condition.ts';
import type { Item } from './answer.ts';
import { badQuestionArguments } from './errors.ts';
import { breakpointOf, type HitsFound, type HitsPlan, hitsJob } from './hit-job.ts';
import { hitsOf } from './hits.ts';
import { whereExecuted } from './intervals.ts';
import {
  type Asking,
  find,
  type Items,
  keptItems,
  question,
  sideOf,
  text,
  which,
  within,
  withinOf,
} from './question.ts';

export const executed = question({
  name: 'executed',
  usage: 'PLACE [--last | --next | --count] [--if CONDITION]',
  meaning: 'when a line (FILE:LINE), function or address was executed',
  needsState: false,
  entries: { place: text, condition: v.nullish(text), which, ...within },
  argumentsOf: ({ rest, options }) => ({
    place: rest,
    condition: options.if,
    which: (['last', 'next', 'count'] as const).find((side) => options[side] === true),
  }),
  ask: (asking, { place, condition, which: asked, ...range }) => {
    const { interval, order, only } = sideOf(asking, asked, withinOf(asking, range));
    const plan: HitsPlan = { place, condition: condition ?? undefined, keep: asked === 'count' ? 'none' : only };
    const { addresses } = breakpointOf(asking.target, plan);
    const where = whereExecuted(asking.history, addresses, interval);
    const isWhole = plan.keep === 'all' || plan.keep === 'none';
    return keptItems(find(asking, hitsJob, plan, where, isWhole ? 'through' : order), plan.keep, executionsIn);
  },
});

const executionsIn = ({ hits }: HitsFound): readonly Item[] =>
  Array.from(hitsOf(hits), ({ moment, place }) => ({ kind: 'execution', moment, ...place }));

export const log = question({
  name: 'log',
  usage: 'PLACE "TEXT {EXPRESSION}" [--if CONDITION] [--hits COUNT]',
  meaning: 'what a log point at a line, function or address says, each time',
  needsState: false,
  entries: {
    place: text,
    text: v.string('expected a text'),
    condition: v.nullish(text),
    hitCondition: v.nullish(text),
    ...within,
  },
  argumentsOf: ({ rest, options }) => {
    const [, place = rest, quoted = ''] = /^(.*?)\s*"((?:[^"\\]|\\.)*)"\s*$/s.exec(rest) ?? [];
    return { place, text: quoted.replace(/\\(.)/g, '$1'), condition: options.if, hitCondition: options.hits };
  },
  ask: (asking, { place, text: message, condition, hitCondition, ...range }) => {
    if (message.trim() === '') throw badQuestionArguments('log', 'text', 'a message without text');
    const plan: HitsPlan = { place, condition: condition ?? undefined, message, keep: 'all' };
    const { addresses } = breakpointOf(asking.target, plan);
    const counts = hitCondition == null ? undefined : parseHitCondition(hitCondition);
    return messages(asking, plan, whereExecuted(asking.history, addresses, withinOf(asking, range)), counts);
  },
});

async function* messages(
  asking: Asking,
  plan: HitsPlan,
  where: ReturnType<typeof whereExecuted>,
  counts: ((hits: number) => boolean) | undefined,
): Items {
  let count = 0;
  for await (const { finding } of find(asking, hitsJob, plan, where, 'through')) {
    const items: Item[] = [];
    for (const { moment, place, message } of hitsOf(finding.hits)) {
      count += 1;
      if (counts?.(count) ?? true) items.push({ kind: 'message', moment, hart: place.hart, text: message });
    }
    yield items;
  }
}
