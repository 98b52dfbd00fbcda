/** The last write to what an address meant, through changes of the page tables. */

import { resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { Asker, type Item } from '../../adapter/questions/api.ts';
import { record } from '../dap/fixture.ts';
import { answers } from './brute-force.ts';

const elf = resolve(import.meta.dirname, '../guests/remap/remap.elf');
const address = '0x40000000,8';

let asker: Asker;
beforeAll(async () => {
  const trace = await record(elf, 'remap', 10_000_000);
  asker = await Asker.open({ trace, cache: false });
  return () => asker.close();
});

const momentOfPlace = async (place: string): Promise<number> => {
  const [item] = await answers(asker.ask(`executed ${place} --next`, { at: 0 }));
  if (item?.kind !== 'execution') throw new Error(`${place} was not executed`);
  return item.moment;
};

const words = (item: Item): string => {
  if (item.kind === 'write') return `${item.symbol}: ${item.before} -> ${item.after}`;
  return item.kind === 'mapping'
    ? `${item.symbol}: ${item.before !== undefined} -> ${item.after !== undefined}`
    : item.kind;
};

const check = async (question: string, place: string, expected: readonly string[]): Promise<void> => {
  const at = await momentOfPlace(place);
  expect((await answers(asker.ask(question, { at }))).map(words)).toEqual(expected);
};

test('a write by the address itself is found', () =>
  check(`last-write ${address}`, 'copy_b', ['write_a: 0x0 -> 0x11']));

test('behind another mapping the search goes on in the page before', () =>
  check(`last-write ${address}`, 'mapped_b', ['map_b: true -> true', 'write_a: 0x0 -> 0x11']));

test('where nothing was mapped before, the last write to the page is told', () =>
  check(`last-write ${address}`, 'mapped_c', ['map_c: false -> true', 'fill_c: 0x0 -> 0x33']));

test('a write in the present mapping ends the search', () =>
  check(`last-write ${address}`, 'written_c', ['write_c: 0x33 -> 0x4400000033']));

test('all writes are those by any address while the page was mapped, before the moment and after it', async () => {
  const expected = ['write_a: 0x0 -> 0x11', 'write_c: 0x33 -> 0x4400000033'];
  await check(`writes ${address}`, 'written_c', expected);
  await check(`writes ${address}`, 'mapped_b', expected);
  await check(`writes ${address}`, 'copy_b', expected);
});

test('the first write is the first of them', () =>
  check(`first-write ${address}`, 'written_c', ['write_a: 0x0 -> 0x11']));

test('where nothing is mapped, it says so', async () => {
  const at = (await momentOfPlace('unmap')) + 3;
  await expect(answers(asker.ask(`last-write ${address}`, { at }))).rejects.toThrow(
    'is not in RAM: expected an address that is mapped',
  );
});
