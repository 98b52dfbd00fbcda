/**
 * Makes the short mode's golden answers anew: `CHRONOVISOR_TESTS=debian CHRONOVISOR_ACCEPT=oracle npx vitest run
 * test/oracle/accept.debian.ts`. Without the second variable it compares what QEMU says now with what is kept.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadXxh64 } from '../../traces/checksum.ts';
import { goldenName, goldenOf, shortSeeds, shortSize } from './golden.ts';
import { generate } from './program.ts';
import { qemuVersion, runQemu } from './qemu.ts';

const folder = join(import.meta.dirname, 'golden');
const accepting = process.env.CHRONOVISOR_ACCEPT === 'oracle';

describe('golden answers', async () => {
  const hash = await loadXxh64();
  const version = await qemuVersion();

  const check = async (seed: number) => {
    const program = generate(seed, shortSize);
    const golden = goldenOf(program, await runQemu(program), version, hash);
    const file = join(folder, goldenName(seed));
    if (accepting) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, golden);
    }
    expect(readFileSync(file, 'utf8')).toBe(golden);
  };

  for (const seed of shortSeeds) test(`QEMU's answers for seed ${seed} are those that are kept`, () => check(seed));
});
