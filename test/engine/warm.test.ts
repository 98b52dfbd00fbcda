/** Translated code that is kept for another run: it is used from the first step on, and only where it belongs. */

import { describe, expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { a1, a2, createSmallGuest, emitEnd, emitLoop, physical, type SmallGuest } from './small-guest.ts';

const counting = (by: number): SmallGuest => ({
  emit: (asm) => {
    asm.li(a1, 3n);
    emitLoop(asm, 1000, () => asm.addi(a2, a2, by));
    emitEnd(asm);
    return undefined;
  },
  registers: { a2: 0 },
  result: BigInt(1000 * by),
  steps: 3100,
});

const ran = (guest: SmallGuest, prepare: (machine: Machine) => void): Machine => {
  const machine = createSmallGuest(guest);
  prepare(machine);
  machine.run(moment(guest.steps));
  expect(machine.harts[0]!.x(a2)).toBe(guest.result);
  return machine;
};

const kept = (guest: SmallGuest) =>
  ran(guest, ({ engine }) => {
    engine.warm([]);
    engine.translateEagerly();
  }).engine.warmth;

describe('translated code of an earlier run', () => {
  test('is taken at the first arrival, and kept again', () => {
    const modules = kept(counting(5));
    const { engine } = ran(counting(5), (machine) => machine.engine.warm(modules));
    expect(engine.counters.interpretedSteps).toBeLessThan(20);
    expect(engine.warmth).toEqual(modules);
  });

  test('is left where the code is another', () => {
    const modules = kept(counting(5));
    const { engine } = ran(counting(7), (machine) => machine.engine.warm(modules));
    expect(engine.counters.interpretedSteps).toBeGreaterThan(3000);
  });

  test('is dropped when the guest changes its code, like any', () => {
    const modules = kept(counting(5));
    const machine = createSmallGuest(counting(5));
    machine.engine.warm(modules);
    machine.run(moment(500));
    expect(machine.engine.regionCount).toBeGreaterThan(0);
    machine.writeRam(physical.code, machine.readRam(physical.code, 64)!);
    expect(machine.engine.regionCount).toBe(0);
  });

  test('is kept only when somebody wants it', () => {
    expect(ran(counting(5), ({ engine }) => engine.translateEagerly()).engine.warmth).toEqual([]);
  });
});
