/**
 * What `chronovisor stats` and `chronovisor/stats` say of guests that do one kind of thing. No time is asserted, only
 * which shares are large; a guest runs for long enough that there are some hundred samples.
 */

import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCodes } from '../../adapter/cli/exit-codes.ts';
import { type Category, categories } from '../../adapter/stats/categories.ts';
import type { Stats } from '../../adapter/stats/stats.ts';
import { runLine } from '../replay/support.ts';
import { calling, computing, polling } from './guests.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chronovisor-stats-'));
  for (const [name, bytes] of Object.entries({ computing, polling, calling }))
    writeFileSync(join(folder, `${name}.elf`), bytes);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const machine = (guest: string): string => `-- -m 16M -bios none -nographic -kernel FOLDER/${guest}.elf`;

/** The statistics of a guest that is run for so many steps. */
const statsOf = async (guest: string, until: string, options = ''): Promise<Stats> => {
  const { stdout, exitCode } = await runLine(`stats --json --until ${until}${options} ${machine(guest)}`, folder);
  expect(exitCode).toBe(exitCodes.ok);
  return JSON.parse(stdout);
};

const share = ({ time }: Stats, ...wanted: readonly Category[]): number =>
  time.reduce((sum, { category, share: part }) => sum + (wanted.includes(category) ? part : 0), 0);

const expectWhole = (stats: Stats): void => {
  expect(stats.time.map(({ category }) => category)).toEqual(categories.map(({ id }) => id));
  expect(share(stats, ...categories.map(({ id }) => id))).toBeCloseTo(1, 9);
  expect(stats.time.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(stats.sampledMs, 6);
  expect(stats.samples).toBeGreaterThan(0);
};

describe('a guest that only computes', () => {
  test('spends its time in translated code and in the interpreter', async () => {
    const stats = await statsOf('computing', '800M');
    expectWhole(stats);
    expect(share(stats, 'translated', 'interpreter')).toBeGreaterThan(0.8);
    expect(stats).toMatchObject({ steps: { made: 800_000_000 }, traps: [], devices: [] });
    expect(stats.translation.regionsPresent).toBeGreaterThan(0);
  });
});

describe('a guest that only reads a device', () => {
  test('spends much of its time there, and each read is counted', async () => {
    const stats = await statsOf('polling', '4M');
    expectWhole(stats);
    expect(share(stats, 'devices')).toBeGreaterThan(0.1);
    // lui, then pairs of lbu and jal, behind the boot ROM
    expect(stats.devices).toEqual([{ name: 'uart0', reads: expect.closeTo(2_000_000, -1), writes: 0 }]);
  });
});

describe('a guest that only calls its environment', () => {
  test('spends much of its time in traps, and each one is counted', async () => {
    const stats = await statsOf('calling', '2M');
    expectWhole(stats);
    expect(share(stats, 'traps')).toBeGreaterThan(0.1);
    expect(stats.traps).toEqual([
      { code: 11, interrupt: false, words: 'environment call from M-mode', count: expect.closeTo(333_333, -1) },
    ]);
  });
});

describe('a guest that sleeps between interrupts', () => {
  test('has each interrupt counted, and steps that are either translated, interpreted or an entry', async () => {
    copyFileSync(resolve(import.meta.dirname, '../guests/bare/timer.elf'), join(folder, 'timer.elf'));
    const { traps, steps } = await statsOf('timer', '1M');
    expect(traps).toEqual([{ code: 7, interrupt: true, words: 'machine timer interrupt', count: 10 }]);
    // Where the engine counts them.
    if (steps.interpreted !== undefined) expect(steps.interpreted + steps.translated! + 10).toBe(steps.made);
  });
});

describe('a recording', () => {
  test('is measured while it is made, and when it is replayed', async () => {
    const made = await statsOf('polling', '1M', ' -o FOLDER/polling.chrono');
    expectWhole(made);
    const { stdout, exitCode } = await runLine('stats FOLDER/polling.chrono --json', folder);
    expect(exitCode).toBe(exitCodes.ok);
    const replayed: Stats = JSON.parse(stdout);
    expectWhole(replayed);
    expect(replayed.devices).toEqual(made.devices);
    expect(replayed.steps.made).toBe(made.steps.made);
  });

  test('has no options of a machine', async () =>
    expect(await runLine('stats FOLDER/polling.chrono --seed x', folder)).toEqual({
      exitCode: exitCodes.usage,
      stdout: '',
      stderr:
        'chronovisor: The option --seed does not go with a trace: expected options that a replay has, --until among them, found --seed with "FOLDER/polling.chrono". Leave it out, or give a machine behind "--" in place of the trace.\n',
    }));
});

describe('the table', () => {
  test('has a line for each category that there was, and for each count', async () => {
    const { stdout } = await runLine(`stats --until 1M ${machine('polling')}`, folder);
    expect(stdout).toMatch(/^\ntime: \d+\.\d\d s in [\d,]+ samples\n/);
    expect(stdout).toMatch(/^devices +\d+\.\d % +\d+\.\d\d s/m);
    expect(stdout).toMatch(/^steps +1,000,000, /m);
    expect(stdout).toMatch(/^ {2}uart0 +\d{3},\d{3} read, 0 written$/m);
  });

  test('is printed at an interval too', async () => {
    const { stdout } = await runLine(`stats --every 0.01 --until 20M ${machine('polling')}`, folder);
    expect(stdout.match(/^time: /gm)!.length).toBeGreaterThan(1);
  });

  test('is printed when a signal asks for it', async () => {
    const running = runLine(`stats --until 20M ${machine('polling')}`, folder);
    while (process.listenerCount('SIGUSR2') === 0) await new Promise(setImmediate);
    process.emit('SIGUSR2');
    const { stdout } = await running;
    expect(stdout.match(/^time: /gm)).toHaveLength(2);
    expect(process.listenerCount('SIGUSR2')).toBe(0);
  });

  test('wants an interval of some seconds', async () =>
    expect(await runLine(`stats --every soon ${machine('polling')}`, folder)).toMatchObject({
      exitCode: exitCodes.usage,
      stderr: expect.stringMatching(/It must be a number of seconds such as 10 or 0\.5/),
    }));
});

test('a bundle attributes as the sources do', async () => {
  const outfile = join(folder, 'chronovisor.mjs');
  await build({
    entryPoints: [resolve(import.meta.dirname, '../../adapter/cli/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'silent',
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
  });
  const words = `stats --json --until 2M ${machine('polling')}`.replace('FOLDER', folder).split(' ');
  const ran = promisify(execFile)(process.execPath, [outfile, ...words]);
  ran.child.stdin!.end();
  const stats: Stats = JSON.parse((await ran).stdout);
  expectWhole(stats);
  expect(share(stats, 'devices')).toBeGreaterThan(0.1);
  expect(share(stats, 'other')).toBeLessThan(0.3);
});
