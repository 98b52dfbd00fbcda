/**
 * What the guest printed between two moments, with the moment of each byte, joined from what the session saw itself and
 * from the history index. It is about bytes; what a terminal makes of them is the terminal's.
 */

import { type Moment, moment } from '../../traces/time.ts';
import type { History, Interval } from '../../vmm/history/history.ts';
import type { ConsoleLog } from './console-log.ts';

export interface ConsoleChunk {
  /** Of the step that printed the first byte. */
  readonly moment: number;
  /** Of the first byte in all that was ever printed, where that is known. */
  readonly offset?: number;
  /** In base64. */
  readonly bytes: string;
  /** For each byte after the first, how many moments later than the byte before it; absent where all are of one moment. */
  readonly later?: readonly number[];
}

export interface ConsoleAnswer {
  /** Ascending, and all of what is known unless `to` says that there was too much. */
  readonly chunks: readonly ConsoleChunk[];
  readonly from: number;
  /** Up to where this is answered: ask again from here. */
  readonly to: number;
  /** The parts of it of which all is known, ascending and apart. */
  readonly known: readonly { readonly from: number; readonly to: number }[];
}

/** Bytes with moments that lie side by side. */
interface Run {
  readonly offset: number | undefined;
  readonly bytes: number[];
  readonly moments: number[];
}

export const consoleOf = (
  log: ConsoleLog | undefined,
  history: History | undefined,
  within: Interval,
  bytesMax: number,
): ConsoleAnswer => {
  const chunks: ConsoleChunk[] = [];
  const known: { from: number; to: number }[] = [];
  let rest = bytesMax;
  for (const { part, source } of partsOf(log?.known, history?.covered ?? [], within)) {
    if (rest <= 0) return { chunks, from: within.from, to: part.from, known };
    const { run, to } = source === 'log' ? runOfLog(log!, part, rest) : runOfHistory(history!, part, rest);
    rest -= run.bytes.length;
    if (run.bytes.length > 0) chunks.push(chunkOf(run));
    const last = known.at(-1);
    if (last?.to === part.from) last.to = to;
    else if (part.from < to) known.push({ from: part.from, to });
    if (to < part.to) return { chunks, from: within.from, to, known };
  }
  return { chunks, from: within.from, to: within.to, known };
};

interface Part {
  readonly part: Interval;
  readonly source: 'log' | 'history';
}

/** Who knows which part: the log what it has seen, the index the rest of what it covers. */
const partsOf = (seen: Interval | undefined, covered: readonly Interval[], within: Interval): Part[] => {
  const mine = seen && overlap(seen, within);
  const others = covered.flatMap((each) => {
    const part = overlap(each, within);
    if (mine === undefined) return [part];
    return [
      { from: part.from, to: moment(Math.min(part.to, mine.from)) },
      { from: moment(Math.max(part.from, mine.to)), to: part.to },
    ];
  });
  const parts: Part[] = others.map((part) => ({ part, source: 'history' }));
  if (mine !== undefined) parts.push({ part: mine, source: 'log' });
  return parts.filter(({ part }) => part.from < part.to).sort((one, other) => one.part.from - other.part.from);
};

const overlap = (one: Interval, other: Interval): Interval => ({
  from: moment(Math.max(one.from, other.from)),
  to: moment(Math.min(one.to, other.to)),
});

interface RunTo {
  /** Perhaps of no bytes. */
  readonly run: Run;
  /** Up to where: the part's end, unless there was too much. */
  readonly to: Moment;
}

const runOfLog = (log: ConsoleLog, part: Interval, bytesMax: number): RunTo => {
  const { offset, bytes, moments } = log.between(part.from, part.to, bytesMax);
  const run = { offset, bytes: [...bytes], moments: [...moments] };
  return { run, to: bytes.length < bytesMax ? part.to : moment(moments.at(-1)! + 1) };
};

const runOfHistory = (history: History, part: Interval, bytesMax: number): RunTo => {
  const run: { offset: number | undefined; bytes: number[]; moments: number[] } = {
    offset: undefined,
    bytes: [],
    moments: [],
  };
  for (const event of history.events(['console'], part)) {
    if (event.kind !== 'console') continue;
    if (run.bytes.length >= bytesMax) return { run, to: event.at };
    if (run.bytes.length === 0) run.offset = event.offset;
    for (const byte of event.bytes) {
      run.bytes.push(byte);
      run.moments.push(event.at);
    }
  }
  return { run, to: part.to };
};

const chunkOf = ({ offset, bytes, moments }: Run): ConsoleChunk => {
  const [first] = moments;
  const later = moments.slice(1).map((at, index) => at - moments[index]!);
  return {
    moment: first!,
    ...(offset !== undefined && { offset }),
    bytes: Buffer.from(bytes).toString('base64'),
    ...(later.some((steps) => steps !== 0) && { later }),
  };
};
