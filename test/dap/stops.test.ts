/** Stops at what the guest does: a run meets them at the same moments in both directions, and says the same of them. */
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SetStopsAnswer, StopAsked } from '../../adapter/dap/stop-requests.ts';
import type { TestClient } from './client.ts';
import { demoElf, record, replay } from './fixture.ts';
import { folder as processes } from './processes.ts';

const guests = resolve(import.meta.dirname, '../guests');
const traces: Record<string, string> = {};
beforeAll(async () => {
  traces.processes = await record(join(processes, 'kernel-O0.elf'), 'stops-processes', 3_000_000);
  traces.steps = await record(join(guests, 'source/steps-O0.elf'), 'stops-steps', 100_000);
  traces.harts = await record(join(guests, 'harts/harts-O2.elf'), 'stops-harts', 60_000, '-smp 2');
  traces.demo = await record(demoElf, 'stops-demo', 6_000_000);
});

const begin = async (trace: string): Promise<TestClient> => {
  const client = await replay(traces[trace]!, { cwd: join(guests, 'source') });
  await client.move('configurationDone');
  return client;
};

const setStops = async (client: TestClient, ...stops: StopAsked[]): Promise<SetStopsAnswer['stops']> =>
  ((await client.customRequest('chronovisor/setStops', { stops })).body as SetStopsAnswer).stops;

const stopsMax = 40;
const seen = async (client: TestClient, command: 'continue' | 'reverseContinue'): Promise<string[]> => {
  const found: string[] = [];
  while (found.length < stopsMax) {
    const { reason, text, description } = await client.move(command);
    if (reason === 'pause') break;
    found.push(`${await client.moment()} ${reason} ${text ?? description}`);
  }
  return found;
};

/** Forwards from the start, then backwards from where that has come to: the same, in the other order. */
const check = async (client: TestClient): Promise<string[]> => {
  const forwards = await seen(client, 'continue');
  if (forwards.length === stopsMax) forwards.pop();
  expect(await seen(client, 'reverseContinue')).toEqual([...forwards].reverse());
  return forwards.map((line) => line.replace(/^\d+ /, ''));
};

describe('a stop in both directions', () => {
  test('at each change of mode, or at those to one mode', async () => {
    const client = await begin('processes');
    expect(await setStops(client, { kind: 'mode' })).toEqual([{ verified: true }]);
    const all = await check(client);
    expect(all.slice(0, 3)).toEqual([
      'guest stop hart 0 came from M-mode to S-mode',
      'guest stop hart 0 came from S-mode to U-mode',
      'guest stop hart 0 came from U-mode to S-mode',
    ]);
    await client.goTo(0);
    await setStops(client, { kind: 'mode', mode: 'U', hart: 0 });
    const some = await check(client);
    expect(new Set(some)).toEqual(new Set(['guest stop hart 0 came from S-mode to U-mode']));
  });

  test('at each change of address space, or at those to one', async () => {
    const client = await begin('processes');
    await setStops(client, { kind: 'process' });
    const all = await check(client);
    expect(all.length).toBeGreaterThan(3);
    const satp = / to (0x[\da-f]+)$/.exec(all[1]!)![1]!;
    await client.goTo(0);
    await setStops(client, { kind: 'process', satp });
    expect(await check(client)).toEqual(all.filter((line) => line.endsWith(` to ${satp}`)));
  });

  test('at a text that the guest prints, across its writes, and at what a pattern matches', async () => {
    const client = await begin('demo');
    await setStops(client, { kind: 'console', text: 'pid 1 (init)' });
    expect(await check(client)).toEqual(['guest stop the guest printed "pid 1 (init)"']);
    await client.goTo(0);
    await setStops(client, { kind: 'console', pattern: 'PID \\d \\(.*\\)', ignoreCase: true });
    expect(await check(client)).toHaveLength(8);
  });

  test('where the last character of a text is printed, which is then all that there is', async () => {
    const client = await begin('demo');
    await setStops(client, { kind: 'console', text: 'pid 1 (init)' });
    await client.move('continue');
    expect(client.output.endsWith('process: pid 1 (init)')).toBe(true);
  });

  test('where an expression becomes true', async () => {
    const client = await begin('steps');
    await setStops(
      client,
      { kind: 'expression', expression: 'total > 20' },
      { kind: 'expression', expression: 'total == 15' },
    );
    expect(await check(client)).toEqual(['guest stop total == 15 became true', 'guest stop total > 20 became true']);
  });

  test('at reads, at writes that change nothing, and at changes of a variable', async () => {
    const client = await begin('steps');
    const { dataId } = (await client.customRequest('dataBreakpointInfo', { name: 'total' })).body;
    const lists: Record<string, string[]> = {};
    for (const accessType of ['read', 'write', 'readWrite']) {
      await client.goTo(0);
      await client.customRequest('setDataBreakpoints', { breakpoints: [{ dataId, accessType }] });
      lists[accessType] = await check(client);
    }
    expect(lists.write).toEqual([
      'data breakpoint total: 0 -> 1',
      'data breakpoint total: 1 -> 15 (0xf)',
      'data breakpoint total: 15 (0xf) -> 17 (0x11)',
      'data breakpoint total: 17 (0x11) -> 27 (0x1b)',
      'data breakpoint total: 27 (0x1b) -> 58 (0x3a)',
      'data breakpoint total: 58 (0x3a) -> 151 (0x97)',
    ]);
    expect(lists.read!.every((line) => line.endsWith(' is read'))).toBe(true);
    expect(lists.readWrite!.filter((line) => line.includes('->'))).toEqual(lists.write);
    expect(lists.readWrite!.filter((line) => line.endsWith('is read'))).toEqual(lists.read);
  });

  test('at traps with a condition', async () => {
    const client = await begin('processes');
    await client.filters({ filterId: 'ecall-from-u', condition: 'a7 % 2 == 1' });
    expect((await check(client)).length).toBeGreaterThan(0);
  });

  test('at all of it at once, of two harts', async () => {
    const client = await begin('harts');
    await setStops(client, { kind: 'mode' }, { kind: 'process' }, { kind: 'console', pattern: '[a-z]' });
    await client.filters({ filterId: 'interrupt' });
    await client.functionBreakpoints({ name: 'sum' });
    expect((await check(client)).length).toBeGreaterThan(1);
  });
});

test('a stop that cannot be set says why, and leaves the others', async () => {
  const client = await begin('steps');
  const answers = await setStops(
    client,
    { kind: 'expression', expression: '$a0 == 5' },
    { kind: 'expression', expression: '1 + 1' },
    { kind: 'expression', expression: 'nobody == 5' },
    { kind: 'expression', expression: 'total', program: 'nobody' },
    { kind: 'console', pattern: '(' },
    { kind: 'console', text: '' },
    { kind: 'process', satp: 'none' },
    { kind: 'mode', hart: 7 },
    { kind: 'expression', expression: 'total == 15' },
  );
  expect(answers.map(({ verified }) => verified)).toEqual([...Array(8).fill(false), true]);
  expect(answers.slice(0, 8).map(({ message }) => message!.split(':')[0])).toEqual([
    'The expression "$a0 == 5" cannot be waited for',
    'The expression "1 + 1" cannot be waited for',
    'Nothing is called nobody',
    'This stop cannot be set',
    'This stop cannot be set',
    'This stop cannot be set',
    'This stop cannot be set',
    'This stop cannot be set',
  ]);
  expect(await check(client)).toEqual(['guest stop total == 15 became true']);
});
