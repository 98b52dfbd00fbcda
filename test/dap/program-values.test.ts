/** What names mean in frames of user programs: completions, data breakpoints and changes, from their code and from the kernel's. */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { TestClient } from './client.ts';
import { machineLine, newClient } from './fixture.ts';
import { begin, folder, recordProcesses } from './processes.ts';

let trace = '';
beforeAll(async () => {
  trace = await recordProcesses('O0');
});

const frameNamed = async (client: TestClient, name: string): Promise<number> => {
  const { stackFrames } = (await client.stackTraceRequest({ threadId: 1 })).body;
  return stackFrames.find((frame) => frame.name.startsWith(name))!.id;
};
const completions = async (client: TestClient, text: string, frameId?: number): Promise<string[]> => {
  const frame = frameId === undefined ? {} : { frameId };
  const { targets } = (await client.completionsRequest({ ...frame, text, column: text.length + 1 })).body;
  return targets.map(({ label }) => label);
};
const infoOf = async (client: TestClient, args: object) =>
  (await client.customRequest('dataBreakpointInfo', args)).body;
const watch = async (client: TestClient, ...breakpoints: object[]) =>
  (await client.customRequest('setDataBreakpoints', { breakpoints })).body.breakpoints;
const valueIn = async (client: TestClient, expression: string, frameId: number): Promise<string> =>
  (await client.evaluateRequest({ expression, frameId })).body.result;

describe('completions', () => {
  test('are of the program that runs', async () => {
    const client = await begin(trace, 'O0', 'two!mix');
    expect(await completions(client, 'pair.')).toEqual(['left', 'right']);
    expect(await completions(client, 'roun')).toEqual(['rounds']);
    expect(await completions(client, 'proc')).toEqual([]);
  });

  test('are of the program of the frame that is looked at', async () => {
    const client = await begin(trace, 'O0', 'add_digits');
    const main = await frameNamed(client, 'main');
    expect(await completions(client, 'fibo', main)).toEqual(['fibonacci']);
    expect(await completions(client, 'fibo')).toEqual([]);
    expect(await completions(client, 'curr')).toEqual(['current']);
    expect(await completions(client, 'current->cal', main)).toEqual([]);
    expect(await completions(client, 'current->cal')).toEqual(['calls']);
  });
});

describe('a data breakpoint', () => {
  test('of a user program is met in its own process, from wherever it was set', async () => {
    const client = await begin(trace, 'O0', 'add_digits');
    const info = await infoOf(client, { name: 'total', frameId: await frameNamed(client, 'main') });
    expect(info).toMatchObject({ canPersist: false, description: expect.stringContaining('(total)') });
    expect(await watch(client, { dataId: info.dataId, condition: 'total > 40' })).toMatchObject([{ verified: true }]);
    const seen: string[] = [];
    for (let stops = 0; stops < 3; stops++) {
      expect(await client.move('continue')).toMatchObject({ reason: 'data breakpoint' });
      expect((await client.frame()).name).toContain('[one]');
      seen.push(await client.evaluate('total'));
    }
    expect(seen).toEqual(['79', '87', '92']);
  });

  test('stays what it is when another is set where its address means something else', async () => {
    const client = await begin(trace, 'O0', 'two!mix');
    const { dataId } = await infoOf(client, { name: 'rounds' });
    await watch(client, { dataId, condition: '0' });
    await client.functionBreakpoints({ name: 'one!wait' });
    expect(await client.move('continue')).toMatchObject({ reason: 'function breakpoint' });
    await client.functionBreakpoints();
    const other = await infoOf(client, { name: 'total' });
    await watch(client, { dataId }, { dataId: other.dataId, condition: '0' });
    expect(await client.move('continue')).toMatchObject({ reason: 'data breakpoint' });
    expect((await client.frame()).name).toContain('[two]');
  });
});

describe('a change', () => {
  test('is of the variable of the program whose frame it is', async () => {
    const client = newClient();
    const programs = [
      { file: 'one-O0.elf', name: 'one' },
      { file: 'two-O0.elf', name: 'two' },
    ];
    const machine = machineLine(join(folder, 'kernel-O0.elf'));
    await client.begin({ machine, stopOnEntry: true, cwd: folder, programs });
    await client.functionBreakpoints({ name: 'add_digits' });
    await client.move('configurationDone');
    await client.move('continue');
    const frameId = await frameNamed(client, 'main');
    const set = async (expression: string, value: string): Promise<string> =>
      (await client.customRequest('setExpression', { expression, value, frameId })).body.value;
    expect(await set('total', 'total + 1')).toBe('65');
    expect(await set('text[0]', "'O'")).toContain("'O'");
    expect(await valueIn(client, 'text', frameId)).toBe('"One\\n"');
    const { scopes } = (await client.scopesRequest({ frameId })).body;
    const { variablesReference } = scopes.find(({ name }) => name === 'Locals')!;
    const changed = await client.setVariableRequest({ variablesReference, name: 'digits', value: 'total * 2' });
    expect(changed.body.value).toBe(await valueIn(client, 'digits', frameId));
  });
});
