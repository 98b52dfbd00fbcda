/** Stretches of recordings that single steps go through, to be compared with answers. */

import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { Asker, type AskerOptions } from '../../adapter/questions/api.ts';
import { moment } from '../../traces/time.ts';
import { bareElf, demoElf, record } from '../dap/fixture.ts';
import { checkAll, checkConsole, checkExecutions, checkLastWrites, checkUserWrites } from './brute-force.ts';
import { historyOf } from './history.ts';
import { stepThrough } from './oracle.ts';

const guests = resolve(import.meta.dirname, '../guests');

interface Stretch {
  readonly elf: string;
  /** Of the recording. */
  readonly steps: number;
  /** Where the steps are made one by one. */
  readonly from: number;
  readonly words?: string;
}

export const stretches: Readonly<Record<string, Stretch>> = {
  'a kernel with page tables': { elf: demoElf, steps: 4_000_000, from: 1_200_000 },
  'two processes': { elf: join(guests, 'processes/kernel-O2.elf'), steps: 100_000, from: 3_000 },
  'a program that prints': { elf: bareElf('hello'), steps: 100_000, from: 0 },
  'three harts in machine mode': { elf: bareElf('smp'), steps: 300_000, from: 0, words: '-smp 3' },
};

export interface Comparison {
  readonly stepsSingle: number;
  /** Of each kind that the stretch has. */
  readonly questions: number;
  readonly seed: number;
  /** Whether there is an index of the history. */
  readonly isKnown: boolean;
}

export const compareStretch = async (
  name: string,
  { stepsSingle, questions, seed, isKnown }: Comparison,
  options: AskerOptions = {},
): Promise<void> => {
  const { elf, steps, from, words } = stretches[name]!;
  const trace = await record(elf, `stretch-${name.replaceAll(' ', '-')}-${isKnown}`, steps, words);
  const stepped = await stepThrough(trace, from, stepsSingle);
  expect(stepped.writes.length).toBeGreaterThan(5);
  // The end is not known, as while the index is being made.
  const history = isKnown ? await historyOf(trace, moment(stepped.to - 1_000)) : undefined;
  const asker = await Asker.open({ trace, cache: false }, { history: () => history, ...options });
  try {
    await checkLastWrites(asker, stepped, questions, seed);
    await checkUserWrites(asker, stepped, questions, seed + 1);
    await checkExecutions(asker, stepped, questions, seed + 2);
    await checkAll(asker, stepped, Math.ceil(questions / 8), seed + 3);
    await checkConsole(asker, stepped);
  } finally {
    await asker.close();
  }
};
