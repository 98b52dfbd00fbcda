/**
 * Replays of a boot, over and over, as unlike one another as can be: in portions of other sizes, with other checkpoints,
 * on another tier of the engine, on a computer that is busy with something else. No digest differs. `COUNT=20` makes it twenty.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRecording } from '../../adapter/session/replay.ts';
import { type CheckpointPolicy, noCheckpoints } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import { type CommandLine, createCommandLine } from './command-line.ts';
import { breathe, createRandom, recordLinux } from './sessions.ts';

const count = Number(process.env.COUNT ?? 4);
const timeoutMs = 900_000;
const loadProcesses = 2;

let cli: CommandLine;
const traces: string[] = [];
beforeAll(async () => {
  cli = await createCommandLine();
  for (const time of ['virtual', 'host'] as const) traces.push(await recordLinux(cli, time));
}, timeoutMs);
afterAll(() => cli.remove());

interface Variation {
  readonly trace: string;
  /** Longest portion; each has a random size up to this. Infinity: as long as the timeline makes them. */
  readonly portionSteps: number;
  readonly checkpoints: CheckpointPolicy;
  readonly loaded: boolean;
  /** Whether hot code is translated. */
  readonly translating: boolean;
}

const strides = [3_000_000, 17_000_000, 50_000_011];
const portions = [20_000, 300_000, 999_983];

const variationOf = (index: number): Variation => ({
  trace: traces[index % 2]!,
  portionSteps: index < 2 ? Number.POSITIVE_INFINITY : portions[Math.floor(index / 2) % portions.length]!,
  checkpoints:
    index < 2
      ? noCheckpoints
      : { stride: strides[Math.floor(index / 3) % strides.length]!, budgetBytes: 128 * 2 ** 20 },
  loaded: Math.floor(index / 2) % 2 === 1,
  translating: index % 5 !== 4,
});

const check = async (
  { trace, portionSteps, checkpoints, loaded, translating }: Variation,
  seed: number,
): Promise<void> => {
  const random = createRandom(seed);
  const load = loaded ? Array.from({ length: loadProcesses }, startLoad) : [];
  try {
    const session = await openRecording({ file: trace, verify: true, checkpoints, console: () => {} });
    const { timeline, replayer, machine } = session;
    machine.engine.translating = translating;
    while (timeline.now < timeline.end) {
      const steps = portionSteps === Number.POSITIVE_INFINITY ? portionSteps : 1 + Math.floor(random() * portionSteps);
      const stop = timeline.forward(moment(Math.min(timeline.now + steps, timeline.end)));
      if (stop.reason === 'power') break;
      await breathe();
    }
    replayer.verifyEnd();
    session.close();
    expect([timeline.now, replayer.digestsCompared]).toEqual([session.trace.until, session.trace.digests.count]);
    process.stdout.write(
      `figures: replay ${seed} | ${session.header.machine.timePolicy} time | ${loaded ? 'loaded' : 'not loaded'} | ` +
        `${translating ? 'translating' : 'interpreting'} | ` +
        `portions to ${portionSteps} | ${timeline.checkpoints.count} checkpoints | ${replayer.digestsCompared} digests equal\n`,
    );
  } finally {
    for (const child of load) child.kill('SIGKILL');
  }
};

const startLoad = (): ChildProcess => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });

for (let index = 0; index < count; index += 1)
  test(`replay ${index + 1} of ${count} compares equal`, { timeout: timeoutMs }, () =>
    check(variationOf(index), index),
  );

test('half of the replays run on a loaded machine', () => {
  const loaded = Array.from({ length: 20 }, (_, index) => variationOf(index)).filter((variation) => variation.loaded);
  expect(loaded.length).toBe(10);
});
