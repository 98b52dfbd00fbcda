/** The end of what was printed is kept within its bound, however it came. */

import { expect, test } from 'vitest';
import { ConsoleTail } from '../../adapter/session/console-tail.ts';
import { consoleBytesMax } from '../../traces/states.ts';

const printed = (sizeBytes: number): Uint8Array => Uint8Array.from({ length: sizeBytes }, (_, at) => (at * 7) % 251);

test.each([
  ['nothing', 0, 1],
  ['less than the bound', 1000, 1],
  ['just the bound', consoleBytesMax, 1],
  ['characters beyond it', 2 * consoleBytesMax + 1, 1],
  ['pieces beyond it', 5 * consoleBytesMax + 3, 1000],
  ['a piece that is larger than it', 3 * consoleBytesMax + 5, 3 * consoleBytesMax + 5],
])('of %s the end is kept', (_, sizeBytes, pieceBytes) => {
  const all = printed(sizeBytes);
  const tail = new ConsoleTail();
  for (let at = 0; at < sizeBytes; at += pieceBytes) tail.add(all.subarray(at, at + pieceBytes));
  expect(tail.totalBytes).toBe(sizeBytes);
  expect(Buffer.compare(tail.bytes(), all.slice(-consoleBytesMax))).toBe(0);
});

test('what was given out does not change with what is printed later', () => {
  const tail = new ConsoleTail();
  tail.add(Uint8Array.of(1, 2, 3));
  const given = tail.bytes();
  tail.add(Uint8Array.of(4));
  expect([...given, ...tail.bytes()]).toEqual([1, 2, 3, 1, 2, 3, 4]);
});
