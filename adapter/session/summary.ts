/** What a trace holds, as plain data for a program that shows it: what `info --json` says. */

import type { InputKind } from '../../traces/events.ts';
import type { Trace } from '../../traces/reader.ts';

export const summaryOf = (trace: Trace) => {
  const { header, end } = trace;
  const counts: Partial<Record<InputKind, number>> = {};
  for (const event of trace.events) counts[event.kind] = (counts[event.kind] ?? 0) + 1;
  return {
    formatVersion: header.formatVersion,
    createdBy: header.createdBy,
    machine: header.machine,
    images: header.images,
    ...(header.fork && { fork: header.fork }),
    steps: trace.until,
    complete: trace.complete,
    ...(end === undefined ? {} : { end }),
    ...(trace.damage === undefined ? {} : { damage: trace.damage.message }),
    events: counts,
    digests: trace.digests.count,
    start: trace.start,
    states: trace.states.map(({ at, cursor, sizeBytes }) => ({ at, cursor, sizeBytes })),
    bookmarks: trace.bookmarks().list,
    sizes: trace.sizes,
  };
};

/** For `JSON.stringify`: 64-bit values and bytes as hexadecimal text. */
export const jsonValue = (_: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return `0x${value.toString(16)}`;
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
};
