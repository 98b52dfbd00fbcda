/**
 * `npm run soak`: Linux makes processes for as long as is wanted, and what that costs is printed each minute: speed,
 * memory, translated code. It ends with exit code 1 if memory grew by more than a tenth after the first minutes.
 * What the speed was is only told: others may use the computer.
 *
 *   npm run soak -- [--minutes 20] [--settle 3] [--every 1] [--trace FILE]      all in minutes
 *
 * A guest that makes no process in a whole interval, or prints anything but its rounds, ends it, with what was printed last.
 * With `--trace` the run is recorded, with a whole state each 20 G steps, so that whatever happens in it can be looked at, and
 * verified by the other engine.
 */

import { parseArgs } from 'node:util';
import { virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { setV8Flags } from '../../adapter/host/v8-flags.ts';
import { LiveDriver } from '../../adapter/session/live-driver.ts';
import { createRecording } from '../../adapter/session/record.ts';
import { type LiveSession, noCheckpoints } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import { linuxIsThere, workloadNamed } from './workloads.ts';

setV8Flags();
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    settle: { type: 'string', default: '3' },
    every: { type: 'string', default: '1' },
    trace: { type: 'string' },
  },
});
const minutesOf = (name: 'minutes' | 'settle' | 'every'): number => {
  const minutes = Number(values[name]);
  if (!(minutes >= 0)) throw new Error(`--${name}: expected minutes, found "${values[name]}"`);
  return minutes;
};

const growthMax = 0.1;
const sampleSeconds = 5;
const stateStride = 20_000_000_000;
const mebibyte = 2 ** 20;

/** For ever: a child, a program, a pipe of two, a file; a line each hundred rounds. */
const load =
  'i=0; while :; do (/bin/true); echo a | cat > /tmp/x; i=$((i+1)); [ $((i%100)) = 0 ] && echo rounds $i; done\n';

/** The first whole line that is none of the load's: a process that was killed, or the kernel's own trouble. */
const complaintIn = (printed: string): string | undefined =>
  printed
    .split('\r\n')
    .slice(0, -1)
    .find((line) => !/^rounds \d+$/.test(line));

/** Length of the table of regions, which nobody but its engine can see: remembered when it grows. */
let tableEntries = 256;
const grow = WebAssembly.Table.prototype.grow;
WebAssembly.Table.prototype.grow = function (this: WebAssembly.Table, ...given: [number]): number {
  const before = grow.apply(this, given);
  tableEntries = this.length;
  return before;
};

/** What is measured over one interval. */
interface Row {
  readonly minutes: number;
  readonly steps: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly rounds: number;
  /** The least of all samples: what garbage comes on top does not count. */
  readonly residentBytes: number;
  readonly wasmBytes: number;
  readonly heapBytes: number;
  readonly regions: number;
  readonly translated: number;
  readonly modules: number;
  readonly codeBytes: number;
  readonly tableEntries: number;
}

const soak = async (): Promise<void> => {
  if (!linuxIsThere) throw new Error('Linux is missing: run "sh test/guests/debian/fetch.sh"');
  const { options, marks } = workloadNamed('Linux');
  const prompt = marks[0]!.text;
  let printed = '';
  let rounds = 0;
  let isLoaded = false;
  const session: LiveSession = await createRecording({
    options: parseMachineOptions([...options, '-nographic']),
    policy: virtualPolicy,
    ...(values.trace !== undefined && { trace: { file: values.trace, embedded: true, stateStride } }),
    checkpoints: noCheckpoints,
    console: (bytes) => {
      driver.printed();
      printed = (printed + Buffer.from(bytes).toString('latin1')).slice(-4096);
      for (const [, count] of printed.matchAll(/rounds (\d+)\r/g)) rounds = Number(count);
      if (isLoaded || !printed.includes(prompt)) return;
      isLoaded = true;
      driver.answer(Buffer.from(load));
    },
  });
  const driver = new LiveDriver(session);
  const { machine } = session;

  const rows: Row[] = [];
  console.log(heading);
  const startMs = performance.now();
  const endMs = startMs + minutesOf('minutes') * 60_000;
  const everyMs = minutesOf('every') * 60_000;
  let from = { ms: startMs, cpu: process.cpuUsage().user, steps: 0, rounds: 0, isLoaded };
  let sampledMs = startMs;
  let residentBytes = Number.POSITIVE_INFINITY;
  for (let now = startMs; now < endMs; now = performance.now()) {
    const stop = await driver.portion(moment(machine.now + 1_000_000));
    if (stop.reason === 'idle' || stop.reason === 'power') throw new Error(`the guest stopped: ${printed.slice(-200)}`);
    if (now - sampledMs >= sampleSeconds * 1000) {
      sampledMs = now;
      residentBytes = Math.min(residentBytes, process.memoryUsage.rss());
    }
    if (now - from.ms < everyMs) continue;
    const { counters, regionCount } = machine.engine;
    const cpu = process.cpuUsage().user;
    const row: Row = {
      minutes: (now - startMs) / 60_000,
      steps: machine.now - from.steps,
      cpuSeconds: (cpu - from.cpu) / 1e6,
      wallSeconds: (now - from.ms) / 1000,
      rounds: rounds - from.rounds,
      residentBytes: Math.min(residentBytes, process.memoryUsage.rss()),
      wasmBytes: machine.memory.wasm.buffer.byteLength,
      heapBytes: process.memoryUsage().heapUsed,
      regions: regionCount,
      translated: counters.regions,
      modules: counters.modules,
      codeBytes: counters.codeBytes,
      tableEntries,
    };
    rows.push(row);
    console.log(lineOf(row));
    session.recorder.flush();
    if (from.isLoaded && row.rounds === 0)
      throw new Error(`the guest makes no more processes; it printed last: ${printed.slice(-2000)}`);
    const complaint = from.isLoaded ? complaintIn(printed) : undefined;
    if (complaint !== undefined)
      throw new Error(`the guest prints more than its rounds: "${complaint}"; last: ${printed.slice(-2000)}`);
    from = { ms: now, cpu, steps: machine.now, rounds, isLoaded };
    printed = printed.slice(printed.lastIndexOf('\n') + 1);
    residentBytes = Number.POSITIVE_INFINITY;
  }
  judge(rows);
};

const columns: readonly (readonly [name: string, width: number, show: (row: Row) => string])[] = [
  ['minute', 6, ({ minutes }) => minutes.toFixed(1)],
  ['M steps/s', 9, ({ steps, wallSeconds }) => (steps / wallSeconds / 1e6).toFixed(1)],
  ['M steps/CPU s', 13, (row) => speedOf(row).toFixed(1)],
  ['rounds', 7, ({ rounds }) => `${rounds}`],
  ['rounds/CPU s', 12, (row) => paceOf(row).toFixed(1)],
  ['RSS MiB', 8, ({ residentBytes }) => (residentBytes / mebibyte).toFixed(1)],
  ['Wasm MiB', 8, ({ wasmBytes }) => (wasmBytes / mebibyte).toFixed(1)],
  ['heap MiB', 8, ({ heapBytes }) => (heapBytes / mebibyte).toFixed(1)],
  ['regions', 8, ({ regions }) => `${regions}`],
  ['translated', 10, ({ translated }) => `${translated}`],
  ['modules', 8, ({ modules }) => `${modules}`],
  ['code MiB', 8, ({ codeBytes }) => (codeBytes / mebibyte).toFixed(1)],
  ['table', 6, (row) => `${row.tableEntries}`],
];
const heading = columns.map(([name, width]) => name.padStart(width)).join('  ');
const lineOf = (row: Row): string => columns.map(([, width, show]) => show(row).padStart(width)).join('  ');

/** Millions of steps in a second of the processor's. */
const speedOf = ({ steps, cpuSeconds }: Row): number => steps / cpuSeconds / 1e6;

/** Rounds of the load in a second of the processor's: the same work, however many steps the guest makes of it. */
const paceOf = ({ rounds, cpuSeconds }: Row): number => rounds / cpuSeconds;

/** Compares the last interval with the first one after things have settled. */
const judge = (rows: readonly Row[]): void => {
  const settled = rows.filter(({ minutes }) => minutes > minutesOf('settle'));
  const [first, last] = [settled[0], settled.at(-1)];
  if (first === undefined || last === undefined || first === last) {
    console.log(`Too short to tell: at least two intervals must lie after the first ${minutesOf('settle')} minutes.`);
    return;
  }
  const span = `from minute ${first.minutes.toFixed(1)} to ${last.minutes.toFixed(1)}`;
  const growth = (name: 'residentBytes' | 'wasmBytes' | 'tableEntries' | 'regions'): number =>
    last[name] / first[name] - 1;
  const percent = (part: number): string => `${part < 0 ? '' : '+'}${(part * 100).toFixed(1)} %`;
  const hasGrown = growth('residentBytes') > growthMax || growth('wasmBytes') > growthMax;
  console.log(
    `memory: ${hasGrown ? 'GREW' : 'flat'} ${span}: RSS ${percent(growth('residentBytes'))}, ` +
      `Wasm ${percent(growth('wasmBytes'))}, regions ${percent(growth('regions'))}, table ${percent(growth('tableEntries'))}`,
  );
  for (const [what, of] of [
    ['M steps', speedOf],
    ['rounds', paceOf],
  ] as const) {
    const speeds = settled.map(of);
    const mean = speeds.reduce((sum, speed) => sum + speed, 0) / speeds.length;
    console.log(
      `speed: ${mean.toFixed(1)} ${what} a CPU second, from ${Math.min(...speeds).toFixed(1)} to ` +
        `${Math.max(...speeds).toFixed(1)}; last against first ${percent(of(last) / of(first) - 1)}`,
    );
  }
  if (hasGrown) process.exitCode = 1;
};

await soak();
