/**
 * How long it takes to find one's way in a long recording: `node dist/bench-travel.mjs TRACE [JSON]`. It opens the trace as the
 * debugger does, waits until the history is known in the background, and measures jumps and steps back all over it, and
 * searches backwards for what happened last long ago, with the index, without, and where the recording has just been opened:
 * these beside one replay of all of it. PLACES: how many jumps.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BackgroundHistory } from '../../adapter/history/background-history.ts';
import { setV8Flags } from '../../adapter/host/v8-flags.ts';
import { openRecording } from '../../adapter/session/replay.ts';
import { type CheckpointPolicy, denseCheckpoints, noCheckpoints } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import { type Interval, union } from '../../vmm/history/history.ts';
import { packSegment } from '../../vmm/history/segment.ts';
import type { RunOptions } from '../../vmm/machine/stops.ts';
import type { Among, Hit } from '../../vmm/timeline/timeline.ts';
import { median, quantile } from './measurement.ts';

setV8Flags();
const [trace, out] = process.argv.slice(2);
if (trace === undefined) throw new Error('usage: bench-travel TRACE [JSON]');
const places = Number(process.env.PLACES ?? 1000);
const cacheFolder = mkdtempSync(join(tmpdir(), 'chronovisor-travel-'));
const figures: Record<string, unknown> = {};
const say = (name: string, value: unknown): void => {
  figures[name] = value;
  console.log(`${name.padEnd(60)} ${typeof value === 'object' ? JSON.stringify(value) : value}`);
};
const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
const latencies = (values: readonly number[]): string =>
  `median ${ms(median(values))}, 99 % ${ms(quantile(values, 0.99))}, worst ${ms(Math.max(...values))}`;

const began = performance.now();
const open = (checkpoints: CheckpointPolicy) =>
  openRecording({ file: resolve(trace), verify: false, checkpoints, cacheFolder, console: () => {} });
const session = await open(denseCheckpoints);
const { timeline, machine } = session;
const timed = (work: () => void): number => {
  const started = performance.now();
  work();
  return performance.now() - started;
};
const seek = (to: number): number => timed(() => timeline.seek(moment(to)));
say('steps', timeline.end);
say('opened', ms(performance.now() - began));

const history = new BackgroundHistory(session, { file: resolve(trace), cacheFolder });
let messages = 0;
const worker = setInterval(() => messages++, 100); // keeps the process alive
await history.finished;
clearInterval(worker);
say('history known after', `${((performance.now() - began) / 1000).toFixed(1)} s`);
const indexBytes = history.index.segments.reduce((sum, segment) => sum + packSegment(segment).length, 0);
say('index, unpacked', `${(indexBytes / 2 ** 20).toFixed(1)} MiB`);
say('checkpoints', `${timeline.checkpoints.count}, ${(timeline.checkpoints.sizeBytes / 2 ** 20).toFixed(0)} MiB`);

const random = (() => {
  let state = 12345;
  return (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
})();
const jumps: number[] = [];
const backs: number[] = [];
for (let place = 0; place < places; place += 1) {
  jumps.push(seek(random(timeline.end)));
  for (let step = 0; step < 3; step += 1) backs.push(seek(Math.max(0, timeline.now - 1)));
}
say(`jump to a random moment (${jumps.length})`, latencies(jumps));
say(`step back after it (${backs.length})`, latencies(backs));
say('checkpoints then', `${timeline.checkpoints.count}, ${(timeline.checkpoints.sizeBytes / 2 ** 20).toFixed(0)} MiB`);

/** At a breakpoint's address; what the engine stops for may be at another one that has its place in the filter. */
const hitOf = (address: bigint | undefined): Hit => {
  if (address === undefined) return () => true;
  return (stop) => stop.reason === 'breakpoint' && BigInt.asUintN(64, stop.pc) === address;
};

/** The last stop of a kind before a moment: with the index, and without it but with all checkpoints. */
const search = (
  name: string,
  from: number,
  options: RunOptions,
  among: (within: Interval) => readonly Interval[],
  address?: bigint,
): void => {
  const found: number[] = [];
  const asked: Among = function* (within) {
    yield;
    return among(within);
  };
  for (const hints of [asked, undefined]) {
    seek(from);
    const started = performance.now();
    for (const _ of timeline.reverse(options, hitOf(address), hints));
    found.push(timeline.now);
    say(`${name}, ${hints === undefined ? 'without' : 'with'} the index`, ms(performance.now() - started));
  }
  if (found[0] !== found[1]) throw new Error(`${name}: found ${found.join(' and ')}`);
  say(`${name}, steps back`, `${((from - found[0]!) / 1e9).toFixed(2)} G`);
};

/** Seconds of one run of all of the history, and of processor time, which other work on the machine changes less. */
interface Cost {
  readonly seconds: number;
  readonly processorSeconds: number;
}
const cost = (work: () => void): Cost => {
  const before = process.cpuUsage();
  const seconds = timed(work) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { seconds, processorSeconds: (user + system) / 1e6 };
};
const seconds = ({ seconds: wall, processorSeconds }: Cost): string =>
  `${wall.toFixed(1)} s, of a processor ${processorSeconds.toFixed(1)} s`;

/** The same search at the end of a recording that nothing is known of, with the thread in the background, and one replay. */
const searchFresh = async (name: string, options: RunOptions, address?: bigint): Promise<void> => {
  const plain = await open(noCheckpoints);
  const replay = cost(() => {
    while (plain.timeline.now < plain.timeline.end) plain.timeline.forward(plain.timeline.end);
  });
  plain.close();
  const fresh = await open(denseCheckpoints);
  const behind = new BackgroundHistory(fresh, { file: resolve(trace) });
  fresh.timeline.seek(fresh.timeline.end);
  if (address !== undefined) fresh.machine.engine.arm([address]);
  const isOver = behind.makeWay();
  const found = cost(() => {
    for (const _ of fresh.timeline.reverse(options, hitOf(address)));
  });
  isOver();
  say(
    `${name}, just opened`,
    `${seconds(found)}; ${(found.processorSeconds / replay.processorSeconds).toFixed(2)} of a replay`,
  );
  say(`${name}, one replay`, seconds(replay));
  if (fresh.timeline.now !== timeline.now)
    throw new Error(`${name}: found ${fresh.timeline.now}, expected ${timeline.now}`);
  behind.close();
  fresh.close();
};

// Places that were executed or written last some four thousand million steps before the end.
const { index } = history;
const whole = { from: moment(0), to: timeline.end };
const wanted = Math.max(0, timeline.end - 4_000_000_000);
const lastOf = (intervals: readonly Interval[]): number => intervals.at(-1)?.from ?? 0;
let code: { virtual: bigint; at: number } | undefined;
for (const segment of index.segments) {
  for (const [page] of segment.mappings) {
    if (page < 2 ** 51) continue; // the kernel's
    for (let offset = 0; offset < 4096; offset += 2) {
      const virtual = BigInt(page) * 4096n + BigInt(offset);
      const at = lastOf(index.executedAt(virtual, { from: moment(0), to: moment(wanted) }));
      if (at < wanted - 1_500_000_000 || lastOf(index.executedAt(virtual, whole)) !== at) continue;
      if (code === undefined || at > code.at) code = { virtual, at };
    }
    if (code !== undefined) break;
  }
  if (code !== undefined) break;
}
if (code === undefined) say('reverse continue', 'no such place');
else {
  const { virtual } = code;
  machine.engine.arm([virtual]);
  const executed = (within: Interval): readonly Interval[] => union([index.executedAt(virtual, within)]);
  search('reverse continue', timeline.end, { armed: true }, executed, virtual);
  await searchFresh('reverse continue', { armed: true }, virtual);
}
let data: { address: number; at: number } | undefined;
for (const segment of index.segments)
  for (const page of segment.written.keys())
    for (let offset = 0; offset < 4096 && data === undefined; offset += 8) {
      const address = 0x8000_0000 + page * 4096 + offset;
      const at = lastOf(index.written(address, 8, whole));
      if (at >= wanted - 1_500_000_000 && at < wanted) data = { address, at };
    }
if (data === undefined) say('last write', 'no such place');
else {
  const { address } = data;
  const watch = [{ address, sizeBytes: 8 }];
  search('last write', timeline.end, { watch }, (within) => index.written(address, 8, within));
  await searchFresh('last write', { watch });
}
say('peak memory', `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
if (out !== undefined) writeFileSync(out, JSON.stringify(figures, undefined, 2));
history.close();
session.close();
rmSync(cacheFolder, { recursive: true });
