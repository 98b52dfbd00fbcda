/** Debugging by source: a kernel with debug information, not optimised and optimised, as a client sees it. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { TestClient } from './client.ts';
import { refusal } from './client.ts';
import { demoElf, record, replay } from './fixture.ts';

const folder = resolve(import.meta.dirname, '../guests/source');
const path = join(folder, 'steps.c');
const lines = readFileSync(path, 'utf8').split('\n');
/** The number of the line that has a text; of a second one, with `from`. */
const lineOf = (text: string, from = 0): number => lines.findIndex((line, at) => at >= from && line.includes(text)) + 1;

const levels = ['O0', 'O2', 'O2-patchable'];
const traces: Record<string, string> = {};
beforeAll(async () => {
  for (const level of levels) {
    traces[level] = await record(join(folder, `steps-${level}.elf`), `steps-${level}`, 100_000);
  }
});

const byLine = { granularity: 'line' };
const begin = async (level: string, ...functions: string[]): Promise<TestClient> => {
  const client = await replay(traces[level]!, { cwd: folder });
  if (functions.length > 0) await client.functionBreakpoints(...functions.map((name) => ({ name })));
  await client.move('configurationDone');
  if (functions.length > 0) await client.move('continue');
  await client.functionBreakpoints();
  return client;
};
const stack = async (client: TestClient) => {
  const { stackFrames } = (await client.stackTraceRequest({ threadId: 1 })).body;
  return stackFrames.map(({ name, line }) => `${name}:${line}`);
};
const where = async (client: TestClient): Promise<string> => (await stack(client))[0]!;
const breakAt = async (client: TestClient, line: number, more: object = {}) => {
  const { body } = await client.setBreakpointsRequest({ source: { path }, breakpoints: [{ line, ...more }] });
  return body.breakpoints[0]!;
};

test('shows a function and its arguments in the room for patches before its code', async () => {
  const client = await begin('O2-patchable');
  const [symbol] = [...(await client.functionBreakpoints({ name: 'sum' }))];
  const code = BigInt(symbol!.instructionReference!);
  await client.functionBreakpoints();
  const instructionReference = `0x${(code - 8n).toString(16)}`;
  await client.customRequest('setInstructionBreakpoints', { breakpoints: [{ instructionReference }] });
  await client.move('continue');
  expect(await client.frame()).toMatchObject({
    name: 'sum',
    line: lineOf('int sum(struct item *first)') + 1, // the brace, where the code begins
    instructionPointerReference: instructionReference,
  });
  expect(await client.evaluate('first->value')).toBe('1');
  expect((await stack(client))[1]).toBe(`work:${lineOf('result += sum(items)')}`);
});

describe.each(levels)('a program built with -%s', (level) => {
  test('stops at a line, and shows its file, its function and the callers', async () => {
    const client = await begin(level);
    const line = lineOf('found += item->value');
    expect(await breakAt(client, line)).toMatchObject({ verified: true, line });
    expect(await client.move('continue')).toMatchObject({ reason: 'breakpoint' });
    const frame = await client.frame();
    expect(frame.source).toMatchObject({ name: 'steps.c', path });
    expect((await stack(client)).map((text) => text.split(':')[0])).toEqual([
      'sum',
      'work',
      'kernel_main',
      expect.stringMatching(/^high/),
    ]);
    expect((await stack(client))[1]).toBe(`work:${lineOf('result += sum(items)')}`);
  });

  test('stops at a function before the MMU is on, where it runs low', async () => {
    const client = await begin(level, 'map_memory');
    const frame = await client.frame();
    expect(frame.name).toBe('map_memory');
    expect(BigInt(frame.instructionPointerReference!)).toBeLessThan(1n << 32n);
    expect(frame.source).toMatchObject({ path });
    expect(await client.evaluate('start,x')).toBe('0x80000000');
    expect(await client.evaluate('items[1].name')).toBe('"two"');
  });

  test('has the arguments and locals of each frame', async () => {
    const client = await begin(level, 'sum');
    const [first] = (await client.scope('Arguments')).values();
    expect(first).toMatchObject({ name: 'first', type: 'struct item *', value: expect.stringMatching(/<items>$/) });
    const members = await client.children(first!.variablesReference);
    expect([...members.keys()]).toEqual(['value', 'colour', 'name', 'next', 'low', 'high']);
    expect(members.get('colour')).toMatchObject({ value: 'RED', evaluateName: 'first->colour' });
    expect(members.get('name')!.value).toBe('"one"');
    expect(members.get('high')!.value).toBe('2');
    const caller = (await client.stackTraceRequest({ threadId: 1 })).body.stackFrames[1]!;
    const { result } = (await client.evaluateRequest({ expression: 'result', frameId: caller.id })).body;
    expect(result).toBe('21');
  });

  test('is evaluated in the words of C', async () => {
    const client = await begin(level, 'sum');
    const check = async (expression: string, result: string) =>
      expect([expression, await client.evaluate(expression)]).toEqual([expression, result]);
    await check('first->next->value * 10 + 1', '21');
    await check('items[2].colour', 'RED | BLUE');
    await check('items[2].colour == (RED | BLUE)', '1');
    await check('(*first).name', '"one"');
    await check('sizeof(struct item)', '0x20 (32)');
    await check('&items[3] - first', '3');
    await check('items[0..2][1].value', '2');
    await check('((struct item *)first)[3].name', '"four"');
    await check('(unsigned char)300', "44 ','");
    await check('steps.c::total > 0 && first != 0', '1');
    await check('items[0].name[0],c', "'o'");
    await check('$sp == sp', '1');
    expect(await refusal(client.evaluateRequest({ expression: 'first->nothing' }))).toContain(
      'Nothing is called nothing',
    );
  });

  test('is stepped over by line, and back to where each step began', async () => {
    const client = await begin(level, 'work');
    const seen: [string, number][] = [];
    for (let count = 0; count < 9; count++) {
      seen.push([await where(client), await client.moment()]);
      await client.move('next', byLine);
    }
    // Optimised code returns to a place that a step over the call ends at, too: going back from there is over the call.
    const within = seen.filter(([place]) => level === 'O0' || place.startsWith('work:'));
    expect(within.every(([place]) => /^(work|kernel_main):/.test(place))).toBe(true);
    expect(within.length).toBeGreaterThan(4);
    if (level !== 'O0') await client.goTo(within.pop()![1]);
    for (const [place, moment] of within.reverse()) {
      await client.move('stepBack', byLine);
      expect([await where(client), await client.moment()]).toEqual([place, moment]);
    }
  });

  test('is stepped into and out of, and back into the call', async () => {
    const client = await begin(level);
    await breakAt(client, lineOf('result += sum(items)'));
    await client.move('continue');
    const before = await client.moment();
    await client.move('stepIn', byLine);
    expect((await stack(client)).slice(0, 2).map((text) => text.split(':')[0])).toEqual(['sum', 'work']);
    const inside = await client.moment();
    await client.move('stepOut', byLine);
    expect((await where(client)).split(':')[0]).toBe('work');
    await client.move('stepBack', byLine);
    expect((await where(client)).split(':')[0]).toBe('sum');
    await client.goTo(inside);
    await client.move('stepBack', byLine);
    expect(await client.moment()).toBe(before);
  });

  test('stops on a condition of the source, and says messages with its values', async () => {
    const client = await begin(level);
    let said = '';
    client.on('output', ({ body }) => {
      if (body.category === 'console') said += body.output;
    });
    await breakAt(client, lineOf('found += item->value'), { logMessage: '{item->name} {item->colour}' });
    await client.move('continue');
    expect(said).toBe('"one" RED\n"two" GREEN\n"three" RED | BLUE\n"four" BLUE\n');
    await breakAt(client, lineOf('found += item->value'), { condition: 'item->value == 3' });
    expect(await client.move('reverseContinue')).toMatchObject({ reason: 'breakpoint' });
    expect(await client.evaluate('item->name')).toBe('"three"');
  });
});

test('an inlined call is a frame of its own', async () => {
  const client = await begin('O0');
  await breakAt(client, lineOf('total += doubled'));
  await client.move('continue');
  expect(await stack(client)).toEqual([
    `twice [inlined]:${lineOf('total += doubled')}`,
    `work:${lineOf('result += twice(start)')}`,
    expect.stringMatching(/^kernel_main:/),
    expect.stringMatching(/^high/),
  ]);
  expect(await client.evaluate('doubled + number')).toBe('21');
  await client.move('stepOut', byLine);
  expect(await where(client)).toMatch(/^work:/);
});

test('an inlined call is stepped into, and back out of', async () => {
  const client = await begin('O0');
  const before = lineOf('total += 1');
  await breakAt(client, before);
  await client.move('continue');
  const start = await client.moment();
  await client.move('stepIn', byLine);
  expect(await where(client)).toMatch(/^twice \[inlined\]:/);
  const inside = await client.moment();
  await client.move('next', byLine);
  expect(await where(client)).toBe(`twice [inlined]:${lineOf('total += doubled')}`);
  await client.move('stepBack', byLine);
  expect(await client.moment()).toBe(inside);
  await client.move('stepBack', byLine);
  expect([await where(client), await client.moment()]).toEqual([`work:${before}`, start]);
  await client.move('next', byLine);
  expect(await where(client)).toBe(`work:${lineOf('result += twice(start)')}`);
  await client.move('stepBack', byLine);
  expect(await client.moment()).toBe(start);
});

test('the elements of an array are given in pages, and a guessed or restored register says so', async () => {
  const client = await begin('O0', 'sum');
  const { body } = await client.evaluateRequest({ expression: 'table' });
  expect(body).toMatchObject({ indexedVariables: 512, type: expect.stringMatching(/^long unsigned int ?\[512\]$/) });
  const args = { variablesReference: body.variablesReference, start: 510, count: 2 };
  const { variables } = (await client.variablesRequest(args)).body;
  expect(variables.map(({ name, value, evaluateName }) => [name, value, evaluateName])).toEqual([
    ['[510]', `${0x200000cf}`, 'table[510]'],
    ['[511]', '0', 'table[511]'],
  ]);
  const caller = (await client.stackTraceRequest({ threadId: 1 })).body.stackFrames[1]!;
  const { scopes } = (await client.scopesRequest({ frameId: caller.id })).body;
  const registers = await client.children(scopes.find(({ name }) => name === 'Registers')!.variablesReference);
  expect(registers.get('a0')!.value).toBe('<not saved by the functions that were called>');
  expect(registers.get('pc')!.value).toMatch(/ work\+0x/);
});

test('a line without code is moved to the next one that has any', async () => {
  const client = await begin('O0');
  const { body } = await client.setBreakpointsRequest({
    source: { path },
    breakpoints: [{ line: lineOf('// Runs low') }],
  });
  expect(body.breakpoints[0]).toMatchObject({ verified: true, line: lineOf('unsigned long leaf') });
  const locations = await client.customRequest('breakpointLocations', {
    source: { path },
    line: lineOf('int factorial'),
    endLine: lineOf('int work') - 1,
  });
  expect(locations.body.breakpoints.length).toBeGreaterThan(3);
});

test('a recursion is stepped over in its own call', async () => {
  const client = await begin('O0', 'factorial');
  await client.move('next', byLine);
  expect(await client.evaluate('number')).toBe('5');
  await client.move('next', byLine);
  expect(await client.evaluate('number')).toBe('5');
  expect((await stack(client)).filter((text) => text.startsWith('factorial'))).toHaveLength(1);
});

test('the text of a source is given, that of other files is not', async () => {
  const client = await begin('O0');
  const { body } = await client.customRequest('loadedSources');
  expect(body.sources.map(({ name }: { name: string }) => name)).toContain('steps.c');
  const text = await client.customRequest('source', { source: { path }, sourceReference: 0 });
  expect(text.body.content).toBe(lines.join('\n'));
  const other = client.customRequest('source', { source: { path: join(folder, 'Makefile') }, sourceReference: 0 });
  expect(await refusal(other)).toContain('is not on this computer');
});

test('sources are found where the map of the launch says', async () => {
  const client = await replay(traces.O0!, { cwd: '/', sourceMap: { source: folder } });
  await client.functionBreakpoints({ name: 'work' });
  await client.move('configurationDone');
  await client.move('continue');
  expect((await client.frame()).source).toMatchObject({ path });
});

test('frames without a source here are shown like others, and say where the source may be', async () => {
  const client = await replay(traces.O0!, { cwd: '/' });
  await client.functionBreakpoints({ name: 'sum' });
  await client.move('configurationDone');
  await client.move('continue');
  const { stackFrames } = (await client.stackTraceRequest({ threadId: 1 })).body;
  expect(stackFrames.length).toBeGreaterThan(3);
  for (const { presentationHint } of stackFrames) expect(presentationHint).toBe('normal');
  const sources = stackFrames.flatMap(({ source }) => source ?? []);
  const [first] = sources;
  expect(first).toMatchObject({ name: 'steps.c', presentationHint: 'deemphasize', origin: 'not on this computer' });
  expect(first!.sourceReference).toBeGreaterThan(0);
  const distinct = (field: 'path' | 'sourceReference') => new Set(sources.map((source) => source[field])).size;
  expect(distinct('sourceReference')).toBe(distinct('path'));
  const text = client.customRequest('source', { source: first, sourceReference: first!.sourceReference });
  expect(await refusal(text)).toContain('Say where it is: "sourceMap" in launch.json');
});

test('a stack goes from the kernel through the entry of a trap to the program that made the call', async () => {
  const demo = await record(demoElf, 'demo', 2_000_000);
  const client = await replay(demo);
  await client.functionBreakpoints({ name: 'path_resolve' });
  await client.move('configurationDone');
  await client.move('continue');
  expect((await stack(client)).map((text) => text.split(':')[0])).toEqual([
    'path_resolve',
    'file_lookup',
    'call_lookup [inlined]',
    'system_call',
    'trap_from_user',
    expect.stringMatching(/^trap_vector/),
    expect.stringMatching(/^[a-z]+_main/),
  ]);
});
