/** A trace as a file: moved away, parted from its images, or left behind by a recorder that was killed. */

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, renameSync, rmSync, statSync, watch } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CommandLine, createCommandLine } from './command-line.ts';
import { bareGuest, demoGuest } from './guests.ts';
import { factsOf, grouped, verifiedText } from './recording.ts';

let cli: CommandLine;
beforeAll(async () => {
  cli = await createCommandLine();
});
afterAll(() => cli.remove());

const path = (name: string): string => join(cli.folder, name);

describe('a recording of the demo', () => {
  const line = '-M virt -m 128M -nographic -bios none -kernel recorded/demo.elf';
  const record = async (options: string): Promise<void> => {
    const { exitCode } = await cli.run(`record -o recorded/run.chrono ${options}-- ${line}`);
    expect(exitCode).toBe(2);
  };
  beforeEach(() => {
    rmSync(path('recorded'), { recursive: true, force: true });
    rmSync(path('elsewhere'), { recursive: true, force: true });
    for (const folder of ['recorded', 'elsewhere']) mkdirSync(path(folder));
    copyFileSync(demoGuest(), path('recorded/demo.elf'));
  });

  test('replays from another folder with nothing but its file', async () => {
    await record('');
    renameSync(path('recorded/run.chrono'), path('elsewhere/run.chrono'));
    rmSync(path('recorded'), { recursive: true });
    const facts = await factsOf(cli, 'elsewhere/run.chrono');
    expect(await cli.run('verify elsewhere/run.chrono')).toMatchObject({ exitCode: 0, stdout: verifiedText(facts) });
  });

  test('without its images is small and finds them beside itself', async () => {
    await record('--external ');
    expect((await factsOf(cli, 'recorded/run.chrono')).sizes.imageBytes).toBe(0);
    expect(await cli.run('verify recorded/run.chrono')).toMatchObject({ exitCode: 0 });
  });

  test('without its images finds them where it is told', async () => {
    await record('--external ');
    renameSync(path('recorded/run.chrono'), path('elsewhere/run.chrono'));
    expect(await cli.run('verify elsewhere/run.chrono --images recorded')).toMatchObject({ exitCode: 0 });
  });

  test('without its images names the one that is missing', async () => {
    await record('--external ');
    renameSync(path('recorded/run.chrono'), path('elsewhere/run.chrono'));
    const { exitCode, stderr } = await cli.run('verify elsewhere/run.chrono');
    expect([exitCode, stderr]).toEqual([65, expect.stringMatching(/^chronovisor: .*demo\.elf.*\n$/)]);
  });

  test('without its images refuses another file of the same name', async () => {
    await record('--external ');
    copyFileSync(bareGuest('hello'), path('recorded/demo.elf'));
    const { exitCode, stderr } = await cli.run('verify recorded/run.chrono');
    expect([exitCode, stderr]).toEqual([65, expect.stringMatching(/^chronovisor: .*demo\.elf.*sha256:.*\n$/)]);
  });
});

describe('a recorder that is killed', () => {
  test('leaves a prefix that says so, opens and verifies', async () => {
    copyFileSync(bareGuest('loop'), path('loop.elf'));
    const line = '-M virt -m 128M -nographic -bios none -kernel loop.elf';
    const recorder = cli.start(`record -o run.chrono --digest-stride 200k -- ${line}`);
    await sizeReached('run.chrono', 8192, recorder);
    expect(recorder.exitCode, 'it is still recording').toBe(null);
    recorder.kill('SIGKILL');
    await once(recorder, 'exit');

    const facts = await factsOf(cli, 'run.chrono');
    expect(facts).toMatchObject({ complete: false });
    expect(facts.digests).toBeGreaterThan(0);
    expect((await cli.run('info run.chrono')).stdout).toContain('not: the recorder was stopped');
    const verified = `verified: ${grouped(facts.steps)} steps, ${facts.digests} digests, all equal.`;
    expect(await cli.run('verify run.chrono')).toMatchObject({
      exitCode: 0,
      stdout: `${verified} The recorder was stopped before it wrote the end.\n`,
    });
  });
});

/** Comes back once a file of the folder has this size, as its directory's changes tell, or its writer has ended. */
const sizeReached = (name: string, sizeBytes: number, writer: ChildProcess): Promise<void> =>
  new Promise((done) => {
    const watcher = watch(cli.folder, (_event, changed) => {
      if (changed !== basename(name)) return;
      if ((statSync(path(name), { throwIfNoEntry: false })?.size ?? 0) >= sizeBytes) finish();
    });
    const finish = (): void => {
      watcher.close();
      done();
    };
    writer.once('exit', finish);
  });
