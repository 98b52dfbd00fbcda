/**
 * Oracle, long mode: random programs on QEMU and on the machine, record by record, until ten million test slots have
 * been compared (CHRONOVISOR_ORACLE_SLOTS: another number; CHRONOVISOR_ORACLE_SEED: where the seeds begin).
 */

import { describe, expect, test } from 'vitest';
import { explainDifference, firstDifference } from './explain.ts';
import { runOurs } from './ours.ts';
import { generate, type Program, type Size } from './program.ts';
import { runQemu } from './qemu.ts';

const slotsWanted = Number(process.env.CHRONOVISOR_ORACLE_SLOTS ?? 10_000_000);
const firstSeed = Number(process.env.CHRONOVISOR_ORACLE_SEED ?? 1000);
const size: Size = { blocks: 100, slots: 32, iterations: 40 };
const programs = Math.ceil(slotsWanted / (size.blocks * size.slots * size.iterations));
/** Seeds of one test, so that progress shows. */
const batch = 10;

const check = async (seeds: readonly number[]) => {
  const differences: string[] = [];
  let next = start(seeds[0]!);
  for (const [index, seed] of seeds.entries()) {
    const { program, answer } = next;
    const following = seeds[index + 1];
    const expected = await answer;
    if (following !== undefined) next = start(following); // QEMU has a processor of its own
    const found = runOurs(program);
    const place = firstDifference(program, expected, found);
    if (place !== undefined) differences.push(explainDifference(program, place, expected, found));
    else if (program.seed !== seed) throw new Error('The seeds got out of step.');
  }
  expect(differences.join('\n')).toBe('');
};

const start = (seed: number): { readonly program: Program; readonly answer: Promise<Uint8Array> } => {
  const program = generate(seed, size);
  return { program, answer: runQemu(program) };
};

describe('random programs', () => {
  for (let first = 0; first < programs; first += batch) {
    const seeds = Array.from({ length: Math.min(batch, programs - first) }, (_, index) => firstSeed + first + index);
    test(
      `the machine does what QEMU does with seeds ${seeds[0]} to ${seeds.at(-1)}`,
      () => check(seeds),
      batch * 120_000,
    );
  }
});
