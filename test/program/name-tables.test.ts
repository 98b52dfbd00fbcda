/** Tables of names and addresses that are sound, incomplete, wrong, or damaged: no answer becomes another by them. */
import { describe, expect, test } from 'vitest';
import { AddressMap } from '../../adapter/program/dwarf/address-map.ts';
import { attribute, form, tag } from '../../adapter/program/dwarf/constants.ts';
import { DwarfFile } from '../../adapter/program/dwarf/file.ts';
import { DebugSections } from '../../adapter/program/elf/debug-sections.ts';
import { readElf } from '../../adapter/program/elf.ts';
import { EarlyNames } from '../../adapter/program/names/early-names.ts';
import type { NameKind } from '../../adapter/program/names/records.ts';
import { abbreviations, base, bytes, elfFile, unit, type WrittenSection } from './damage-writer.ts';
import { addressRanges, debugNames, gdbIndex, type WrittenName } from './names-writer.ts';

const rows = abbreviations(
  [tag.compileUnit, true, [attribute.lowPc, form.addr], [attribute.highPc, form.data8]],
  [tag.structureType, false, [attribute.name, form.string], [attribute.byteSize, form.data1]],
  [tag.subprogram, false, [attribute.name, form.string], [attribute.lowPc, form.addr]],
);

/** Unit `n` has 0x100 bytes of code, `shared` of its own size, `own_n` and the function `work_n`. */
const unitAt: number[] = [];
const info = bytes((to) =>
  to.repeat(3, (number) => {
    unitAt.push(to.length);
    const low = base + BigInt(0x100 * number);
    unit(to, 0, () => {
      to.u8(1).u64(low).u64(0x100);
      to.u8(2).text('shared').u8(number).u8(2).text(`own_${number}`).u8(8);
      to.u8(3).text(`work_${number}`).u64(low).u8(0);
    });
  }),
);
const ends = [...unitAt.slice(1), info.length];
const ranges = unitAt.map((at, number) => [at, base + BigInt(0x100 * number), 0x100n] as const);
const names: readonly WrittenName[] = [
  ['shared', 2, 0, 1],
  ...[0, 1, 2].map((number): WrittenName => [`own_${number}`, number]),
  ['work_1', 1],
];
const units = unitAt.map((at, number) => [at, ends[number]! - at] as const);
const indexAddresses = ranges.map(([, low, size], number) => [low, low + size, number] as const);

const withTables = (...tables: readonly WrittenSection[]): DwarfFile => {
  const file = elfFile([{ name: '.debug_abbrev', bytes: rows }, { name: '.debug_info', bytes: info }, ...tables]);
  return new DwarfFile(new DebugSections(readElf(file, 'kernel.elf', 'symbols')));
};

/** @param expected the unit of the answer, or a part of what is said instead */
const checkName = (
  tables: readonly WrittenSection[],
  name: string,
  kind: NameKind,
  expected: number | RegExp | undefined,
): void => {
  const said: string[] = [];
  const found = new EarlyNames(withTables(...tables), (message) => said.push(message)).first(name, [kind]);
  if (expected instanceof RegExp) expect([found, ...said]).toEqual([undefined, expect.stringMatching(expected)]);
  else {
    expect(said).toEqual([]);
    expect(found && unitAt.findIndex((_, number) => found.offset < ends[number]!)).toBe(expected);
  }
};

const cut = (section: WrittenSection, sizeBytes: number): WrittenSection => ({
  ...section,
  bytes: section.bytes.subarray(0, sizeBytes),
});

const tables = {
  '.debug_names': () => debugNames(unitAt, names),
  '.gdb_index of version 8': () => [gdbIndex({ units, names })],
  '.gdb_index of version 9': () => [gdbIndex({ version: 9, units, names })],
} as const;

describe.each(Object.entries(tables))('a table of names, %s,', (_, sections) => {
  test('leads to the entry', () => checkName(sections(), 'own_1', 'structure', 1));
  test('leads to the first of several entries', () => checkName(sections(), 'shared', 'structure', 0));
  test('leads to functions', () => checkName(sections(), 'work_1', 'function', 1));
  test('does not know what it lacks', () => checkName(sections(), 'work_2', 'function', undefined));
  test('gives nothing of another kind', () => checkName(sections(), 'own_1', 'function', undefined));
});

describe('a damaged table of names is not used, and it is said:', () => {
  test('.debug_names of another version', () => {
    const [own, texts] = debugNames(unitAt, names);
    own!.bytes[4] = 6;
    checkName([own!, texts!], 'own_1', 'structure', /0x0 of \.debug_names .* expected a table of version 5/);
  });
  test('.debug_names that is cut off', () => {
    const [own, texts] = debugNames(unitAt, names);
    checkName([cut(own!, 60), texts!], 'own_1', 'structure', /of \.debug_names .* expected a length up to 56/);
  });
  test('.debug_names of other units', () =>
    checkName(debugNames([0, 5, 9], names), 'own_1', 'structure', /\.debug_names .* expected the place of a unit/));
  test('.gdb_index of version 6', () =>
    checkName([gdbIndex({ version: 6, units, names })], 'own_1', 'structure', /expected an index of version 7 to 9/));
  test('.gdb_index that is cut off', () =>
    checkName([cut(gdbIndex({ units, names }), 100)], 'own_1', 'structure', /of \.gdb_index/));
  test('.gdb_index with the number of no unit', () =>
    checkName([gdbIndex({ units, names: [['own_1', 7]] })], 'own_1', 'structure', /of \.gdb_index/));
});

test('where one table of names is damaged, another is asked', () => {
  const said: string[] = [];
  const [own, texts] = debugNames([1, 2, 3], names);
  const early = new EarlyNames(withTables(own!, texts!, gdbIndex({ units, names })), (message) => said.push(message));
  for (let turn = 0; turn < 3; turn++) expect(early.first('own_2', ['structure'])?.name).toBe('own_2');
  expect(said.length).toBe(1);
});

describe('the units of addresses', () => {
  const check = (sections: readonly WrittenSection[], ...sentences: readonly RegExp[]): void => {
    const said: string[] = [];
    const map = new AddressMap(withTables(...sections), { onDamage: (message) => said.push(message) });
    for (let turn = 0; turn < 2; turn++) {
      for (const [number, at] of unitAt.entries()) {
        for (const offset of [0, 0x80, 0xff]) {
          expect(map.at(base + BigInt(0x100 * number + offset))?.header.offset).toBe(at);
        }
      }
      for (const address of [0n, base - 1n, base + 0x300n]) expect(map.at(address)).toBeUndefined();
    }
    expect(said).toEqual(sentences.map((sentence) => expect.stringMatching(sentence)));
  };
  const whole = addressRanges(ranges);
  const index = gdbIndex({ units, addresses: indexAddresses });

  test('are known without a table', () => check([]));
  test('are known by .debug_aranges', () => check([whole]));
  test('are known by .gdb_index', () => check([index]));
  test('are known when a table lacks a unit', () => check([addressRanges(ranges.slice(1))]));
  test('are known when a table lacks a part of a unit, and it is said', () =>
    check([addressRanges([[0, base, 0x10n], ...ranges.slice(1)])], /\.debug_aranges of .* is not what its units say/));
  test('are known when a table is of other units, and it is said', () =>
    check(
      [addressRanges(ranges.map(([at], number) => [at, ...(ranges[2 - number]!.slice(1) as [bigint, bigint])]))],
      /\.debug_aranges of .* found another answer for 0x80000000/,
    ));
  test('are known when a table is cut off, and it is said', () =>
    check([cut(whole, 60)], /0x30 of \.debug_aranges in .* expected a length up to/));
  test('are known by the second table when the first is damaged, and it is said', () =>
    check([cut(whole, 60), index], /0x30 of \.debug_aranges/));
  test('are known when both are damaged, and it is said', () =>
    check([cut(whole, 60), cut(index, 90)], /\.debug_aranges/, /\.gdb_index/));
  test('are known when an index has another number of a unit, and it is said', () =>
    check([gdbIndex({ units, addresses: [[base, base + 0x300n, 1]] })], /\.gdb_index of .* is not what its units say/));
});
