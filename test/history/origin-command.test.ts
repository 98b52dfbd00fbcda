/** `chronovisor origin`, and what a person writes for a place: the story of the demo kernel, and what is refused. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectRefusal, runLine } from '../replay/support.ts';

const folder = mkdtempSync(join(tmpdir(), 'chronovisor-origin-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const guests = resolve(import.meta.dirname, '../guests');

beforeAll(async () => {
  for (const [name, file] of [
    ['demo', 'demo/demo.elf'],
    ['hello', 'bare/hello.elf'],
  ])
    await runLine(
      `record -o FOLDER/${name}.chrono -- -M virt -m 32M -nographic -bios none -kernel ${guests}/${file}`,
      folder,
    );
});

const origin = (words: string) => runLine(`origin FOLDER/${words}`, folder);

test("the demo kernel's bad link is a return address that path_resolve saved on a full stack", async () => {
  const { stdout, stderr, exitCode } = await origin('demo.chrono buffers+0xff8,8');
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  const lines = stdout.split('\n').map((line) => line.trim());
  expect(lines[0]).toMatch(/^8 bytes at physical 0x80005ff8 at moment [\d,]+ = 0x80000dd8$/);
  expect(lines[1]).toMatch(/<path_resolve\+0x2> {2}c\.sdsp ra,168\(sp\) .* <- ra = 0x80000dd8$/);
  expect(lines[2]).toMatch(/<path_resolve\+0x84> {2}jalr -128\(ra\) {2}ra = 0x80000dd8$/);
  expect(lines[3]).toBe('= the address behind the instruction, which called');
  expect(lines.length).toBe(6);
});

test('JSON has the same, with numbers of 64 bits as texts', async () => {
  const { stdout } = await origin('demo.chrono buffers+0xff8,8 --at 3.6M --json');
  const answer = JSON.parse(stdout) as { complete: boolean; nodes: Record<string, unknown>[] };
  expect(answer.complete).toBe(true);
  expect(answer.nodes).toMatchObject([
    { kind: 'copy', symbol: 'path_resolve+0x2', value: '0x80000dd8', placeText: '8 bytes at physical 0x80005ff8' },
    { kind: 'origin', symbol: 'path_resolve+0x84', origin: { kind: 'constant', how: 'link' } },
  ]);
});

test.each([
  [
    'a string of the kernel comes from its file',
    'hello.chrono phys:0x80000000,4',
    /= byte 0x1000 of hello\.elf, which was loaded/,
  ],
  [
    'what the boot ROM holds',
    'hello.chrono t0 --at 6',
    /^t0 of hart 0 at moment 6 = 0x80000000\n.* ld t0,24\(t0\) .*\n *= byte 0x18 of the boot ROM/,
  ],
])('%s', async (_name, words, expected) => {
  expect((await origin(words)).stdout).toMatch(expected);
});

test.each([
  [
    'no such symbol',
    'hello.chrono nowhere',
    /There is no place "nowhere": expected a register, an address or a symbol/,
  ],
  [
    'no memory there',
    'hello.chrono 0x10',
    /0x10 is not memory at this moment: expected bytes of RAM that hart 0 has mapped/,
  ],
  ['too many bytes', 'hello.chrono 0x80000000,5000', /a size of 1 to 4096 bytes/],
  ['no such hart', 'hello.chrono ra --hart 3', /There is no hart 3: expected hart 0/],
  ['no such moment', 'hello.chrono ra --at 1G', /The recording does not come to this moment/],
])('%s is refused', async (_name, words, expected) => {
  const outcome = await origin(words);
  expectRefusal(outcome, [65]);
  expect(outcome.stderr).toMatch(expected);
});
