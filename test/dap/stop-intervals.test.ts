/** A search backwards that knows the history finds the same stops as one that does not, and runs less of it. */
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { Breakpoints } from '../../adapter/dap/breakpoints.ts';
import { type GuestStop, GuestStops } from '../../adapter/dap/guest-stops.ts';
import { openTarget } from '../../adapter/dap/launch.ts';
import { StopRules } from '../../adapter/dap/stop-rules.ts';
import { currentHart } from '../../adapter/dap/stops.ts';
import type { Target } from '../../adapter/dap/target.ts';
import { type TrapFilter, TrapFilters } from '../../adapter/dap/trap-filters.ts';
import { Traveller } from '../../adapter/dap/travel.ts';
import { WatchedExpression } from '../../adapter/dap/watched-expression.ts';
import { moment } from '../../traces/time.ts';
import type { History } from '../../vmm/history/history.ts';
import { historyOf } from '../questions/history.ts';
import { demoElf, record } from './fixture.ts';

const guests = resolve(import.meta.dirname, '../guests');

interface Sought {
  readonly stops?: (target: Target) => readonly GuestStop[];
  readonly filters?: readonly TrapFilter[];
}

const stopsMax = 30;

/** The stops, the last one first, and how many steps were made for them. */
const backwards = async (trace: string, history: History | undefined, { stops, filters = [] }: Sought) => {
  const target = await openTarget({ trace, cache: false });
  Object.defineProperty(target, 'history', { value: history });
  const [guestStops, traps] = [new GuestStops(), new TrapFilters()];
  const rules = new StopRules(target, { breakpoints: new Breakpoints(), filters: traps, guestStops }, () => {});
  const traveller = new Traveller(target, rules);
  const { timeline, machine } = target;
  // Expressions are of addresses as they are mapped when they are set.
  timeline.seek(timeline.end);
  guestStops.set(stops?.(target) ?? []);
  traps.set(filters);
  const made = machine.stepsMade;
  const found: string[] = [];
  while (timeline.now > timeline.start && found.length < stopsMax) {
    const motion = traveller.reverse();
    let step = motion.next();
    while (step.done !== true) step = motion.next();
    found.push(
      `${timeline.now} ${JSON.stringify(step.value, (_, value) => (typeof value === 'bigint' ? `${value}` : value))}`,
    );
  }
  target.close();
  return { found, steps: machine.stepsMade - made };
};

interface Guest {
  readonly elf: string;
  readonly steps: number;
  readonly words?: string;
}

const processes: Guest = { elf: join(guests, 'processes/kernel-O2.elf'), steps: 400_000 };
const demo: Guest = { elf: demoElf, steps: 6_000_000 };
const steps: Guest = { elf: join(guests, 'source/steps-O0.elf'), steps: 100_000 };
const harts: Guest = { elf: join(guests, 'harts/harts-O2.elf'), steps: 60_000, words: '-smp 2' };

const expression =
  (text: string) =>
  (target: Target): readonly GuestStop[] => [
    {
      kind: 'expression',
      expression: new WatchedExpression(target, target.program, currentHart(target.machine), text),
    },
  ];
const stop =
  (...all: GuestStop[]) =>
  () =>
    all;

test.each<readonly [string, Guest, Sought]>([
  ['changes of mode', processes, { stops: stop({ kind: 'mode' }) }],
  ['changes to one mode', processes, { stops: stop({ kind: 'mode', mode: 0 }) }],
  ['changes of mode of one hart', harts, { stops: stop({ kind: 'mode', hart: 1 }) }],
  ['changes of address space', processes, { stops: stop({ kind: 'process' }) }],
  ['a text on the console', demo, { stops: stop({ kind: 'console', pattern: /pid 1 \(init\)/g, words: '' }) }],
  ['a pattern on the console', demo, { stops: stop({ kind: 'console', pattern: /pid \d \(.*\)/gi, words: '' }) }],
  ['an expression', steps, { stops: expression('total > 20') }],
  ['traps of a cause', processes, { filters: [{ filter: 'ecall-from-u' }] }],
  ['all of it', harts, { stops: stop({ kind: 'mode' }, { kind: 'process' }), filters: [{ filter: 'interrupt' }] }],
])('%s', async (name, { elf, steps, words }, sought) => {
  const trace = await record(elf, `intervals-${name.replaceAll(' ', '-')}`, steps, words);
  const [whole, part] = [await historyOf(trace), await historyOf(trace, moment(steps / 2))];
  const expected = await backwards(trace, undefined, sought);
  expect(expected.found).not.toEqual([]);
  for (const history of [whole, part]) {
    const { found, steps: made } = await backwards(trace, history, sought);
    expect(found).toEqual(expected.found);
    if (history === whole) expect(made).toBeLessThanOrEqual(expected.steps);
  }
});
