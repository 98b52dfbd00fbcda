/** Debug information in other places than the program: package files, separate debug files, object files; and Rust's. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DebugInfo } from '../../adapter/program/debug-info.ts';
import { functionsOf } from '../../adapter/program/dwarf/functions.ts';
import { lineTableOf } from '../../adapter/program/dwarf/line-table.ts';
import { define } from '../../adapter/program/types/declaration.ts';
import { isComposite, stripped, type Type } from '../../adapter/program/types/type.ts';
import { build, folder, open, openSplitIn, run, type Variant } from './toolchain.ts';

const inlined = (info: DebugInfo): string[] =>
  info.elf.sections
    .filter(({ flags }) => (flags & 4n) !== 0n)
    .flatMap(({ address, sizeBytes }) =>
      Array.from({ length: Number(sizeBytes) }, (_, index) =>
        info
          .framesAt(address + BigInt(index))
          .map(({ frame, source }) => `${frame.name}:${source?.line}`)
          .join(' '),
      ),
    );

describe('a package of split units', () => {
  const check = (source: Variant['source'], ...flags: string[]): void => {
    const path = build({ source, flags: [...flags, '-gsplit-dwarf'] });
    const single = open(path);
    run('dwp', ['-o', `${path}.dwp`, `${path}.dwo`]);
    const packaged = open(path, () => openSplitIn(folder)({ name: `${path}.dwp`, directory: '', dwoId: 0n }));
    const answers = inlined(packaged);
    expect(answers.filter((answer) => answer.includes(' ')).length).toBeGreaterThan(5);
    expect(answers).toEqual(inlined(single));
    const structures = (info: DebugInfo) => {
      const [unit] = info.dwarf.units.map((own) => info.dwarf.complete(own));
      return [...unit!.root.children()]
        .filter((entry) => entry.tag === 0x13)
        .map((entry) => define(info.types.read(entry)));
    };
    expect(structures(packaged)).toEqual(structures(single));
  };
  test('of DWARF 4 says what the single files say', () => check('shapes.c', '-O2', '-gdwarf-4'));
  test('of DWARF 4 with type units too', () => check('shapes.c', '-O2', '-gdwarf-4', '-fdebug-types-section'));
  test('without its file leaves the skeleton, and opens no other', () => {
    const path = build({ source: 'shapes.c', flags: ['-O2', '-gdwarf-5', '-gsplit-dwarf'] });
    const asked: string[] = [];
    const info = open(path, ({ name }) => {
      asked.push(name);
      return undefined;
    });
    expect(inlined(info).every((answer) => answer === '')).toBe(true);
    expect(new Set(asked).size).toBe(1);
    expect(info.lineAt(info.elf.entry)?.file.name).toBe('shapes.c');
  });
});

describe('a separate debug file', () => {
  test('is named by build-id and debug link, and has all but the code', () => {
    const path = build({ source: 'shapes.c', flags: ['-O2', '-gdwarf-5'] });
    run('riscv64-linux-gnu-objcopy', ['--only-keep-debug', path, `${path}.debug`]);
    run('riscv64-linux-gnu-objcopy', ['--strip-debug', `--add-gnu-debuglink=${path}.debug`, path, `${path}.stripped`]);
    const stripped = open(`${path}.stripped`);
    const separate = open(`${path}.debug`);
    expect(stripped.hasDebugInfo).toBe(false);
    expect(stripped.sections.debugLink?.name).toBe(`${path.slice(path.lastIndexOf('/') + 1)}.debug`);
    expect(separate.sections.buildId).toBe(stripped.sections.buildId);
    expect(run('riscv64-linux-gnu-readelf', ['-n', path])).toContain(`Build ID: ${separate.sections.buildId}`);
    const whole = open(path);
    const starts = (info: DebugInfo) =>
      info.dwarf.units.flatMap((unit) => functionsOf(unit).map(({ entryPc }) => entryPc));
    expect(starts(separate)).toEqual(starts(whole));
  });
});

describe('an object file', () => {
  test.each(['-gdwarf-4', '-gdwarf-5'])('has the rows of the program that it is linked into (%s)', (version) => {
    const map = join(folder, 'map');
    const path = build({ source: 'shapes.c', flags: ['-O2', version, '-mno-relax', `-Wl,--no-relax,-Map=${map}`] });
    const program = open(path);
    const placed = readFileSync(map, 'utf8').matchAll(/^ (\.\S+)\s+(0x[0-9a-f]+)\s+0x[0-9a-f]+ \/\S+\.o$/gm);
    const sections = new Map([...placed].map(([, name, address]) => [name!, BigInt(address!)]));
    const object = new DebugInfo(readFileSync(`${path}.o`), 'object', {
      sectionAddress: (name) => (name.startsWith('.debug') ? 0n : (sections.get(name) ?? 0n)),
    });
    const rows = (info: DebugInfo) => info.dwarf.units.flatMap((unit) => [...(lineTableOf(unit)?.rows() ?? [])]);
    expect(rows(object).length).toBeGreaterThan(100);
    expect(rows(object)).toEqual(rows(program));
  });
});

const hasRust = spawnSync('rustc', ['--version']).status === 0;

describe.skipIf(!hasRust)('a Rust program', () => {
  const path = join(folder, 'enums.so');
  if (hasRust && !existsSync(path)) {
    const source = join(import.meta.dirname, '../guests/source/enums.rs');
    const words = [
      '--crate-type=cdylib',
      '-g',
      '-Cpanic=abort',
      '-Copt-level=0',
      '-Clink-arg=-nostdlib',
      '-o',
      path,
      source,
    ];
    execFileSync('rustc', words, { stdio: 'ignore', cwd: folder });
  }
  const info = hasRust ? open(path) : undefined;
  const typeOf = (name: string): Type | undefined => stripped(info!.types.typeOf(info!.find(name, ['variable'])!));

  test('has enums with a discriminant and a variant for each of its values', () => {
    const shape = typeOf('SHAPE');
    if (!isComposite(shape)) throw new Error('no structure');
    const [part] = shape.variantParts;
    expect(shape.sizeBytes).toBe(16);
    expect(part?.discriminant?.offsetBits).toBe(0);
    expect(part?.variants.map(({ values, member }) => [values, member.name])).toEqual([
      [[0n], 'Circle'],
      [[1n], 'Rectangle'],
      [[2n], 'Nothing'],
    ]);
    const rectangle = stripped(part?.variants[1]?.member.type);
    expect(isComposite(rectangle) && rectangle.members.map(({ name, offsetBits }) => [name, offsetBits])).toEqual([
      ['width', 32],
      ['height', 64],
    ]);
  });
  test('has an Option of a reference that is null or not', () => {
    const maybe = typeOf('MAYBE');
    if (!isComposite(maybe)) throw new Error('no structure');
    expect(maybe.sizeBytes).toBe(8);
    expect(maybe.variantParts[0]?.variants.map(({ values, member }) => [values, member.name])).toEqual([
      [[0n], 'None'],
      [[], 'Some'],
    ]);
  });
  test('has enums without fields as enumerations, and functions in scopes', () => {
    expect(define(typeOf('LEVEL'))).toBe('enum Level {Low = 1, High = 200}');
    expect(info!.names!.find('area', ['function'])[0]?.scope).toEqual(['enums']);
    expect(info!.names!.find('Point', ['structure'])[0]?.scope).toEqual(['enums']);
  });
});
