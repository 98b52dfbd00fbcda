/**
 * The process that reads damaged files: one after the other, saying on its standard output which one it begins, so that whoever
 * started it knows where it hangs or ends. While it reads, every function of node:fs is a fault. Run by `damage-run.ts`.
 */
import fs, { readFileSync, writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { hostileFiles } from './damage-hostile.ts';
import { damagedFile, originalOf } from './damage-kinds.ts';
import { readAsDebugger } from './damage-session.ts';

/** What it is asked to read. */
export interface DamageTask {
  /** Files that are damaged, each once for every seed. */
  readonly files: readonly string[];
  readonly firstSeed: number;
  readonly seeds: number;
  /** Of hostile files, the names. */
  readonly hostile: readonly string[];
  /** Processor time after which no further seed is begun. */
  readonly budgetMs: number;
}

/** A line on its standard output. */
export type DamageReport =
  | { readonly kind: 'begin'; readonly what: string; readonly peakBytes: number }
  | { readonly kind: 'fault'; readonly what: string; readonly why: string }
  | { readonly kind: 'done'; readonly what: string; readonly cpuMs: number; readonly peakBytes: number }
  | { readonly kind: 'end'; readonly files: number; readonly answers: number; readonly refusals: number };

const report = (line: DamageReport): void => {
  writeOnly(1, `${JSON.stringify(line)}\n`);
};
const writeOnly = writeSync.bind(fs);
const task = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as DamageTask;
const originals = task.files.map((path) => [path, originalOf(readFileSync(path))] as const);
const collect = (globalThis as { gc?: () => void }).gc ?? (() => {});

let opened: string | undefined;
/** Whether the bundle has a worker beside it may be asked. */
const refuse = (name: string, path: unknown) => {
  if (name === 'existsSync' && String(path).endsWith('index-worker.mjs')) return false;
  opened ??= name;
  throw new Error(`a file is asked for with ${name}`);
};
for (const name of Object.keys(fs) as (keyof typeof fs)[]) {
  if (typeof fs[name] === 'function' && !/^[A-Z]|^_/.test(name)) {
    Object.assign(fs, { [name]: (path: unknown) => refuse(name, path) });
  }
}
syncBuiltinESMExports();

const totals = { files: 0, answers: 0, refusals: 0 };
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const peakBytes = (): number => process.resourceUsage().maxRSS * 1024;

const read = (what: string, bytes: Uint8Array): void => {
  report({ kind: 'begin', what, peakBytes: peakBytes() });
  const before = cpuMs();
  try {
    const { answers, refusals } = readAsDebugger(bytes);
    totals.answers += answers;
    totals.refusals += refusals;
  } catch (error) {
    report({ kind: 'fault', what, why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
  if (opened !== undefined) report({ kind: 'fault', what, why: `it asked for a file with ${opened}` });
  opened = undefined;
  totals.files++;
  report({ kind: 'done', what, cpuMs: cpuMs() - before, peakBytes: peakBytes() });
};

// What the first reading costs is the compiler's doing: it is made once before anything is measured.
for (const [, { bytes }] of originals) readAsDebugger(bytes);
for (const name of task.hostile) {
  const bytes = hostileFiles[name]!();
  collect();
  read(name, bytes);
}
const started = cpuMs();
for (let seed = task.firstSeed; seed < task.firstSeed + task.seeds && cpuMs() - started < task.budgetMs; seed++) {
  for (const [path, original] of originals) {
    // So that garbage of many files is not taken for memory that one needs.
    if (totals.files % 32 === 0) collect();
    const { what, bytes } = damagedFile(original, seed);
    read(`${path}, seed ${seed} (${what})`, bytes);
  }
}
report({ kind: 'end', ...totals });
