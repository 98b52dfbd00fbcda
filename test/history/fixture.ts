/** Guests that run again and again the same, with a timeline: one that marks what it does, and one that does not. Not a test. */

import { resolve } from 'node:path';
import { bootImage } from '../../adapter/boot/boot.ts';
import { describeMachine, virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { readWhole } from '../../adapter/host/files.ts';
import { loadXxh64 } from '../../traces/checksum.ts';
import { type Moment, moment } from '../../traces/time.ts';
import { emitInterpreter } from '../../vmm/engine/interpreter.ts';
import { HistoryIndex } from '../../vmm/history/history-index.ts';
import { indexSegment } from '../../vmm/history/segment.ts';
import { Machine } from '../../vmm/machine/machine.ts';
import { seededEntropy } from '../../vmm/record/entropy.ts';
import { Timeline, type TimelineOptions } from '../../vmm/timeline/timeline.ts';

const guests = resolve(import.meta.dirname, '../guests');
export const stretch = (from: number, to: number) => ({ from: moment(from), to: moment(to) });

export interface Run {
  readonly machine: Machine;
  readonly timeline: Timeline;
  /** Takes what is printed from now on. */
  readonly onPrint: (printed: ((bytes: Uint8Array) => void) | undefined) => void;
}

/** Timers are due ten times as often as by default. */
const policy = { ...virtualPolicy, stepsPerTick: 10 };

/** `guest`: an ELF below test/guests, and options for the machine if there are any. The options: those of its timeline. */
export const runOf = async (
  guest: string,
  end: number,
  isCovering = false,
  timelineOptions: Partial<TimelineOptions> = {},
): Promise<Run> => {
  const [elf, ...options] = guest.split(' ');
  const words = ['-M', 'virt', '-m', '64M', '-bios', 'none', '-nographic', '-kernel', `${guests}/${elf}`, ...options];
  const { configuration, images } = describeMachine(parseMachineOptions(words), policy, readWhole);
  const entropy = seededEntropy(new Uint8Array(32), await loadXxh64());
  let print: ((bytes: Uint8Array) => void) | undefined;
  const machine = new Machine(
    bootImage(configuration, images),
    { console: (bytes) => print?.(bytes), entropy },
    isCovering ? emitInterpreter : undefined,
  );
  const timeline = new Timeline(machine, {
    log: { count: 0, get: () => undefined as never },
    end: moment(end),
    checkpointStride: 1_000_000,
    checkpointBudgetBytes: 256 * 2 ** 20,
    stride: Number.MAX_SAFE_INTEGER,
    ...timelineOptions,
  });
  const onPrint: Run['onPrint'] = (printed) => {
    print = printed;
  };
  return { machine, timeline, onPrint };
};

/** Indexes a run, in several segments. */
export const indexOf = (run: Run, intervalSteps: number, ends: readonly Moment[]): HistoryIndex => {
  const index = new HistoryIndex(run.machine.memory.ramBytes);
  for (const to of ends) {
    const work = indexSegment(run.timeline, { to, intervalSteps }, run.onPrint);
    for (let step = work.next(); ; step = work.next()) {
      if (step.done !== true) continue;
      index.add(step.value);
      break;
    }
  }
  return index;
};
