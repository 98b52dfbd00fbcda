/**
 * Debian's kernel at source level, in a session: its boot image runs, its debug package says what is shown. What gdb shows at
 * the same place of the same kernel under QEMU is the reference. `CHRONOVISOR_KERNEL_DEBUG` names the folder with `vmlinux`, when
 * it is not beside the image.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { TestClient } from './client.ts';

const guest = join(import.meta.dirname, '../guests/debian/.cache');
const symbols = join(process.env.CHRONOVISOR_KERNEL_DEBUG ?? guest, 'vmlinux');
const machine = [
  ...['-m', '256M', '-nographic', '-kernel', join(guest, 'Image')],
  ...['-initrd', join(guest, 'initrd.cpio.gz'), '-append', 'console=ttyS0'],
];
const isThere = existsSync(symbols) && existsSync(join(guest, 'Image'));
const skipped = isThere ? '' : ' (skipped: fetch it with sh test/guests/debian/fetch.sh --debug)';

const folder = mkdtempSync(join(tmpdir(), 'chronovisor-kernel-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const cache = join(folder, 'cache');

const clients: TestClient[] = [];
afterAll(async () => {
  for (const client of clients) await client.close();
});

const begin = async (): Promise<TestClient> => {
  const client = new TestClient();
  clients.push(client);
  client.defaultTimeout = 60_000;
  await client.begin({ machine, symbols, cache, idle: 'skip' });
  return client;
};
const atFunction = async (name: string): Promise<TestClient> => {
  const client = await begin();
  const [breakpoint] = await client.functionBreakpoints({ name });
  expect(breakpoint).toMatchObject({ verified: true });
  await client.move('configurationDone');
  return client;
};
const framesOf = async (client: TestClient) => (await client.stackTraceRequest({ threadId: 1 })).body.stackFrames;
const evaluated = async (client: TestClient, expression: string) =>
  (await client.evaluateRequest({ expression, context: 'watch' })).body;

/** What gdb prints at an address of the kernel under QEMU, an answer a command. */
const askGdb = async (address: string, commands: readonly string[]): Promise<string[]> => {
  const socket = join(folder, 'gdb');
  const board = ['-M', 'virt', '-display', 'none', '-serial', 'null', '-monitor', 'none', '-S'];
  const channel = `unix:${socket},server=on,wait=off`;
  const qemu = spawn('qemu-system-riscv64', [
    ...board,
    '-gdb',
    channel,
    ...machine.filter((word) => word !== '-nographic'),
  ]);
  onTestFinished(() => void qemu.kill());
  const mark = 'next answer';
  const script = [
    ...['set pagination off', 'set confirm off', 'set print address on', 'set tcp connect-timeout 30'],
    ...[
      `shell while ! test -S ${socket}; do sleep 0.1; done`,
      `target remote ${socket}`,
      `hbreak *${address}`,
      'continue',
    ],
    ...commands.flatMap((command) => [`echo ${mark}\\n`, command]),
    `echo ${mark}\\n`,
  ];
  const words = ['-batch', '-nx', ...script.flatMap((line) => ['-ex', line]), symbols];
  const { stdout: answer } = await promisify(execFile)('gdb-multiarch', words, { timeout: 240_000 });
  return answer
    .split(`${mark}\n`)
    .slice(1, -1)
    .map((text) => text.trim());
};

describe.skipIf(!isThere)(`Debian's kernel, in a session${skipped}`, () => {
  let client: TestClient;
  beforeAll(async () => {
    client = await atFunction('start_kernel');
  }, 120_000);

  test('stops at start_kernel, shows its stack and locals, types and values that gdb shows', async () => {
    const frames = await framesOf(client);
    const [here, caller] = frames;
    const gdb = await askGdb(here!.instructionPointerReference!, [
      'bt',
      'info locals',
      'output init_task.comm',
      'output sizeof(struct task_struct)',
      'output/x (unsigned long)&init_task.comm',
      'output/x (unsigned long)init_task.stack',
      'output init_task.cred->uid.val',
      'output linux_banner',
      'output init_task.signal->rlim[3].rlim_cur',
    ]);
    const [stack, locals, ...values] = gdb;
    const lines = [...stack!.matchAll(/^#\d+ +(?:0x[0-9a-f]+ in )?(\w+) \(.*\) at (\S+):(\d+)$/gm)];
    expect([here, caller].map((frame) => frame!.name.split('+')[0])).toEqual(lines.map(([, name]) => name));
    expect(caller!.line).toBe(Number(lines[1]![3]));
    // Of several lines at one address, gdb takes the last that begins a statement; binutils the one whose code it is.
    const words = ['-e', symbols, here!.instructionPointerReference!];
    const { stdout } = await promisify(execFile)('riscv64-linux-gnu-addr2line', words);
    expect(here!.line).toBe(Number(/:(\d+)/.exec(stdout)?.[1]));
    expect(lines.map(([, , path]) => path)).toEqual([
      expect.stringMatching(/init\/main\.c$/),
      expect.stringMatching(/kernel\/head\.S$/),
    ]);
    const { scopes } = (await client.scopesRequest({ frameId: here!.id })).body;
    const own = await client.children(scopes.find(({ name }) => name === 'Locals')!.variablesReference);
    const theirs = [...locals!.matchAll(/^(\w+) = (.*)$/gm)];
    expect([...own.keys()].sort()).toEqual(theirs.map(([, name]) => name).sort());
    for (const [, name, value] of theirs) {
      const isOut = value === '<optimized out>';
      expect(/optimised out/.test(own.get(name!)!.value)).toBe(isOut);
    }
    const text = async (expression: string) => (await evaluated(client, expression)).result;
    expect(await text('init_task.comm')).toContain('"swapper');
    expect(values[0]).toContain('"swapper');
    expect(await text('sizeof(struct task_struct)')).toContain(values[1]);
    expect(await text('&init_task.comm')).toContain(values[2]);
    expect(await text('init_task.stack')).toContain(values[3]);
    expect(await text('init_task.cred->uid.val')).toBe(values[4]);
    expect(await text('linux_banner')).toContain(/Linux version [\d.]+/.exec(values[5]!)?.[0]);
    expect(await text('init_task.signal->rlim[3].rlim_cur')).toContain(values[6]);
  }, 300_000);

  test('opens task_struct and follows its list', async () => {
    const task = await evaluated(client, 'init_task');
    expect(task.type).toBe('struct task_struct');
    const members = await client.children(task.variablesReference);
    expect(members.get('comm')!.value).toContain('"swapper');
    expect(members.size).toBeGreaterThan(150);
    const tasks = await client.children(members.get('tasks')!.variablesReference);
    expect([...tasks.keys()]).toEqual(['next', 'prev']);
    const [next, own] = await Promise.all(
      ['init_task.tasks.next', '&init_task.tasks'].map((e) => evaluated(client, e)),
    );
    expect(next!.memoryReference).toBe(own!.memoryReference);
  });

  test('finds functions and data by a part of their names, page by page', async () => {
    const ask = async (args: object) => (await client.customRequest('chronovisor/symbols', args)).body;
    const { total, symbols: found } = await ask({ query: 'start_ker', kinds: ['function'] });
    expect(found[0]).toMatchObject({ name: 'start_kernel', kind: 'function', source: { name: 'main.c' } });
    expect(total).toBe(found.length);
    expect(
      (await ask({ query: 'startknl', matching: 'fuzzy' })).symbols.map(({ name }: { name: string }) => name),
    ).toContain('start_kernel');
    expect((await ask({ query: '_start_kernel' })).symbols[0]).toMatchObject({
      name: '_start_kernel',
      kind: 'function',
    });
    const [both, first, second] = await Promise.all(
      [{ count: 20 }, { count: 10 }, { start: 10, count: 10 }].map((page) => ask({ query: 'sched', ...page })),
    );
    expect([...first.symbols, ...second.symbols]).toEqual(both.symbols);
  });

  test('stops at a line of start_kernel', async () => {
    const line = (await framesOf(client))[0]!.line + 4;
    const other = await begin();
    const { body } = await other.setBreakpointsRequest({ source: { path: 'init/main.c' }, breakpoints: [{ line }] });
    expect(body.breakpoints[0]).toMatchObject({ verified: true });
    await other.move('configurationDone');
    expect(await other.frame()).toMatchObject({ name: 'start_kernel', line: body.breakpoints[0]!.line });
  }, 120_000);

  test('stops in a function that runs before the MMU is on, where its arguments can be read', async () => {
    const early = await atFunction('setup_vm');
    const [frame, caller] = await framesOf(early);
    expect(frame).toMatchObject({
      name: 'setup_vm',
      instructionPointerReference: expect.stringMatching(/^0x8[0-9a-f]{7}$/),
    });
    expect(caller!.name).toMatch(/^(_start_kernel|relocate|_start)/);
    expect(await early.evaluate('dtb_pa == $a0')).toBe('1');
  }, 120_000);

  test('keeps the index of its names, and shows the same with it', async () => {
    expect(readdirSync(join(cache, 'names')).filter((name) => name.endsWith('.names'))).toHaveLength(1);
    const again = await atFunction('start_kernel');
    const place = async (of: TestClient) => (await framesOf(of)).map(({ name, line }) => `${name}:${line}`);
    expect(await place(again)).toEqual(await place(client));
    const comm = async (of: TestClient) => (await evaluated(of, 'init_task.comm')).result;
    expect(await comm(again)).toBe(await comm(client));
  }, 120_000);
});
