/**
 * Steps by line both ways: whatever a step forwards was, going back ends where it began, and going back on its own stops only
 * where going forwards does. Over calls, inlined calls, recursion, system calls, pages that were not there, interrupts,
 * switches to the other process, and a jump out of several calls.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import type { TestClient } from './client.ts';
import { replay } from './fixture.ts';
import { begin, breakAt, byLine, folder, lineOf, recordProcesses, source, stack, where } from './processes.ts';

const traces: Record<string, string> = {};
beforeAll(async () => {
  for (const level of ['O0', 'O2']) traces[level] = await recordProcesses(level);
});

/** Numbers below `count`, always the same ones for a seed. */
const chance = (seed: number) => {
  let state = seed;
  return (count: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >>> 8) % count;
  };
};

const cases = ['O0', 'O2'].flatMap((level) =>
  ['kernel_main', 'one!main', 'two!main'].map((start) => [level, start] as const),
);

const stepsOfWalk = 60;
const walk = async (
  client: TestClient,
  kinds: readonly ('next' | 'stepIn' | 'stepOut')[],
  seed: number,
  made: (kind: 'next' | 'stepIn' | 'stepOut', from: number) => Promise<void>,
): Promise<void> => {
  const next = chance(seed);
  for (let count = 0; count < stepsOfWalk; count++) {
    const from = await client.moment();
    const kind = kinds[next(kinds.length)]!;
    const { reason, description } = await client.move(kind, byLine);
    if (reason !== 'step' || description !== undefined) return;
    await made(kind, from);
  }
};

describe.each(cases)('with -%s, from %s', (level, start) => {
  test('the reverse of a step ends where the step began, whatever it was', async () => {
    const client = await begin(traces[level]!, level, start);
    await walk(client, ['next', 'stepIn', 'stepIn', 'stepOut'], 1, async (kind, from) => {
      const [to, shown] = [await client.moment(), await stack(client)];
      await client.move('stepBack', byLine);
      expect([kind, await client.moment()]).toEqual([kind, from]);
      await client.move(kind, byLine);
      expect([kind, await client.moment(), await stack(client)]).toEqual([kind, to, shown]);
    });
  });

  test('a step into is undone without being remembered', async () => {
    const client = await begin(traces[level]!, level, start);
    await walk(client, ['stepIn'], 2, async (_, from) => {
      const to = await client.moment();
      await client.goTo(to);
      await client.move('chronovisor/stepBackInto', byLine);
      expect(await client.moment()).toBe(from);
      await client.goTo(to);
    });
  });

  test('a chain of steps back stops only where a chain of steps into stops', async () => {
    const client = await begin(traces[level]!, level, start);
    const first = await client.moment();
    const stops = new Set([first]);
    await walk(client, ['stepIn'], 3, async () => {
      stops.add(await client.moment());
    });
    for (let seed = 0; seed < 3; seed++) {
      const next = chance(seed);
      await client.goTo([...stops].at(-1 - next(Math.min(5, stops.size)))!);
      while ((await client.moment()) > first) {
        const kind = (['stepBack', 'chronovisor/stepBackInto', 'chronovisor/stepBackOut'] as const)[(next(9) % 4) % 3]!;
        const from = await client.moment();
        await client.move(kind, byLine);
        const now = await client.moment();
        expect(now).toBeLessThan(from);
        if (now >= first) expect([kind, from, stops.has(now), now]).toEqual([kind, from, true, now]);
      }
    }
  });
});

describe.each(['O0', 'O2'])('a program built with -%s', (level) => {
  test('is stepped over a call of thousands of steps, and back over it', async () => {
    const client = await begin(traces[level]!, level, 'one!main');
    await breakAt(client, 'one.c', lineOf('one.c', 'wait(300)'));
    await client.move('continue');
    const [from, place] = [await client.moment(), await where(client)];
    await breakAt(client, 'one.c');
    await client.move('next', byLine);
    const to = await client.moment();
    expect(to - from).toBeGreaterThan(1000);
    await client.goTo(to);
    await client.move('stepBack', byLine);
    expect([await where(client), await client.moment()]).toEqual([place, from]);
  });

  test('is stepped back over a call to the last breakpoint that it met', async () => {
    const client = await begin(traces[level]!, level, 'one!main');
    await breakAt(client, 'one.c', lineOf('one.c', 'wait(300)'));
    await client.move('continue');
    await breakAt(client, 'one.c');
    const from = await client.moment();
    await client.move('next', byLine);
    const after = await client.moment();
    await client.functionBreakpoints({ name: 'one!wait' });
    await client.goTo(after);
    expect(await client.move('stepBack', byLine)).toMatchObject({ reason: 'function breakpoint' });
    expect(await client.moment()).toBeGreaterThan(from);
    expect(await where(client)).toMatch(/^wait \[one\]/);
  });

  test('goes out of a function, back into its end, and back to the line of the call', async () => {
    const client = await begin(traces[level]!, level, 'add_digits');
    await client.move('stepOut', byLine);
    await client.goTo(await client.moment());
    await client.move('chronovisor/stepBackInto', byLine);
    expect((await where(client)).split(':')[0]).toBe('add_digits');
    await client.move('chronovisor/stepBackOut', byLine);
    // Also where optimised code has jumped instead of calling: that is what happened.
    expect((await where(client)).split(':')[0]).toBe('system_call');
  });

  test('a jump out of several calls is met where it lands, and stepped back over', async () => {
    const client = await begin(traces[level]!, level, 'one!deep');
    await client.move('stepOut', byLine);
    expect(await where(client)).toMatch(/^main \[one\]/);
    const client2 = await begin(traces[level]!, level, 'one!main');
    await breakAt(client2, 'one.c', lineOf('one.c', 'deep(3);'));
    await client2.move('continue');
    const from = await client2.moment();
    await client2.move('next', byLine);
    expect(await where(client2)).toMatch(/^main \[one\]/);

    await client2.move('stepBack', byLine);
    expect(await client2.moment()).toBe(from);
  });
});

test('a step out of the kernel ends in a user program, even one that nobody has named', async () => {
  const client = await replay(traces.O0!, { cwd: folder });
  await client.functionBreakpoints({ name: 'add_digits' });
  await client.move('configurationDone');
  await client.move('continue');
  await client.functionBreakpoints();
  for (let count = 0; !(await where(client)).startsWith('0x4000'); count++) {
    await client.move('stepOut', byLine);
    expect(count).toBeLessThan(5);
  }
  expect(await client.evaluate('privilege')).toBe('0x0');
});

test('a line that only calls an inlined function has a breakpoint, and is shown, not what it calls', async () => {
  const client = await begin(traces.O0!, 'O0');
  const line = lineOf('one.c', 'call_kernel(2, 12345)');
  expect(await breakAt(client, 'one.c', line)).toMatchObject([{ verified: true, line }]);
  await client.move('continue');
  const from = await client.moment();
  expect((await stack(client))[0]).toBe(`main [one]:${line}`);
  await client.move('stepIn', byLine);
  expect(await where(client)).toMatch(/^call_kernel \[one, inlined\]/);
  await client.move('stepBack', byLine);
  expect([await where(client), await client.moment()]).toEqual([`main [one]:${line}`, from]);
  await client.move('next', byLine);
  expect(await where(client)).toBe(`main [one]:${line + 1}`);
  await client.goTo(await client.moment());
  await client.move('stepBack', byLine);
  expect([await where(client), await client.moment()]).toEqual([`main [one]:${line}`, from]);
});

test('the calls of a line are targets, of which one is stepped into', async () => {
  const client = await begin(traces.O0!, 'O0');
  const line = lineOf('one.c', 'wait(40) + wait(20)');
  await breakAt(client, 'one.c', line);
  await client.move('continue');
  const { id } = await client.frame();
  const { targets } = (await client.customRequest('stepInTargets', { frameId: id })).body;
  expect(targets.map(({ label }: { label: string }) => label)).toEqual(['wait', 'wait']);
  await client.move('stepIn', { ...byLine, targetId: targets[1].id });
  expect(await client.evaluate('number')).toBe('20');
  await client.move('stepBack', byLine);
  expect(await where(client)).toBe(`main [one]:${line}`);
});

test('a line is gone to: its next execution, and its last one', async () => {
  const client = await begin(traces.O2!, 'O2', 'two!main');
  const [path, line] = [source('two.c'), lineOf('two.c', 'rounds += 1')];
  const { targets } = (await client.customRequest('gotoTargets', { source: { path }, line })).body;
  expect(targets).toMatchObject([{ line }]);
  const stopped = client.nextStop();
  await client.customRequest('goto', { threadId: 1, targetId: targets[0].id });
  expect(await stopped).toMatchObject({ reason: 'goto' });
  const first = await client.moment();
  expect(await where(client)).toBe(`letter [two]:${line}`);
  await client.move('next', byLine);
  expect(await client.moment()).toBeGreaterThan(first);
  const back = client.nextStop();
  await client.customRequest('chronovisor/goToLast', { threadId: 1, source: { path }, line });
  await back;
  expect(await client.moment()).toBe(first);
});

test('a trap is told with its cause, its mode, its address and its value', async () => {
  const client = await begin(traces.O0!, 'O0');
  await client.filters({ filterId: 'store-page-fault' });
  expect(await client.move('continue')).toMatchObject({ reason: 'exception' });
  const { body } = await client.exceptionInfoRequest({ threadId: 1 });
  expect(body).toMatchObject({
    exceptionId: 'store/AMO page fault',
    details: { typeName: 'store-page-fault', message: 'store/AMO page fault, from U-mode into S-mode' },
  });
  expect(body.description).toMatch(/^store\/AMO page fault at 0x4000[0-9a-f]+ \(main/);
});

test('the places of statements have their columns, and a breakpoint may be at one', async () => {
  const client = await begin(traces.O0!, 'O0');
  const [path, line] = [source('one.c'), lineOf('one.c', 'index < number; index++')];
  const { body } = await client.customRequest('breakpointLocations', { source: { path }, line });
  const columns: number[] = body.breakpoints.map(({ column }: { column: number }) => column);
  expect(columns.length).toBeGreaterThan(1);
  const breakpoints = [{ line, column: columns.at(-1)! }];
  await client.setBreakpointsRequest({ source: { path }, breakpoints });
  await client.move('continue');
  expect(await client.frame()).toMatchObject({ line, column: columns.at(-1) });
});
