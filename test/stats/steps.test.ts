/** Which steps are whose, where the engine counts those of the interpreter. */

import { expect, test } from 'vitest';
import { type Stats, stepsOf } from '../../adapter/stats/stats.ts';

type Counted = Parameters<typeof stepsOf>[0];

const check = (counted: Partial<Counted>, expected: Stats['steps']): void =>
  expect(stepsOf({ steps: 1000, stepsWithoutCode: 0, engine: {}, traps: [], ...counted })).toEqual(expected);

test('nobody knows where the engine does not count', () => check({}, { made: 1000 }));

test('what the interpreter has not made is translated', () =>
  check({ engine: { interpretedSteps: 300 } }, { made: 1000, interpreted: 300, translated: 700 }));

test('the entry of an interrupt is neither', () =>
  check(
    { engine: { interpretedSteps: 300 }, traps: [{ code: 7, interrupt: true, count: 10 }] },
    { made: 1000, interpreted: 300, translated: 690 },
  ));

test('an exception is a step of the one that met it', () =>
  check(
    { engine: { interpretedSteps: 300 }, traps: [{ code: 8, interrupt: false, count: 10 }] },
    { made: 1000, interpreted: 300, translated: 700 },
  ));

test('with breakpoints all is interpreted, and the engine does not count it', () =>
  check(
    { stepsWithoutCode: 400, engine: { interpretedSteps: 300 } },
    { made: 1000, interpreted: 700, translated: 300 },
  ));
