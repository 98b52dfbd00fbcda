/** The inputs of two histories, compared. What comes in follows from nothing else, so histories of one machine are the same up to there. */

import type { InputEvent } from '../../traces/events.ts';
import { type Moment, moment } from '../../traces/time.ts';
import type { InputLog } from '../../vmm/timeline/timeline.ts';

/** The index of the first input at a moment or later; `count` when there is none. */
export const indexAt = (log: InputLog, at: Moment): number => {
  let [low, high] = [0, log.count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (log.get(middle).at < at) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** What comes in at a moment. */
export const inputsAt = (log: InputLog, at: Moment): InputEvent[] => {
  const found: InputEvent[] = [];
  for (let index = indexAt(log, at); index < log.count && log.get(index).at === at; index += 1) {
    found.push(log.get(index));
  }
  return found;
};

/** The moment of the first input that is not in both, each from an index on; nothing when all are. */
export const firstDifferingInput = (one: InputLog, other: InputLog, from = 0, otherFrom = 0): Moment | undefined => {
  let [here, there] = [from, otherFrom];
  for (; here < one.count && there < other.count; here += 1, there += 1) {
    const [event, twin] = [one.get(here), other.get(there)];
    // Of a fork and its parent they are mostly the same objects.
    if (event !== twin && inputText(event) !== inputText(twin)) return moment(Math.min(event.at, twin.at));
  }
  if (here < one.count) return one.get(here).at;
  return there < other.count ? other.get(there).at : undefined;
};

const inputText = (event: InputEvent): string =>
  JSON.stringify(event, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}`;
    return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
  });
