/**
 * Builds bare Rust programs for RISC-V with Debian's rustc and the sources of the core library (package rust-src), which is
 * compiled first, since Debian has it for no bare target. Only `*.debian.ts` may use it.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { folder, run } from './toolchain.ts';

const sources = join(import.meta.dirname, '../guests/source');
const compiler = '/usr/bin/rustc'; // whose version is that of the sources
const installed = existsSync('/usr/src')
  ? readdirSync('/usr/src').find((name) => name.startsWith('rustc-'))
  : undefined;
const core = installed === undefined ? undefined : `/usr/src/${installed}/library/core/src/lib.rs`;

/** Or what to install. */
export const rustIsMissing =
  core !== undefined && existsSync(core) && existsSync(compiler)
    ? undefined
    : 'install the packages rustc and rust-src';

export interface RustVariant {
  readonly level: 0 | 1 | 2 | 's';
  readonly framePointers: boolean;
}
/** All in DWARF 4, which is what this compiler writes. */
export const rustVariants: readonly RustVariant[] = ([0, 1, 2, 's'] as const).flatMap((level) =>
  [false, true].map((framePointers) => ({ level, framePointers })),
);

// Compiling the core library is for unstable compilers; this asks a stable one for it.
const rustc = (...words: readonly string[]): void => {
  run('env', ['RUSTC_BOOTSTRAP=1', compiler, '--edition', '2021', '--target', 'riscv64gc-unknown-none-elf', ...words]);
};

let libraries: string | undefined;

const buildLibraries = (): string => {
  if (libraries !== undefined) return libraries;
  libraries = folder;
  const library = ['--crate-type', 'rlib', '-C', 'opt-level=2', '-L', folder, '--out-dir', folder];
  rustc(...library, '-g', '--crate-name', 'core', core!);
  rustc(...library, '--crate-name', 'compiler_builtins', join(sources, 'builtins.rs'));
  return libraries;
};

/** Compiles and links walks.rs; gives the program's path. */
export const buildRust = ({ level, framePointers }: RustVariant): string => {
  const path = join(folder, `walks-O${level}-${framePointers}`);
  const linking = [
    'linker=riscv64-linux-gnu-ld',
    'linker-flavor=ld',
    'link-args=--section-start=.boot=0x80000000 -Ttext=0x80000100 -N -e _start',
  ];
  const code = [
    `opt-level=${level}`,
    'debuginfo=2',
    'panic=abort',
    'relocation-model=static',
    'code-model=medium',
    `force-frame-pointers=${framePointers ? 'yes' : 'no'}`,
  ];
  const options = [...code, ...linking].flatMap((option) => ['-C', option]);
  rustc(...options, '-L', buildLibraries(), '-o', path, join(sources, 'walks.rs'));
  return path;
};
