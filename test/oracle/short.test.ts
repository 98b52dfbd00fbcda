/**
 * Oracle, short mode: the machine executes random RV64GC programs as QEMU did. Needs no QEMU: its answers are kept as
 * hashes in golden/. The long mode, against QEMU itself, is long.debian.ts.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadXxh64 } from '../../traces/checksum.ts';
import { compressedRows, rows } from '../../vmm/isa/table.ts';
import { differencesFrom, goldenName, shortSeeds, shortSize } from './golden.ts';
import { runOurs } from './ours.ts';
import { generate } from './program.ts';

describe('random programs', async () => {
  const hash = await loadXxh64();

  const check = (seed: number) => {
    const program = generate(seed, shortSize);
    const golden = readFileSync(join(import.meta.dirname, 'golden', goldenName(seed)), 'utf8');
    expect(differencesFrom(golden, program, runOurs(program), hash).join('\n')).toBe('');
  };

  for (const seed of shortSeeds) test(`the machine does what QEMU did with seed ${seed}`, () => check(seed));

  test('every row of the instruction tables is executed by the short seeds', () => {
    const covered = new Set(
      shortSeeds.flatMap((seed) =>
        generate(seed, shortSize).blocks.flatMap(({ slots }) => slots.map(({ about }) => about)),
      ),
    );
    expect([...rows, ...compressedRows].map(({ name }) => name).filter((name) => !covered.has(name))).toEqual([]);
  });
});
