/** The memory view's rows: which bytes are where, which changed, and which cannot be read. */
import { describe, expect, test } from 'vitest';
import { beginOf, bytesOf, expressionOfBytes, moved, rowsOf } from '../../extension/src/views/memory/rows.ts';

const read = (address: bigint, text: string, count: number) =>
  bytesOf({ address: `0x${address.toString(16)}`, data: btoa(text) }, address, count);

describe('a row of memory', () => {
  /** Where it is, its bytes, and what they say. */
  const check = (address: bigint, text: string, count: number) =>
    rowsOf(read(address, text, count), undefined).map(
      ({ address: at, cells }) =>
        `${at} ${cells.map((cell) => cell.text).join(' ')} ${cells.map((cell) => cell.sign).join('')}`,
    );

  test('has sixteen bytes with their signs', () =>
    expect(check(0x8000_0010n, 'panic: \0\x7fnode~!?', 16)).toEqual([
      '0000000080000010 70 61 6e 69 63 3a 20 00 7f 6e 6f 64 65 7e 21 3f panic: ..node~!?',
    ]));
  test('shows bytes that cannot be read', () =>
    expect(check(0xffff_ffc0_0000_0ffen, 'a', 3)).toEqual(['ffffffc000000ffe 61 ·· ·· a  ']));
  test('goes on at the end of the address space', () =>
    expect(rowsOf(read(2n ** 64n - 16n, '', 32), undefined).map(({ address }) => address)).toEqual([
      'fffffffffffffff0',
      '0000000000000000',
    ]));
});

describe('bytes that changed', () => {
  /** Which of four bytes at 0x100 are marked. */
  const check = (address: bigint, text: string) =>
    rowsOf(read(0x100n, 'abcd', 4), read(address, text, text.length))[0]!.cells.map(({ changed }) => changed);

  test('are those that were others', () => expect(check(0x100n, 'aXcX')).toEqual([false, true, false, true]));
  test('are none of those that were not looked at', () =>
    expect(check(0x102n, 'XX')).toEqual([false, false, true, true]));
});

describe('the memory view', () => {
  test('begins with a whole row', () => expect(beginOf(0x8000_5ffbn)).toBe(0x8000_5ff0n));
  test('moves within the address space', () => expect(moved(0x10n, -512)).toBe(2n ** 64n - 496n));
  test('asks about the bytes that were chosen, in either direction', () => {
    expect(expressionOfBytes(0x1007n, 0x1000n)).toBe('0x1000,8');
    expect(expressionOfBytes(0x1000n, 0x1000n)).toBe('0x1000,1');
  });
});
