/** Going to where the guest panics, from wherever one is. */
import { beforeAll, describe, expect, test } from 'vitest';
import { bareElf, demoElf, machineLine, newClient, record, replay } from './fixture.ts';

let [demo, hello] = ['', ''];
beforeAll(async () => {
  demo = await record(demoElf, 'demo', 200_000_000);
  hello = await record(bareElf('hello'), 'hello', 10_000_000);
});

describe('the panic of a recording', () => {
  test('is where a launch stands that asks for it', async () => {
    const client = await replay(demo, { stopAt: 'panic' });
    expect(await client.move('configurationDone')).toMatchObject({ description: 'Paused on guest panic' });
    expect((await client.frame()).name).toBe('panic');
    const { body } = await client.exceptionInfoRequest({ threadId: 1 });
    expect(body.description).toBe('The guest panics: freelist: corrupt node');
  });

  test('is gone to from its start, and from behind it', async () => {
    const client = await replay(demo);
    await client.move('configurationDone');
    await client.move('chronovisor/goToPanic');
    expect((await client.frame()).name).toBe('panic');
    const at = await client.moment();
    await client.move('stepIn');
    await client.move('chronovisor/goToPanic');
    expect(await client.moment()).toBe(at);
  });

  test('is where a machine stands that has just come to it', async () => {
    const client = newClient();
    await client.begin({ machine: machineLine(demoElf), idle: 'skip' });
    await client.filters({ filterId: 'panic' });
    await client.move('configurationDone');
    const at = await client.moment();
    await client.move('chronovisor/goToPanic');
    expect(await client.moment()).toBe(at);
    await client.move('stepBack');
    await client.move('chronovisor/goToPanic');
    expect(await client.moment()).toBe(at);
    expect(client.output).not.toContain('never panics');
  });

  test('is the end where the guest never panicked', async () => {
    const client = await replay(hello, { stopAt: 'panic' });
    expect(await client.move('configurationDone')).toMatchObject({ description: 'At the end of the recording' });
  });

  test('cannot be gone to in a program that has none', async () => {
    const client = await replay(hello);
    await client.move('configurationDone');
    await expect(client.customRequest('chronovisor/goToPanic')).rejects.toThrow('There is no panic to go to');
  });
});
