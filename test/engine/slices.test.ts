/**
 * Slices: how a run is cut up changes nothing. A guest run in one go, in random portions, with the breakpoint filter
 * armed, with stops at traps and ended early has equal state digests at the same moments.
 */

import { expect, test } from 'vitest';
import { loadXxh64 } from '../../traces/checksum.ts';
import { type Moment, moment } from '../../traces/time.ts';
import { Digester, type Hash64 } from '../../vmm/machine/digest.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import type { Stop } from '../../vmm/machine/stops.ts';
import { Random } from '../oracle/random.ts';
import { type Changes, createGuest } from './fixture.ts';

/** Takes a machine to a moment, or to where it ends before; gives the stop that ended it. */
type Way = (machine: Machine, until: Moment) => Stop;

const inOneGo: Way = (machine, until) => machine.run(until);

const inPortions =
  (random: Random, stepsMax: number): Way =>
  (machine, until) => {
    for (;;) {
      const portion = random.oneIn(4) ? 1 + random.below(3) : 1 + random.below(stepsMax);
      const stop = machine.run(moment(Math.min(until, machine.now + portion)));
      if (stop.reason !== 'until' || machine.now === until) return stop;
    }
  };

/** With breakpoints where the guest has been seen: each hit is passed by one step that is not armed. */
const armed =
  (addresses: readonly bigint[]): Way =>
  (machine, until) => {
    machine.engine.arm(addresses);
    for (;;) {
      const stop = machine.run(until, { armed: true });
      if (stop.reason !== 'breakpoint') return stop;
      const passed = machine.run(moment(Math.min(until, machine.now + 1)));
      if (passed.reason !== 'until') return passed;
    }
  };

const stoppingAtTraps: Way = (machine, until) => {
  for (;;) {
    const stop = machine.run(until, { traps: true });
    if (stop.reason !== 'trap') return stop;
  }
};

/** Saved and restored at random moments: nothing that is not saved may matter. */
const restoredOnTheWay =
  (random: Random, stepsMax: number): Way =>
  (machine, until) => {
    for (;;) {
      const stop = machine.run(moment(Math.min(until, machine.now + 1 + random.below(stepsMax))));
      if (stop.reason !== 'until' || machine.now === until) return stop;
      machine.restore(machine.save());
    }
  };

/** Ended early by who has waited long enough, wherever it is asked. */
const impatient =
  (random: Random): Way =>
  (machine, until) => {
    machine.patience.waitUntil(() => random.oneIn(3), 1);
    for (;;) {
      const stop = machine.run(until);
      if (stop.reason !== 'requested') return stop;
    }
  };

interface Guest {
  readonly file: string;
  readonly changes: Changes;
  /** Where digests are compared. */
  readonly stride: number;
  readonly strides: number;
}

const traceOf = (guest: Guest, hash64: Hash64, way: Way): string[] => {
  const machine = createGuest(guest.file, guest.changes);
  const digester = new Digester(machine, hash64);
  const lines: string[] = [];
  for (let index = 1; index <= guest.strides; index += 1) {
    const stop = way(machine, moment(index * guest.stride));
    const { at, ram, harts, machine: record, devices } = digester.digest();
    const parts = [record, ...harts].map((bytes) => hash64(bytes, 0n).toString(16));
    lines.push([at, stop.reason, ram, ...parts, ...devices.map(({ hash }) => hash)].join(' '));
    if (stop.reason === 'power') break;
  }
  return lines;
};

/** Addresses at which harts are found at a few moments. */
const placesSeen = (guest: Guest): bigint[] => {
  const machine = createGuest(guest.file, guest.changes);
  const places: bigint[] = [];
  for (let at = 97; at < guest.stride * guest.strides && places.length < 8; at = Math.ceil(at * 2.3)) {
    if (machine.run(moment(at)).reason === 'power') break;
    places.push(...machine.harts.map((hart) => hart.get('pc')));
  }
  return places;
};

const guests: readonly (Guest & { readonly name: string; readonly portionMax: number })[] = [
  { name: 'demo.elf', file: 'demo/demo.elf', changes: {}, stride: 1_500_000, strides: 3, portionMax: 20_000 },
  { name: 'fault.elf', file: 'bare/fault.elf', changes: {}, stride: 3_000, strides: 20, portionMax: 200 },
  { name: 'timer.elf', file: 'bare/timer.elf', changes: {}, stride: 1_000_000, strides: 12, portionMax: 100_000 },
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((harts) => ({
    name: `smp.elf with ${harts} harts`,
    file: 'bare/smp.elf',
    changes: { harts, quantumSteps: [5000, 97, 1, 64, 5, 1000, 331, 13][harts - 1]! },
    stride: 20_000,
    strides: 12,
    portionMax: 2_000,
  })),
];

for (const guest of guests) {
  test(`${guest.name} in one go is as in random portions, armed, stopping at traps, restored on the way and ended early`, async () => {
    const hash64 = await loadXxh64();
    const random = new Random(guest.name.length + guest.strides);
    const expected = traceOf(guest, hash64, inOneGo);
    const ways: Readonly<Record<string, Way>> = {
      'random portions': inPortions(random, guest.portionMax),
      armed: armed(placesSeen(guest)),
      'stops at traps': stoppingAtTraps,
      'restored on the way': restoredOnTheWay(random, guest.portionMax * 4),
      impatient: impatient(random),
    };
    for (const [name, way] of Object.entries(ways)) expect(traceOf(guest, hash64, way), name).toEqual(expected);
  });
}

test('fault.elf in steps of one is as in one go', async () => {
  const hash64 = await loadXxh64();
  const guest: Guest = { file: 'bare/fault.elf', changes: {}, stride: 20_000, strides: 2 };
  const single: Way = (machine, until) => {
    for (;;) {
      const stop = machine.run(moment(machine.now + 1));
      if (stop.reason !== 'until' || machine.now === until) return stop;
    }
  };
  expect(traceOf(guest, hash64, single)).toEqual(traceOf(guest, hash64, inOneGo));
});
