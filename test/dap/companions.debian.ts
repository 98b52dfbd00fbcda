/**
 * Separate debug files and split units that gcc and binutils made, found by what the program says of them: what the debugger
 * knows is what it knows of a program that has all in one file.
 */
import { cpSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CompanionFolders, Companions } from '../../adapter/dap/companions.ts';
import { Program } from '../../adapter/dap/program.ts';
import { readWhole } from '../../adapter/host/files.ts';
import type { NamedEntry } from '../../adapter/program/names/name-index.ts';
import { define } from '../../adapter/program/types/declaration.ts';
import { build, folder, open, readAsRiscv, run } from '../program/toolchain.ts';

let made = 0;
const newFolder = (): string => {
  const path = join(folder, `place-${made++}`);
  mkdirSync(path);
  return path;
};

/** A program with its companions, and what was said of them. */
const opened = (path: string, folders: Partial<CompanionFolders> = {}) => {
  const said: string[] = [];
  const companions = new Companions(path, { debug: [], map: [], ...folders });
  const program = new Program({ name: path, bytes: readWhole('the program', path) }, { companions });
  program.onDamage = (message) => said.push(message);
  const { address } = program.code.find(({ bytes }) => bytes.length > 0x100)!;
  const frames = Array.from({ length: 0x300 }, (_, at) => program.info?.framesAt(address + BigInt(at)));
  const answers = frames.map((all) => all?.map(({ frame, source }) => `${frame.name}:${source?.line}`).join(' ') ?? '');
  companions.close();
  return { known: new Set(answers).size, answers, said };
};

const alone = (path: string): readonly string[] => opened(path).answers;

describe('a separate debug file', () => {
  /** A stripped program in a folder of its own, and its debug file. */
  const strip = (buildId: boolean): { program: string; debug: string; answers: readonly string[] } => {
    const flags = ['-O2', '-gdwarf-5', ...(buildId ? [] : ['-Wl,--build-id=none'])];
    const path = build({ source: 'shapes.c', flags });
    const place = newFolder();
    const [program, debug] = [join(place, 'shapes'), join(place, 'shapes.debug')];
    run('riscv64-linux-gnu-objcopy', ['--only-keep-debug', path, debug]);
    run('riscv64-linux-gnu-objcopy', ['--strip-debug', `--add-gnu-debuglink=${debug}`, path, program]);
    return { program, debug, answers: alone(path) };
  };
  const found = (program: string, answers: readonly string[], folders: Partial<CompanionFolders> = {}): void => {
    const result = opened(program, folders);
    expect(result.said).toEqual([]);
    expect(result.known).toBeGreaterThan(20);
    expect(result.answers).toEqual(answers);
  };

  test('is found beside the program, by its build-id', () => {
    const { program, answers } = strip(true);
    found(program, answers);
  });
  test('is found beside the program, by its CRC', () => {
    const { program, answers } = strip(false);
    found(program, answers);
  });
  test('is found in .debug beside the program', () => {
    const { program, debug, answers } = strip(true);
    mkdirSync(join(program, '../.debug'));
    renameSync(debug, join(program, '../.debug/shapes.debug'));
    found(program, answers);
  });
  test('is found in a folder of the launch configuration, by its build-id', () => {
    const { program, debug, answers } = strip(true);
    const id = /Build ID: (\w+)/.exec(run('riscv64-linux-gnu-readelf', ['-n', debug]))![1]!;
    const place = newFolder();
    mkdirSync(join(place, '.build-id', id.slice(0, 2)), { recursive: true });
    renameSync(debug, join(place, '.build-id', id.slice(0, 2), `${id.slice(2)}.debug`));
    expect(opened(program).said).toEqual([
      expect.stringMatching(/shapes\.debug with the debug information .* not found/),
    ]);
    found(program, answers, { debug: [place] });
  });
  test("is found in a folder of the launch configuration, where the program's folder is repeated", () => {
    const { program, debug, answers } = strip(false);
    const place = newFolder();
    mkdirSync(join(place, program, '..'), { recursive: true });
    renameSync(debug, join(place, program, '../shapes.debug'));
    found(program, answers, { debug: [place] });
  });
  test('of another build is not used, and it is said', () => {
    for (const buildId of [true, false]) {
      const { program, debug } = strip(buildId);
      cpSync(build({ source: 'classes.cc', flags: ['-O2', ...(buildId ? [] : ['-Wl,--build-id=none'])] }), debug);
      const { known, said } = opened(program);
      expect(known).toBe(1);
      expect(said[0]).toMatch(buildId ? /does not belong to .* found build-id/ : /does not belong to .* found the CRC/);
    }
  });
  test('that is a link to a file outside is not opened', () => {
    const { program, debug } = strip(true);
    const outside = join(newFolder(), 'shapes.debug');
    renameSync(debug, outside);
    symlinkSync(outside, debug);
    expect(opened(program).known).toBe(1);
    expect(opened(program, { debug: [join(outside, '..')] }).known).toBeGreaterThan(20);
  });
});

describe('split units', () => {
  const split = (...flags: readonly string[]): { program: string; dwo: string; answers: readonly string[] } => {
    const path = build({ source: 'shapes.c', flags: ['-O2', '-gsplit-dwarf', ...flags] });
    const place = newFolder();
    const [program, dwo] = [join(place, basename(path)), join(place, `${basename(path)}.dwo`)];
    writeFileSync(program, readAsRiscv(path));
    writeFileSync(dwo, readAsRiscv(`${path}.dwo`));
    const { answers, known, said } = opened(program);
    expect(said).toEqual([]);
    expect(known).toBeGreaterThan(20);
    expect(answers.some((answer) => answer.includes('innermost:61 around:68'))).toBe(true);
    return { program, dwo, answers };
  };
  test.each(['-gdwarf-4', '-gdwarf-5'])('are found beside the program (%s)', (version) => {
    split(version);
  });
  test.each(['-gdwarf-4', '-gdwarf-5'])('have their names in the whole (%s)', async (version) => {
    for (const more of [[], ['-fdebug-types-section']]) {
      const { program } = split(version, ...more);
      const companions = new Companions(program, { debug: [], map: [] });
      const own = new Program({ name: program, bytes: readWhole('the program', program) }, { companions });
      const info = own.info!;
      await own.collecting;
      const whole = open(build({ source: 'shapes.c', flags: ['-O2', version, ...more] }));
      // Of the two compilers, only that of this machine says where a thread-local variable is.
      const namesOf = (all: Iterable<NamedEntry>) =>
        [...all].flatMap(({ name, kind }) => (name === 'per_thread' ? [] : [`${kind} ${name}`])).sort();
      expect(namesOf(info.names!)).toEqual(namesOf(whole.names!));
      for (const { name, kind } of whole.names!) {
        if (kind !== 'structure' && kind !== 'enumeration' && kind !== 'typedef') continue;
        expect(define(info.type(name, [kind]))).toBe(define(whole.type(name, [kind])));
      }
      companions.close();
    }
  });
  test('are found where the source map has their folder', () => {
    const { program, dwo, answers } = split('-gdwarf-5');
    const place = newFolder();
    renameSync(dwo, join(place, basename(dwo)));
    expect(opened(program).said).toEqual([expect.stringMatching(/\.dwo with the debug information of a split unit/)]);
    expect(opened(program, { map: [{ from: folder, to: place }] }).answers).toEqual(answers);
  });
  test('are found in a package', () => {
    const { program, dwo, answers } = split('-gdwarf-4');
    run('dwp', ['-o', `${program}.x86`, join(folder, basename(dwo))]);
    writeFileSync(`${program}.dwp`, readAsRiscv(`${program}.x86`));
    renameSync(dwo, `${dwo}.away`);
    expect(opened(program).answers).toEqual(answers);
  });
  test('of another build are not used, and it is said', () => {
    const { program, dwo } = split('-gdwarf-5');
    const other = build({ source: 'classes.cc', flags: ['-O2', '-gsplit-dwarf', '-gdwarf-5'] });
    writeFileSync(dwo, readAsRiscv(`${other}.dwo`));
    expect(opened(program).said[0]).toMatch(/does not belong to .* found another split unit/);
  });
});
