/**
 * Ways to take a machine from moment to moment: interpreted, translated, eagerly translated, with translated code of
 * another run, cut into random portions of which some are ended early, switched between all of them on the way. They must end in equal states. Not a test.
 */

import { expect } from 'vitest';
import { loadXxh64 } from '../../traces/checksum.ts';
import { type Moment, moment } from '../../traces/time.ts';
import { Digester } from '../../vmm/machine/digest.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import type { Stop } from '../../vmm/machine/stops.ts';
import { Random } from '../oracle/random.ts';
import { switchEngine } from '../support/switching.ts';

export interface Way {
  /** `before`: the machine that has made the way before this one. */
  readonly begin: (machine: Machine, before?: Machine) => void;
  /** Makes one portion at most to a moment. */
  readonly portion: (machine: Machine, until: Moment, random: Random) => Stop;
}

const inOneGo = (machine: Machine, until: Moment): Stop => machine.run(until);

/** Where a random portion ends: mostly a few thousand steps on, often the next few, at times as far as it goes. */
const someway = (machine: Machine, until: Moment, random: Random): Moment => {
  const most = random.pick([1, 7, 90, 1500, 20_000, 400_000]);
  return moment(Math.min(until, machine.now + 1 + random.below(most)));
};

const reallyEager = (machine: Machine): void => {
  machine.engine.translating = true;
  machine.engine.translateEagerly();
};

/** The reference comes first. */
export const ways = {
  interpreted: {
    begin: (machine) => {
      machine.engine.translating = false;
    },
    portion: inOneGo,
  },
  translated: {
    begin: (machine) => {
      machine.engine.translating = true;
    },
    portion: inOneGo,
  },
  'translated eagerly': {
    begin: (machine) => {
      machine.engine.warm([]); // keeps what is translated
      reallyEager(machine);
    },
    portion: inOneGo,
  },
  'with the code of that run': {
    begin: (machine, before) => {
      machine.engine.warm(before!.engine.warmth);
    },
    portion: inOneGo,
  },
  'translated again and again': {
    begin: reallyEager,
    portion: (machine, until, random) => {
      machine.engine.translateEagerly();
      return machine.run(moment(Math.min(until, machine.now + 500 + random.below(4000))));
    },
  },
  'translated in random portions': {
    begin: reallyEager,
    portion: (machine, until, random) => {
      if (random.oneIn(4)) machine.engine.translateEagerly(); // what was dropped is translated again at once
      machine.patience.waitUntil(() => random.oneIn(4), 1 + random.below(20));
      return machine.run(someway(machine, until, random));
    },
  },
  switched: {
    begin: () => undefined,
    portion: (machine, until, random) => switched(machine, someway(machine, until, random), random),
  },
} as const satisfies Readonly<Record<string, Way>>;
export type WayName = keyof typeof ways;
export const wayNames = Object.keys(ways) as readonly WayName[];

/** Another engine, another mode, other caches for each portion. */
const switched = (machine: Machine, until: Moment, random: Random): Stop => {
  const stop = machine.run(until, switchEngine(machine, random, { eager: 3, dropped: 10, restored: 10, armed: 2 }));
  return stop.reason === 'breakpoint' ? machine.run(moment(machine.now + 1)) : stop;
};

/** Whether a run goes on after a stop that was asked for. */
const goesOn = ({ reason }: Stop): boolean => reason !== 'power' && reason !== 'idle';

/** What is compared: the whole state at every stride, a line each. */
export interface Course {
  readonly create: () => Machine;
  readonly stride: number;
  readonly strides: number;
}

export interface Followed {
  readonly lines: readonly string[];
  readonly machine: Machine;
}

export const follow = async (
  { create, stride, strides }: Course,
  way: Way,
  seed: number,
  before?: Machine,
): Promise<Followed> => {
  const hash64 = await loadXxh64();
  const machine = create();
  const digester = new Digester(machine, hash64);
  const random = new Random(seed);
  const lines: string[] = [];
  way.begin(machine, before);
  for (let index = 1; index <= strides; index += 1) {
    const until = moment(index * stride);
    let stop: Stop;
    do stop = way.portion(machine, until, random);
    while (machine.now < until && goesOn(stop));
    const { at, ram, harts, machine: record, devices } = digester.digest();
    const parts = [record, ...harts].map((bytes) => hash64(bytes, 0n).toString(16));
    lines.push([at, ram.toString(16), ...parts, ...devices.map(({ hash }) => hash.toString(16))].join(' '));
    if (!goesOn(stop)) break;
  }
  return { lines, machine };
};

/** Follows a course in each way, and expects the same digests in all. @returns the machines at its end, by way */
export const checkEqual = async (course: Course, seed = 1): Promise<Readonly<Record<WayName, Machine>>> => {
  const machines: Partial<Record<WayName, Machine>> = {};
  let expected: readonly string[] | undefined;
  let before: Machine | undefined;
  for (const name of wayNames) {
    const { lines, machine } = await follow(course, ways[name], seed, before);
    before = machine;
    expected ??= lines;
    expect(lines, `${name}, seed ${seed}`).toEqual(expected);
    machines[name] = machine;
  }
  return machines as Record<WayName, Machine>;
};
