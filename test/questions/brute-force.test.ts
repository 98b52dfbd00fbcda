/** Answers from the whole history are what single steps find. The long form of this is brute-force.debian.ts. */

import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Asker } from '../../adapter/questions/api.ts';
import { bareElf, demoElf, record } from '../dap/fixture.ts';
import { answers, checkAll, checkExecutions, checkLastWrites, checkUserWrites } from './brute-force.ts';
import { stepThrough } from './oracle.ts';

const guests = resolve(import.meta.dirname, '../guests');

interface Stretch {
  readonly elf: string;
  readonly steps: number;
  /** Where the steps are made one by one. */
  readonly from: number;
  readonly words?: string;
}

const stretches: Readonly<Record<string, Stretch>> = {
  'a kernel with page tables': { elf: demoElf, steps: 4_000_000, from: 1_200_000 },
  'two processes': { elf: join(guests, 'processes/kernel-O2.elf'), steps: 100_000, from: 3_000 },
  'three harts in machine mode': { elf: bareElf('smp'), steps: 300_000, from: 0, words: '-smp 3' },
};

const stepsSingle = 12_000;

test('each byte of the console was printed by the step that single steps find', async () => {
  const trace = await record(bareElf('hello'), 'brute-hello', 100_000);
  const { prints } = await stepThrough(trace, 0, 100_000);
  expect(prints.length).toBeGreaterThan(5);
  const asker = await Asker.open({ trace, cache: false });
  for (const [offset, moment] of prints.entries())
    expect(await answers(asker.ask(`console-char ${offset}`))).toMatchObject([{ offset, moment }]);
  await asker.close();
});

for (const [name, { elf, steps, from, words }] of Object.entries(stretches)) {
  describe(name, () => {
    test('writes, executions and traps are what single steps find', async () => {
      const trace = await record(elf, `brute-${name.replaceAll(' ', '-')}`, steps, words);
      const stepped = await stepThrough(trace, from, stepsSingle);
      expect(stepped.writes.length).toBeGreaterThan(100);
      const asker = await Asker.open({ trace, cache: false });
      try {
        await checkLastWrites(asker, stepped, 25, 1);
        await checkUserWrites(asker, stepped, 15, 4);
        await checkExecutions(asker, stepped, 24, 2);
        await checkAll(asker, stepped, 4, 3);
      } finally {
        await asker.close();
      }
    });
  });
}
