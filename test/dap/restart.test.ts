/** A frame is begun again: back to the first instruction of its function in the very same call. */
import { beforeAll, describe, expect, test } from 'vitest';
import { replay } from './fixture.ts';
import { begin, folder, recordProcesses, stack } from './processes.ts';

const traces: Record<string, string> = {};
beforeAll(async () => {
  for (const level of ['O0', 'O2']) traces[level] = await recordProcesses(level);
});

const functionIn = (frame: string): string => frame.split(/[ :]/)[0]!;

describe.each(['O0', 'O2'])('with -%s', (level) => {
  test('each frame of a stack is begun again, and those around it are what they were', async () => {
    const client = await begin(traces[level]!, level, 'add_digits');
    await client.move('next', { granularity: 'line' });
    const from = await client.moment();
    const { stackFrames } = (await client.stackTraceRequest({ threadId: 1 })).body;
    const shown = await stack(client);
    let begun = 0;
    for (let depth = 0; depth < stackFrames.length; depth += 1) {
      await client.goTo(from);
      const { id, name } = (await client.stackTraceRequest({ threadId: 1 })).body.stackFrames[depth]!;
      if (name.includes('inlined')) continue;
      const stopped = await client.moved('restartFrame', { frameId: id }).catch(() => undefined);
      if (stopped?.reason !== 'restart') continue;
      begun += 1;
      expect(await client.moment()).toBeLessThan(from);
      const now = await stack(client);
      expect(functionIn(now[0]!)).toBe(functionIn(name));
      expect(now.slice(1).map(functionIn)).toEqual(shown.slice(depth + 1).map(functionIn));
    }
    expect(begun).toBeGreaterThan(1);
  });
});

test('a frame that is at its beginning stays there', async () => {
  const client = await begin(traces.O0!, 'O0', 'add_digits');
  const { body } = await client.stackTraceRequest({ threadId: 1 });
  const at = await client.moment();
  const entry = await client.moved('restartFrame', { frameId: body.stackFrames[0]!.id });
  expect(entry.reason).toBe('restart');
  expect(await client.moment()).toBeLessThanOrEqual(at);
  const again = (await client.stackTraceRequest({ threadId: 1 })).body.stackFrames[0]!;
  const first = await client.moment();
  await client.moved('restartFrame', { frameId: again.id });
  expect(await client.moment()).toBe(first);
});

test('without debug information the innermost routine is begun again', async () => {
  const client = await replay(traces.O0!, { cwd: folder });
  await client.functionBreakpoints({ name: 'add_digits' });
  await client.move('configurationDone');
  await client.move('continue');
  await client.functionBreakpoints();
  for (let count = 0; !(await client.frame()).name.startsWith('0x4000'); count += 1) {
    await client.move('stepOut');
    expect(count).toBeLessThan(10);
  }
  const at = await client.moment();
  const stopped = await client.moved('restartFrame', { frameId: (await client.frame()).id });
  expect(stopped.reason).toBe('restart');
  expect(await client.moment()).toBeLessThan(at);
});
