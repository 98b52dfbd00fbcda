/**
 * `last-write`, `first-write` and `writes`: which steps wrote what an expression or an address means. An address that is
 * translated is followed through what it meant at other moments: where the page tables change, the search goes on in the page
 * that they lead to there. Backwards, where nothing was mapped before, the last write to the page itself is told: what it held
 * when it was mapped was written at another address.
 */

import * as v from 'valibot';
import type { Interval } from '../../vmm/history/history.ts';
import type { WatchRange } from '../../vmm/machine/translations.ts';
import type { Item, MappingItem, WriteItem } from './answer.ts';
import { between, whereWritten } from './intervals.ts';
import { type Asking, find, natural, question, text, type Words, within, withinOf } from './question.ts';
import { type Meaning, rangesNow, type Subject, subjectOf } from './subject.ts';
import { meaningJob, type WriteFound, type WritesPlan, writesJob } from './write-jobs.ts';

const entries = { expression: text, sizeBytes: v.nullish(natural), ...within };
const argumentsOf = ({ rest, options }: Words) => ({
  expression: rest,
  ...(options.size !== undefined && { sizeBytes: Number(options.size) }),
});

export const lastWrite = question({
  name: 'last-write',
  usage: 'EXPRESSION | ADDRESS[,SIZE]',
  meaning: 'the last write before the moment to what this means, and how it came to mean that',
  needsState: true,
  entries,
  argumentsOf,
  ask: (asking, { expression, sizeBytes, from }) => {
    const subject = subjectOf(asking, expression, sizeBytes);
    return last(asking, subject, rangesNow(asking, subject), Math.max(asking.start, from ?? 0));
  },
});

async function* last(asking: Asking, subject: Subject, now: Placed, from: number): AsyncGenerator<Item, void> {
  let { ranges, entries } = now;
  for (let upTo: number = asking.at; ; ) {
    const found = await oneWrite(asking, { data: ranges, entries, keep: 'last' }, between(from, upTo));
    if (found === undefined) return;
    if (found.what === 'data') {
      yield writeItem(subject, found);
      return;
    }
    upTo = found.place.moment;
    const before = await meaningAt(asking, subject, found.place.moment);
    if (!isSame(before.ranges, ranges)) yield mappingItem(found, before.ranges, ranges);
    // Where nothing was mapped, entries say nothing about the page any more.
    entries = before.ranges === undefined ? [] : before.entries;
    ranges = before.ranges ?? ranges;
  }
}

const ofAll = (name: string, meaning: string, countMax: number) =>
  question({
    name,
    usage: 'EXPRESSION | ADDRESS[,SIZE]',
    meaning,
    needsState: true,
    entries,
    argumentsOf,
    ask: (asking, { expression, sizeBytes, ...asked }) => {
      const subject = subjectOf(asking, expression, sizeBytes);
      return all(asking, subject, rangesNow(asking, subject), withinOf(asking, asked), countMax);
    },
  });

export const firstWrite = ofAll('first-write', 'the first write to what this means', 1);
export const writes = ofAll('writes', 'all writes to what this means', Number.POSITIVE_INFINITY);

async function* all(
  asking: Asking,
  subject: Subject,
  now: Placed,
  within: Interval,
  countMax: number,
): AsyncGenerator<Item, void> {
  let count = 0;
  for await (const { interval, ranges } of epochs(asking, subject, now, within)) {
    const where = whereWritten(asking.history, ranges, interval);
    for await (const { finding } of find(
      asking,
      writesJob,
      { data: ranges, entries: [], keep: keepOf(countMax) },
      where,
    )) {
      for (const found of finding) {
        yield writeItem(subject, found);
        if (++count >= countMax) return;
      }
    }
  }
}

const keepOf = (countMax: number): WritesPlan['keep'] => (countMax === 1 ? 'first' : 'all');

interface Epoch {
  readonly interval: Interval;
  readonly ranges: readonly WatchRange[];
}

/** The stretches of time in which it lies in the same bytes of RAM, ascending; those in which it is not mapped are left out. */
async function* epochs(
  asking: Asking,
  subject: Subject,
  now: Placed,
  { from, to }: Interval,
): AsyncGenerator<Epoch, void> {
  const earlier: Epoch[] = [];
  let [meaning, end]: [Meaning, number] = [now, to];
  for (let upTo = Math.min(asking.at, to); from < upTo; ) {
    const plan = { data: [], entries: meaning.entries, keep: 'last' } as const;
    const found = meaning.entries.length === 0 ? undefined : await oneWrite(asking, plan, between(from, upTo));
    const begin = found === undefined ? from : behind(found);
    // What is behind the moment that is asked from is gone through below.
    if (meaning.ranges !== undefined)
      earlier.unshift({ interval: between(begin, Math.min(end, Math.max(upTo, begin))), ranges: meaning.ranges });
    if (found === undefined) break;
    upTo = found.place.moment;
    end = begin;
    meaning = await meaningAt(asking, subject, found.place.moment);
  }
  for (const epoch of earlier.filter(({ interval }) => interval.from < interval.to)) yield epoch;
  meaning = now;
  for (let at = Math.max(from, asking.at); at < to; ) {
    const plan = { data: [], entries: meaning.entries, keep: 'first' } as const;
    const found = meaning.entries.length === 0 ? undefined : await oneWrite(asking, plan, between(at, to));
    const next = found === undefined ? to : behind(found);
    if (meaning.ranges !== undefined) yield { interval: between(at, next), ranges: meaning.ranges };
    if (found === undefined) return;
    at = next;
    meaning = await meaningAt(asking, subject, next);
  }
}

type Placed = Meaning & { readonly ranges: readonly WatchRange[] };

/** The last or first thing that a plan finds. */
const oneWrite = async (asking: Asking, plan: WritesPlan, interval: Interval): Promise<WriteFound | undefined> => {
  const { data, entries, keep } = plan;
  const watched = [...data, ...entries.map((address) => ({ address, sizeBytes: 8 }))];
  const where = whereWritten(asking.history, watched, interval);
  const isLast = keep === 'last';
  for await (const { finding } of find(asking, writesJob, plan, where, isLast ? 'backward' : 'forward')) {
    const one = finding.at(isLast ? -1 : 0);
    if (one !== undefined) return one;
  }
  return undefined;
};

const meaningAt = async (asking: Asking, { address, sizeBytes, satp }: Subject, at: number): Promise<Meaning> => {
  const interval = between(at, at + 1);
  for await (const { finding } of find(asking, meaningJob, { address, sizeBytes, satp }, [interval])) return finding;
  return { ranges: undefined, entries: [] };
};

/** The first state that has what was found. */
const behind = ({ place }: WriteFound): number => place.moment + 1;

const isSame = (one: Meaning['ranges'], other: Meaning['ranges']): boolean =>
  one?.length === other?.length && (one ?? []).every(({ address }, index) => address === other?.[index]?.address);

const writeItem = ({ show }: Subject, { place, before, after }: WriteFound): WriteItem => ({
  kind: 'write',
  ...place,
  before: show(before),
  after: show(after),
});

const mappingItem = ({ place }: WriteFound, before: Meaning['ranges'], after: readonly WatchRange[]): MappingItem => {
  const first = (ranges: Meaning['ranges']) => ranges?.[0] && `0x${ranges[0].address.toString(16)}`;
  const [was, is] = [first(before), first(after)];
  return {
    kind: 'mapping',
    ...place,
    ...(was !== undefined && { before: was }),
    ...(is !== undefined && { after: is }),
  };
};
