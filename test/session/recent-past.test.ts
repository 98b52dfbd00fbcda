/** The state of a little while ago, kept while a machine runs: it is what the machine was, and the way back from a recording's end. */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { createRecording } from '../../adapter/session/record.ts';
import { openRecording } from '../../adapter/session/replay.ts';
import { denseCheckpoints, noCheckpoints } from '../../adapter/session/session.ts';
import { loadXxh64 } from '../../traces/checksum.ts';
import type { TraceState } from '../../traces/states.ts';
import { moment } from '../../traces/time.ts';
import { differenceFrom, writtenPages } from '../../vmm/machine/state.ts';
import { KeptLog } from '../../vmm/record/kept-log.ts';
import { RecentPast, recentSteps } from '../../vmm/record/recent-past.ts';
import { Recorder } from '../../vmm/record/recorder.ts';
import { folder } from '../dap/fixture.ts';
import { type Run, runOf } from '../history/fixture.ts';
import { randomNumbers, runLine } from '../replay/support.ts';

const end = 400_000;
/** Writes to memory for long. */
const longGuest = join(import.meta.dirname, '../guests/bench/sort.elf');
const guests = ['demo/demo.elf', 'bench/spaces.elf', 'harts/harts-O2.elf -smp 2', 'bench/churn.elf'] as const;
const advance = ({ timeline }: Run, to: number): void => {
  for (let before = -1; timeline.now < to && timeline.now > before; ) {
    before = timeline.now;
    timeline.forward(moment(to));
  }
};

describe.each(guests)('of %s', (guest) => {
  test.each([true, false])('it is what the machine was (translated: %s)', async (isEager) => {
    const run = await runOf(guest, end);
    const other = await runOf(guest, end);
    if (isEager) run.machine.engine.translateEagerly();
    else run.machine.engine.translating = false;
    const recent = new RecentPast(run.machine, undefined);
    const random = randomNumbers(3);
    const begun: number[] = [];
    for (let stretch = 0; run.timeline.now < end; stretch += 1) {
      const before: number = run.timeline.now;
      advance(run, Math.min(end, before + 1 + random(20_000)));
      const state = recent.state();
      expect(state?.at).toBe(begun.at(-2));
      if (state !== undefined) {
        advance(other, state.at);
        expect([state.at, differenceFrom(other.machine, state)]).toEqual([state.at, undefined]);
      }
      if (run.timeline.now === before) break; // it has switched itself off
      if (stretch % 3 === 2) continue;
      recent.begin(run.timeline.cursor);
      begun.push(run.timeline.now);
    }
    expect(begun.length).toBeGreaterThan(3);
  });
});

test('a recording that is opened at its end has the steps before it near', async () => {
  const file = join(folder, 'recent.chrono');
  const { recorder, timeline } = await createRecording({
    options: parseMachineOptions(['-bios', 'none', '-kernel', longGuest]),
    policy: virtualPolicy,
    trace: { file, embedded: true, endState: true },
    checkpoints: noCheckpoints,
    console: () => {},
  });
  const steps = 3 * recentSteps + 1_000_000;
  while (timeline.now < steps && timeline.forward(moment(steps)).reason !== 'power');
  recorder.end({ reason: 'stopped' });

  const session = await openRecording({
    file,
    verify: true,
    checkpoints: { ...denseCheckpoints, keptStepsMin: 0 },
    console: () => {},
  });
  const { machine, trace } = session;
  const made = (to: number): number => {
    const before = machine.stepsMade;
    session.timeline.seek(moment(to));
    return machine.stepsMade - before;
  };
  expect(trace.states.map(({ at }) => at)).toEqual([2 * recentSteps]);
  expect(made(trace.until)).toBe(trace.until - 2 * recentSteps);
  expect(made(trace.until - 1)).toBeLessThan(3_000_000);
  expect(made(trace.until - 2)).toBeLessThan(10_000);
  session.replayer.verifyEnd();
  session.close();
  expect((await runLine(`verify ${file}`, folder)).stdout).toMatch(/all equal/);
});

describe('a recording that takes so many seconds of a processor', () => {
  /** Moments of the states at its end, and how many pages they have. */
  const statesOf = async (
    guest: string,
    steps: number,
    seconds: number,
  ): Promise<[states: number[], pages: number]> => {
    const { machine } = await runOf(guest, steps);
    const states: number[] = [];
    const sink = Object.assign(new KeptLog(), { state: ({ at }: TraceState) => states.push(at) });
    let clock = 1000;
    const { stride: checkpointStride, budgetBytes: checkpointBudgetBytes } = noCheckpoints;
    const options = { checkpointStride, checkpointBudgetBytes, endState: () => clock };
    const recorder = new Recorder(machine, await loadXxh64(), sink, options);
    while (recorder.timeline.now < steps) recorder.timeline.forward(moment(steps));
    clock += seconds;
    recorder.end({ reason: 'stopped' });
    return [states, writtenPages(machine.memory).length];
  };

  test('has a state at its end if they are some', async () => {
    expect((await statesOf('demo/demo.elf', end, 3.9))[0]).toEqual([]);
    expect((await statesOf('demo/demo.elf', end, 4.1))[0]).toEqual([end]);
  });
  test('has one if they are a hundred times what its pages take', async () => {
    const steps = 100_000_000;
    const [states, pages] = await statesOf('bench/copy.elf', steps, 4.1);
    expect([states, pages > 4000]).toEqual([[], true]);
    expect((await statesOf('bench/copy.elf', steps, pages * 0.0021))[0]).toEqual([steps]);
  });
});
