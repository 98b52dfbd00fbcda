/**
 * Whatever a program file holds, reading it ends soon, in little memory, with nothing but typed errors, and opens no other file.
 * `CHRONOVISOR_DAMAGE_SEEDS` says how many seeds (each is every kind of damage in turn), `CHRONOVISOR_DAMAGE_SEED` the first.
 */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostileThemes } from './damage-hostile.ts';
import { damageBudget, runDamage } from './damage-run.ts';

const guests = join(import.meta.dirname, '../guests');
const corpus = [
  ...['shapes-O2-5.elf', 'shapes-O0-4.elf', 'classes-O1-5.elf', 'shapes-O1-5.o'].map((name) => `source/${name}`),
  ...['bare/hello.elf', 'bare/smp.elf', 'bench/calls.elf', 'demo/demo.elf'],
].map((name) => join(guests, name));

describe('files that somebody made to keep a reader busy', () => {
  /** A few in each process: what one has taken is hidden by what an earlier one took. */
  const processFiles = 6;
  const check = async (names: readonly string[]): Promise<void> => {
    for (let first = 0; first < names.length; first += processFiles) {
      const hostile = names.slice(first, first + processFiles);
      const { faults, ...figures } = await runDamage({ hostile });
      console.log(`figures: ${JSON.stringify(figures)}`);
      expect(faults).toEqual([]);
      expect(figures.files).toBe(hostile.length);
    }
  };
  test.each(Object.entries(hostileThemes))('are read or refused: %s', (_, names) => check(names));
});

test('damaged files of the repository are read or refused', async () => {
  const { faults, ...figures } = await runDamage({ files: corpus, ...damageBudget(8_000) });
  console.log(`figures: ${JSON.stringify(figures)}`);
  expect(faults).toEqual([]);
});
