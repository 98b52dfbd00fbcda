/** The outside answer to what is in an ELF file: binutils. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readElf } from '../../adapter/program/elf.ts';
import { SymbolTable } from '../../adapter/program/symbols.ts';

const run = (program: string, ...words: string[]): string =>
  execFileSync(`riscv64-linux-gnu-${program}`, words, { encoding: 'utf8', maxBuffer: 2 ** 28 });

const files = [
  '/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.elf',
  ...['hello', 'fault', 'smode-sbi'].map((name) => join(import.meta.dirname, `../guests/bare/${name}.elf`)),
];

describe.each(files)('%s', (file) => {
  const elf = readElf(readFileSync(file), file);

  test('has the segments that readelf lists', () => {
    const listed = [...run('readelf', '-lW', file).matchAll(/^\s+LOAD\s+\S+\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)/gm)];
    expect(
      elf.segments.map((segment) => [
        segment.virtualAddress,
        segment.physicalAddress,
        BigInt(segment.bytes.length),
        segment.memoryBytes,
      ]),
    ).toEqual(listed.map((match) => match.slice(1, 5).map(BigInt)));
  });

  test('has the sections that readelf lists', () => {
    const listed = [...run('readelf', '-SW', file).matchAll(/^\s+\[ *\d+\] (\S*)\s+\S+\s+([0-9a-f]{16})/gm)];
    expect(elf.sections.map(({ name, address }) => [name, address])).toEqual(
      listed.map(([, name, address]) => [name, BigInt(`0x${address}`)]),
    );
  });

  test('has the symbols that nm lists', () => {
    const listed = [...run('nm', file).matchAll(/^([0-9a-f]{16}) . (\S+)$/gm)]
      .filter(([, , name]) => !/^(\$|\.L)/.test(name!))
      .map(([, address, name]) => `${BigInt(`0x${address}`)} ${name}`);
    const found = [...new SymbolTable(elf)].map(({ address, name }) => `${address} ${name}`);
    expect(found.sort()).toEqual(listed.sort());
  });
});
