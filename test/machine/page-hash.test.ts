/** The hashes of a page in WebAssembly are XXH64 and what the other's description says in plain numbers, but for zeros. */

import { describe, expect, test } from 'vitest';
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

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const golden = 0x9e37_79b9_7f4a_7c15n;
const splitMix = (state: bigint): bigint => {
  const one = u64((state ^ (state >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
  const two = u64((one ^ (one >> 27n)) * 0x94d0_49bb_1331_11ebn);
  return two ^ (two >> 31n);
};
const keys = Array.from({ length: pageBytes / 8 }, (_, index) => splitMix(u64(golden * BigInt(index + 1)))).flatMap(
  (key) => [key & 0xffff_ffffn, key >> 32n],
);

const nh = (bytes: Uint8Array, seed: bigint): bigint => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, pageBytes);
  const word = (index: number): bigint => BigInt(view.getUint32(index * 4, true));
  const keyed = (index: number): bigint => BigInt.asUintN(32, word(index) + keys[index]!);
  const sums = [0n, 0n, 0n, 0n];
  for (let stripe = 0; stripe < pageBytes / 4; stripe += 8)
    for (const lane of sums.keys()) {
      const product = keyed(stripe + lane) * keyed(stripe + lane + 4);
      sums[lane]! += product + word(stripe + lane * 2) + (word(stripe + lane * 2 + 1) << 32n);
    }
  return sums.reduce((hash, sum) => splitMix(u64((hash ^ u64(sum)) + golden)), seed);
};

test('SplitMix64 begins from 0 as its authors print it', () => expect(splitMix(golden)).toBe(0xe220_a839_7b1d_cdafn));

describe.each([
  ['nh', nh],
  [undefined, xxh64],
] as const)('the page hash %s', (kind, hashOf) => {
  const { u8: memory, wasm } = createMemory(2 ** 20);
  const { page: hashPage } = createPageHashing(wasm, kind);

  /** What `fill` leaves in a page is hashed as it should, for the page's number as the seed. */
  const check = (page: number, fill: (bytes: Uint8Array) => void): void => {
    const bytes = memory.subarray(ramOffset + pageBytes, ramOffset + 2 * pageBytes).fill(0);
    fill(bytes);
    expect(u64(hashPage(ramOffset + pageBytes, BigInt(page)))).toBe(hashOf(bytes, BigInt(page)));
  };

  test('is right of ones', () => check(0, (bytes) => bytes.fill(0xff)));
  test('is right of counted bytes', () => check(1, (bytes) => bytes.set(bytes.map((_, index) => index))));
  test('sees one bit in the last byte', () => check(524_287, (bytes) => (bytes[4095] = 0x80)));
  test('sees one bit in each of the places of stripes', () => {
    for (let at = 0; at < 256; at += 1) check(at, (bytes) => (bytes[at + 64] = 1));
  });
  test('is right of pseudorandom bytes', () => {
    let word = 1;
    for (let page = 0; page < 100; page += 1)
      check(page * 5000, (bytes) => {
        for (let at = 0; at < bytes.length; at += 1) {
          word = (Math.imul(word, 1_103_515_245) + 12_345) >>> 0;
          bytes[at] = word >>> 24;
        }
      });
  });
  test('is 0 of zeros', () => {
    memory.fill(0xff, ramOffset, ramOffset + 3 * pageBytes).fill(0, ramOffset + pageBytes, ramOffset + 2 * pageBytes);
    expect(hashPage(ramOffset + pageBytes, 7n)).toBe(0n);
  });
});

test('pages that changed are found in order, each once, with what they change', () => {
  const { u8, u32, u64: longs, wasm, ramPages } = createMemory(2 ** 20);
  const { changes } = createPageHashing(wasm, 'nh');
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
  const low = (page: number): number => Number(BigInt.asUintN(32, nh(bytesOf(page), BigInt(page))));
  const sum = (pages: readonly number[]): bigint =>
    u64(pages.map((page) => nh(bytesOf(page), BigInt(page))).reduce((one, other) => one + other));
  u8.fill(pageFlag.dirtySinceCheckpoint | pageFlag.code, pageFlagsBase, pageFlagsBase + ramPages);
  for (const page of changed) write(page, page, 1);
  expect(found()).toEqual(changed.map((page) => [page, low(page)]));
  expect(longs[ramHash >>> 3]).toBe(sum(changed));
  expect(found()).toEqual([]);
  write(8, 5, 9);
  write(63, 63, 0); // zeros again
  write(200, 200, 1); // as it was
  expect(found()).toEqual([
    [8, low(8)],
    [63, 0],
  ]);
  expect(longs[ramHash >>> 3]).toBe(sum(changed.filter((page) => page !== 63)));
  expect(new Set(u8.subarray(pageFlagsBase, pageFlagsBase + ramPages))).toEqual(
    new Set([pageFlag.dirtySinceCheckpoint | pageFlag.code]),
  );
});

test('more pages than are told at once are told in turns', () => {
  const { u8, u32, wasm, ramPages } = createMemory(2 ** 25);
  const { changes } = createPageHashing(wasm, 'nh');
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
