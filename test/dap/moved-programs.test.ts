/** Position-independent programs, whose place nobody tells: they are found by their text, and then are as any other program. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { TestClient } from './client.ts';
import { replay } from './fixture.ts';
import { breakAt, byLine, folder, lineOf, recordProcesses, source, stack, where } from './processes.ts';

let trace = '';
beforeAll(async () => {
  trace = await recordProcesses('moved');
});

const begin = async (): Promise<TestClient> => {
  const programs = ['one', 'two'].map((name) => ({ file: `${name}-moved.elf`, name }));
  const client = await replay(trace, { cwd: folder, programs });
  await client.move('configurationDone');
  return client;
};

const topFrame = async (client: TestClient) => (await client.stackTraceRequest({ threadId: 1 })).body.stackFrames[0]!;

describe('a position-independent program', () => {
  test('stops at functions that were set before it was anywhere', async () => {
    const client = await begin();
    await client.functionBreakpoints({ name: 'mix' }, { name: 'one!fibonacci' });
    const seen: string[] = [];
    for (let stops = 0; stops < 6 && (await client.move('continue')).reason === 'function breakpoint'; stops++) {
      seen.push((await where(client)).split(':')[0]!);
    }
    expect(new Set(seen)).toEqual(new Set(['fibonacci [one]', 'mix [two]']));
  });

  test('stops at lines, and has its variables', async () => {
    const client = await begin();
    expect(await breakAt(client, 'two.c', lineOf('two.c', 'sum += pair.left'))).toMatchObject([{ verified: true }]);
    await client.move('continue');
    expect((await stack(client)).map((frame) => frame.split(':')[0])).toEqual([
      'mix [two]',
      'main [two]',
      '_start [two]',
    ]);
    expect(await client.evaluate('pair.left + pair.right')).toBe('3');
    expect(await client.evaluate('times')).toBe('12');
    const { body } = await client.evaluateRequest({ expression: 'pair', frameId: (await topFrame(client)).id });
    // Where it is in the process: what the client reads there is what the variable has.
    expect(BigInt(body.memoryReference!)).toBeGreaterThan(0x4000_0000n);
    const memory = await client.customRequest('readMemory', { memoryReference: body.memoryReference, count: 16 });
    const bytes = Buffer.from(memory.body.data, 'base64');
    expect([...bytes].filter((byte) => byte !== 0).sort()).toEqual([1, 2]);
  });

  test('is met again backwards', async () => {
    const client = await begin();
    const line = lineOf('one.c', 'long digits = call_kernel');
    await breakAt(client, 'one.c', line);
    await client.move('continue');
    const first = await where(client);
    expect(first).toBe(`main [one]:${line}`);
    await breakAt(client, 'one.c');
    await client.functionBreakpoints({ name: 'one!main' });
    await client.move('reverseContinue');
    expect((await where(client)).split(':')[0]).toBe('main [one]');
    expect(await client.evaluate('total')).toBe('0');
  });

  test('is stepped through by line, both ways', async () => {
    const client = await begin();
    await breakAt(client, 'one.c', lineOf('one.c', 'total += halves(40)'));
    await client.move('continue');
    const start = await where(client);
    await client.move('next', byLine);
    expect(await where(client)).toBe(`main [one]:${lineOf('one.c', 'far[4096] = 1')}`);
    await client.move('stepBack', byLine);
    expect(await where(client)).toBe(start);
  });

  test('is in the stack of the kernel that it has called', async () => {
    const client = await begin();
    await client.functionBreakpoints({ name: 'add_digits' });
    await client.move('continue');
    const frames = (await stack(client)).map((frame) => frame.split(':')[0]!);
    expect(frames[0]).toBe('add_digits');
    expect(frames.slice(-2)).toEqual(['main [one, guessed by trap frame]', '_start [one]']);
    const { stackFrames } = (await client.stackTraceRequest({ threadId: 1 })).body;
    expect(stackFrames.at(-2)).toMatchObject({ source: { path: source('one.c') } });
  });
});
