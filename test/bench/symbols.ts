/**
 * `node dist/bench-symbols.mjs`: how long a person waits for Debian's kernel at source level, in the debug adapter as it is
 * shipped: a process of its own, spoken to in DAP. Each round is one session with an empty cache and one with the cache that
 * it left. It asserts no time; a session that stops elsewhere or shows something else fails.
 *
 *   node dist/bench-symbols.mjs [--runs N] [--json FILE] [--adapter FILE]
 *
 * `CHRONOVISOR_KERNEL_DEBUG` is the folder with `vmlinux`, when it is not beside the kernel's image. The page cache of the
 * host is warm in both cases: what is cold is what we keep.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { DebugProtocol } from '@vscode/debugprotocol';
import CliTable from 'cli-table3';
import { TestClient } from '../dap/client.ts';
import { median } from './measurement.ts';

const root = resolve(import.meta.dirname, '..');
const guest = join(root, 'test/guests/debian/.cache');
const symbols = join(process.env.CHRONOVISOR_KERNEL_DEBUG ?? guest, 'vmlinux');
const guestMiB = 256;

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    json: { type: 'string' },
    adapter: { type: 'string', default: join(root, 'dist/chronovisor.cjs') },
  },
});

/** What one session took, in milliseconds; memory in MiB, the guest's RAM taken off. */
interface Figures {
  readonly launchMs: number;
  readonly breakpointMs: number;
  readonly stopMs: number;
  /** From the launch until stack and locals are there. */
  readonly firstStopMs: number;
  /** What the adapter's threads took of the processors until then: other work on the machine does not change it much. */
  readonly processorMs: number;
  readonly expandMs: number;
  readonly searchMs: number;
  readonly memoryMiB: number;
  readonly lineMs: number;
  readonly lineMemoryMiB: number;
}

const memoryOf = (child: ChildProcess): number => {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1]) / 1024 - guestMiB;
};

/** Fields 14 and 15 of /proc/PID/stat (proc(5)), in clock ticks, of which Linux gives programs 100 a second. */
const processorMsOf = (child: ChildProcess): number => {
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

const expected = (what: string, found: unknown): never => {
  throw new Error(`expected ${what}, found ${JSON.stringify(found)}`);
};

const measure = async (cache: string): Promise<Figures> => {
  const adapter = spawn(process.execPath, [options.adapter, 'dap'], {
    env: { ...process.env, CHRONOVISOR_CACHE: cache },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const client = new TestClient({ input: adapter.stdin, output: adapter.stdout });
  client.defaultTimeout = 120_000;
  const clock = stopwatch();
  await client.initializeRequest({ adapterID: 'chronovisor' });
  const initialized = client.waitForEvent('initialized', 120_000);
  const machine = ['-m', `${guestMiB}M`, '-nographic', '-kernel', join(guest, 'Image')];
  machine.push('-initrd', join(guest, 'initrd.cpio.gz'), '-append', 'console=ttyS0');
  await client.launchRequest({ machine, symbols, idle: 'skip' } as DebugProtocol.LaunchRequestArguments);
  await initialized;
  const launchMs = clock();
  const stopped = client.waitForEvent('stopped', 120_000);
  await client.setFunctionBreakpointsRequest({ breakpoints: [{ name: 'start_kernel' }] });
  const breakpointMs = clock();
  await client.configurationDoneRequest();
  await stopped;
  const stopMs = clock();
  const [frame] = (await client.stackTraceRequest({ threadId: 1, levels: 20 })).body.stackFrames;
  if (frame?.name !== 'start_kernel') expected('start_kernel', frame?.name);
  const [scope] = (await client.scopesRequest({ frameId: frame!.id })).body.scopes;
  const locals = await childrenOf(client, scope!.variablesReference);
  if (!locals.some(({ name }) => name === 'command_line')) expected('the local command_line', locals);
  const firstStopMs = clock();
  const processorMs = processorMsOf(adapter);

  const expand = stopwatch();
  const task = (await client.evaluateRequest({ expression: 'init_task', frameId: frame!.id, context: 'watch' })).body;
  const members = await childrenOf(client, task.variablesReference);
  if (!members.some(({ name }) => name === 'comm')) expected('the member comm', members);
  const expandMs = expand();

  const search = stopwatch();
  const found = await client.customRequest('chronovisor/symbols', { query: 'sched' });
  const searchMs = search();
  if (found.body.total < 100) expected('many symbols', found.body.total);
  const memoryMiB = memoryOf(adapter);
  // The line tables of all units are looked at for the first breakpoint on a line.
  const line = stopwatch();
  const breakpoints = [{ line: frame!.line + 4 }];
  const set = (await client.setBreakpointsRequest({ source: { path: 'init/main.c' }, breakpoints })).body;
  if (set.breakpoints[0]?.verified !== true) expected('a breakpoint on a line', set);
  const lineMs = line();
  const lineMemoryMiB = memoryOf(adapter);
  await client.disconnectRequest();
  adapter.kill();
  return {
    launchMs,
    breakpointMs,
    stopMs,
    firstStopMs,
    processorMs,
    expandMs,
    searchMs,
    memoryMiB,
    lineMs,
    lineMemoryMiB,
  };
};

const childrenOf = async (client: TestClient, variablesReference: number): Promise<DebugProtocol.Variable[]> =>
  (await client.variablesRequest({ variablesReference })).body.variables;

const stopwatch = (): (() => number) => {
  const start = performance.now();
  return () => performance.now() - start;
};

const figures: readonly (readonly [keyof Figures, string])[] = [
  ['launchMs', 'launched, ms'],
  ['breakpointMs', 'breakpoint set, ms'],
  ['stopMs', 'stopped, ms'],
  ['firstStopMs', 'first stop with stack and locals, ms'],
  ['processorMs', 'of that, processor time of all threads, ms'],
  ['expandMs', 'task_struct expanded, ms'],
  ['searchMs', 'symbols searched, ms'],
  ['memoryMiB', "peak memory besides the guest's RAM, MiB"],
  ['lineMs', 'breakpoint on a line, ms'],
  ['lineMemoryMiB', 'peak memory then, MiB'],
];

const bench = async (): Promise<void> => {
  const runs = Number(options.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`expected a count of runs, found "${options.runs}"`);
  if (!existsSync(symbols)) throw new Error(`${symbols} is missing: run sh test/guests/debian/fetch.sh --debug`);
  const [cold, warm]: [Figures[], Figures[]] = [[], []];
  for (let run = 0; run < runs; run++) {
    const cache = mkdtempSync(join(tmpdir(), 'chronovisor-symbols-'));
    try {
      cold.push(await measure(cache));
      warm.push(await measure(cache));
    } finally {
      rmSync(cache, { recursive: true });
    }
  }
  const host = {
    processor: cpus()[0]?.model ?? 'unknown processor',
    cores: cpus().length,
    node: process.version,
    loadAverage: loadavg()[0]!,
  };
  console.log(
    Object.entries(host)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
  );
  const table = new CliTable({
    head: [`median of ${runs}`, 'cold cache', 'warm cache'],
    style: { head: [], border: [], compact: true },
  });
  for (const [key, words] of figures) {
    table.push([words, ...[cold, warm].map((all) => median(all.map((one) => one[key])).toFixed(0))]);
  }
  console.log(table.toString());
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify({ host, cold, warm }, undefined, 2)}\n`);
};

await bench();
