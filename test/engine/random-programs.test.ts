/**
 * Tier equality over random programs, short mode: the same states at every stride, interpreted, translated, cut up and
 * switched on the way. The long mode, a thousand million steps, is random-programs.debian.ts.
 */

import { expect, test } from 'vitest';
import { createRandomMachine } from './random-machine.ts';
import { checkEqual } from './ways.ts';

const seeds = Array.from({ length: 24 }, (_, index) => index + 1);
const translated = new Map<string, number>();

for (const seed of seeds)
  test(`a random program does the same in each way to run it (seed ${seed})`, async () => {
    const machines = await checkEqual({ create: () => createRandomMachine(seed), stride: 5_000, strides: 5 }, seed);
    for (const [name, { engine }] of Object.entries(machines))
      translated.set(name, (translated.get(name) ?? 0) + engine.counters.regionRuns);
  });

test('the programs did run as translated code where they were to, and only there', () => {
  expect(translated.get('interpreted')).toBe(0);
  for (const name of ['translated eagerly', 'translated in random portions', 'switched'])
    expect(translated.get(name), name).toBeGreaterThan(300 * seeds.length);
});
