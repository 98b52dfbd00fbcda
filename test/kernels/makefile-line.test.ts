/** The line with which a kernel's Makefile starts QEMU starts the same machine here, word for word. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CommandLine, createCommandLine } from './command-line.ts';
import { bareGuest, demoGuest } from './guests.ts';

/** That of xv6, behind the program's name. */
const xv6 =
  'qemu-system-riscv64 -machine virt -bios none -kernel kernel/kernel -m 128M -smp 3 -nographic ' +
  '-global virtio-mmio.force-legacy=false -drive file=fs.img,if=none,format=raw,id=x0 ' +
  '-device virtio-blk-device,drive=x0,bus=virtio-mmio-bus.0';

let cli: CommandLine;
beforeAll(async () => {
  cli = await createCommandLine();
  cli.file('fs.img', new Uint8Array(64 * 1024));
});
afterAll(() => cli.remove());

test("xv6's line runs a kernel on its first hart while the others wait", async () => {
  cli.file('kernel/kernel', readFileSync(demoGuest()));
  expect(await cli.run(`record -o run.chrono -- ${xv6}`)).toMatchObject({
    exitCode: 2,
    stdout: expect.stringContaining('panic: freelist: corrupt node'),
  });
  expect(await cli.run('verify run.chrono')).toMatchObject({ exitCode: 0 });
});

test("xv6's line runs a kernel on all three harts", async () => {
  cli.file('kernel/kernel', readFileSync(bareGuest('smp')));
  const { exitCode, stdout } = await cli.run(`record -o run.chrono -- ${xv6}`);
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('3')]);
  expect(await cli.run('verify run.chrono')).toMatchObject({ exitCode: 0 });
});
