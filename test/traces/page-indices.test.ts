/** Indices of pages in a chunk. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packPages, unpackPages } from '../../traces/page-indices.ts';

const pagesMax = 2 ** 31;
const packed = (pages: readonly number[]): Uint8Array => packPages(Uint32Array.from(pages));

describe('indices of pages', () => {
  test('are again what they were', () => {
    const ascending = fc.uniqueArray(fc.nat(pagesMax - 1)).map((pages) => pages.sort((one, other) => one - other));
    fc.assert(
      fc.property(ascending, (pages) => {
        expect(unpackPages(packed(pages), pagesMax)).toEqual(pages);
      }),
    );
  });

  test('of long runs are again what they were', () => {
    const lengths = fc.array(fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 300 })));
    fc.assert(
      fc.property(lengths, (gaps) => {
        const pages: number[] = [];
        for (const [gap, length] of gaps) {
          const first = (pages.at(-1) ?? -1) + 1 + gap;
          for (let page = first; page < first + length; page += 1) pages.push(page);
        }
        expect(unpackPages(packed(pages), pagesMax)).toEqual(pages);
      }),
    );
  });

  test('are a byte each where pages follow each other, and at most five', () => {
    expect(packed([3, 4, 5])).toEqual(Uint8Array.of(3, 0, 0));
    expect(packed([0, 129, 258 + 128])).toEqual(Uint8Array.of(0, 0x80, 1, 0x80, 2));
    expect(packed([pagesMax - 1])).toHaveLength(5);
  });

  test.each([[[1, 1]], [[5, 3]]])('that do not ascend are not packed: %j', (pages) => {
    expect(() => packed(pages)).toThrow(/^page \d where \d/);
  });

  test('beyond RAM are refused', () => {
    expect(() => unpackPages(packed([4, 9]), 9)).toThrow('page 9 of 9');
    expect(unpackPages(packed([4, 9]), 10)).toEqual([4, 9]);
  });

  test('that are torn are refused', () => {
    expect(() => unpackPages(Uint8Array.of(0x80), 100)).toThrow();
  });
});
