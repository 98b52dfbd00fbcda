/** Compressed sections, as binutils writes them, and what `zstd` packs at all levels, against what was packed. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DebugInfo } from '../../adapter/program/debug-info.ts';
import { unpackZstd } from '../../adapter/program/zstd/zstd.ts';
import { build, folder, open, run, type Variant } from './toolchain.ts';

describe('sections compressed with zstd', () => {
  const check = (source: Variant['source'], ...flags: string[]): void => {
    const path = build({ source, flags });
    run('riscv64-linux-gnu-objcopy', ['--compress-debug-sections=zstd', path, `${path}.zstd`]);
    expect(run('riscv64-linux-gnu-readelf', ['-St', `${path}.zstd`])).toContain('ZSTD');
    const [plain, packed] = [open(path), open(`${path}.zstd`)];
    const compressed = packed.elf.sections.filter(({ flags: all }) => (all & 0x800n) !== 0n);
    expect(compressed.length).toBeGreaterThan(3);
    const bytesOf = ({ sections }: DebugInfo, name: string) => Buffer.from(sections.get(name).bytes);
    for (const { name } of compressed) expect(bytesOf(packed, name)).toEqual(bytesOf(plain, name));
    expect([...packed.names!]).toEqual([...plain.names!]);
    expect(packed.lineAt(0x8000_0010n)).toEqual(plain.lineAt(0x8000_0010n));
  };
  test('of C are what they were', () => check('shapes.c', '-O2', '-gdwarf-5'));
  test('of C++ are what they were', () => check('classes.cc', '-O2', '-gdwarf-4', '-fdebug-types-section'));
});

const levels = [['--fast=7'], ...[1, 3, 6, 9, 13, 16, 19].map((level) => [`-${level}`]), ['--ultra', '-22']];

/** Bytes in which nothing, something, or nearly all repeats. */
const contents = (seed: number): Uint8Array => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
  const bytes = new Uint8Array(next() % 400_000);
  for (let at = 0; at < bytes.length; ) {
    const [kind, length, distance] = [next() % 4, 1 + (next() % (1 << (next() % 14))), 1 + (next() % (at + 1))];
    for (let left = length; left > 0 && at < bytes.length; left--, at++) {
      bytes[at] = kind === 0 ? next() : kind === 1 ? 0x61 + (next() % 5) : kind === 2 ? bytes[at - distance]! : length;
    }
  }
  return bytes;
};

test.each(levels)(
  'what zstd %s packs is what it was',
  (...level) => {
    const guests = join(import.meta.dirname, '../guests');
    const files = ['demo/demo.elf', 'source/shapes-O2-5.elf', 'source/classes.cc'].map((name) =>
      readFileSync(join(guests, name)),
    );
    const all = [...files, ...Array.from({ length: 20 }, (_, seed) => contents(seed + 1))];
    const path = join(folder, 'contents');
    for (const [index, bytes] of all.entries()) {
      writeFileSync(path, bytes);
      const words = [...level, '-c', '-q', index % 2 === 0 ? '--check' : '--no-check', path];
      const packed = execFileSync('zstd', words, { maxBuffer: 2 ** 30 });
      expect(Buffer.compare(unpackZstd(packed, bytes.length), bytes)).toBe(0);
    }
  },
  1e9,
);
