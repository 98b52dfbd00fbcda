import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { record, replay } from './fixture.ts';

const elf = resolve(import.meta.dirname, '../guests/noreturn/noreturn.elf');

test('who called a function that never returns, and whose own call has overwritten that, is guessed by the stack', async () => {
  const client = await replay(await record(elf, 'noreturn', 1000), { cwd: join(elf, '..') });
  const names = async (): Promise<string[]> =>
    (await client.stackTraceRequest({ threadId: 1 })).body.stackFrames.map(({ name }) => name);
  await client.functionBreakpoints({ name: 'give_up' }, { name: 'end' });
  await client.move('configurationDone');
  await client.move('continue');
  expect(await names()).toEqual(['give_up', 'work', '_start']); // it has called nothing yet
  await client.move('continue');
  expect(await names()).toEqual(['end', 'give_up', '_start [guessed by stack]']);
});
