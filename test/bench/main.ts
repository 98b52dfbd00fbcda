/**
 * `npm run bench`: how fast guests run, what recording costs, and how long going back takes. User CPU time, medians;
 * a table for people and JSON beside it (dist/bench.json). It asserts nothing.
 */

import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import Table from 'cli-table3';
import { virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { createRecording } from '../../adapter/session/record.ts';
import { type CheckpointPolicy, denseCheckpoints, noCheckpoints } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import type { Timeline } from '../../vmm/timeline/timeline.ts';
import { linuxBoot, type Workload, workloads } from './workloads.ts';

const traceFile = resolve(import.meta.dirname, 'bench.chrono');

interface Run {
  readonly steps: number;
  readonly userSeconds: number;
  readonly timeline: Timeline;
}

const runOnce = async (workload: Workload, recorded: boolean, checkpoints: CheckpointPolicy): Promise<Run> => {
  let tail = '';
  const session = await createRecording({
    options: parseMachineOptions([...workload.options]),
    policy: virtualPolicy,
    ...(recorded && { trace: { file: traceFile, embedded: false } }),
    checkpoints,
    console: (bytes) => {
      tail = (tail + Buffer.from(bytes).toString('latin1')).slice(-64);
    },
  });
  const { timeline, recorder } = session;
  const before = process.cpuUsage();
  for (;;) {
    const { reason } = timeline.forward(moment(Number.MAX_SAFE_INTEGER));
    if (reason === 'power' || (workload.until !== undefined && tail.endsWith(workload.until))) break;
  }
  const userSeconds = process.cpuUsage(before).user / 1e6;
  recorder.end({ reason: 'stopped' });
  return { steps: timeline.end, userSeconds, timeline };
};

const median = (values: readonly number[]): number => quantile(values, 0.5);
const quantile = (values: readonly number[], part: number): number =>
  [...values].sort((one, other) => one - other)[Math.round((values.length - 1) * part)]!;

const measure = async (workload: Workload) => {
  const run: number[] = [];
  const record: number[] = [];
  let steps = 0;
  for (let index = 0; index < workload.runs; index += 1) {
    const plain = await runOnce(workload, false, noCheckpoints); // in pairs, so that the machine's noise hits both
    const recorded = await runOnce(workload, true, noCheckpoints);
    steps = plain.steps;
    run.push(plain.userSeconds);
    record.push(recorded.userSeconds);
  }
  const costs = record.map((seconds, index) => seconds / run[index]!);
  return {
    workload: workload.name,
    steps,
    userSeconds: median(run),
    stepsPerSecond: steps / median(run),
    recordingCost: median(costs),
  };
};

/** Steps back at places spread over a history, five at each after a jump there. */
const measureGoingBack = async (workload: Workload, places: number) => {
  const { timeline } = await runOnce(workload, false, denseCheckpoints);
  const timed = (target: number): number => {
    const started = performance.now();
    timeline.seek(moment(Math.max(0, target)));
    return performance.now() - started;
  };
  const jumps: number[] = [];
  const backs: number[] = [];
  const golden = 0.618_033_988_75; // spreads places evenly, the same ones each time
  for (let place = 1; place <= places; place += 1) {
    jumps.push(timed(Math.floor(((place * golden) % 1) * timeline.end)));
    for (let step = 0; step < 5; step += 1) backs.push(timed(timeline.now - 1));
  }
  return {
    workload: workload.name,
    places,
    jumpMs: { median: median(jumps), p99: quantile(jumps, 0.99), worst: Math.max(...jumps) },
    stepBackMs: { median: median(backs), p99: quantile(backs, 0.99), worst: Math.max(...backs) },
    checkpoints: timeline.checkpoints.count,
    checkpointBytes: timeline.checkpoints.sizeBytes,
  };
};

const all = [...workloads, ...(linuxBoot === undefined ? [] : [linuxBoot])];
console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.version}\n`);

const speeds = [];
const table = new Table({ head: ['workload', 'M steps', 'user s', 'M steps/s', 'recording costs'] });
for (const workload of all) {
  const row = await measure(workload);
  speeds.push(row);
  table.push([
    row.workload,
    (row.steps / 1e6).toFixed(1),
    row.userSeconds.toFixed(2),
    (row.stepsPerSecond / 1e6).toFixed(1),
    `${((row.recordingCost - 1) * 100).toFixed(1)} %`,
  ]);
}
console.log(table.toString());

const travels = [];
const travelTable = new Table({
  head: ['going back in', 'jump ms: median', '99 %', 'worst', 'step back ms: median', '99 %', 'worst'],
});
for (const workload of all.slice(2)) {
  const row = await measureGoingBack(workload, 100);
  travels.push(row);
  const cells = [row.jumpMs, row.stepBackMs].flatMap(({ median: middle, p99, worst }) => [middle, p99, worst]);
  travelTable.push([row.workload, ...cells.map((ms) => ms.toFixed(1))]);
}
console.log(travelTable.toString());
if (linuxBoot === undefined) console.log('Linux was left out: fetch it with sh test/guests/debian/fetch.sh.');
writeFileSync(resolve(import.meta.dirname, 'bench.json'), `${JSON.stringify({ speeds, travels }, null, 2)}\n`);
