/**
 * The sample traces of whole machines, and how each was recorded: by the product's own code, once, when the format was new.
 * Old samples are never recorded again, whatever changes; a change that makes one diverge is a change that makes people's
 * traces diverge. How events are packed is another sample's, traces/samples/format-1.chrono.
 */

import { join } from 'node:path';
import { hostPolicy, type RunPolicy, virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { parseScript, ScriptPlayer } from '../../adapter/host/script.ts';
import { LiveDriver } from '../../adapter/session/live-driver.ts';
import { runLive } from '../../adapter/session/live-run.ts';
import { createRecording } from '../../adapter/session/record.ts';
import { type LiveSession, noCheckpoints } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import type { Unstamped } from '../../vmm/record/recorder.ts';

export interface Sample {
  readonly name: string;
  /** Writes it to a file. */
  readonly record: (file: string) => Promise<void>;
}

const bare = (name: string): string => join(import.meta.dirname, `../guests/bare/${name}.elf`);

interface Request {
  readonly machine: string;
  readonly policy: RunPolicy;
  readonly file: string;
}

const begin = async ({ machine, policy, file }: Request, printed: (bytes: Uint8Array) => void): Promise<LiveSession> =>
  createRecording({
    options: parseMachineOptions(machine.split(' ')),
    policy,
    trace: { file, embedded: true, endState: true },
    checkpoints: noCheckpoints,
    console: printed,
  });

/** As `record --script` does it. */
const withScript = async (request: Request, script: string): Promise<void> => {
  const player = new ScriptPlayer(parseScript(script));
  const session = await begin(request, (bytes) => {
    driver.printed();
    driver.answer(player.printed(bytes));
  });
  const driver = new LiveDriver(session);
  driver.answer(player.start());
  await runLive(session, driver, { isLeft: () => player.quit });
};

/** Portions after each of which the clock is set, as with `--time host`, but by a clock that anybody can repeat. */
const portionSteps = 900;
const ticksPerPortion = 411;

/** As a debugger has it: with host time, and with a person who writes to memory and registers. */
const byHand = async (
  request: Request,
  inputs: readonly (readonly [at: number, input: Unstamped])[],
): Promise<void> => {
  const session = await begin(request, () => {});
  const { recorder, timeline, machine } = session;
  const waiting = [...inputs];
  for (;;) {
    recorder.input({ kind: 'clock', ticks: machine.ticks + ticksPerPortion });
    while (waiting[0] !== undefined && waiting[0][0] <= machine.now) recorder.input(waiting.shift()![1]);
    const stop = timeline.forward(moment(machine.now + portionSteps));
    if (stop.reason !== 'power') continue;
    recorder.end({ reason: stop.action === 'off' ? 'poweroff' : 'reset', exitCode: stop.exitCode });
    return;
  }
};

const text = (characters: string): Unstamped => ({ kind: 'serial', bytes: new TextEncoder().encode(characters) });

const recordWorld = (file: string): Promise<void> =>
  byHand(
    {
      machine: `-bios none -m 16M -smp 3 -kernel ${join(import.meta.dirname, 'world.elf')} -device virtio-rng-device,bus=virtio-mmio-bus.3 -global virtio-mmio.force-legacy=false`,
      policy: { ...hostPolicy(1_767_225_600), digestStride: 2000, quantumSteps: 170 },
      file,
    },
    [
      [9000, text('hello ')],
      [11_000, text('world')],
      [11_000, text('\u00e9q')],
      [14_000, { kind: 'setRegister', hart: 0, register: 's11', value: 0xfedc_ba98_7654_3210n }],
      [14_000, { kind: 'setMemory', address: 0x8000_8000, bytes: Uint8Array.of(0x78, 0x56, 0x34, 0x12) }],
    ],
  );

export const samples: readonly Sample[] = [
  {
    name: 'machine-1-console',
    record: (file) =>
      withScript(
        {
          machine: `-bios none -m 16M -kernel ${bare('echo')}`,
          policy: { ...virtualPolicy, digestStride: 100, quantumSteps: 1000 },
          file,
        },
        'wait "ends"\nsend "one\\r"\nwait "one"\nsend "two\\r"\nwait "two"\nsend "q"\n',
      ),
  },
  {
    name: 'machine-1-timers',
    record: (file) =>
      byHand(
        {
          machine: `-bios none -m 16M -smp 2 -kernel ${bare('timer')}`,
          policy: { ...hostPolicy(1_767_225_600), digestStride: 40, quantumSteps: 13 },
          file,
        },
        [],
      ),
  },
  { name: 'machine-1-world', record: recordWorld },
  // Since digests have other hashes of pages.
  { name: 'machine-2-world', record: recordWorld },
];
