/**
 * The command line as a person has it: bundled into one file, run as a process of its own, in a folder of its own. Not a
 * test. It also says how much processor time a run took, which no expectation depends on.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { build } from 'esbuild';

export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Of the process, in user mode. */
  readonly userSeconds: number;
}

export interface CommandLine {
  /** Where commands run and their files are. */
  readonly folder: string;
  /** Runs to the end. Words are split at spaces; one that holds a space is given with `extra`, which comes last. */
  run(line: string, ...extra: readonly string[]): Promise<Outcome>;
  /** Starts it, for whoever wants to end it before its time. */
  start(line: string, ...extra: readonly string[]): ChildProcess;
  /** Writes a file of the folder. */
  file(name: string, content: string | Uint8Array): void;
  remove(): void;
}

export const createCommandLine = async (): Promise<CommandLine> => {
  const folder = mkdtempSync(join(tmpdir(), 'chronovisor-kernels-'));
  const program = join(folder, 'program', 'chronovisor.mjs');
  await build({
    entryPoints: [resolve(import.meta.dirname, '../../adapter/cli/main.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'silent',
  });
  const words = (line: string, extra: readonly string[]): string[] => [program, ...line.split(' '), ...extra];
  return {
    folder,
    run: (line, ...extra) => timed(words(line, extra), folder),
    start: (line, ...extra) =>
      spawn(process.execPath, words(line, extra), { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] }),
    file: (name, content) => {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

/** The shell's `time` writes to descriptor 3, so that stderr is the program's own. */
const timing = 'TIMEFORMAT=%U; { time "$@" 2>&4; } 4>&2 2>&3';

const timed = (words: readonly string[], folder: string): Promise<Outcome> =>
  new Promise((done, failed) => {
    const child = spawn('bash', ['-c', timing, 'bash', process.execPath, ...words], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const texts = [1, 2, 3].map((descriptor) => collect(child.stdio[descriptor] as Readable));
    child.on('error', failed);
    child.on('close', (exitCode) => {
      const [stdout, stderr, seconds] = texts.map((text) => text());
      done({ exitCode, stdout: stdout!, stderr: stderr!, userSeconds: Number(seconds) });
    });
  });

/** Text so far; a byte is a character. */
export const collect = (stream: Readable): (() => string) => {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('latin1');
};
