/** Names of symbols without debug information, as people write them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DebugInfo } from '../../adapter/program/debug-info.ts';
import { readElf } from '../../adapter/program/elf.ts';
import { NameIndex } from '../../adapter/program/names/name-index.ts';
import { scanNames } from '../../adapter/program/names/scan.ts';
import { WrittenNames } from '../../adapter/program/symbol-names.ts';
import { SymbolSearch } from '../../adapter/program/symbol-search.ts';
import { SymbolTable } from '../../adapter/program/symbols.ts';
import { buildElf } from './elf-builder.ts';

const names = [
  '_ZN4core3fmt5write17h0123456789abcdefE',
  '_ZNK8geometry6Square4areaEv',
  '_ZN8geometry5scaleEii',
  '_ZN8geometry5scaleEi',
  '_RNvCs15kBYyAo9fc_7mycrate7example',
  '_RNvCsfLfy6EI15iL_7___rustc17rust_begin_unwind',
  '_start',
  'main',
];
const symbols = names.map((name, index) => ({ name, address: 0x1000n + BigInt(index) * 16n, sizeBytes: 16 }));
const table = new SymbolTable(readElf(buildElf({ symbols, text: { at: 0x1000n, sizeBytes: 0x1000n } }), 'kernel.elf'));

test('a search is of the demangled names', () => {
  const search = new SymbolSearch(table, undefined);
  const check = (text: string, ...expected: string[]): void =>
    expect(search.search({ text, start: 0, count: 10 }).symbols.map(({ name }) => name)).toEqual(expected);
  check('fmt::write', 'core::fmt::write');
  check('geometry', 'geometry::scale(int)', 'geometry::scale(int, int)', 'geometry::Square::area() const');
  check('example', 'mycrate::example');
  check('_ZN');
  check('start', '_start');
});

test('a symbol is found by its path, whatever its parameters, and of several the first', () => {
  const written = new WrittenNames(table);
  const check = (path: string, address: bigint | undefined): void => expect(written.find(path)?.address).toBe(address);
  check('core::fmt::write', 0x1000n);
  check('geometry::Square::area', 0x1010n);
  check('geometry::scale', 0x1020n);
  check('mycrate::example', 0x1040n);
  check('__rustc::rust_begin_unwind', 0x1050n);
  check('write', undefined);
  check('geometry::Circle', undefined);
});

test('a function or a variable that debug information has is found once', () => {
  const path = join(import.meta.dirname, '../guests/source/classes-O1-5.elf');
  const bytes = readFileSync(path);
  const info = new DebugInfo(bytes, path);
  info.names = NameIndex.of([scanNames(info.dwarf).arrays()]);
  const described = new SymbolSearch(new SymbolTable(readElf(bytes, path)), info);
  const check = (text: string, expected: readonly string[]): void =>
    expect(described.search({ text, start: 0, count: 10 }).symbols.map(({ name }) => name)).toEqual(expected);
  check('count', ['count', '_GLOBAL__sub_I__ZN5outer5inner4Base5countE']);
  check('sum', ['sum<short int>']);
  check('VTT', ['VTT for outer::Diamond']);
});
