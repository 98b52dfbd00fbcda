/**
 * Linux in every tier of the engine: its boot, its processes and its end are recorded with one, and each other one, cut
 * up and switched on the way too, comes to the same states. `FORKS` says how many processes its shell makes;
 * CHRONOVISOR_LINUX_TIERS=all asks for every pair, which takes a quarter of an hour.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Mark } from '../bench/dialogue.ts';
import { recordIn, type TierName, tierNames, verifyIn } from '../support/tiers.ts';
import { linux, shellPrompt } from './guests.ts';

const forks = Number(process.env.FORKS ?? 60);
const timeoutMs = 1_800_000;
const folder = mkdtempSync(join(tmpdir(), 'chronovisor-tiers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const loop = `i=0; while [ $i -lt ${forks} ]; do (/bin/true); i=$((i+1)); done; echo forks: $i\n`;
const marks: readonly Mark[] = [
  { name: 'boot', text: shellPrompt, answer: loop },
  { name: 'forks', text: `forks: ${forks}\r` },
  { name: 'prompt', text: shellPrompt, answer: 'poweroff -f\n' },
  { name: 'end', text: 'Power down' },
];

const machines = { 'one hart': linux(), 'two harts': linux('-smp 2') } as const;
/** What is recorded with which; and with which of the others it is verified. */
const allCases: readonly (readonly [keyof typeof machines, TierName, readonly TierName[]])[] = [
  ['one hart', 'interpreted', tierNames.filter((name) => name !== 'interpreted')],
  ['one hart', 'translated', ['interpreted']],
  ['two harts', 'translated', ['interpreted', 'switched']],
];

const cases =
  process.env.CHRONOVISOR_LINUX_TIERS === 'all'
    ? allCases
    : allCases.slice(1).map(([harts, recorder, verifiers]) => [harts, recorder, verifiers.slice(-1)] as const);

for (const [harts, recorder, verifiers] of cases) {
  const file = join(folder, `${harts} ${recorder}.chrono`.replaceAll(' ', '-'));
  test(`Linux on ${harts} is recorded ${recorder}`, { timeout: timeoutMs }, async () => {
    const { steps, complaint, engine } = await recordIn(recorder, {
      file,
      machine: machines[harts],
      marks,
      digestStride: 1_000_000,
    });
    expect(complaint).toBe(undefined);
    process.stdout.write(
      `figures: Linux on ${harts}, recorded ${recorder} | ${steps} steps | ${JSON.stringify(engine)}\n`,
    );
  });
  for (const tier of verifiers)
    test(`Linux on ${harts} recorded ${recorder} is verified ${tier}`, { timeout: timeoutMs }, async () => {
      const verified = await verifyIn(tier, file);
      expect([verified.at, verified.compared]).toEqual([verified.end, verified.digests]);
      process.stdout.write(
        `figures: Linux on ${harts}, recorded ${recorder}, verified ${tier} | ${JSON.stringify(verified)}\n`,
      );
    });
}
