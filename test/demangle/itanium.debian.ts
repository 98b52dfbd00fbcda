/** Mangled names of C++ from the toolchain's own library, compared with what binutils' c++filt says of each. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { demangleItanium } from '../../adapter/program/demangle/itanium.ts';

const library = '/usr/riscv64-linux-gnu/lib/libstdc++.so.6';
const symbolsOf = (file: string): string[] =>
  execFileSync('riscv64-linux-gnu-nm', ['-D', '--no-demangle', file], { encoding: 'utf8', maxBuffer: 2 ** 28 })
    .split('\n')
    .map((line) => line.split(/\s+/).at(-1)!.replace(/@.*$/, ''))
    .filter((name) => name.startsWith('_Z'));
const filtered = (names: readonly string[]): string[] =>
  execFileSync('c++filt', [], { input: names.join('\n'), encoding: 'utf8', maxBuffer: 2 ** 28 })
    .trimEnd()
    .split('\n');

// binutils closes brackets with a blank between them, but not where an empty pack stood.
const closed = (text: string): string => text.replace(/> (?=>)/g, '>');

const checkAll = (names: readonly string[]): void => {
  const expected = filtered(names);
  const wrong = names.flatMap((name, index) => {
    const own = demangleItanium(name) ?? name;
    return closed(own) === closed(expected[index]!) ? [] : [`${name}\n  c++filt ${expected[index]}\n  ours    ${own}`];
  });
  expect([wrong.length, wrong.slice(0, 12).join('\n')]).toEqual([0, '']);
};

test('every symbol of libstdc++ is what c++filt says', () => {
  const names = [...new Set(symbolsOf(library))];
  expect(names.length).toBeGreaterThan(4000);
  checkAll(names);
});
