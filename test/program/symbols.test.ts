import { describe, expect, test } from 'vitest';
import { readElf } from '../../adapter/program/elf.ts';
import { describePlace, SymbolTable } from '../../adapter/program/symbols.ts';
import { type BuiltSymbol, buildElf } from './elf-builder.ts';

const text = { at: 0x1000n, sizeBytes: 0x1000n };
const tableOf = (symbols: readonly BuiltSymbol[]): SymbolTable =>
  new SymbolTable(readElf(buildElf({ symbols, text }), 'kernel.elf'));

/** `places` maps an address to how it is named, or to nothing. */
const check = (symbols: readonly BuiltSymbol[], places: Readonly<Record<string, string | undefined>>): void => {
  const table = tableOf(symbols);
  const found = Object.keys(places).map((address) => {
    const place = table.at(BigInt(address));
    return [address, place && describePlace(place)];
  });
  expect(Object.fromEntries(found)).toEqual(places);
};

describe('an address is named', () => {
  test('by the function that it lies in, and by none between functions', () =>
    check(
      [
        { name: 'second', address: 0x1100n, sizeBytes: 0x10 },
        { name: 'first', address: 0x1000n, sizeBytes: 0x20 },
      ],
      {
        '0xfff': undefined,
        '0x1000': 'first',
        '0x101f': 'first+0x1f',
        '0x1020': undefined,
        '0x1100': 'second',
        '0x1110': undefined,
      },
    ));

  test('by a label without a size up to the next symbol or the end of its section', () =>
    check(
      [
        { name: 'uservec', address: 0x1000n, type: 0 },
        { name: 'userret', address: 0x10a0n, type: 0 },
      ],
      { '0x109f': 'uservec+0x9f', '0x10a0': 'userret', '0x1fff': 'userret+0xf5f', '0x2000': undefined },
    ));

  test('by the function around an inner entry point once that has ended', () =>
    check(
      [
        { name: 'outer', address: 0x1000n, sizeBytes: 0x100 },
        { name: 'inner', address: 0x1010n, sizeBytes: 0x10 },
      ],
      { '0x1018': 'inner+0x8', '0x1020': 'outer+0x20' },
    ));

  test('by the function and not by a local label inside it', () =>
    check(
      [
        { name: 'memcpy', address: 0x1000n, sizeBytes: 0x40 },
        { name: 'loop', address: 0x1010n, type: 0, local: true },
      ],
      { '0x1014': 'memcpy+0x14' },
    ));

  test('by a global function before a local one before an object before a label', () =>
    check(
      [
        { name: 'label', address: 0x1000n, type: 0 },
        { name: 'object', address: 0x1000n, type: 1, sizeBytes: 8 },
        { name: 'localFunction', address: 0x1000n, sizeBytes: 8, local: true },
        { name: 'globalFunction', address: 0x1000n, sizeBytes: 8 },
      ],
      { '0x1000': 'globalFunction' },
    ));

  test('by none of the names that an assembler makes', () =>
    check(
      [
        { name: '$x', address: 0x1000n, type: 0, local: true },
        { name: '$d.4', address: 0x1000n, type: 0, local: true },
        { name: '.L0 ', address: 0x1000n, type: 0, local: true },
      ],
      { '0x1000': undefined },
    ));

  test('at addresses of the upper half as at those of the lower', () => {
    const base = 0xffff_ffff_8000_0000n;
    const symbols = [
      { name: 'high', address: base, sizeBytes: 4 },
      { name: 'low', address: 0x1000n, sizeBytes: 4 },
    ];
    const table = new SymbolTable(readElf(buildElf({ symbols, text: { at: 0n, sizeBytes: (1n << 64n) - 1n } }), 'x'));
    expect(table.at(base + 2n)?.symbol.name).toBe('high');
    expect(table.at(0x1002n)?.symbol.name).toBe('low');
  });
});

describe('a name is found', () => {
  test('as the global symbol when there are local ones too', () => {
    const table = tableOf([
      { name: 'panic', address: 0x1000n, local: true, sizeBytes: 4 },
      { name: 'panic', address: 0x1100n, sizeBytes: 12 },
    ]);
    expect(table.find('panic')).toEqual({
      name: 'panic',
      address: 0x1100n,
      sizeBytes: 12n,
      kind: 'function',
      global: true,
    });
  });

  test('when it is an absolute symbol, which names no address', () => {
    const table = tableOf([{ name: '_ram_size', address: 0x1000n, type: 0, section: 0xfff1 }]);
    expect(table.find('_ram_size')?.address).toBe(0x1000n);
    expect(table.at(0x1000n)).toBeUndefined();
  });

  test('not when it is undefined', () => {
    expect(tableOf([{ name: 'printf', address: 0n, section: 0 }]).find('printf')).toBeUndefined();
  });
});

test('a kernel of 170,000 symbols keeps them in order and finds each', () => {
  const count = 170_000;
  const symbols = Array.from({ length: count }, (_, index) => ({
    name: `function_${(index * 7919) % count}`,
    address: 0xffff_ffff_8000_0000n + BigInt(((index * 7919) % count) * 64),
    sizeBytes: 60,
  }));
  const file = buildElf({ symbols, text: { at: 0xffff_ffff_8000_0000n, sizeBytes: BigInt(count * 64) } });
  const table = new SymbolTable(readElf(file, 'vmlinux'));
  expect(table.size).toBe(count);
  for (const index of [0, 1, 4711, 99_999, count - 1]) {
    expect(table.at(0xffff_ffff_8000_0000n + BigInt(index * 64 + 59))?.symbol.name).toBe(`function_${index}`);
    expect(table.find(`function_${index}`)?.address).toBe(0xffff_ffff_8000_0000n + BigInt(index * 64));
  }
});
