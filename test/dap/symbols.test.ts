/** Finding functions and data by a part of their names, with debug information and without. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { SymbolsAnswer, SymbolsArguments } from '../../adapter/dap/custom-requests.ts';
import { buildElf } from '../program/elf-builder.ts';
import { refusal } from './client.ts';
import { demoElf, record, replay, folder as temporary } from './fixture.ts';

const folder = resolve(import.meta.dirname, '../guests/source');
const traces: Record<string, string> = {};
beforeAll(async () => {
  traces.source = await record(join(folder, 'steps-O2.elf'), 'symbols-source', 1000);
  traces.demo = await record(demoElf, 'symbols-demo', 1000);
});

const ask = async (program: string, args: SymbolsArguments): Promise<SymbolsAnswer> => {
  const client = await replay(traces[program]!, { cwd: folder });
  return (await client.customRequest('chronovisor/symbols', args)).body;
};
const namesOf = ({ symbols }: SymbolsAnswer): string[] => symbols.map(({ name, kind }) => `${kind} ${name}`);

test('a function is found with its address and where it is declared', async () => {
  const { total, symbols } = await ask('source', { query: 'factor' });
  expect(total).toBe(1);
  expect(symbols[0]).toMatchObject({
    name: 'factorial',
    kind: 'function',
    memoryReference: expect.stringMatching(/^0xffffffff8[0-9a-f]+$/),
    source: { path: join(folder, 'steps.c') },
    line: expect.any(Number),
  });
});

test('functions, data, types, and what is in the symbol table alone, as it is asked', async () => {
  expect(namesOf(await ask('source', { query: 'total' }))).toContain('data total');
  expect(namesOf(await ask('source', { query: 'item', kinds: ['type'] }))).toEqual(['type item']);
  expect(namesOf(await ask('source', { query: 'item', kinds: ['function'] }))).toEqual([]);
  expect(namesOf(await ask('source', { query: 'high' }))).toEqual(['function high', 'function high_address']);
  expect(namesOf(await ask('source', { query: 'fctrl', matching: 'fuzzy' }))).toEqual(['function factorial']);
});

test('an inline function has no place in memory', async () => {
  const { symbols } = await ask('source', { query: 'twice' });
  expect(symbols[0]).not.toHaveProperty('memoryReference');
});

test('a program without debug information is searched by its symbols', async () => {
  const { symbols } = await ask('demo', { query: 'path_res' });
  expect(symbols[0]).toMatchObject({ name: 'path_resolve', kind: 'function' });
});

test('pages follow one another', async () => {
  const all = await ask('demo', { query: 'a' });
  expect(all.symbols.length).toBe(Math.min(100, all.total));
  const pages = [await ask('demo', { query: 'a', count: 7 }), await ask('demo', { query: 'a', start: 7, count: 7 })];
  expect(pages.flatMap(namesOf)).toEqual(namesOf(all).slice(0, 14));
  expect(pages[1]!.total).toBe(all.total);
  expect((await ask('demo', { query: 'a', start: 1_000_000 })).symbols).toEqual([]);
});

test('a question of another shape is refused', async () => {
  const client = await replay(traces.demo!);
  expect(await refusal(client.customRequest('chronovisor/symbols', { query: 'a', matching: 'x' }))).toContain(
    'matching',
  );
});

test('demangled names of a program without debug information are completed, evaluated and stopped at', async () => {
  const name = '_ZN4core3fmt5write17h0123456789abcdefE';
  const built = buildElf({
    symbols: [{ name, address: 0x8000_0100n, sizeBytes: 16 }],
    text: { at: 0x8000_0000n, sizeBytes: 0x1000n },
  });
  const program = join(temporary, 'mangled.elf');
  writeFileSync(program, built);
  const client = await replay(traces.demo!, { program });
  const [breakpoint] = await client.functionBreakpoints({ name: 'core::fmt::write' });
  expect(breakpoint).toMatchObject({ verified: true, instructionReference: '0x80000100' });
  await client.functionBreakpoints();
  await client.move('configurationDone');
  const text = '1 + core::fm';
  const { targets } = (await client.completionsRequest({ text, column: text.length + 1 })).body;
  expect(targets.map(({ label }) => label)).toEqual(['core::fmt::write']);
  expect(await client.evaluate('core::fmt::write + 4')).toContain('core::fmt::write+0x4');
});
