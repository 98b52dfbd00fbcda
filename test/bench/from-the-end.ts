/**
 * How soon one can step back in a recording that was just opened at its end: `node dist/bench-from-the-end.mjs TRACE`. Nothing
 * is known of its history yet, and no other thread finds it out.
 */

import { resolve } from 'node:path';
import { openRecording } from '../../adapter/session/replay.ts';
import { denseCheckpoints } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';

const [trace] = process.argv.slice(2);
if (trace === undefined) throw new Error('usage: bench-from-the-end TRACE');

let began = performance.now();
const say = (name: string): void => {
  const now = performance.now();
  console.log(`${name.padEnd(40)} ${(now - began).toFixed(1)} ms`);
  began = performance.now();
};

const session = await openRecording({
  file: resolve(trace),
  verify: true,
  checkpoints: denseCheckpoints,
  console: () => {},
});
const { timeline } = session;
say(`opened, ${timeline.end} steps`);
timeline.seek(timeline.end);
say('gone to its end');
for (const back of [1, 2, 3, 1_000, 100_000, 1_000_000, 5_000_000]) {
  timeline.seek(moment(Math.max(timeline.start, timeline.end - back)));
  say(`${back} back from the end`);
}
session.close();
