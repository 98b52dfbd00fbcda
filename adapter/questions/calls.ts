/**
 * `calls`: all calls of a function, with arguments and results. Those that begin and end in one piece of the history come in order;
 * those that last over a border between two come behind them, once it is known where they end.
 */

import type { Interval } from '../../vmm/history/history.ts';
import type { CallItem, Item } from './answer.ts';
import { callsJob, functionsNamed, type Landing, returnsJob } from './calls-job.ts';
import { between, whereExecuted } from './intervals.ts';
import { type Asking, find, question, text, within, withinOf } from './question.ts';

export const calls = question({
  name: 'calls',
  usage: 'FUNCTION',
  meaning: 'all calls of a function: arguments, result, moments of entry and return',
  needsState: false,
  isOrdered: false,
  entries: { function: text, ...within },
  argumentsOf: ({ rest }) => ({ function: rest }),
  ask: (asking, { function: name, ...range }) => {
    const functions = functionsNamed(asking.target, name);
    const entries = functions.flatMap(({ program, entry }) => program.links.places(entry));
    const all = withinOf(asking, range);
    return callsOf(asking, name, whereExecuted(asking.history, entries, all), all);
  },
});

interface OpenCall {
  readonly item: CallItem;
  readonly landing: Landing;
  /** From where on its end is unknown. */
  readonly from: number;
}

async function* callsOf(
  asking: Asking,
  name: string,
  where: readonly Interval[],
  { to }: Interval,
): AsyncGenerator<Item, void> {
  const open: OpenCall[] = [];
  /** Moments of entry by landing: a call with the same landing as an older one means that the older one never came back. */
  const entered = new Map<string, number[]>();
  for await (const { interval, finding } of find(asking, callsJob, { function: name }, where)) {
    for (const { item, landing, isOpen } of finding) {
      const before = entered.get(landing.key);
      if (before === undefined) entered.set(landing.key, [item.moment]);
      else before.push(item.moment);
      if (isOpen) open.push({ item, landing, from: interval.to });
      else yield item;
    }
  }
  yield* ended(asking, name, open, entered, to);
}

async function* ended(
  asking: Asking,
  name: string,
  open: readonly OpenCall[],
  entered: ReadonlyMap<string, readonly number[]>,
  to: number,
): AsyncGenerator<Item, void> {
  if (open.length === 0) return;
  const waiting = new Set(open);
  const from = Math.min(...open.map((call) => call.from));
  const landings = [...new Map(open.map(({ landing }) => [landing.key, landing])).values()];
  const plan = { function: name, landings };
  const places = landings.map(({ ra }) => BigInt(ra));
  const where = whereExecuted(asking.history, places, between(from, to));
  for await (const { interval, finding } of find(asking, returnsJob, plan, where)) {
    for (const call of waiting) {
      const returned = finding[call.landing.key];
      if (returned === undefined || interval.from < call.from) continue;
      waiting.delete(call);
      const isOver = (entered.get(call.landing.key) ?? []).some((at) => at > call.item.moment && at < returned.moment);
      yield isOver ? call.item : { ...call.item, returned };
    }
    if (waiting.size === 0) return;
  }
  for (const { item } of waiting) yield item;
}
