/** Answers from the whole history are what single steps find. The long form of this is brute-force.debian.ts. */

import { describe, test } from 'vitest';
import { compareStretch, stretches } from './stretches.ts';

for (const isKnown of [false, true]) {
  describe(isKnown ? 'with an index of the history' : 'where nothing is known of the history', () => {
    for (const name of Object.keys(stretches)) {
      test(`writes, executions, traps and prints of ${name} are what single steps find`, () =>
        compareStretch(name, { stepsSingle: 12_000, questions: 24, seed: 1, isKnown }));
    }
  });
}
