/** Sections that are read page by page: what is loaded is what the file has, and nothing is read twice. */
import { expect, test } from 'vitest';
import { sparseSection } from '../../adapter/program/elf/sparse-section.ts';
import type { Section } from '../../adapter/program/elf.ts';

const original = Uint8Array.from({ length: 5 * 4096 + 100 }, (_, at) => (at * 7 + (at >> 8)) & 0xff);

const open = () => {
  const reads: [start: number, end: number][] = [];
  const readInto = (offset: number, target: Uint8Array): void => {
    reads.push([offset, offset + target.length]);
    target.set(original.subarray(offset, offset + target.length));
  };
  const section = { name: '.debug_info', sizeBytes: BigInt(original.length), readInto } as Section;
  return { reads, ...sparseSection('vmlinux', section) };
};

test('reads the pages of a range, and no other', () => {
  const { reads, bytes, load } = open();
  expect(reads).toEqual([]);
  load!(5000, 5010);
  expect(reads).toEqual([[4096, 8192]]);
  expect(bytes.subarray(5000, 5010)).toEqual(original.subarray(5000, 5010));
});

test('reads no page twice, and neighbours at once', () => {
  const { reads, bytes, load } = open();
  load!(9000, 9001);
  load!(9000, 9002);
  load!(0, bytes.length);
  load!(100, 20_000);
  expect(reads).toEqual([
    [8192, 12_288],
    [0, 8192],
    [12_288, original.length],
  ]);
  expect(Buffer.compare(bytes, original)).toBe(0);
});
