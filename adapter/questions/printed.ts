/** `console-char`: which step made the console print a byte, by its number or as the beginning of a text. */

import * as v from 'valibot';
import type { Interval } from '../../vmm/history/history.ts';
import { currentHart } from '../dap/stops.ts';
import type { Job } from '../farm/job.ts';
import type { Item, Place } from './answer.ts';
import { notPrinted } from './errors.ts';
import { between } from './intervals.ts';
import { placeAt } from './places.ts';
import { type Asking, find, natural, question } from './question.ts';

export const consoleChar = question({
  name: 'console-char',
  usage: 'NUMBER | "TEXT"',
  meaning: 'which step printed a byte of the console, by its number from 0 on, or each place where a text begins',
  needsState: false,
  entries: {
    offset: v.nullish(natural),
    text: v.nullish(v.pipe(v.string(), v.nonEmpty('expected a text, found nothing'))),
  },
  argumentsOf: ({ rest }) =>
    /^\d{1,15}$/.test(rest)
      ? { offset: Number(rest) }
      : { text: rest.replace(/^"(.*)"$/s, '$1').replace(/\\n/g, '\n') },
  ask: (asking, { offset, text }) => printed(asking, offset ?? undefined, text ?? undefined),
});

/** How much of the text around is told with a byte. */
const shownBytes = 60;

async function* printed(
  asking: Asking,
  offset: number | undefined,
  text: string | undefined,
): AsyncGenerator<Item, void> {
  const all = between(asking.start, asking.end);
  const wanted = text === undefined ? undefined : Buffer.from(text);
  let [bytes, moments] = [Buffer.alloc(0), [] as number[]];
  let looked = 0;
  let count = 0;
  for await (const { finding } of find(asking, consoleJob, undefined, [all])) {
    bytes = Buffer.concat([bytes, Buffer.from(finding.bytes)]);
    moments = moments.concat(finding.moments);
    if (wanted === undefined) {
      if (bytes.length <= (offset ?? 0)) continue;
      yield await printItem(asking, bytes, moments, offset ?? 0, 1);
      return;
    }
    for (let at = bytes.indexOf(wanted, looked); at >= 0; at = bytes.indexOf(wanted, looked)) {
      looked = at + 1;
      count += 1;
      yield await printItem(asking, bytes, moments, at, wanted.length);
    }
    looked = Math.max(looked, bytes.length - wanted.length + 1);
  }
  if (count === 0 && asking.signal?.aborted !== true) throw notPrinted(text ?? `byte ${offset}`, bytes.length);
}

const printItem = async (
  asking: Asking,
  bytes: Buffer,
  moments: readonly number[],
  offset: number,
  length: number,
): Promise<Item> => {
  const moment = moments[offset]!;
  const text = bytes.toString('utf8', offset, offset + Math.max(length, Math.min(shownBytes, lineRest(bytes, offset))));
  for await (const { finding } of find(asking, stepJob, undefined, [between(moment, moment + 1)]))
    return { kind: 'print', ...finding, offset, text };
  return { kind: 'print', moment, hart: 0, offset, text };
};

const lineRest = (bytes: Buffer, offset: number): number => {
  const end = bytes.indexOf('\n', offset);
  return (end < 0 ? bytes.length : end) - offset;
};

interface Printed {
  readonly bytes: Uint8Array;
  /** Of the step that printed it, for each byte. */
  readonly moments: readonly number[];
}

export const consoleJob: Job<undefined, Printed> = {
  name: 'console',
  *work(seat, _plan, interval) {
    const { target } = seat;
    const { machine, console } = target;
    const bytes: number[] = [];
    const moments: number[] = [];
    console.onBytes = (printed) => {
      for (const byte of printed) {
        bytes.push(byte);
        moments.push(machine.stepMoment);
      }
    };
    try {
      yield* seat.scan(
        interval,
        () => ({}),
        () => false,
      );
    } finally {
      console.onBytes = () => {};
    }
    return { bytes: Uint8Array.from(bytes), moments };
  },
};

/** Who makes the step at the beginning of an interval. */
export const stepJob: Job<undefined, Place> = {
  name: 'step',
  *work(seat, _plan, interval: Interval) {
    const { target } = seat;
    const { machine, timeline } = target;
    const before = machine.harts.map((hart) => ({
      steps: hart.count('steps'),
      place: placeAt(target, hart, timeline.now, hart.get('pc')),
    }));
    yield* seat.goTo(interval.to);
    const made = machine.harts.findIndex((hart, id) => hart.count('steps') !== before[id]!.steps);
    return before[made < 0 ? currentHart(machine).id : made]!.place;
  },
};
