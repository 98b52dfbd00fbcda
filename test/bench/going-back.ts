/** How long going back takes: jumps to places spread over a history, and steps back from there. */

import { virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { createRecording } from '../../adapter/session/record.ts';
import { denseCheckpoints } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import { Dialogue } from './dialogue.ts';
import { median, quantile } from './measurement.ts';
import type { Workload } from './workloads.ts';

export interface Latencies {
  readonly median: number;
  readonly p99: number;
  readonly worst: number;
}

export interface GoingBack {
  readonly workload: string;
  readonly steps: number;
  readonly places: number;
  readonly jumpMs: Latencies;
  readonly stepBackMs: Latencies;
  readonly checkpoints: number;
  readonly checkpointBytes: number;
}

const places = 100;
const stepsBack = 5;

export const goingBack = async (workload: Workload): Promise<GoingBack> => {
  const dialogue = new Dialogue(workload.marks, () => {});
  const { timeline } = await createRecording({
    options: parseMachineOptions([...workload.options, '-nographic']),
    policy: virtualPolicy,
    checkpoints: denseCheckpoints,
    console: (bytes) => dialogue.printed(bytes),
  });
  while (!dialogue.isOver && timeline.forward(moment(Number.MAX_SAFE_INTEGER)).reason !== 'power');

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
    for (let step = 0; step < stepsBack; step += 1) backs.push(timed(timeline.now - 1));
  }
  return {
    workload: workload.name,
    steps: timeline.end,
    places,
    jumpMs: latencies(jumps),
    stepBackMs: latencies(backs),
    checkpoints: timeline.checkpoints.count,
    checkpointBytes: timeline.checkpoints.sizeBytes,
  };
};

const latencies = (values: readonly number[]): Latencies => ({
  median: median(values),
  p99: quantile(values, 0.99),
  worst: Math.max(...values),
});
