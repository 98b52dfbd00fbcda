/** The hash of a page in WebAssembly is XXH64, but for zeros. */

import { expect, test } from 'vitest';
import { loadXxh64 } from '../../traces/checksum.ts';
import {
  changedPages,
  changedPagesMax,
  pageBytes,
  pageFlag,
  pageFlagsBase,
  ramHash,
  ramOffset,
} from '../../vmm/engine/layout.ts';
import { createMemory } from '../../vmm/machine/memory.ts';
import { createPageHashing } from '../../vmm/machine/page-hash.ts';

const xxh64 = await loadXxh64();
const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
const { page: hashPage } = createPageHashing(memory);

/** What `fill` leaves in a page is hashed as XXH64 has it, for the page's number as the seed. */
const check = (page: number, fill: (bytes: Uint8Array) => void): void => {
  const bytes = new Uint8Array(memory.buffer, 2 * pageBytes, pageBytes).fill(0);
  fill(bytes);
  expect(BigInt.asUintN(64, hashPage(2 * pageBytes, BigInt(page)))).toBe(xxh64(bytes, BigInt(page)));
};

test('a page of ones hashes as XXH64 has it', () => check(0, (bytes) => bytes.fill(0xff)));
test('a page of counted bytes hashes as XXH64 has it', () =>
  check(1, (bytes) => bytes.set(bytes.map((_, index) => index))));
test('one bit in the last byte is enough to be no page of zeros', () =>
  check(524_287, (bytes) => (bytes[4095] = 0x80)));
test('one bit in each of the places of a stripe is seen', () => {
  for (let at = 0; at < 32; at += 1) check(at, (bytes) => (bytes[at + 64] = 1));
});
test('pages of pseudorandom bytes hash as XXH64 has it', () => {
  let word = 1;
  for (let page = 0; page < 100; page += 1)
    check(page * 5000, (bytes) => {
      for (const index of bytes.keys()) {
        word = (Math.imul(word, 1_664_525) + 1_013_904_223) | 0;
        bytes[index] = word >>> 24;
      }
    });
});

test('a page of zeros hashes to 0', () => {
  new Uint8Array(memory.buffer).fill(0xff).fill(0, pageBytes, 2 * pageBytes);
  expect(hashPage(pageBytes, 7n)).toBe(0n);
});

test('pages that changed are found in order, each once, with what they change', () => {
  const { u8, u32, u64, wasm, ramPages } = createMemory(2 ** 20);
  const { changes } = createPageHashing(wasm);
  const changed = [0, 7, 8, 9, 63, 200, ramPages - 1];
  const bytesOf = (page: number): Uint8Array =>
    u8.subarray(ramOffset + page * pageBytes, ramOffset + (page + 1) * pageBytes);
  const found = (): [number, number][] => {
    expect(changes(0, ramPages)).toBe(ramPages);
    const column = (at: number): number[] => [...u32.subarray(at >>> 2, (at >>> 2) + u32[changedPages.count >>> 2]!)];
    return column(changedPages.indices).map((page, at) => [page, column(changedPages.hashes)[at]!]);
  };
  const write = (page: number, at: number, value: number): void => {
    bytesOf(page)[at] = value;
    u8[pageFlagsBase + page]! |= pageFlag.dirtySinceDigest;
  };
  const low = (page: number): number => Number(BigInt.asUintN(32, xxh64(bytesOf(page), BigInt(page))));
  const sum = (pages: readonly number[]): bigint =>
    BigInt.asUintN(
      64,
      pages.map((page) => xxh64(bytesOf(page), BigInt(page))).reduce((one, other) => one + other),
    );
  u8.fill(pageFlag.dirtySinceCheckpoint | pageFlag.code, pageFlagsBase, pageFlagsBase + ramPages);
  for (const page of changed) write(page, page, 1);
  expect(found()).toEqual(changed.map((page) => [page, low(page)]));
  expect(u64[ramHash >>> 3]).toBe(sum(changed));
  expect(found()).toEqual([]);
  write(8, 5, 9);
  write(63, 63, 0); // zeros again
  write(200, 200, 1); // as it was
  expect(found()).toEqual([
    [8, low(8)],
    [63, 0],
  ]);
  expect(u64[ramHash >>> 3]).toBe(sum(changed.filter((page) => page !== 63)));
  expect(new Set(u8.subarray(pageFlagsBase, pageFlagsBase + ramPages))).toEqual(
    new Set([pageFlag.dirtySinceCheckpoint | pageFlag.code]),
  );
});

test('more pages than are told at once are told in turns', () => {
  const { u8, u32, wasm, ramPages } = createMemory(2 ** 25);
  const { changes } = createPageHashing(wasm);
  for (let page = 0; page < ramPages; page += 1) u8[ramOffset + page * pageBytes] = 1;
  u8.fill(pageFlag.dirtySinceDigest, pageFlagsBase, pageFlagsBase + ramPages);
  const turns: [number, number][] = [];
  for (let page = 0; page < ramPages; turns.push([page, u32[changedPages.count >>> 2]!]))
    page = changes(page, ramPages);
  expect(ramPages).toBe(2 * changedPagesMax);
  expect(turns).toEqual([
    [changedPagesMax, changedPagesMax],
    [ramPages, changedPagesMax],
  ]);
});
