/** `traps`: which traps and interrupts were entered, by cause. The moment is that of the step that was the entry. */

import * as v from 'valibot';
import type { HistoryEvent } from '../../vmm/history/history.ts';
import { lastTrap } from '../dap/trap-filters.ts';
import { exceptions, idOf, interrupts, type TrapCause, trapCause, trapWords } from '../dap/trap-words.ts';
import type { Job } from '../farm/job.ts';
import type { TrapItem } from './answer.ts';
import { unknownCause } from './errors.ts';
import { whereHappened } from './intervals.ts';
import { placeAt } from './places.ts';
import { find, type Keep, keptItems, question, sideOf, which, within, withinOf } from './question.ts';

const named = [
  ...exceptions.map(({ code, id }) => ({ code, id, interrupt: false })),
  ...interrupts.map(({ code, id }) => ({ code, id, interrupt: true })),
];

/** `13`, `i5`, `load-page-fault`. @throws {QuestionError} */
const causeNamed = (text: string): TrapCause => {
  const [, letter, digits] = /^(i?)(\d{1,4})$/.exec(text) ?? [];
  if (digits !== undefined) return { code: Number(digits), interrupt: letter === 'i' };
  const found = named.find(({ id }) => id === text);
  if (found === undefined)
    throw unknownCause(
      text,
      named.map(({ id }) => id),
    );
  return { code: found.code, interrupt: found.interrupt };
};

export const traps = question({
  name: 'traps',
  usage: '[NUMBER | iNUMBER | NAME] [--last | --next | --count]',
  meaning: 'which traps and interrupts were entered',
  needsState: false,
  entries: { cause: v.nullish(v.union([v.string(), v.number()])), which, ...within },
  argumentsOf: ({ rest, options }) => ({
    cause: options.cause ?? (rest === '' ? undefined : rest),
    which: (['last', 'next', 'count'] as const).find((side) => options[side] === true),
  }),
  ask: (asking, { cause, which: asked, ...range }) => {
    const wanted = cause == null ? undefined : causeNamed(String(cause));
    const { interval, order, only } = sideOf(asking, asked, withinOf(asking, range));
    const isWanted = (event: HistoryEvent): boolean =>
      event.kind === 'trap' && isOf(wanted, { code: event.cause, interrupt: event.interrupt });
    const where = whereHappened(asking.history, 'trap', interval, isWanted);
    const plan: TrapsPlan = { cause: wanted, keep: asked === 'count' ? 'none' : only };
    return keptItems(find(asking, trapsJob, plan, where, order), plan.keep, ({ items }) => items);
  },
});

interface TrapsPlan {
  readonly cause: TrapCause | undefined;
  readonly keep: Keep;
}

const isOf = (wanted: TrapCause | undefined, { code, interrupt }: TrapCause): boolean =>
  wanted === undefined || (wanted.code === code && wanted.interrupt === interrupt);

export const trapsJob: Job<TrapsPlan, { readonly count: number; readonly items: readonly TrapItem[] }> = {
  name: 'traps',
  *work(seat, plan, interval) {
    const { target } = seat;
    const { machine, timeline, programs } = target;
    let count = 0;
    const items: TrapItem[] = [];
    yield* seat.scan(
      interval,
      () => ({ traps: true }),
      (event) => {
        if (event.reason !== 'trap') return false;
        const hart = machine.harts[event.hart]!;
        const { cause, epc, value, from } = lastTrap(hart);
        const found = trapCause(cause);
        if (!isOf(plan.cause, found)) return false;
        count += 1;
        if (plan.keep === 'none') return false;
        if (plan.keep === 'last') items.length = 0;
        items.push({
          kind: 'trap',
          ...placeAt(target, hart, timeline.now - 1, epc, from),
          cause: found.code,
          interrupt: found.interrupt,
          id: idOf(found),
          words: trapWords(cause, epc, value, (address) => programs.describe(hart, address)),
        });
        return plan.keep === 'first';
      },
    );
    return { count, items };
  },
};
