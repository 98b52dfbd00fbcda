/** Histories of some 10^12 steps, of which an index is put together and asked. */

import { expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import { BitmapColumns } from '../../vmm/history/bitmap-columns.ts';
import { writeWords } from '../../vmm/history/coverage-reader.ts';
import { HistoryIndex } from '../../vmm/history/history-index.ts';
import { lastWrite } from '../../vmm/history/origin/last-write.ts';
import { ramBase } from '../../vmm/machine/memory.ts';

const intervalSteps = 2 ** 22;
const page = 7;
const word = { address: ramBase + page * 4096, sizeBytes: 8 } as const;
const none = new Map<number, never>();

/** Of a history in which a word is written in every interval. */
const indexOf = (end: number, segments: number): HistoryIndex => {
  const index = new HistoryIndex(2 ** 24);
  const segmentSteps = Math.ceil(end / segments / intervalSteps) * intervalSteps;
  const bitmap = new Uint32Array(writeWords).fill(1);
  for (let from = 0; from < end; from += segmentSteps) {
    const written = new BitmapColumns(writeWords);
    for (let at = from; at < from + segmentSteps; at += intervalSteps) written.add(at / intervalSteps, page, bitmap);
    index.add({
      from: moment(from),
      to: moment(from + segmentSteps),
      intervalSteps,
      executed: none,
      written: written.finish(),
      mappings: none,
      elsewhere: [],
      events: new Uint8Array(),
      consoleBytes: 0,
      privileges: [3],
    });
  }
  return index;
};

test('the last write to a word that is written all the time, with the only checkpoint at the beginning', () => {
  const end = 8e11;
  const first = { at: moment(0), cursor: 0, record: { harts: [] }, pages: undefined };
  const search = {
    timeline: { checkpoints: { before: () => first } },
    ranges: [word],
    registers: [],
    before: moment(end),
    history: indexOf(end, 16),
    ran: () => false,
  } as unknown as Parameters<typeof lastWrite>[0];
  expect(lastWrite(search).next().value).toEqual({ searched: end });
});

test('a segment in which a word is written in 149,012 intervals', () => {
  const end = 149_012 * intervalSteps;
  const whole = { from: moment(0), to: moment(end) };
  expect(indexOf(end, 1).written(word.address, word.sizeBytes, whole).length).toBeGreaterThan(0);
});
