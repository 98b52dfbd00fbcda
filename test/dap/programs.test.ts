/** Several programs at once: a kernel with two user programs at the same addresses, not optimised and optimised. */
import { beforeAll, describe, expect, test } from 'vitest';
import { refusal } from './client.ts';
import { replay } from './fixture.ts';
import { begin, breakAt, byLine, folder, lineOf, recordProcesses, source, stack, where } from './processes.ts';

const traces: Record<string, string> = {};
beforeAll(async () => {
  for (const level of ['O0', 'O2']) traces[level] = await recordProcesses(level);
});

describe.each(['O0', 'O2'])('programs built with -%s', (level) => {
  test('stop in their own process only, and have their own names', async () => {
    const client = await begin(traces[level]!, level);
    expect(await breakAt(client, 'two.c', lineOf('two.c', 'sum += pair.left'))).toMatchObject([{ verified: true }]);
    const seen = new Set<string>();
    for (;;) {
      const { reason } = await client.move('continue');
      if (reason !== 'breakpoint') break;
      const frames = await stack(client);
      seen.add(frames.map((frame) => frame.split(':')[0]).join(' '));
      expect(await client.evaluate('pair.left + pair.right')).toBe('3');
    }
    expect([...seen]).toEqual(['mix [two] main [two] _start [two]']);
  });

  test('are called by a name of their own, and one of a name by its program', async () => {
    const client = await begin(traces[level]!, level, 'two!main');
    expect((await where(client)).split(':')[0]).toBe('main [two]');
    await client.functionBreakpoints({ name: 'main' });
    await client.move('reverseContinue');
    expect((await where(client)).split(':')[0]).toBe('main [one]');
    expect(await client.evaluate('sizeof(buffer)')).toBe('0x70 (112)');
  });

  test('have stacks that go from the kernel to the program that made the call', async () => {
    const client = await begin(traces[level]!, level, 'add_digits');
    const frames = (await stack(client)).map((frame) => frame.split(':')[0]);
    const entry = frames.indexOf('trap_vector');
    // Optimised code has jumped to add_digits, and left nothing of the function that called it.
    expect(frames.slice(0, entry)).toEqual([
      'add_digits',
      ...(level === 'O0' ? ['system_call'] : []),
      'trap_from_user',
    ]);
    const user = ['call_kernel [one, inlined]', 'main [one, guessed by trap frame]', '_start [one]'];
    expect(frames.slice(entry + 1)).toEqual(user);
    const { stackFrames } = (await client.stackTraceRequest({ threadId: 1 })).body;
    const main = stackFrames.find(({ name }) => name.startsWith('main'))!;
    expect(main.source).toMatchObject({ path: source('one.c') });
    expect(main.line).toBe(lineOf('one.c', 'call_kernel(2, 12345)'));
    const { result } = (await client.evaluateRequest({ expression: 'text', frameId: main.id })).body;
    expect(result).toBe('"one\\n"');
  });

  test('are listed as modules', async () => {
    const client = await begin(traces[level]!, level);
    const { body } = await client.customRequest('modules');
    expect(
      body.modules.map(({ name, isUserCode }: { name: string; isUserCode: boolean }) => [name, isUserCode]),
    ).toEqual([
      [`kernel-${level}.elf`, false],
      ['one', true],
      ['two', true],
    ]);
    expect(body.modules[1]).toMatchObject({ symbolStatus: 'Debug information loaded.' });
    expect(body.modules[1].addressRange).toMatch(/^0x40000000-0x4000/);
    const { body: loaded } = await client.customRequest('loadedSources');
    const names = loaded.sources.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['kernel.c', 'one.c', 'two.c', 'user.h']));
  });

  test('are stepped from into the kernel and back, both ways', async () => {
    const client = await begin(traces[level]!, level);
    await breakAt(client, 'one.c', lineOf('one.c', 'far[8192] = 2'));
    await client.move('continue');
    const seen: [string, number][] = [];
    const look = async () => seen.push([await where(client), await client.moment()]);
    await look();
    while (!(await where(client)).startsWith('add_digits')) {
      await client.move('stepIn', byLine);
      await look();
      expect(seen.length).toBeLessThan(200);
    }
    while (!(await where(client)).includes('[one]') || (await where(client)).includes('inlined')) {
      await client.move('stepIn', byLine);
      await look();
      expect(seen.length).toBeLessThan(200);
    }
    expect(seen.map(([place]) => place.split(':')[0])).toEqual(
      expect.arrayContaining(['trap_vector', 'trap_from_user', 'system_call', 'add_digits']),
    );
    await client.goTo(seen.at(-1)![1]);
    for (const [place, moment] of seen.slice(0, -1).reverse()) {
      await client.move('chronovisor/stepBackInto', byLine);
      expect([await where(client), await client.moment()]).toEqual([place, moment]);
    }
  });

  test('step over a system call, a page that was not there, and the turns of others', async () => {
    const client = await begin(traces[level]!, level, 'one!main');
    const seen: [string, number][] = [[await where(client), await client.moment()]];
    while (seen.at(-1)![0] !== `main [one]:${lineOf('one.c', 'total += digits')}`) {
      await client.move('next', byLine);
      seen.push([await where(client), await client.moment()]);
      expect(seen.at(-1)![0]).toMatch(/\[one[\],]/);
      expect(seen.length).toBeLessThan(30);
    }
    await client.goTo(seen.at(-1)![1]);
    for (const [place, moment] of seen.slice(0, -1).reverse()) {
      await client.move('stepBack', byLine);
      expect([await where(client), await client.moment()]).toEqual([place, moment]);
    }
  });
});

test('a program of every process, or of none that is there, is taken at its word', async () => {
  const programs = [{ file: 'two-O0.elf', addressSpace: 'user' }];
  const client = await replay(traces.O0!, { cwd: folder, programs });
  await client.functionBreakpoints({ name: '_start' });
  await client.move('configurationDone');
  await client.functionBreakpoints({ name: 'two-O0.elf!_start' });
  await client.move('continue');
  const first = await client.moment();
  await client.move('continue');
  expect(await client.moment()).toBeGreaterThan(first);
  const other = await replay(traces.O0!, { cwd: folder, programs: [{ file: 'two-O0.elf', addressSpace: '0x1' }] });
  await other.functionBreakpoints({ name: 'two-O0.elf!_start' });
  await other.move('configurationDone');
  expect(await other.move('continue')).toMatchObject({ description: 'Reached the end of the recording' });
});

test('a list of programs that is wrong is refused with what is wrong', async () => {
  const check = async (programs: unknown, words: string) =>
    expect(await refusal(replay(traces.O0!, { cwd: folder, programs }))).toContain(words);
  await check([{ file: 'nothing.elf' }], 'nothing.elf');
  await check([{ file: 'Makefile' }], 'Makefile');
  await check([{ file: 'one-O0.elf', load: 'high' }], 'expected an address');
  await check([{ file: 'one-O0.elf', sections: { '.text': 1 }, addressSpace: 'user' }], '"sections" of a user program');
  await check([{ file: '../source/shapes-O1-5.o' }], 'a module without "sections"');
});

test('a module has its symbols and lines where its sections are', async () => {
  const sections = { '.text': '0xffffffff02000000', '.data': '0xffffffff02004000' };
  const client = await replay(traces.O0!, { cwd: folder, programs: [{ file: '../source/shapes-O1-5.o', sections }] });
  const [leaf] = await client.functionBreakpoints({ name: 'leaf' });
  expect(leaf).toMatchObject({ verified: true });
  expect(BigInt(leaf!.instructionReference!) >> 12n).toBe(0xffffffff02000n);
  const { body } = await client.customRequest('modules');
  expect(body.modules[1].addressRange).toMatch(/^0xffffffff02000000-0x.*, 0xffffffff02004000-/);
});
