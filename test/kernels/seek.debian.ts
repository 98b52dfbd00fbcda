/**
 * Going to any moment of a boot gives the state that a run from the start has there, and a step back from a page fault
 * is the instruction before it. The moments are the same in each run. `MOMENTS` says how many.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRecording } from '../../adapter/session/replay.ts';
import type { CheckpointPolicy, ReplaySession } from '../../adapter/session/session.ts';
import { noCheckpoints } from '../../adapter/session/session.ts';
import { type Moment, moment } from '../../traces/time.ts';
import { Digester } from '../../vmm/machine/digest.ts';
import { peekRegister } from '../../vmm/machine/registers.ts';
import { type CommandLine, createCommandLine } from './command-line.ts';
import { linux } from './guests.ts';
import { breathe, createRandom, recordLinux, stateText } from './sessions.ts';

const momentCount = Number(process.env.MOMENTS ?? 200);
const timeoutMs = 900_000;
const checkpoints: CheckpointPolicy = { stride: 20_000_000, budgetBytes: 512 * 2 ** 20 };

let cli: CommandLine;
let trace = '';
beforeAll(async () => {
  cli = await createCommandLine();
  trace = await recordLinux(cli, 'virtual', linux('-smp 2'));
}, timeoutMs);
afterAll(() => cli.remove());

const open = (policy: CheckpointPolicy): Promise<ReplaySession> =>
  openRecording({ file: trace, verify: false, checkpoints: policy, console: () => {} });

test(`${momentCount} random moments, restored and run from the start, are equal`, { timeout: timeoutMs }, async () => {
  const [jumping, walking] = [await open(checkpoints), await open(noCheckpoints)];
  const random = createRandom(1);
  const end = jumping.timeline.end;
  const moments = Array.from({ length: momentCount }, () => moment(Math.floor(random() * end)));

  const go = async (target: Moment): Promise<void> => {
    for (const _ of jumping.timeline.travel(target)) await breathe();
  };
  await go(end);
  const digester = new Digester(jumping.machine, jumping.hash64);
  const jumped = new Map<Moment, string>();
  for (const at of moments) {
    await go(at);
    jumped.set(at, stateText(digester.digest()));
  }

  const walker = new Digester(walking.machine, walking.hash64);
  for (const at of [...moments].sort((one, other) => one - other)) {
    for (const _ of walking.timeline.travel(at)) await breathe();
    expect(stateText(walker.digest())).toBe(jumped.get(at));
  }
  process.stdout.write(
    `figures: seek | ${momentCount} moments of ${end} equal | ${jumping.timeline.checkpoints.count} checkpoints | ` +
      `${Math.round(jumping.timeline.checkpoints.sizeBytes / 2 ** 20)} MiB\n`,
  );
  for (const { close } of [jumping, walking]) close();
});

const pageFaults = new Map([
  [12n, 'instruction'],
  [13n, 'load'],
  [15n, 'store'],
]);
const user = 0;

test('a step back from a page fault in user mode is the instruction, and a step forward the fault', {
  timeout: timeoutMs,
}, async () => {
  const { timeline, machine, hash64, close } = await open(checkpoints);
  const digester = new Digester(machine, hash64);
  // The shell's first processes: everything before is the kernel's.
  for (const _ of timeline.travel(moment(Math.floor(timeline.end * 0.97)))) await breathe();
  const seen = new Map<string, number>();
  while (timeline.now < timeline.end && [...pageFaults.values()].some((kind) => (seen.get(kind) ?? 0) < 3)) {
    const stop = timeline.forward(timeline.end, { traps: true });
    if (stop.reason === 'power' || stop.reason === 'end') break;
    if (stop.reason !== 'trap' || stop.interrupt) continue;
    const hart = machine.harts[stop.hart]!;
    const kind = pageFaults.get(peekRegister(hart, 'scause')!);
    const fromUser = (peekRegister(hart, 'sstatus')! & 0x100n) === 0n; // SPP (4.1.1)
    if (kind === undefined || !fromUser || (seen.get(kind) ?? 0) >= 3) continue;

    const [at, sepc, state] = [timeline.now, peekRegister(hart, 'sepc'), stateText(digester.digest())];
    timeline.seek(moment(at - 1));
    expect([timeline.now, hart.get('pc'), hart.privilege]).toEqual([at - 1, sepc, user]);
    timeline.forward(at);
    expect(stateText(digester.digest())).toBe(state);
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
  }
  expect(Object.fromEntries(seen)).toEqual({ instruction: 3, load: 3, store: 3 });
  close();
});
