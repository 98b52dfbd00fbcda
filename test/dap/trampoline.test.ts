/** Kernels that save the registers of a process in a page of its own: stacks from the kernel to the program, and its variables. */
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { TestClient } from './client.ts';
import { record, replay } from './fixture.ts';
import { lineOf, folder as processes, stack } from './processes.ts';

const kernels = resolve(import.meta.dirname, '../guests/trampoline');
const traces: Record<string, string> = {};
beforeAll(async () => {
  for (const name of ['own-O0', 'own-O2', 'shared-O0']) {
    traces[name] = await record(join(kernels, `${name}.elf`), `trampoline-${name}`, 1_000_000);
  }
});

const atAddDigits = async (name: string): Promise<TestClient> => {
  const programs = ['one', 'two'].map((program) => ({ file: join(processes, `${program}-O0.elf`), name: program }));
  const client = await replay(traces[name]!, { cwd: processes, programs });
  await client.functionBreakpoints({ name: 'add_digits' });
  await client.move('configurationDone');
  await client.move('continue');
  return client;
};
const mainOf = async (client: TestClient): Promise<number> =>
  (await client.stackTraceRequest({ threadId: 1 })).body.stackFrames.find(({ name }) => name.startsWith('main'))!.id;

const check = (title: string, name: string): void =>
  test(title, async () => {
    const client = await atAddDigits(name);
    expect((await stack(client)).slice(-4)).toEqual([
      expect.stringMatching(/^(trap_from_user|system_call):/),
      expect.stringMatching(/^call_kernel \[one, inlined\]:/),
      `main [one, guessed by trap frame]:${lineOf('one.c', 'call_kernel(2, 12345)')}`,
      expect.stringMatching(/^_start \[one\]:/),
    ]);
    const frameId = await mainOf(client);
    const valueIn = async (expression: string) =>
      (await client.evaluateRequest({ expression, frameId, context: 'watch' })).body.result;
    expect(await valueIn('total')).toBe('64');
    expect(await valueIn('text')).toBe('"one\\n"');
    expect(await valueIn('(long)$pc - (long)&main > 0')).toBe('1');
    expect(await valueIn('digits + total == total + digits')).toBe('1');
    const { body: info } = await client.customRequest('dataBreakpointInfo', { name: 'total', frameId });
    const { body: set } = await client.customRequest('setDataBreakpoints', { breakpoints: [{ dataId: info.dataId }] });
    expect(set.breakpoints).toMatchObject([{ verified: true }]);
    expect(await client.move('continue')).toMatchObject({ reason: 'data breakpoint' });
    expect(await client.evaluate('total')).toBe('79');
  });

check('are found by the structure of the process, and by page tables that the kernel has not, not optimised', 'own-O0');
check('are found by the structure of the process, and by page tables that the kernel has not, optimised', 'own-O2');
check('are found by sscratch where no variable leads to them', 'shared-O0');
