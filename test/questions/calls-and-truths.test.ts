/** Calls with their returns, and when something becomes true, compared with what each single step shows. */

import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { readElf } from '../../adapter/program/elf.ts';
import { SymbolTable } from '../../adapter/program/symbols.ts';
import { Asker } from '../../adapter/questions/api.ts';
import { demoElf, record } from '../dap/fixture.ts';
import { answers } from './brute-force.ts';
import { stepThrough } from './oracle.ts';

let trace = '';
let asker: Asker;
beforeAll(async () => {
  trace = await record(demoElf, 'calls', 4_000_000);
  // Short pieces, so that calls last over the borders between them.
  asker = await Asker.open({ trace, cache: false }, { stride: 3_001 });
  return () => asker.close();
});

const symbols = new SymbolTable(readElf(readFileSync(demoElf), demoElf, 'program'));
const sizeofProcess = 192;
const [from, steps] = [2_040_000, 32_000];
const to = from + steps;

interface Call {
  readonly moment: number;
  readonly ra: bigint;
  readonly sp: bigint;
  returned?: { readonly moment: number };
}

const checkCalls = async (name: string): Promise<void> => {
  const entry = symbols.find(name)!.address;
  const expected: Call[] = [];
  await stepThrough(trace, from, steps, ({ harts, now }) => {
    const [hart] = harts;
    const [pc, ra, sp] = [hart!.get('pc'), hart!.x(1), hart!.x(2)];
    if (now >= to) return;
    const ended = expected.findLast((call) => call.ra === pc && call.sp === sp);
    if (ended !== undefined && ended.returned === undefined) ended.returned = { moment: now };
    if (pc === entry) expected.push({ moment: now, ra, sp });
  });
  expect(expected.length).toBeGreaterThan(0);
  const found = await answers(asker.ask({ question: 'calls', arguments: { function: name, from, to } }));
  const sorted = found
    .flatMap((item) => (item.kind === 'call' ? [item] : []))
    .sort((one, other) => one.moment - other.moment);
  expect(sorted.map(({ moment, returned }) => [moment, returned?.moment])).toEqual(
    expected.map(({ moment, returned }) => [moment, returned?.moment]),
  );
};

test('calls of a function that returns soon are found with their returns', () => checkCalls('entry_at'));
test('calls that end in another process than they began in are found with their returns', () =>
  checkCalls('context_switch'));
test('calls that never come back are told without a return', () => checkCalls('process_block'));
test('calls of a function that other processes call meanwhile are told apart by their stacks', () =>
  checkCalls('system_call'));

test('a call has its arguments and its result', async () => {
  const [first] = await answers(asker.ask('calls buffer_allocate', { limit: 1 }));
  expect(first).toMatchObject({ kind: 'call', function: 'buffer_allocate', arguments: [] });
  expect(first?.kind === 'call' && first.returned?.value).toMatch(/^0x800\w+ <buffers/);
});

const checkTruth = async (expression: string, symbol: string, offset: number, value: number): Promise<void> => {
  const address = Number(symbols.find(symbol)!.address) + offset;
  const expected: number[] = [];
  let before = true; // what holds from the beginning does not become true there
  let isFirst = true;
  await stepThrough(trace, from, steps, (machine) => {
    if (machine.now > to) return;
    const found = machine.readRam(address, 4)!;
    const holds = (found[0]! | (found[1]! << 8)) === value;
    if (holds && (isFirst || !before)) expected.push(machine.now);
    before = holds;
    isFirst = false;
  });
  const found = await answers(asker.ask({ question: 'when', arguments: { expression, from, to } }));
  expect(found.map((item) => 'moment' in item && item.moment)).toEqual(expected);
};

test('when something becomes true is when a write makes it so', () =>
  checkTruth('processes[4].state == RUNNING', 'processes', 4 * sizeofProcess, 2));

test('an expression that leads over a pointer is followed through what that points to', async () => {
  const found = await answers(
    asker.ask({ question: 'when', arguments: { expression: 'current->pid == 5', from, to } }),
  );
  const expected: number[] = [];
  let before = true;
  await stepThrough(trace, from, steps, (machine) => {
    const pointer = machine.readRam(Number(symbols.find('current')!.address), 8)!;
    const at = Number(new DataView(pointer.buffer).getBigUint64(0, true));
    const holds = machine.readRam(at + 4, 4)?.[0] === 5;
    if (holds && (!before || expected.length === 0)) expected.push(machine.now);
    before = holds;
  });
  expect(found.map((item) => 'moment' in item && item.moment)).toEqual(expected);
});
