/**
 * Tier equality over random programs, long mode: until a thousand million steps were made in all ways together
 * (CHRONOVISOR_TIER_STEPS: another number; CHRONOVISOR_TIER_SEED: where the seeds begin). It prints what was run.
 */

import { expect, test } from 'vitest';
import { createRandomMachine } from './random-machine.ts';
import { checkEqual, wayNames } from './ways.ts';

const stepsWanted = Number(process.env.CHRONOVISOR_TIER_STEPS ?? 1_000_000_000);
const firstSeed = Number(process.env.CHRONOVISOR_TIER_SEED ?? 1000);
const stride = 50_000;
const strides = 16;
/** Steps of one seed in all ways. */
const seedSteps = wayNames.length * stride * strides;
const seedCount = Math.ceil(stepsWanted / seedSteps);
/** Seeds of one test, so that progress shows. */
const batch = 10;

const figures = { programs: 0, steps: 0, traps: 0, regions: 0, codeDrops: 0, regionRuns: 0, digests: 0 };

for (let first = firstSeed; first < firstSeed + seedCount; first += batch) {
  const last = Math.min(first + batch, firstSeed + seedCount) - 1;
  test(`random programs do the same in each way to run them (seeds ${first} to ${last})`, async () => {
    for (let seed = first; seed <= last; seed += 1) {
      const machines = await checkEqual({ create: () => createRandomMachine(seed), stride, strides }, seed);
      figures.programs += 1;
      for (const { stepsMade, harts, engine, translations } of Object.values(machines)) {
        figures.steps += stepsMade;
        figures.digests += strides;
        figures.traps += harts.reduce((sum, hart) => sum + hart.count('traps'), 0);
        figures.regions += engine.counters.regions;
        figures.regionRuns += engine.counters.regionRuns;
        figures.codeDrops += translations.codeDrops;
      }
    }
  }, 600_000);
}

test('as many steps as were wanted were made', () => {
  process.stdout.write(`figures: random programs | ${JSON.stringify(figures)}\n`);
  expect(figures.steps).toBeGreaterThanOrEqual(stepsWanted);
});
