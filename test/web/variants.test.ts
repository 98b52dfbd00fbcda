/** What a browser has in place of Node gives what Node gives; and nothing that is damaged makes it large. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, constants, crc32, deflateSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../adapter/host/hashes.ts';
import { browser } from '../../esbuild.plugins.mjs';
import type * as variants from './variants.ts';

const folder = mkdtempSync(join(tmpdir(), 'chronovisor-web-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let web: typeof variants;
beforeAll(async () => {
  const outfile = join(folder, 'variants.cjs');
  await build({ ...browser, entryPoints: [resolve(import.meta.dirname, 'variants.ts')], outfile });
  web = (await import(pathToFileURL(outfile).href)).default;
});

/** Bytes that compress in various ways. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 5_000 }),
  fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.nat(5_000)).map(([part, times]) => {
    const all = new Uint8Array(part.length * times);
    for (let at = 0; at < all.length; at += part.length) all.set(part, at);
    return all;
  }),
);

const packers = {
  brotli: {
    pack: (plain: Uint8Array) => brotliCompressSync(plain, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
    unpack: (packed: Uint8Array, sizeBytes: number) => web.compression.brotli.decompress(packed, sizeBytes),
  },
  zlib: { pack: deflateSync, unpack: (packed: Uint8Array, most: number) => web.compression.inflate(packed, most) },
  gzip: { pack: gzipSync, unpack: (packed: Uint8Array, most: number) => web.compression.gunzip(packed, most) },
} as const;

describe.each(Object.entries(packers))('what %s has packed', (_, { pack, unpack }) => {
  const packed = (plain: Uint8Array): Uint8Array => new Uint8Array(pack(plain));

  test('comes back', () =>
    fc.assert(fc.property(bytes, (plain) => void expect(unpack(packed(plain), plain.length)).toEqual(plain))));

  test('is refused if it is more than was asked for', () => {
    const bomb = packed(new Uint8Array(50_000_000));
    expect(() => unpack(bomb, 1_000)).toThrow();
    expect(() => unpack(packed(new Uint8Array(1_001)), 1_000)).toThrow();
  });

  test('is refused if it has no end', () => {
    const whole = packed(Uint8Array.from({ length: 3_000 }, (_each, index) => (index * index) % 251));
    expect(() => unpack(whole.subarray(0, whole.length >> 1), 3_000)).toThrow();
  });

  test('is never more than was asked for, and never anything but an error, if it is damaged', () =>
    fc.assert(
      fc.property(bytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (plain, at, flip) => {
        const damaged = packed(plain);
        damaged[at % damaged.length]! ^= flip;
        try {
          expect(unpack(damaged, plain.length).length).toBeLessThanOrEqual(plain.length);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    ));
});

test('a CRC-32 is that of Node, in pieces, too', () =>
  fc.assert(
    fc.property(bytes, bytes, (one, other) => {
      expect(web.compression.crc32(other, web.compression.crc32(one))).toBe(crc32(other, crc32(one)));
    }),
  ));

test('a SHA-256 is that of Node, of bytes and of texts', () =>
  fc.assert(
    fc.property(bytes, fc.string({ unit: 'grapheme' }), (one, text) => {
      const found = web.hashes.sha256().update(one).update(text).digest('hex');
      expect(found).toBe(sha256().update(one).update(text).digest('hex'));
    }),
  ));

test('random bytes are as many as were asked for, also more than a browser gives at once', () => {
  const found = web.hashes.randomBytes(200_000);
  expect(found).toHaveLength(200_000);
  expect(new Set(found.subarray(150_000)).size).toBe(256);
});

describe('names of files are those of POSIX', () => {
  const part = fc.oneof(fc.constantFrom('', '.', '..', '/', 'a', 'b.c'), fc.string({ maxLength: 4 }));
  const name = fc.array(part, { maxLength: 6 }).map((parts) => parts.join('/'));

  test.each(['basename', 'dirname', 'normalize', 'isAbsolute'] as const)('%s', (act) =>
    fc.assert(fc.property(name, (one) => void expect(web.paths[act](one)).toBe(posix[act](one)))),
  );

  test('join', () =>
    fc.assert(
      fc.property(fc.array(name), (names) => void expect(web.paths.join(...names)).toBe(posix.join(...names))),
    ));

  test('resolve, from the topmost folder', () =>
    fc.assert(
      fc.property(
        fc.array(name),
        (names) => void expect(web.paths.resolve(...names)).toBe(posix.resolve('/', ...names)),
      ),
    ));
});

test('turns come in the order in which they were waited for, and messages come between', async () => {
  const order: number[] = [];
  await Promise.all([0, 1, 2].map((each) => web.turns.nextTurn().then(() => order.push(each))));
  expect(order).toEqual([0, 1, 2]);
});

test('there are no threads', () => {
  expect(web.threads.hasThread(web.threads.threadFile('farm-worker'))).toBe(false);
  expect(() => web.threads.startThread('farm-worker', {})).toThrow('farm-worker');
});
