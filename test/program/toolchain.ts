/**
 * Builds test programs with Debian's cross compilers, in a folder that is removed at the end, and opens their debug
 * information. Only `*.debian.ts` may use it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { afterAll } from 'vitest';
import { DebugInfo } from '../../adapter/program/debug-info.ts';
import { DwarfFile, type OpenSplit } from '../../adapter/program/dwarf/file.ts';
import { DebugSections } from '../../adapter/program/elf/debug-sections.ts';
import { readElf } from '../../adapter/program/elf.ts';
import { NameIndex } from '../../adapter/program/names/name-index.ts';
import { scanNames } from '../../adapter/program/names/scan.ts';

const sources = join(import.meta.dirname, '../guests/source');
export const folder = mkdtempSync(join(tmpdir(), 'chronovisor-dwarf-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bare = [
  ...['-march=rv64gc', '-mabi=lp64d', '-mcmodel=medany', '-ffreestanding', '-nostdlib', '-static', '-Wl,--build-id'],
  ...['-Wl,-Ttext=0x80000000', '-w'],
];

export interface Variant {
  readonly source: 'shapes.c' | 'classes.cc';
  readonly flags: readonly string[];
}

export const run = (program: string, words: readonly string[], input?: string): string =>
  execFileSync(program, words, {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    cwd: folder,
    ...(input === undefined ? {} : { input }),
  });

let built = 0;

export const compilerOf = (source: string): string => `riscv64-linux-gnu-${source.endsWith('.cc') ? 'g++' : 'gcc'}`;

/** Compiles and links a variant; gives the program's path. */
export const build = ({ source, flags }: Variant): string => {
  const path = join(folder, `program-${built++}`);
  const more = source.endsWith('.cc') ? ['-fno-rtti', '-fno-exceptions'] : [];
  if (flags.includes('-gsplit-dwarf')) {
    const compiler = source.endsWith('.cc') ? 'g++' : 'gcc';
    const host = ['-ffreestanding', '-nostdlib', '-static', '-fno-pie', '-w', ...more, ...flags];
    run(compiler, [...host, '-c', '-o', `${path}.o`, join(sources, source)]);
    run(compiler, [...host, '-no-pie', '-Wl,-e,main,--build-id', '-o', path, `${path}.o`]);
    return path;
  }
  // In two steps, so that .dwo files are called after the program.
  run(compilerOf(source), [...bare, ...more, ...flags, '-c', '-o', `${path}.o`, join(sources, source)]);
  run(compilerOf(source), [...bare, ...flags, '-o', path, `${path}.o`]);
  return path;
};

export const readAsRiscv = (path: string): Uint8Array => {
  const bytes = readFileSync(path);
  bytes[0x12] = 243;
  return bytes;
};

/** Opens .dwo files by the name in the skeleton, as whoever knows a file system would. */
export const openSplitIn =
  (directory: string): OpenSplit =>
  ({ name }) => {
    const path = isAbsolute(name) ? name : join(directory, name);
    return existsSync(path) ? new DwarfFile(new DebugSections(readElf(readAsRiscv(path), path, 'symbols'))) : undefined;
  };

export const open = (path: string, openSplit: OpenSplit = openSplitIn(folder)): DebugInfo => {
  const info = new DebugInfo(readAsRiscv(path), path, { openSplit });
  info.names = NameIndex.of([scanNames(info.dwarf).arrays()]);
  return info;
};

const shapes = (...flags: string[]): Variant => ({ source: 'shapes.c', flags });
// Sizes of RISC-V code need relocations, which a .dwo file cannot have: GCC 12 writes 0 there. So split units are built for
// this machine; debug information is the same but for registers, and the header is changed to say RISC-V.
const split = ['-gsplit-dwarf'];
const classes = (...flags: string[]): Variant => ({ source: 'classes.cc', flags });

/** What the tests compare over: optimisation, version, and how the information is spread and packed. */
export const variants: readonly Variant[] = [
  ...['-O0', '-O1', '-O2', '-O3', '-Os'].flatMap((level) => [
    shapes(level, '-gdwarf-4'),
    shapes(level, '-gdwarf-5'),
    classes(level, '-gdwarf-4'),
    classes(level, '-gdwarf-5'),
  ]),
  shapes('-O2', '-gdwarf-2'),
  shapes('-O2', '-gdwarf-3'),
  shapes('-O2', '-gdwarf-5', '-gdwarf64'),
  shapes('-O2', '-gdwarf-4', '-gz=zlib'),
  shapes('-O2', '-gdwarf-5', '-gz=zlib'),
  shapes('-O0', '-gdwarf-5', '-gz=zlib-gnu'),
  shapes('-O2', '-gdwarf-4', '-fdebug-types-section'),
  shapes('-O2', '-gdwarf-5', '-fdebug-types-section'),
  classes('-O2', '-gdwarf-4', '-fdebug-types-section'),
  classes('-O2', '-gdwarf-5', '-fdebug-types-section'),
  shapes('-O2', '-gdwarf-4', ...split),
  shapes('-O2', '-gdwarf-5', ...split),
  classes('-O0', '-gdwarf-4', ...split),
  classes('-O2', '-gdwarf-5', ...split),
  classes('-O2', '-gdwarf-5', ...split, '-fdebug-types-section'),
  classes('-O2', '-gdwarf-4', ...split, '-fdebug-types-section', '-gz=zlib'),
  shapes('-O2', '-gdwarf-5', '-ffunction-sections', '-Wl,--gc-sections,-e,_start'),
  shapes('-O2', '-gdwarf-5', '-mno-relax'),
];

export const titleOf = ({ source, flags }: Variant): string => `${source} ${flags.join(' ')}`;
