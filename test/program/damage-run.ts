/**
 * Starts the process that reads damaged files and watches it from outside: that it ends, that nothing but typed errors leaves
 * the readers, that no file is opened, and that no file takes more time and memory than a person would wait for and spare.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { afterAll, beforeAll } from 'vitest';
import type { DamageReport, DamageTask } from './damage-child.ts';

/** Of one file: processor time, and memory over what the process had before it. */
const cpuMsMax = 2000;
const peakBytesMax = 256 * 2 ** 20;
/** A process that says nothing for so long hangs, also on a busy machine. */
const silenceMsMax = 30_000;

export interface DamageResult {
  readonly faults: readonly string[];
  readonly files: number;
  readonly answers: number;
  readonly refusals: number;
  readonly slowest: { readonly what: string; readonly cpuMs: number };
  readonly peakBytes: number;
}

let folder = '';
let bundled: Promise<unknown> | undefined;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chronovisor-damage-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bundle = (outfile: string): Promise<unknown> =>
  build({
    entryPoints: [join(import.meta.dirname, 'damage-child.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    sourcemap: 'inline',
    logLevel: 'error',
  });

/** Reads what the task says; `before` are words in front of the command, such as a tracer's. */
export const runDamage = async (task: Partial<DamageTask>, before: readonly string[] = []): Promise<DamageResult> => {
  const program = join(folder, 'child.mjs');
  bundled ??= bundle(program);
  await bundled;
  const taskFile = join(folder, 'task.json');
  const whole: DamageTask = { files: [], firstSeed: 1, seeds: 0, hostile: [], budgetMs: 1e9, ...task };
  writeFileSync(taskFile, JSON.stringify(whole));
  const words = [...before, process.execPath, '--expose-gc', '--enable-source-maps', program, taskFile];
  return watched(words);
};

const watched = (words: readonly string[]): Promise<DamageResult> =>
  new Promise((resolve) => {
    const child = spawn(words[0]!, words.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
    const faults: string[] = [];
    let result = { files: 0, answers: 0, refusals: 0 };
    let slowest = { what: 'none', cpuMs: 0 };
    let under = 'the start';
    let startBytes: number | undefined;
    let peakBytes = 0;
    /** What a fault has said already: a peak never falls. */
    let reportedBytes = 0;
    const hang = () => {
      faults.push(`${under}: hangs`);
      child.kill('SIGKILL');
    };
    let watch = setTimeout(hang, silenceMsMax);
    createInterface({ input: child.stdout }).on('line', (line) => {
      clearTimeout(watch);
      watch = setTimeout(hang, silenceMsMax);
      const said = JSON.parse(line) as DamageReport;
      if (said.kind === 'begin') {
        under = said.what;
        startBytes ??= said.peakBytes;
      } else if (said.kind === 'fault') faults.push(`${said.what}: ${said.why}`);
      else if (said.kind === 'end') result = said;
      else {
        const { what, cpuMs } = said;
        if (cpuMs > slowest.cpuMs) slowest = { what, cpuMs };
        if (cpuMs > cpuMsMax) faults.push(`${what}: takes ${Math.round(cpuMs)} ms of the processor`);
        startBytes ??= said.peakBytes;
        peakBytes = Math.max(peakBytes, said.peakBytes - startBytes);
        if (said.peakBytes - reportedBytes - startBytes > peakBytesMax) {
          faults.push(`${what}: takes ${Math.round((said.peakBytes - startBytes) / 2 ** 20)} MB of memory`);
          reportedBytes = said.peakBytes - startBytes;
        }
      }
    });
    child.on('close', (code, signal) => {
      clearTimeout(watch);
      if (code !== 0) faults.push(`${under}: the process ends with ${signal ?? code}`);
      resolve({ faults, ...result, slowest, peakBytes });
    });
  });

/** How many seeds, and within how much processor time: by default what a test may take. */
export const damageBudget = (budgetMs: number): Pick<DamageTask, 'firstSeed' | 'seeds' | 'budgetMs'> => {
  const { CHRONOVISOR_DAMAGE_SEED: first, CHRONOVISOR_DAMAGE_SEEDS: count } = process.env;
  const firstSeed = Number(first ?? 1);
  return count === undefined
    ? { firstSeed, seeds: 1e6, budgetMs }
    : { firstSeed, seeds: Number(count), budgetMs: 1e12 };
};
