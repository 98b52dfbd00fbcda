/** Branches that lead to the next instruction, taken or not: what follows them is one block, to which one edge leads. */

import { expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import { Label } from '../oracle/assembler.ts';
import { a0, a1, a2, checkSmallGuest, createSmallGuest, emitEnd, emitLoop, type SmallGuest } from './small-guest.ts';

const times = 40;
const guestOf = (branches: number): SmallGuest => ({
  emit: (asm) => {
    emitLoop(asm, times, () => {
      for (let count = 0; count < branches; count += 1) {
        const next = new Label();
        asm.addi(a2, a2, 1);
        asm.branch('beq', a0, a1, next);
        asm.bind(next);
      }
    });
    emitEnd(asm);
    return undefined;
  },
  result: BigInt(branches * times),
  steps: times * (2 * branches + 4),
});

test.each([4, 20, 40])('%i of them one after another are as much code as they are instructions', (branches) => {
  const machine = createSmallGuest(guestOf(branches));
  machine.engine.translating = true;
  machine.engine.translateEagerly();
  machine.run(moment(guestOf(branches).steps));
  const { codeBytes, instructions } = machine.engine.counters;
  expect(codeBytes / instructions).toBeLessThan(100);
});

test('it does the same in each way', () => checkSmallGuest(guestOf(20)));
