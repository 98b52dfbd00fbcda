/**
 * What a question is: a name, the shape of its arguments, and how it is answered from where somebody asks. Each is a file of its
 * own, with the jobs that the farm does for it; questions.ts lists them.
 */

import * as v from 'valibot';
import type { Moment } from '../../traces/time.ts';
import type { History, Interval } from '../../vmm/history/history.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { Target } from '../dap/target.ts';
import type { Farm, Found } from '../farm/farm.ts';
import type { Job } from '../farm/job.ts';
import type { FarmProgress } from '../farm/run.ts';
import type { Order } from '../farm/schedule.ts';
import type { Item } from './answer.ts';
import { badQuestionArguments } from './errors.ts';

/** Who asks, from where. */
export interface Asking {
  /** Stands at the moment that is asked from, if the question needs a state; else anywhere. */
  readonly target: Target;
  readonly hart: Hart;
  readonly at: Moment;
  /** The first moment of the recording and the last. */
  readonly start: Moment;
  readonly end: Moment;
  readonly history?: History | undefined;
  readonly farm: Farm;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FarmProgress) => void) | undefined;
}

/** One by one, or many at once where there are many. */
export type Items = AsyncGenerator<Item | readonly Item[], void>;

export interface Question {
  readonly name: string;
  /** Behind its name, for people: `EXPRESSION`. */
  readonly usage: string;
  readonly meaning: string;
  /** Whether it is about what names mean at a moment, so that a machine must stand there. */
  readonly needsState: boolean;
  /** Whether items come in order of time, or in the order that is asked for. */
  readonly isOrdered: boolean;
  /** The arguments that a line of text behind the name means. */
  readonly argumentsOf: (words: Words) => object;
  /**
   * Checks everything that can be checked at once; items come when they are asked for.
   * @throws {InputError} when an argument is wrong, or names what there is not
   */
  readonly ask: (asking: Asking, args: unknown) => Items;
}

/** A line of text, taken apart: `--cause 13 --last` are options, the rest is as it was written. */
export interface Words {
  readonly rest: string;
  readonly options: Readonly<Record<string, string | true>>;
}

export const question = <const Entries extends v.ObjectEntries>(row: {
  readonly name: string;
  readonly usage: string;
  readonly meaning: string;
  readonly needsState: boolean;
  readonly isOrdered?: boolean;
  readonly entries: Entries;
  readonly argumentsOf: (words: Words) => object;
  readonly ask: (asking: Asking, args: v.InferOutput<v.StrictObjectSchema<Entries, undefined>>) => Items;
}): Question => {
  const { entries, ask, ...common } = row;
  const schema = v.strictObject(entries);
  return {
    isOrdered: true,
    ...common,
    ask: (asking, args) => {
      const checked = v.safeParse(schema, args ?? {}, { abortEarly: true });
      if (!checked.success) {
        const [issue] = checked.issues;
        throw badQuestionArguments(row.name, v.getDotPath(issue) ?? '', issue.message);
      }
      return ask(asking, checked.output);
    },
  };
};

/** What the farm finds for a question. */
export const find = <Plan, Finding>(
  { farm, signal, onProgress }: Asking,
  job: Job<Plan, Finding>,
  plan: Plan,
  intervals: readonly Interval[],
  order: Order = 'forward',
): AsyncGenerator<Found<Finding>, void> => farm.run(job, plan, { intervals, order, signal, onProgress });

/** Which of the things that a job finds it tells; `none`: only how many there are. */
export type Keep = 'all' | 'last' | 'first' | 'none';

/** The things that are told, or their number; of the last or the first, one. */
export async function* keptItems<Finding extends { readonly count: number }>(
  findings: AsyncIterable<Found<Finding>>,
  keep: Keep,
  itemsOf: (finding: Finding) => readonly Item[],
): Items {
  let count = 0;
  for await (const { finding } of findings) {
    count += finding.count;
    const items = itemsOf(finding);
    yield items;
    if (items.length > 0 && (keep === 'last' || keep === 'first')) return;
  }
  if (keep === 'none') yield { kind: 'count', count };
}

/** Shapes that many arguments have. */
export const text = v.pipe(
  v.string('expected a text'),
  v.trim(),
  v.nonEmpty('expected a text, found nothing'),
  v.maxLength(65_536),
);
export const natural = v.pipe(v.number('expected a number'), v.safeInteger(), v.minValue(0));
/** The part of the history that is meant; all of it if absent. */
export const within = { from: v.nullish(natural), to: v.nullish(natural) };
export const which = v.nullish(
  v.picklist(['all', 'last', 'next', 'count'], 'expected "all", "last", "next" or "count"'),
);

/** @returns what two moments that may be absent leave of the history */
export const withinOf = (
  { start, end }: Asking,
  { from, to }: { readonly from?: number | null | undefined; readonly to?: number | null | undefined },
): Interval => ({
  from: Math.max(start, Math.min(from ?? start, end)) as Moment,
  to: Math.min(to ?? end, end) as Moment,
});

/** What `which` asks for, of the whole history. */
export const sideOf = (
  { at, end }: Asking,
  asked: 'all' | 'last' | 'next' | 'count' | null | undefined,
  all: Interval,
): { readonly interval: Interval; readonly order: Order; readonly only: 'all' | 'last' | 'first' } => {
  if (asked === 'last')
    return { interval: { from: all.from, to: Math.min(at, all.to) as Moment }, order: 'backward', only: 'last' };
  if (asked === 'next')
    return { interval: { from: Math.max(at, all.from) as Moment, to: all.to }, order: 'forward', only: 'first' };
  return { interval: { from: all.from, to: Math.min(end, all.to) as Moment }, order: 'forward', only: 'all' };
};
