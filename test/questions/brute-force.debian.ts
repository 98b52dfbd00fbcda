/**
 * A thousand random questions of each kind, compared with single steps, on the farm's threads. It needs no Debian package, but
 * minutes. `CHRONOVISOR_QUESTIONS_SEED`: where its seeds begin.
 */

import { beforeAll, test } from 'vitest';
import { folder } from '../dap/fixture.ts';
import { bundleWorker } from '../farm/bundle.ts';
import { compareStretch, stretches } from './stretches.ts';

const seed = Number(process.env.CHRONOVISOR_QUESTIONS_SEED ?? 1000);

let workerFile = '';
beforeAll(async () => {
  workerFile = await bundleWorker(folder);
});

for (const isKnown of [false, true]) {
  for (const name of Object.keys(stretches)) {
    test(
      `1,000 questions to ${name} ${isKnown ? 'with' : 'without'} an index of its history`,
      { timeout: 1_800_000 },
      () => compareStretch(name, { stepsSingle: 60_000, questions: 250, seed, isKnown }, { threads: 2, workerFile }),
    );
  }
}
