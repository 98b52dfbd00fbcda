/** Moving through a recording in both directions, as a client asks for it. */
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { brotli, FileSink, FileSource } from '../../adapter/host/files.ts';
import { openTrace } from '../../traces/reader.ts';
import { TraceWriter } from '../../traces/writer.ts';
import { demoElf, folder, newClient, record, replay } from './fixture.ts';

let demo = '';
beforeAll(async () => {
  demo = await record(demoElf, 'demo', 200_000_000);
});

describe('a recording in the debugger', () => {
  test('begins at its start and says so', async () => {
    const client = await replay(demo);
    const stopped = await client.move('configurationDone');
    expect(stopped).toMatchObject({ reason: 'entry', description: 'At the start of the recording', threadId: 1 });
    expect(await client.moment()).toBe(0);
    expect((await client.frame()).instructionPointerReference).toBe('0x1000');
    expect(await client.move('stepBack')).toMatchObject({ description: 'Reached the start of the recording' });
  });

  test('tells VS Code of each stop as one at an instruction, so that it shows the registers', async () => {
    const client = newClient();
    await client.begin({ trace: demo }, { clientID: 'vscode' });
    const reason = 'instruction breakpoint';
    expect(await client.move('configurationDone')).toMatchObject({
      reason,
      description: 'At the start of the recording',
    });
    expect(await client.move('stepIn')).toMatchObject({ reason, description: 'Paused on step' });
    expect(await client.goTo(3_000_000)).toMatchObject({ reason, description: 'Paused on goto' });
    expect(await client.move('stepBack')).toMatchObject({ reason, description: 'Paused on step' });
  });

  test('stops at the panic by itself, and says where it ends', async () => {
    const client = await replay(demo);
    await client.filters({ filterId: 'panic' });
    await client.move('configurationDone');
    expect(await client.move('continue')).toMatchObject({ reason: 'exception', description: 'Paused on guest panic' });
    expect((await client.frame()).name).toBe('panic');
    expect(await client.move('continue')).toMatchObject({ description: 'Reached the end of the recording' });
    expect(client.output).toContain('panic: freelist: corrupt node');
  });

  test('begins at a moment when that is asked for, or at its end when it has not so many', async () => {
    const client = await replay(demo, { moment: 3_000_000 });
    expect(await client.move('configurationDone')).toMatchObject({ reason: 'goto' });
    expect(await client.moment()).toBe(3_000_000);
    const beyond = await replay(demo, { moment: 2 ** 50 });
    expect(await beyond.move('configurationDone')).toMatchObject({ description: 'At the end of the recording' });
  });

  test('begins at its end when that is asked for, and prints the console once', async () => {
    const client = await replay(demo, { stopAt: 'end' });
    expect(await client.move('configurationDone')).toMatchObject({
      reason: 'goto',
      description: 'At the end of the recording',
    });
    expect(client.output.match(/panic: freelist/g)).toHaveLength(1);
    await client.functionBreakpoints({ name: 'buffer_allocate' });
    expect(await client.move('reverseContinue')).toMatchObject({ reason: 'function breakpoint' });
    const last = await client.moment();
    await client.move('reverseContinue');
    expect(await client.moment()).toBeLessThan(last);
    await client.move('continue');
    expect(await client.moment()).toBe(last);
    expect(client.output.match(/panic: freelist/g)).toHaveLength(1);
  });

  test('is gone through backwards to the start where nothing stops it', async () => {
    const client = await replay(demo);
    await client.move('configurationDone');
    await client.goTo(3_000_000);
    expect(await client.move('reverseContinue')).toMatchObject({ description: 'Reached the start of the recording' });
    expect(await client.moment()).toBe(0);
  });

  test('is stepped through one moment at a time, in both directions, across traps and interrupts', async () => {
    const client = await replay(demo);
    await client.filters({ filterId: 'interrupt' });
    await client.move('configurationDone');
    const entry = await client.move('continue');
    expect(entry).toMatchObject({ reason: 'exception' });
    expect(entry.description).toContain('supervisor timer interrupt at');
    const at = await client.moment();
    const inHandler = await client.frame();
    await client.move('chronovisor/stepBackInto');
    expect(await client.moment()).toBe(at - 1);
    const interrupted = await client.frame();
    expect(interrupted.instructionPointerReference).not.toBe(inHandler.instructionPointerReference);
    const before: string[] = [];
    for (let count = 0; count < 10; count += 1) {
      before.unshift((await client.frame()).instructionPointerReference!);
      await client.move('chronovisor/stepBackInto');
    }
    expect(await client.moment()).toBe(at - 11);
    const after: string[] = [];
    for (let count = 0; count < 10; count += 1) {
      await client.move('stepIn');
      after.push((await client.frame()).instructionPointerReference!);
    }
    expect(after).toEqual(before);
    const { description } = await client.move('stepIn');
    expect(description).toBe(entry.description!.replace('Paused on', 'Paused after'));
    expect((await client.frame()).instructionPointerReference).toBe(inHandler.instructionPointerReference);
  });

  test('says that every thread runs before it stops after a step back', async () => {
    const client = await replay(demo);
    await client.move('configurationDone');
    await client.goTo(1000);
    const events: string[] = [];
    client.on('continued', () => events.push('continued'));
    client.on('stopped', () => events.push('stopped'));
    await client.move('stepBack');
    expect(events).toEqual(['continued', 'stopped']);
  });

  test('stops after an exception in both directions, and tells the trap in words', async () => {
    const client = await replay(demo);
    await client.filters({ filterId: 'ecall-from-u' });
    await client.move('configurationDone');
    expect((await client.move('continue')).description).toContain('environment call from U-mode at');
    const first = await client.moment();
    await client.move('continue');
    const second = await client.moment();
    expect(second).toBeGreaterThan(first);
    await client.move('reverseContinue');
    expect(await client.moment()).toBe(first);
    const trap = await client.scope('Trap');
    expect(trap.get('into S-mode')!.value).toContain('environment call from U-mode');
    expect(trap.get('into M-mode')!.value).toBe('none yet'); // though mepc holds where M-mode was left for
    expect((await client.exceptionInfoRequest({ threadId: 1 })).body.exceptionId).toBe('environment call from U-mode');
    await client.move('stepBack');
    expect((await client.threadsRequest()).body.threads).toEqual([{ id: 1, name: 'hart 0 (U-mode)' }]);
  });

  test('is paused while it is searched', async () => {
    const client = await replay(demo);
    await client.functionBreakpoints({ name: 'system_call', condition: 'a0 == 0xffff1234' });
    await client.move('configurationDone');
    const stopped = client.nextStop();
    await client.continueRequest({ threadId: 1 });
    await client.pauseRequest({ threadId: 1 });
    expect(await stopped).toMatchObject({ reason: 'pause' });
  });

  test('is where one was when a search backwards is paused or cancelled', async () => {
    const client = newClient();
    await client.begin({ trace: demo }, { supportsProgressReporting: true });
    await client.filters({ filterId: 'ecall-from-u', condition: 'a0 == 0xffff1234' });
    await client.move('configurationDone');
    await client.goTo(20_000_000);
    const stopped = client.nextStop();
    await client.customRequest('reverseContinue', { threadId: 1 });
    await client.pauseRequest({ threadId: 1 });
    expect(await stopped).toMatchObject({ reason: 'pause' });
    expect(await client.moment()).toBe(20_000_000);
    client.once('progressUpdate', (event) => {
      void client.customRequest('cancel', { progressId: event.body.progressId });
    });
    const { reason, description } = await client.move('reverseContinue');
    const isCancelled = description === 'Paused';
    expect([reason, await client.moment()]).toEqual(['pause', isCancelled ? 20_000_000 : 0]);
  });

  test('shows progress of long ways, and gives up when it is cancelled', async () => {
    const client = newClient();
    await client.begin({ trace: demo }, { supportsProgressReporting: true });
    // A condition is asked each time, which makes the way long.
    await client.filters({ filterId: 'ecall-from-u', condition: 'a0 == 0xffff1234' });
    await client.move('configurationDone');
    await client.goTo(20_000_000);
    const seen: string[] = [];
    for (const name of ['progressStart', 'progressUpdate', 'progressEnd', 'stopped'])
      client.on(name, () => seen.push(name));
    client.once('progressStart', (event) => void client.customRequest('cancel', { progressId: event.body.progressId }));
    await client.move('reverseContinue');
    if (seen.includes('progressStart')) expect(seen).toContain('progressEnd');
    expect(seen.at(-1)).toBe('stopped');
  });

  test('that its replay does not repeat stops there, and says what differs', async () => {
    const client = await replay(await forge(demo));
    await client.move('configurationDone');
    const stopped = await client.move('continue');
    expect(stopped).toMatchObject({ reason: 'exception', description: 'Paused on divergence' });
    expect(stopped.text).toContain('the replay differs from the recording at moment 20000000');
    expect(await client.moment()).toBe(20_000_000);
    await client.move('stepBack');
    expect(await client.moment()).toBe(19_999_999);
  });

  test('is left by terminating, and then disconnecting', async () => {
    const client = await replay(demo);
    await client.move('configurationDone');
    const terminated = client.waitForEvent('terminated', 10_000);
    await client.terminateRequest();
    await terminated;
    await client.disconnectRequest();
    await client.ended;
  });
});

/** A copy of a trace whose second digest is of another RAM. */
const forge = async (file: string): Promise<string> => {
  const source = new FileSource('the trace', file);
  const trace = await openTrace(source, brotli);
  const copy = join(folder, 'forged.chrono');
  const images = trace.header.images.map((_, index) => trace.image(index));
  const writer = await TraceWriter.create(new FileSink('the trace', copy), trace.header, images, brotli);
  for (const [index, digest] of [...trace.digests].entries()) {
    writer.digest(index === 1 ? { ...digest, ram: digest.ram ^ 1n } : digest);
  }
  writer.end({ reason: 'stopped', at: trace.until });
  source.close();
  return copy;
};
