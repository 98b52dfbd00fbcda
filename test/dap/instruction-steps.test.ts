/**
 * Steps by instruction and their reverse, at random places: of a kernel with user programs, of programs with and without
 * optimisation, of two harts, and of random code that traps, is interrupted and switches its address space.
 *
 * So many places of each that it takes seconds; CHRONOVISOR_STEP_PLACES=10000 is the long mode, some minutes, and
 * CHRONOVISOR_STEP_SEED says where the random numbers begin.
 */
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openTarget } from '../../adapter/dap/launch.ts';
import type { Arrival } from '../../adapter/dap/travel.ts';
import { createRandomMachine } from '../engine/random-machine.ts';
import { Random } from '../oracle/random.ts';
import { demoElf, record, replay } from './fixture.ts';
import { Stepper } from './stepper.ts';

const guests = resolve(import.meta.dirname, '../guests');
const places = Number(process.env.CHRONOVISOR_STEP_PLACES ?? 40);
/** What is searched step by step, back to a call or a trap, takes longer: fewer of these, near the start. */
const placesOut = Math.ceil(places / 10);
const outBefore = 50_000;
const everywhere = Number.POSITIVE_INFINITY;
const firstSeed = Number(process.env.CHRONOVISOR_STEP_SEED ?? 1);

interface Subject {
  readonly name: string;
  /** Whether what is called returns to where it was called from, and nothing else does. */
  readonly isStructured: boolean;
  readonly steppers: () => Promise<readonly Stepper[]>;
}

const recorded = (elf: string, name: string, steps: number, words = ''): Subject => ({
  name,
  isStructured: true,
  steppers: async () => {
    const target = await openTarget({ trace: await record(elf, name, steps, words), cache: false });
    target.timeline.seek(target.timeline.end);
    return [new Stepper(target.timeline, target)];
  },
});

const randomSteps = 40_000;
const subjects: readonly Subject[] = [
  recorded(demoElf, 'demo', 6_000_000),
  recorded(join(guests, 'processes/kernel-O0.elf'), 'processes-O0', 3_000_000),
  recorded(join(guests, 'processes/kernel-O2.elf'), 'processes-O2', 3_000_000),
  recorded(join(guests, 'harts/harts-O2.elf'), 'harts', 400_000, '-smp 2'),
  {
    name: 'random code',
    isStructured: false,
    steppers: async () => {
      const seeds = Array.from({ length: Math.ceil(places / 50) }, (_, index) => firstSeed + index);
      return seeds.map((seed) => Stepper.ofMachine(createRandomMachine(seed), randomSteps));
    },
  },
];

const isStep = ({ reason }: Arrival): boolean => reason === 'step';

describe.each(subjects)('$name', ({ isStructured, steppers: make }) => {
  let steppers: readonly Stepper[] = [];
  beforeAll(async () => {
    steppers = await make();
  });

  /** Calls `look` with a hart at a random moment; how often it says that there was something to be seen. */
  const atRandomPlaces = (
    salt: number,
    count: number,
    before: number,
    look: (stepper: Stepper, hart: Stepper['machine']['harts'][0]) => boolean,
  ) => {
    const random = new Random(1000 * firstSeed + salt);
    let seen = 0;
    for (let index = 0; index < count; index += 1) {
      const stepper = steppers[index % steppers.length]!;
      stepper.goTo(1 + random.below(Math.min(before, stepper.timeline.end) - 1));
      const hart = stepper.machine.harts[random.below(stepper.machine.harts.length)]!;
      if (hart.count('steps') > 0 && hart.low('hsmState') === 0 && look(stepper, hart)) seen += 1;
    }
    return seen;
  };

  test('a step into is undone by a step back into', { timeout: 3_600_000 }, () => {
    const seen = atRandomPlaces(1, places, everywhere, (stepper, hart) => {
      const steps = hart.count('steps');
      if (!isStep(stepper.forward('stepIn', hart))) return false;
      stepper.backInto(hart);
      expect(hart.count('steps')).toBe(steps);
      return true;
    });
    expect(seen).toBeGreaterThan(places / 2);
  });

  test('a step over is undone by a step back, but a return, which is part of what it returns from', {
    timeout: 3_600_000,
  }, () => {
    const seen = atRandomPlaces(2, places, everywhere, (stepper, hart) => {
      const [from, steps, traps] = [stepper.timeline.now, hart.count('steps'), hart.count('traps')];
      const isReturn = stepper.role(hart).kind === 'return';
      if (!isStep(stepper.forward('next', hart))) return false;
      const [to, stepsTo] = [stepper.timeline.now, hart.count('steps')];
      const wasInterrupted = hart.count('traps') !== traps;
      expect(stepper.back(hart)).toMatchObject({ reason: 'step' });
      const found = hart.count('steps');
      const isOfReturn = isReturn && !wasInterrupted && found < steps;
      // Random code jumps back to before a call instead of returning from it: the second call ends with the first.
      const isLastCall = !isStructured && found > steps;
      if (!isOfReturn && !isLastCall) {
        expect([from, to, found]).toEqual([from, to, steps]);
        return true;
      }
      // A step over that ends at the same place: of what it returned from, or of the last call. Other harts may have their
      // turns there before this one is seen to be at it.
      expect(isStep(stepper.forward('next', hart))).toBe(true);
      expect([from, hart.count('steps')]).toEqual([from, stepsTo]);
      return true;
    });
    expect(seen).toBeGreaterThan(places / 4);
  });

  test('a step back is undone by a step over, but from the first instruction of a call or of a handler', {
    timeout: 3_600_000,
  }, () => {
    const seen = atRandomPlaces(3, places, everywhere, (stepper, hart) => {
      const [from, steps, traps] = [stepper.timeline.now, hart.count('steps'), hart.count('traps')];
      expect(stepper.back(hart)).toMatchObject({ reason: 'step' });
      const isEntry =
        hart.count('steps') === steps - 1 && (hart.count('traps') !== traps || stepper.role(hart).kind === 'call');
      stepper.forward(isEntry ? 'stepIn' : 'next', hart);
      expect([from, hart.count('steps')]).toEqual([from, steps]);
      return true;
    });
    expect(seen).toBeGreaterThan(places / 2);
  });

  test('a step back out ends at a call, or before a trap, that is not over, and is over where a step out ends', {
    timeout: 3_600_000,
  }, () => {
    const seen = atRandomPlaces(4, placesOut, outBefore, (stepper, hart) => {
      const [from, steps] = [stepper.timeline.now, hart.count('steps')];
      const out = stepper.forward('stepOut', hart);
      const [end, height] = [hart.count('steps'), hart.x(2)];
      stepper.goTo(from);
      if (stepper.backOut(hart).reason !== 'step') return false;
      expect(stepper.timeline.now).toBeLessThan(from);
      const before = hart.x(2);
      // Who is called by t0 may come back at another height of the stack; random code does so on another stack altogether.
      const mayBeAnywhere = !isStructured && stepper.role(hart).link === 5;
      const over = stepper.forward('next', hart);
      if (isStep(over) && !mayBeAnywhere) expect(hart.count('steps')).toBeGreaterThan(steps);
      // A routine that goes to another stack returns elsewhere: to who left that stack.
      if (!isStructured || !isStep(out) || height !== before) return true;
      expect([from, over.reason, hart.count('steps')]).toEqual([from, 'step', end]);
      return true;
    });
    expect(seen).toBeGreaterThan(0);
  });
});

test('what was stepped forwards is undone step by step, whatever it was, of one hart and of two', async () => {
  const trace = await record(join(guests, 'harts/harts-O2.elf'), 'harts-trail', 100_000, '-smp 2');
  const random = new Random(firstSeed);
  const client = await replay(trace);
  await client.move('configurationDone');
  for (let walk = 0; walk < 5; walk += 1) {
    await client.goTo(1_000 + random.below(50_000));
    const made: string[] = [];
    for (let count = 0; count < 20; count += 1) {
      const from = await client.moment();
      const threadId = 1 + random.below(2);
      const command = random.pick(['next', 'stepIn', 'next', 'stepOut'] as const);
      const { reason } = await client.move(command, { threadId });
      if (reason !== 'step') break;
      made.push(`${threadId} ${from}`);
    }
    if ((await client.moment()) > 90_000) continue; // a step out that has come to the end
    for (const step of made.reverse()) {
      const [threadId, from] = step.split(' ').map(Number);
      await client.move('stepBack', { threadId });
      expect(await client.moment()).toBe(from);
    }
  }
});
