/** Debugging a machine while it is recorded. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { refusal, type TestClient } from './client.ts';
import { bareElf, demoElf, folder, machineLine, newClient, replay } from './fixture.ts';

const launch = async (elf: string, more: object = {}, words = ''): Promise<TestClient> => {
  const client = newClient();
  await client.begin({ machine: machineLine(elf, words), ...more });
  return client;
};

/** Waits until the guest has printed something. */
const printed = (client: TestClient, text: string): Promise<void> =>
  new Promise((resolve) => {
    const look = (): void => {
      if (!client.output.includes(text)) return;
      client.off('output', look);
      resolve();
    };
    client.on('output', look);
    look();
  });

describe('a live machine', () => {
  test('runs until a breakpoint, goes back, and comes to its live end again', async () => {
    const client = await launch(demoElf, { stopOnEntry: true });
    const [breakpoint] = await client.functionBreakpoints({ name: 'trap_from_user' });
    expect(await client.move('configurationDone')).toMatchObject({ reason: 'entry' });
    expect(await client.move('continue')).toMatchObject({ hitBreakpointIds: [breakpoint!.id] });
    const live = await client.moment();
    await client.move('stepBack');
    await client.move('stepBack');
    expect((await client.customRequest('chronovisor/position')).body).toMatchObject({
      moment: live - 2,
      end: live,
      live: false,
    });
    await client.move('stepIn');
    await client.move('stepIn');
    expect((await client.customRequest('chronovisor/position')).body).toMatchObject({ moment: live, live: true });
    await client.move('stepIn');
    expect(await client.moment()).toBe(live + 1);
  });

  test('is changed at its live end, and nowhere else', async () => {
    const file = join(folder, 'changed.chrono');
    const client = await launch(demoElf, { record: file, idle: 'skip' });
    await client.functionBreakpoints({ name: 'path_resolve' });
    const stopped = client.nextStop();
    await client.configurationDoneRequest();
    await stopped;
    const { id } = await client.frame();
    const { scopes } = (await client.scopesRequest({ frameId: id })).body;
    const reference = (name: string) => scopes.find((scope) => scope.name === name)!.variablesReference;
    const set = (scope: string, name: string, value: string) =>
      client.setVariableRequest({ variablesReference: reference(scope), name, value });
    expect((await set('Registers', 's7', '0x1234 + 1')).body.value).toBe('0x1235');
    expect((await set('Floating point', 'fa0', '1.5')).body.value).toBe('1.5 (0x3ff8000000000000)');
    expect((await set('CSRs', 'sscratch', '-1')).body.value).toBe('0xffffffffffffffff');
    expect(await refusal(set('Registers', 'zero', '1'))).toContain('zero cannot be changed');
    expect(await refusal(set('CSRs', 'mhartid', '1'))).toContain('mhartid cannot be changed');
    const { body } = await client.customRequest('setExpression', { expression: '$s8', value: '7', frameId: id });
    expect(body.value).toBe('0x7');
    const below = (await client.evaluate('sp - 256')).split(' ')[0]!;
    const write = { memoryReference: below, data: Buffer.from('abc').toString('base64') };
    expect((await client.customRequest('writeMemory', write)).body).toEqual({ bytesWritten: 3 });
    expect(await refusal(client.customRequest('writeMemory', { ...write, memoryReference: '0x5000' }))).toContain(
      'There is no memory to write at 0x5000',
    );
    const at = await client.moment();
    await client.move('stepBack');
    expect(await client.evaluate('s8 == 7')).toBe('0');
    const past = client.customRequest('setExpression', { expression: 's8', value: '9' });
    expect(await refusal(past)).toContain('The past cannot be changed');
    await client.move('stepIn');
    expect(await client.evaluate('s8 == 7 && s7 == 0x1235')).toBe('1');
    await client.close();

    const again = await replay(file);
    await again.move('configurationDone');
    await again.goTo(at);
    expect(await again.evaluate('s8 == 7 && s7 == 0x1235')).toBe('1');
    const { body: memory } = await again.customRequest('readMemory', { memoryReference: below, count: 3 });
    expect(Buffer.from(memory.data, 'base64').toString()).toBe('abc');
  });

  test('prints what the guest says, takes what is typed, and ends when the guest does', async () => {
    const file = join(folder, 'echo.chrono');
    const client = await launch(bareElf('echo'), { record: file });
    const stopped = client.nextStop();
    await client.configurationDoneRequest();
    await printed(client, '\n');
    await client.customRequest('chronovisor/type', { text: 'hello' });
    await printed(client, 'hello');
    await client.evaluate('> again');
    await printed(client, 'again');
    await client.customRequest('chronovisor/type', { text: 'q' });
    expect(await stopped).toMatchObject({
      description: 'Reached the end of the recording',
      text: 'The guest powered off with exit code 0',
    });
    const end = await client.moment();
    await client.move('stepBack');
    expect(await client.moment()).toBe(end - 1);
    expect(await client.move('continue')).toMatchObject({ description: 'Reached the end of the recording' });
    const shown = client.output;
    await client.close();

    const again = await replay(file);
    await again.move('configurationDone');
    await again.move('continue');
    expect(again.output).toBe(shown);
    expect(await again.moment()).toBe(end);
  });

  test('is paused while it waits for somebody to type', async () => {
    const client = await launch(bareElf('echo'));
    const stopped = client.nextStop();
    await client.configurationDoneRequest();
    await printed(client, '\n');
    expect(await refusal(client.stackTraceRequest({ threadId: 1 }))).toContain('needs a machine that stands still');
    await client.pauseRequest({ threadId: 1 });
    expect(await stopped).toMatchObject({ reason: 'pause' });
    expect((await client.threadsRequest()).body.threads[0]!.name).toBe('hart 0 (M-mode, waiting)');
  });

  test('with the clock of the host is replayed as it was', async () => {
    const file = join(folder, 'host.chrono');
    const client = await launch(bareElf('timer'), { record: file, timePolicy: 'host' });
    expect(await client.move('configurationDone')).toMatchObject({ text: 'The guest powered off with exit code 0' });
    const end = await client.moment();
    await client.move('reverseContinue');
    await client.move('continue');
    expect(await client.moment()).toBe(end);
    expect(client.output).toBe('..........\n');
    await client.close();
    const again = await replay(file, { stopAt: 'end' });
    await again.move('configurationDone');
    expect(await again.moment()).toBe(end);
    expect(again.output).toBe('..........\n');
  });

  test('leaves a whole recording when the client goes away', async () => {
    const file = join(folder, 'left.chrono');
    const client = await launch(demoElf, { record: file, stopOnEntry: true });
    await client.move('configurationDone');
    for (let step = 0; step < 5; step += 1) await client.move('stepIn');
    client.toAdapter.end();
    await client.ended;
    expect(existsSync(file)).toBe(true);
    const again = await replay(file, { stopAt: 'end' });
    await again.move('configurationDone');
    expect(await again.moment()).toBe(5);
  });
});

describe('stepping', () => {
  test('over a call stops behind it, and into it at its first instruction', async () => {
    const client = await launch(bareElf('echo'), { stopOnEntry: true });
    await client.functionBreakpoints({ name: 'puts' });
    await client.move('configurationDone');
    await client.move('continue');
    const behind = await client.evaluate('ra + 0');
    await client.functionBreakpoints();
    await client.move('stepBack');
    const call = await client.moment();
    await client.move('next');
    expect(await client.evaluate('pc + 0')).toBe(behind);
    expect(await client.moment()).toBeGreaterThan(call + 10);
    await client.goTo(call);
    await client.move('stepIn');
    expect((await client.frame()).name).toBe('puts');
    await client.move('stepOut');
    expect(await client.evaluate('pc + 0')).toBe(behind);
  });

  test('over an environment call stops behind it in the same process', async () => {
    const client = await launch(demoElf, { idle: 'skip' });
    await client.filters({ filterId: 'ecall-from-u' });
    await client.move('configurationDone');
    await client.filters();
    await client.move('stepBack');
    const [pc, sp] = [await client.evaluate('pc + 4'), await client.evaluate('sp + 0')];
    await client.move('next');
    expect([await client.evaluate('pc + 0'), await client.evaluate('sp + 0')]).toEqual([pc, sp]);
    expect((await client.threadsRequest()).body.threads[0]!.name).toBe('hart 0 (U-mode)');
  });

  test('stays with the hart that it is about, forwards and backwards', async () => {
    const client = await launch(bareElf('smp'), { stopOnEntry: true }, '-smp 3');
    await client.functionBreakpoints({ name: 'count' });
    await client.move('configurationDone');
    const stopped = await client.move('continue');
    const threadId = stopped.threadId!;
    await client.functionBreakpoints();
    const other = threadId === 1 ? 2 : 1;
    const pcs: string[] = [(await client.frame(other)).instructionPointerReference!];
    for (let step = 0; step < 5; step += 1) {
      expect(await client.move('stepIn', { threadId: other })).toMatchObject({ reason: 'step', threadId: other });
      pcs.push((await client.frame(other)).instructionPointerReference!);
    }
    for (let step = 4; step >= 0; step -= 1) {
      await client.move('stepBack', { threadId: other });
      expect((await client.frame(other)).instructionPointerReference).toBe(pcs[step]);
    }
    expect((await client.threadsRequest()).body.threads).toHaveLength(3);
  });
});
