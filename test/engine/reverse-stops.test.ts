/** A search backwards finds each stop that a run forwards makes, at the same moment, wherever checkpoints are. */

import { expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import type { Interval } from '../../vmm/history/history.ts';
import type { RunOptions } from '../../vmm/machine/stops.ts';
import { Timeline } from '../../vmm/timeline/timeline.ts';
import { createBench, type Instruction, place, set } from './fixture.ts';

const code = 0x8010_0000;
const data = 0x8013_0000;
const end = 120;

const timeline = (...program: Instruction[]): Timeline => {
  const machine = createBench();
  place(machine, code, ...program);
  set(machine, { pc: code, mtvec: code, a0: data, a1: 3 });
  return new Timeline(machine, {
    log: { count: 0, get: () => undefined as never },
    end: moment(end),
    checkpointStride: 1_000,
    checkpointBudgetBytes: 64 << 20,
    stride: 1_000,
  });
};

const forwards = (of: Timeline, options: RunOptions): number[] => {
  const found: number[] = [];
  for (;;) {
    const { reason } = of.forward(moment(end), options);
    if (reason === 'end' || reason === 'until') return found;
    found.push(of.now);
  }
};

const backwards = (of: Timeline, options: RunOptions): number[] => {
  const found: number[] = [];
  of.seek(moment(end));
  for (;;) {
    const search = of.reverse(options, () => true);
    while (search.next().done !== true);
    if (of.now === 0) return found.reverse();
    found.push(of.now);
  }
};

/** The last stop before the end, where nothing is known at first, and `then` is from the second piece on. */
const growing = (of: Timeline, options: RunOptions, then: readonly Interval[]): number => {
  let pieces = 0;
  of.seek(moment(end));
  const search = of.reverse(
    options,
    () => pieces > 1, // the first piece has none
    function* (whole) {
      pieces += 1;
      yield; // it may take long
      return pieces === 1 ? [whole] : then;
    },
  );
  while (search.next().done !== true);
  return of.now;
};

const store: Instruction = ['sd', { rs1: 10, rs2: 11 }];
const load: Instruction = ['ld', { rd: 12, rs1: 10 }];
const add: Instruction = ['addi', { rd: 11, rs1: 11, imm: 1n }];
const trap: Instruction = ['ecall', {}];

test.each<readonly [string, RunOptions]>([
  ['writes', { watch: [{ address: data, sizeBytes: 8 }] }],
  ['reads', { watch: [{ address: data, sizeBytes: 8, access: 'read' }] }],
  ['traps', { traps: true }],
  ['traps and accesses', { traps: true, watch: [{ address: data, sizeBytes: 8, access: 'readWrite' }] }],
])('%s, also right before a checkpoint', (_name, options) => {
  const one = timeline(add, store, load, add, trap);
  const expected = forwards(one, options);
  expect(expected.length).toBeGreaterThan(20);
  for (const every of [1, 7]) {
    const other = timeline(add, store, load, add, trap);
    for (let at = every; at < end; at += every) {
      other.seek(moment(at));
      other.checkpoints.take(other.cursor);
    }
    // What was made by the last step is at the end, where the search begins.
    expect([every, ...backwards(other, options)]).toEqual([every, ...expected.filter((at) => at < end)]);
  }
});

test('what becomes known while one searches is what is looked at next', () => {
  const options = { traps: true };
  const found = forwards(timeline(add, store, trap), options);
  const [early, late] = [found[3]!, found.at(-8)!];
  const around = (at: number): Interval => ({ from: moment(at - 1), to: moment(at) });
  const search = (then: readonly Interval[]): number => {
    const other = timeline(add, store, trap);
    for (let at = 10; at < end; at += 10) {
      other.seek(moment(at));
      other.checkpoints.take(other.cursor);
    }
    return growing(other, options, then);
  };
  expect(search([around(early), around(late)])).toBe(late);
  expect(search([around(early)])).toBe(early);
  expect(search([])).toBe(0);
});
