/**
 * How soon the machine stands after somebody has asked for a pause, in the middle of all that takes long:
 * `node dist/bench-pause.mjs [--runs N] [--only TEXT]`. From the request to the event, in the debug adapter as it is shipped; beside it
 * the processor time of its main thread meanwhile, which other work on the host changes less. It asserts no time.
 */

import { loadavg } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import CliTable from 'cli-table3';
import { median } from './measurement.ts';
import { Paused, type Scene, scenes } from './pause-scenes.ts';

const { values: options } = parseArgs({
  options: { runs: { type: 'string', default: '10' }, only: { type: 'string', default: '' } },
});

/** Long enough to be in the middle of it, and never the same. */
const whileMs = (run: number): number => 200 + 37 * run;

const table = new CliTable({
  head: ['guest', 'while', 'median, ms', 'longest, ms', 'of a processor, ms', 'longest, ms'],
  style: { head: [], border: [], compact: true },
});

const measure = async (scene: Scene): Promise<void> => {
  const paused = await Paused.open(scene);
  const [tookMs, processorMs]: [number[], number[]] = [[], []];
  for (let run = 0; run < Number(options.runs); run += 1) {
    await paused.begin();
    await setTimeout(whileMs(run));
    const took = await paused.pause();
    tookMs.push(took.ms);
    processorMs.push(took.processorMs);
  }
  await paused.close();
  const shown = [tookMs, processorMs].flatMap((all) => [median(all), Math.max(...all)]).map((ms) => ms.toFixed(1));
  table.push([scene.guest, scene.motion, ...shown]);
  console.error([scene.guest, scene.motion, ...shown].join(', '));
};

try {
  for (const scene of scenes) if (`${scene.guest}, ${scene.motion}`.includes(options.only)) await measure(scene);
} finally {
  Paused.removeFiles();
}
console.log(table.toString());
console.log(`load of the host: ${loadavg()[0]!.toFixed(1)}`);
