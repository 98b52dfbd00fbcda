/**
 * Tables of names and addresses in a file, as GDB, LLVM, linkers and compilers write them, against the whole scan: what they
 * answer is what it answers.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DebugInfo } from '../../adapter/program/debug-info.ts';
import { AddressMap } from '../../adapter/program/dwarf/address-map.ts';
import { EarlyNames } from '../../adapter/program/names/early-names.ts';
import { type NamedEntry, NameIndex } from '../../adapter/program/names/name-index.ts';
import type { NameKind } from '../../adapter/program/names/records.ts';
import { scanNames } from '../../adapter/program/names/scan.ts';
import { define } from '../../adapter/program/types/declaration.ts';
import { build, folder, readAsRiscv, run } from './toolchain.ts';

const units = 12;
const flags = ['-march=rv64gc', '-mabi=lp64d', '-mcmodel=medany', '-ffreestanding', '-nostdlib', '-static', '-w'];

/** A program of several units with types that some or all of them share, in C or C++. */
const several = (extension: 'c' | 'cc', ...more: readonly string[]): string => {
  const path = join(folder, `several-${extension}${more.join('')}`);
  const compiler = `riscv64-linux-gnu-${extension === 'c' ? 'gcc' : 'g++'}`;
  const objects = Array.from({ length: units }, (_, number) => {
    const source = `${path}-${number}.${extension}`;
    const isCpp = extension === 'cc';
    const [open, close] = isCpp ? ['namespace outer { namespace inner {', '} }'] : ['', ''];
    writeFileSync(
      source,
      `${open}
      struct shared { int a; long b; struct shared *next; };
      enum colour { red, green = 7 };
      typedef struct shared *shared_pointer;
      union both { int number; char bytes[4]; };
      ${number % 3 === 0 ? `struct third_${number} { struct shared s; enum colour c; };` : ''}
      struct own { char name[${number + 1}]; };
      static int counter_${number}; static struct own kept; ${number % 3 === 0 ? `struct third_${number} third_${number};` : ''}
      static int twice(int x) { return x + counter_${number}++; }
      ${isCpp ? `struct Base { virtual int f(); long word; }; template<class T> struct Box { T held; }; Box<short> box_${number};` : ''}
      int work_${number}(shared_pointer p, enum colour c, union both b) {
        kept.name[0] = c + b.number; return twice(p->a) + twice(p->next->a);
      }
      ${close}
      ${number === 0 ? `${isCpp ? 'extern "C" ' : ''}void _start() { for (;;); }` : ''}`,
    );
    const object = `${path}-${number}.o`;
    const plain = isCpp ? ['-fno-rtti', '-fno-exceptions'] : [];
    run(compiler, [...flags, ...plain, ...more, '-O1', '-c', '-o', object, source]);
    return object;
  });
  run(compiler, [...flags, '-Wl,-Ttext=0x80000000,--build-id', '-o', path, ...objects]);
  return path;
};

const indexed = (path: string, ...options: readonly string[]): string => {
  const copy = `${path}${options.join('')}-indexed`;
  run('cp', [path, copy]);
  run('env', ['GDB=gdb-multiarch', 'OBJCOPY=riscv64-linux-gnu-objcopy', 'gdb-add-index', ...options, copy]);
  return copy;
};

const rustLibrary = (): string => {
  const path = join(folder, 'tables.so');
  const words = ['--edition', '2021', '--crate-type=cdylib', '-g', '-Zdwarf-version=5', '-Cpanic=abort'];
  const source = join(import.meta.dirname, '../guests/source/enums.rs');
  run('env', ['RUSTC_BOOTSTRAP=1', 'rustc', ...words, '-Clink-arg=-nostdlib', '-o', path, source]);
  return path;
};

const kinds: readonly NameKind[] = [
  ...(['structure', 'class', 'union', 'enumeration', 'typedef', 'baseType', 'function', 'variable'] as const),
];

/** What an entry is, wherever it is. */
const meaningOf = (info: DebugInfo, { name, kind, scope, offset, inTypes }: NamedEntry) => ({
  ...{ name, kind, scope },
  type: define(info.types.read(info.dwarf.entryAt(offset, inTypes))),
});

interface Shares {
  readonly known: number;
  readonly names: number;
}

/** Of all names, those that a table knows. */
const compareNames = (path: string): Shares => {
  const said: string[] = [];
  const info = new DebugInfo(readAsRiscv(path), path);
  const { dwarf } = info;
  const all = NameIndex.of([scanNames(dwarf).arrays()]);
  const early = new EarlyNames(dwarf, (message) => said.push(message));
  let [known, names] = [0, 0];
  for (const { name, kind } of all) {
    if (!kinds.includes(kind)) continue;
    names++;
    const found = early.first(name, [kind]);
    if (found === undefined) continue;
    const [first] = all.find(name, [kind]);
    if (found.offset !== first!.offset) expect(meaningOf(info, found)).toEqual(meaningOf(info, first!));
    else expect(found).toEqual(first);
    known++;
  }
  expect(said).toEqual([]);
  expect(early.first('no such name', kinds)).toBeUndefined();
  console.log(`figures: ${path.slice(folder.length + 1)}: ${known} of ${names} names`);
  return { known, names };
};

const compareAddresses = (path: string): void => {
  const said: string[] = [];
  const { dwarf, elf } = new DebugInfo(readAsRiscv(path), path);
  const byTable = new AddressMap(dwarf, { onDamage: (message) => said.push(message) });
  const own = new AddressMap(dwarf, { usesTable: false });
  let addresses = 0;
  for (const { flags, address, sizeBytes } of elf.sections) {
    if ((flags & 4n) === 0n) continue;
    for (let at = address - 4n; at < address + sizeBytes + 4n; at += 2n) {
      expect(byTable.at(at)?.header.offset).toBe(own.at(at)?.header.offset);
      addresses++;
    }
  }
  expect(addresses).toBeGreaterThan(100);
  expect(said).toEqual([]);
};

const withoutAranges = (path: string): string => {
  run('riscv64-linux-gnu-objcopy', ['--remove-section=.debug_aranges', path, `${path}-no-aranges`]);
  return `${path}-no-aranges`;
};

describe.each([
  ['C, DWARF 4', () => several('c', '-gdwarf-4'), 0.9, 0.9],
  ['C, DWARF 5', () => several('c', '-gdwarf-5'), 0.9, 0.9],
  // GDB writes whole paths of C++, which in .debug_names cannot be found by their last part, and has its own spelling of types.
  ['C++, DWARF 5', () => several('cc', '-gdwarf-5'), 0.4, 0],
  ['C++ with type units', () => several('cc', '-gdwarf-5', '-fdebug-types-section'), 0.4, 0],
  ['C with type units of DWARF 4', () => several('c', '-gdwarf-4', '-fdebug-types-section'), 0.6, 0.6],
  ['one unit of C', () => build({ source: 'shapes.c', flags: ['-O2', '-gdwarf-5'] }), 0.9, 0.9],
] as const)('a program of %s', (_, make, shareOfIndex, shareOfNames) => {
  const path = make();
  const check = (share: number, ...options: readonly string[]): void => {
    const { known, names } = compareNames(indexed(path, ...options));
    expect(known / names).toBeGreaterThanOrEqual(share);
  };
  test('has the names of the scan in .gdb_index', () => check(shareOfIndex));
  test('has them in .debug_names of GDB', () => check(shareOfNames, '-dwarf-5'));
  test('has the units of its code in .debug_aranges', () => compareAddresses(path));
  test('has them in .gdb_index, too', () => compareAddresses(withoutAranges(indexed(path))));
});

const hasRust = spawnSync('env', ['RUSTC_BOOTSTRAP=1', 'rustc', '-Zdwarf-version=5', '--version']).status === 0;

test.skipIf(!hasRust)('a library of Rust has the names in .debug_names of LLVM', () => {
  const { known } = compareNames(rustLibrary());
  expect(known).toBeGreaterThan(20);
});
