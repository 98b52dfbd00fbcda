/** A recording made with one tier of the engine is verified with any other, at every digest. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { recordIn, type TierName, tierNames, verifyIn } from '../support/tiers.ts';

const folder = mkdtempSync(join(tmpdir(), 'chronovisor-tiers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const demo = resolve(import.meta.dirname, '../guests/demo/demo.elf');

for (const recorder of ['interpreted', 'translated', 'switched'] as const satisfies readonly TierName[])
  test(`the demo kernel recorded ${recorder} is verified in every way`, async () => {
    const file = join(folder, `${recorder}.chrono`);
    const recorded = await recordIn(recorder, {
      file,
      machine: `-M virt -m 128M -nographic -bios none -kernel ${demo}`,
      marks: [{ name: 'its end', text: 'panic: freelist' }],
      digestStride: 100_000,
    });
    expect(recorded.complaint).toBe(undefined);
    expect(recorded.engine.regionRuns > 0, 'it ran as translated code').toBe(recorder !== 'interpreted');
    for (const tier of tierNames) {
      const verified = await verifyIn(tier, file);
      expect([verified.at, verified.compared], tier).toEqual([verified.end, verified.digests]);
      expect(verified.digests).toBeGreaterThan(20);
    }
  });
