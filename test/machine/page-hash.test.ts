/** The hash of a page in WebAssembly is XXH64, but for zeros. */

import { expect, test } from 'vitest';
import { loadXxh64 } from '../../traces/checksum.ts';
import { pageBytes, pageFlag, pageFlagsBase, ramOffset, scratch } from '../../vmm/engine/layout.ts';
import { createMemory } from '../../vmm/machine/memory.ts';
import { createPageHashes } from '../../vmm/machine/page-hash.ts';

const xxh64 = await loadXxh64();
const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
const { page: hashPage } = createPageHashes(memory);

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

test('pages that changed are found in order, each once, with its hash', () => {
  const { u8, u64, wasm, ramPages } = createMemory(2 ** 20);
  const { next } = createPageHashes(wasm);
  const changed = [0, 7, 8, 9, 63, 200, ramPages - 1];
  u8.fill(pageFlag.dirtySinceCheckpoint | pageFlag.code, pageFlagsBase, pageFlagsBase + ramPages);
  for (const page of changed) {
    u8[ramOffset + page * pageBytes + page] = 1;
    u8[pageFlagsBase + page]! |= pageFlag.dirtySinceDigest;
  }
  const found: [number, bigint][] = [];
  for (let page = next(0, ramPages); page >= 0; page = next(page + 1, ramPages))
    found.push([page, u64[scratch.value >>> 3]!]);
  const bytesOf = (page: number): Uint8Array =>
    u8.slice(ramOffset + page * pageBytes, ramOffset + (page + 1) * pageBytes);
  expect(found).toEqual(changed.map((page) => [page, xxh64(bytesOf(page), BigInt(page))]));
  expect(next(0, ramPages)).toBe(-1);
  expect(new Set(u8.subarray(pageFlagsBase, pageFlagsBase + ramPages))).toEqual(
    new Set([pageFlag.dirtySinceCheckpoint | pageFlag.code]),
  );
});
