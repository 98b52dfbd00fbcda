/**
 * How many steps a run goes on after its host has waited long enough: few where steps are slow, whatever makes them so. That
 * where a run ends shows in no state is slices.test.ts and, of random programs, ways.ts.
 */

import { expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { createBench, place, set } from './fixture.ts';
import { type SlowGuest, slowGuests } from './slow-guests.ts';

const portionSteps = 1_000_000;

/** The guest after a while, when all of it that will be translated is. */
const create = ({ code, registers = {} }: SlowGuest): Machine => {
  const machine = createBench();
  place(machine, 0x8000_0000, ...code);
  set(machine, { pc: 0x8000_0000, ...registers });
  machine.run(moment(portionSteps / 5));
  return machine;
};

/** Steps of one portion, of the last of some, when its host has no patience at all. */
const stepsMade = (machine: Machine): number => {
  machine.patience.waitUntil(() => true);
  let made = 0;
  for (let portion = 0; portion < 20; portion += 1) {
    const begun = machine.now;
    expect(machine.run(moment(begun + portionSteps)).reason).toBe('requested');
    made = machine.now - begun;
    expect(made).toBeGreaterThan(0);
  }
  return made;
};

for (const [name, guest] of Object.entries(slowGuests))
  test(`a guest that ${name} comes back after a few thousand steps`, () => {
    expect(stepsMade(create(guest))).toBeLessThan(4000);
  });

/** How often it is asked while a portion is made. */
const asked = (machine: Machine): number => {
  let times = 0;
  machine.patience.waitUntil(() => {
    times += 1;
    return false;
  });
  expect(machine.run(moment(machine.now + portionSteps)).reason).toBe('until');
  return times;
};

test('a guest of fast steps is asked about after slices alone', () => {
  const code = [
    ['addi', { rd: 5, rs1: 5, imm: 1n }],
    ['jal', { imm: -4n }],
  ] as const;
  expect(asked(create({ code }))).toBeLessThan(4);
});

test('a run that is waited for without an end goes as far as it is to go', () => {
  expect(asked(create(slowGuests['traps at each step']))).toBeGreaterThan(1000);
});

test('a run that nobody waits for goes as far as it is to go', () => {
  const machine = create(slowGuests['traps at each step']);
  machine.patience.waitUntil(() => true);
  machine.patience.waitUntil(undefined);
  expect(machine.run(moment(portionSteps)).reason).toBe('until');
  expect(machine.now).toBe(portionSteps);
});
