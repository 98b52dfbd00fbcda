/** Searching names for what somebody types. */
import { expect, test } from 'vitest';
import { type NameQuery, NameSearcher } from '../../adapter/program/names/search.ts';

const names = ['kernel_init', 'start_kernel', 'smart_kernels', '_start_kernel', 'Start', 'st', 'restart_all_kernels'];
const bytes = Buffer.from(names.map((name) => `${name}\0`).join(''));
const starts = Uint32Array.from([0, ...names.map((_, at) => names.slice(0, at + 1).join(' ').length + 1)]);
const searcher = new NameSearcher({ count: names.length, starts, names: bytes });

const check = (query: NameQuery, expected: readonly string[]): void => {
  expect(searcher.search(query).map(({ number }) => names[number])).toEqual(expected);
};

test('what begins with the text comes first, then the shorter', () =>
  check({ text: 'start' }, ['Start', 'start_kernel', '_start_kernel', 'restart_all_kernels']));
test('a capital letter makes letters differ', () => check({ text: 'Start' }, ['Start']));
test('letters differ or not as it is asked', () =>
  check({ text: 'Start_k', caseSensitive: false }, ['start_kernel', '_start_kernel']));
test('a text is found in a name, not across two', () => {
  check({ text: 'kernelsmart' }, []);
  check({ text: 'kernel\0smart' }, []);
});
test('no text finds nothing', () => check({ text: '' }, []));
test('characters in their order find names, nearest and at beginnings of words first', () =>
  check({ text: 'stker', matching: 'fuzzy' }, [
    'start_kernel',
    'smart_kernels',
    '_start_kernel',
    'restart_all_kernels',
  ]));
test('only names that are wanted are found', () =>
  check({ text: 'kernel', wanted: (number) => number < 2 }, ['kernel_init', 'start_kernel']));
