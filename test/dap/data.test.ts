/** Data breakpoints, completions and values of the source as a client sees them. */
import { join, resolve } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { refusal, type TestClient } from './client.ts';
import { machineLine, newClient, record, replay } from './fixture.ts';

const guests = resolve(import.meta.dirname, '../guests/source');
let trace = '';
beforeAll(async () => {
  trace = await record(join(guests, 'steps-O0.elf'), 'steps-data', 100_000);
});

const at = async (name: string): Promise<TestClient> => {
  const client = await replay(trace, { cwd: guests });
  await client.functionBreakpoints({ name });
  await client.move('configurationDone');
  await client.move('continue');
  await client.functionBreakpoints();
  return client;
};
const infoOf = async (client: TestClient, args: object) =>
  (await client.customRequest('dataBreakpointInfo', args)).body as DebugProtocol.DataBreakpointInfoResponse['body'];
const watch = async (client: TestClient, breakpoints: object[]) =>
  (await client.customRequest('setDataBreakpoints', { breakpoints })).body.breakpoints as DebugProtocol.Breakpoint[];

describe('a data breakpoint', () => {
  test('stops at each change of a variable, and backwards at the same moments', async () => {
    const client = await at('work');
    const info = await infoOf(client, { name: 'total' });
    expect(info).toMatchObject({
      accessTypes: ['read', 'write', 'readWrite'],
      canPersist: true,
      description: expect.stringContaining('(total)'),
    });
    expect(await watch(client, [{ dataId: info.dataId }])).toMatchObject([{ verified: true }]);
    const seen: [number, string][] = [];
    for (;;) {
      const stop = await client.move('continue');
      if (stop.reason !== 'data breakpoint') break;
      seen.push([await client.moment(), await client.evaluate('total')]);
    }
    expect(seen.map(([, value]) => value)).toEqual(['1', '15', '17', '27', '58', '151']);
    for (const [moment, value] of seen.reverse()) {
      expect(await client.move('reverseContinue')).toMatchObject({ reason: 'data breakpoint' });
      expect([await client.moment(), await client.evaluate('total')]).toEqual([moment, value]);
    }
  });

  test('stops steps by line, forwards and backwards', async () => {
    const client = await at('work');
    const { dataId } = await infoOf(client, { name: 'total' });
    await watch(client, [{ dataId }]);
    const byLine = { granularity: 'line' };
    let count = 0;
    for (; (await client.move('next', byLine)).reason === 'step'; count += 1) expect(count).toBeLessThan(20);
    const met = await client.moment();
    expect(await client.evaluate('total')).toBe('1');
    await client.move('next', byLine);
    await client.goTo((await client.moment()) + 1);
    for (count = 0; ; count += 1) {
      const { reason } = await client.move('stepBack', byLine);
      if (reason === 'data breakpoint' && (await client.moment()) === met) break;
      expect(count).toBeLessThan(20);
    }
  });

  test('may have a condition and a hit count', async () => {
    const client = await at('work');
    const { dataId } = await infoOf(client, { name: 'total' });
    await watch(client, [{ dataId, condition: 'total > 20', hitCondition: '2' }]);
    await client.move('continue');
    expect(await client.evaluate('total')).toBe('58');
  });

  test('is of a member, of a local variable, or of an address', async () => {
    const client = await at('work');
    const { id } = await client.frame();
    expect(await infoOf(client, { name: 'items[1].colour', frameId: id })).toMatchObject({
      dataId: expect.stringMatching(/^0x[\da-f]+\/4$/),
      canPersist: true,
    });
    expect(await infoOf(client, { name: 'result', frameId: id })).toMatchObject({ canPersist: false });
    const scope = (await client.scopesRequest({ frameId: id })).body.scopes.find(({ name }) => name === 'Locals')!;
    const { dataId } = await infoOf(client, { name: 'result', variablesReference: scope.variablesReference });
    await watch(client, [{ dataId }]);
    expect(await client.move('continue')).toMatchObject({ reason: 'data breakpoint' });
    expect(await client.evaluate('result')).toBe('7');
    expect(await infoOf(client, { name: '0x80000000', asAddress: true, bytes: 4 })).toMatchObject({
      dataId: '0x80000000/4',
    });
    expect(await infoOf(client, { name: '$a0' })).toMatchObject({ dataId: null, description: '$a0 is not in memory' });
  });

  test('is refused with a reason where it cannot be', async () => {
    const client = await at('work');
    const answers = await watch(client, [{ dataId: '0x1234567800/8' }, { dataId: 'total' }]);
    expect(answers.map(({ verified }) => verified)).toEqual([false, false]);
    expect(answers.map(({ message }) => message!.split(':')[0])).toEqual([
      'There is no memory to write at 0x1234567800',
      'This is no address',
    ]);
  });
});

describe('completions', () => {
  const labels = async (client: TestClient, text: string): Promise<string[]> => {
    const { id } = await client.frame();
    const { targets } = (await client.completionsRequest({ frameId: id, text, column: text.length + 1 })).body;
    return targets.map(({ label }) => label);
  };
  test('are members, registers, fields and names', async () => {
    const client = await at('sum');
    expect(await labels(client, 'first->')).toEqual(['value', 'colour', 'name', 'next', 'low', 'high']);
    expect(await labels(client, '1 + (first->next)->n')).toEqual(['name', 'next']);
    expect(await labels(client, 'items[2].co')).toEqual(['colour']);
    expect(await labels(client, '$sat')).toEqual(['satp']);
    expect(await labels(client, '$satp.')).toEqual(['MODE', 'ASID', 'PPN']);
    expect(await labels(client, 'fi')).toEqual(expect.arrayContaining(['first']));
    expect(await labels(client, 'kernel_m')).toEqual(['kernel_main']);
    expect(await labels(client, 'nobody.')).toEqual([]);
    expect(await labels(client, '')).toEqual(expect.arrayContaining(['first', 'found']));
  });
});

describe('a value of the source', () => {
  test('has the expression, the memory and the hints that a client needs', async () => {
    const client = await at('sum');
    const { body } = await client.evaluateRequest({ expression: 'items[1],x' });
    const children = await client.children(body.variablesReference);
    expect(children.get('value')).toMatchObject({ value: '0x2', evaluateName: 'items[1].value,x' });
    expect(await client.evaluate('items[1].value,x')).toBe('0x2');
    expect(children.get('next')).toMatchObject({ memoryReference: expect.stringMatching(/^0x/) });
    expect(children.get('name')).toMatchObject({ presentationHint: { kind: 'property', attributes: ['readOnly'] } });
    expect(children.get('value')!.presentationHint).toEqual({ kind: 'property' });
    const indexed = { variablesReference: body.variablesReference, filter: 'indexed' as const };
    expect((await client.variablesRequest(indexed)).body.variables).toEqual([]);
  });

  test('of the past cannot be changed', async () => {
    const client = await at('sum');
    const change = client.customRequest('setExpression', { expression: 'total', value: '1' });
    expect(await refusal(change)).toContain('The past cannot be changed');
    const { id } = await client.frame();
    const structure = client.customRequest('setExpression', { expression: 'items[0]', value: '1', frameId: id });
    expect(await refusal(structure)).toContain('items[0] cannot be changed');
  });
});

describe('a value of a machine that is recorded', () => {
  const set = async (client: TestClient, expression: string, value: string): Promise<string> => {
    const { id } = await client.frame();
    return (await client.customRequest('setExpression', { expression, value, frameId: id })).body.value;
  };
  const live = async (level: string, name: string): Promise<TestClient> => {
    const client = newClient();
    await client.begin({ machine: machineLine(join(guests, `steps-${level}.elf`)), stopOnEntry: true, cwd: guests });
    await client.functionBreakpoints({ name });
    await client.move('configurationDone');
    await client.move('continue');
    return client;
  };

  test('is changed in memory, bit by bit where it is a bit field, and stays so when one goes back', async () => {
    const client = await live('O0', 'sum');
    expect(await set(client, 'items[1].value', '3 * 7')).toBe('21');
    expect(await set(client, 'first->colour', 'GREEN')).toBe('GREEN');
    expect(await set(client, 'first->low', '5')).toBe('5');
    expect(await client.evaluate('items[0].high')).toBe('2');
    expect(await set(client, 'first->name[0]', "'O'")).toBe("79 'O'");
    const moment = await client.moment();
    await client.move('stepIn');
    await client.move('stepBack');
    expect(await client.moment()).toBe(moment);
    expect(await client.evaluate('items[0].name')).toBe('"One"');
    const { id } = await client.frame();
    const scope = (await client.scopesRequest({ frameId: id })).body.scopes.find(({ name }) => name === 'Arguments')!;
    const past = client.setVariableRequest({ variablesReference: scope.variablesReference, name: 'first', value: '0' });
    expect(await refusal(past)).toContain('The past cannot be changed');
  });

  test('is changed in the register that holds it, and a field in its register', async () => {
    const client = await live('O2', 'sum');
    const { id } = await client.frame();
    const scope = (await client.scopesRequest({ frameId: id })).body.scopes.find(({ name }) => name === 'Arguments')!;
    const args = { variablesReference: scope.variablesReference, name: 'first', value: '&items[2]' };
    expect((await client.setVariableRequest(args)).body.value).toMatch(/<items\+0x40>$/);
    expect(await client.evaluate('first->value + (first == $a0)')).toBe('4');
    expect(await set(client, '$mstatus.FS', '3')).toContain('FS=dirty');
    await client.functionBreakpoints({ name: 'factorial' });
    await client.move('continue');
    expect(await client.evaluate('total')).toBe('52');
  });
});
