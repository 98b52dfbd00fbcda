/** Where values of small guests come from: every planted origin is found, through whatever the value went. */

import { expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import { registerNamed } from '../../vmm/history/origin/place.ts';
import { wayOf } from '../../vmm/history/origin/ways.ts';
import type { Assembler } from '../oracle/assembler.ts';
import { a0, a1, a2, a3, emitEnd, physical, t0, t1, t2, zero } from '../engine/small-guest.ts';
import { ask, beginnings, type Story, timelineOf } from './guests.ts';

/** Straight code, and where the bytes of a2 come from in its end. */
const check = (emit: (asm: Assembler) => void, expected: readonly string[], rest: Partial<Story> = {}): void => {
  const timeline = timelineOf({
    steps: 200,
    emit: (asm) => {
      emit(asm);
      emitEnd(asm);
      return undefined;
    },
    ...rest,
  });
  const { now } = timeline;
  const answer = ask(timeline, { place: registerNamed(0, 'a2')! });
  expect(beginnings(answer)).toEqual(expected);
  expect(timeline.now).toBe(now);
};

test('a constant', () => {
  check((asm) => asm.addi(a2, zero, 5), ['0+8 constant how immediate']);
});
