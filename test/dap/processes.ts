/** Sessions on the guest with two user programs, for the tests of stepping and of several programs. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestClient } from './client.ts';
import { record, replay } from './fixture.ts';

export const folder = resolve(import.meta.dirname, '../guests/processes');
export const source = (name: string): string => join(folder, name);
export const byLine = { granularity: 'line' };

/** The number of the line that has a text. */
export const lineOf = (name: string, text: string): number =>
  readFileSync(source(name), 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;

export const recordProcesses = (level: string): Promise<string> =>
  record(join(folder, `kernel-${level}.elf`), `processes-${level}`, 3_000_000);

/** At the start, or where one of some functions is met first; without breakpoints. */
export const begin = async (trace: string, level: string, ...functions: string[]): Promise<TestClient> => {
  const programs = [
    { file: `one-${level}.elf`, name: 'one' },
    { file: `two-${level}.elf`, name: 'two' },
  ];
  const client = await replay(trace, { cwd: folder, programs });
  if (functions.length > 0) await client.functionBreakpoints(...functions.map((name) => ({ name })));
  await client.move('configurationDone');
  if (functions.length > 0) await client.move('continue');
  await client.functionBreakpoints();
  return client;
};

export const stack = async (client: TestClient): Promise<string[]> => {
  const { stackFrames } = (await client.stackTraceRequest({ threadId: 1 })).body;
  return stackFrames.map(({ name, line }) => `${name}:${line}`);
};
export const where = async (client: TestClient): Promise<string> => (await stack(client))[0]!;

export const breakAt = async (client: TestClient, file: string, ...lines: number[]) => {
  const breakpoints = lines.map((line) => ({ line }));
  const { body } = await client.setBreakpointsRequest({ source: { path: source(file) }, breakpoints });
  return body.breakpoints;
};
