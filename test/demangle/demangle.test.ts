/** Mangled names of C++ and Rust beside what binutils (C++, older Rust) and LLVM (Rust) said of them; and damaged ones. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { demangle } from '../../adapter/program/demangle/demangle.ts';
import { textMax } from '../../adapter/program/demangle/node.ts';

const lines = readFileSync(join(import.meta.dirname, 'names.golden.txt'), 'utf8')
  .trimEnd()
  .split('\n');
const names = lines.filter((_, at) => at % 2 === 0);
const expected = lines.filter((_, at) => at % 2 === 1).map((line) => line.slice(2));
// binutils closes brackets with a blank between them, but not where an empty pack stood.
const closed = (text: string): string => text.replace(/> (?=>)/g, '>');

test('names of C++ and Rust are what the toolchains say', () => {
  expect(names.length).toBeGreaterThan(300);
  const wrong = names.flatMap((name, at) =>
    closed(demangle(name)) === closed(expected[at]!) ? [] : [`${name}: ${expected[at]}, not ${demangle(name)}`],
  );
  expect(wrong).toEqual([]);
});

test('names that nobody mangled stay as they are', () => {
  for (const name of ['main', '_start', '_Z', '__ZN', '_R', 'fill.constprop.0', '_ZN3foo', '_Zzz', '']) {
    expect(demangle(name)).toBe(name);
  }
});

test('letters beyond ASCII are decoded', () => {
  expect(demangle('_RNvNtCs6xxl1lAjzDf_1au8gre_4ka1flnge_5ta')).toMatch(/^a::|^_R/);
  expect(demangle('_RNqCs4fqI2P2rA04_11utf8_identsu30____7hkackfecea1cbdathfdh9hlq6y')).toBe(
    'utf8_idents::საჭმელად_გემრიელი_სადილი',
  );
});

test('a damaged name ends in a bounded text', () => {
  for (const [at, name] of names.entries()) {
    for (let cut = 2 + (at % 5); cut < name.length; cut += 5) {
      expect(demangle(name.slice(0, cut)).length).toBeLessThanOrEqual(textMax);
      const other = String.fromCharCode(48 + ((at * 7 + cut * 13) % 75));
      expect(demangle(name.slice(0, cut) + other + name.slice(cut + 1)).length).toBeLessThanOrEqual(textMax);
    }
  }
});

test('a name that means a text without end stays as it is', () => {
  // Each argument is made of the two before it.
  const names = Array.from({ length: 34 }, (_, at) => (at === 0 ? '' : (at - 1).toString(36).toUpperCase()));
  const doubled = `_Z1f${names.map((name) => `1AIS${name}_S${name}_E`).join('')}`;
  expect(demangle(doubled).length).toBeLessThanOrEqual(textMax);
  const nested = `_Z1f${'P'.repeat(10_000)}i`;
  expect(demangle(nested)).toBe(nested);
  const again = `_RIC1a${'TB3_B3_E'.repeat(500)}E`;
  expect(demangle(again).length).toBeLessThanOrEqual(textMax);
});
