/** What `info` says of the whole history of a trace, where an index of it is kept. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { historyOf, summaryOf } from '../../adapter/cli/info-history.ts';
import { brotli, FileSource } from '../../adapter/host/files.ts';
import { Asker } from '../../adapter/questions/api.ts';
import { openTrace } from '../../traces/reader.ts';
import { moment } from '../../traces/time.ts';
import type { HistoryEvent } from '../../vmm/history/history.ts';
import { demoElf, folder, record } from '../dap/fixture.ts';
import { bundleWorker } from '../farm/bundle.ts';
import { runWords } from '../replay/support.ts';

const printed = (at: number, text: string): HistoryEvent => ({
  ...{ kind: 'console', at: moment(at), offset: undefined },
  bytes: Buffer.from(text),
});

describe('a panic', () => {
  const check = (texts: readonly string[], expected: readonly (readonly [at: number, line: string])[]): void => {
    const events = texts.map((text, index) => printed(index * 10, text));
    const { panics } = summaryOf(events);
    expect(panics.map(({ moment: at, line }) => [at, line])).toEqual(expected);
  };

  test('is a line at the moment of its first character', () =>
    check(['boot\npa', 'ni', 'c: no init\n', 'panicked'], [[0, 'panic: no init']]));
  test('may be the last thing that is printed', () => check(['a\n', 'kernel panic'], [[10, 'kernel panic']]));
  test('is one line, however long', () =>
    check([`panic: ${'x'.repeat(5000)}\n`], [[0, `panic: ${'x'.repeat(193)}...`]]));
  test('is not what a command line says of one', () => check(['Kernel command line: panic=-1 oops=panic\n'], []));
  test('of Linux, of Rust and of xv6 is one', () => {
    const lines = ['Kernel panic - not syncing: x', "thread 'main' panicked at src/a.rs:1", 'panic: kerneltrap'];
    check(
      lines.map((line) => `${line}\r\n`),
      lines.map((line, index) => [index * 10, line]),
    );
  });
});

describe('an index', () => {
  const cache = join(folder, 'cache');
  const before = process.env.CHRONOVISOR_CACHE;
  let trace = '';
  beforeAll(async () => {
    trace = await record(demoElf, 'info', 40_000_000);
    const workerFile = await bundleWorker(folder, 'history/history-worker');
    const asker = await Asker.open({ trace, cache }, { threads: 0, index: { workerFile } });
    await asker.close();
  });
  afterEach(() => {
    if (before === undefined) delete process.env.CHRONOVISOR_CACHE;
    else process.env.CHRONOVISOR_CACHE = before;
  });

  test('has all traps of the recording by cause, and the panic', async () => {
    const source = new FileSource('the trace', trace);
    const found = historyOf(await openTrace(source, brotli), cache)!;
    source.close();
    const asker = await Asker.open({ trace, cache: false }, { threads: 0, history: () => undefined });
    const counts = new Map<string, number>();
    for await (const item of asker.ask('traps')) {
      const { cause, interrupt } = item as unknown as { cause: number; interrupt: boolean };
      const key = `${cause} ${interrupt}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    await asker.close();
    expect(new Map(found.traps.map(({ cause, interrupt, count }) => [`${cause} ${interrupt}`, count]))).toEqual(counts);
    expect(found.panics.map(({ line }) => line)).toEqual(['panic: freelist: corrupt node']);
  });

  test('is what info tells of, to people and to programs', async () => {
    process.env.CHRONOVISOR_CACHE = cache;
    const { stdout } = await runWords(['info', trace], folder);
    expect(stdout).toMatch(/^traps +[\d,]+ environment call from U-mode, /m);
    expect(stdout).toMatch(/^panic +at [\d,]+: panic: freelist: corrupt node$/m);
    const { history } = JSON.parse((await runWords(['info', trace, '--json'], folder)).stdout);
    expect(history).toMatchObject({ panicCount: 1 });
  });

  test('is made by a verification that is asked to', async () => {
    process.env.CHRONOVISOR_CACHE = join(folder, 'verified');
    const program = await bundleWorker(folder, 'cli/main');
    const words = ['verify', '--json', '--index', trace];
    const { stdout } = await promisify(execFile)(process.execPath, [program, ...words]);
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({ verified: true });
    expect((await runWords(['info', trace], folder)).stdout).toMatch(/^panic/m);
  });

  test('need not be there', async () => {
    process.env.CHRONOVISOR_CACHE = join(folder, 'empty');
    const { stdout } = await runWords(['info', trace], folder);
    expect(stdout).not.toMatch(/^traps/m);
    expect(JSON.parse((await runWords(['info', trace, '--json'], folder)).stdout)).not.toHaveProperty('history');
  });
});
