/**
 * The same as dwarf-damage.test.ts over programs of compilers: optimised and not, DWARF 2 to 5, split, packaged, compressed,
 * with type units and indexes, relocatable, of C, C++, Rust and assembly, and pieces of Debian's kernel. The same variables say
 * how long.
 */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { hostileThemes } from './damage-hostile.ts';
import { damageBudget, runDamage } from './damage-run.ts';
import { build, folder, readAsRiscv, run, type Variant, variants } from './toolchain.ts';

const kernelFolder = process.env.CHRONOVISOR_KERNEL_DEBUG ?? join(import.meta.dirname, '../guests/debian/.cache');
const sources = join(import.meta.dirname, '../guests');

/** A copy that says RISC-V, whatever machine it was made for: debug information is the same but for registers. */
const asRiscv = (path: string): string => {
  writeFileSync(`${path}.riscv`, readAsRiscv(path));
  return `${path}.riscv`;
};

const builtPrograms = (): string[] =>
  variants.flatMap((variant) => {
    const path = build(variant);
    const split = variant.flags.includes('-gsplit-dwarf');
    return split ? [path, `${path}.dwo`].map(asRiscv) : [path, `${path}.o`];
  });

const builtPackage = (...flags: string[]): string => {
  const path = build({ source: 'shapes.c', flags: [...flags, '-gsplit-dwarf'] } satisfies Variant);
  run('dwp', ['-o', `${path}.dwp`, `${path}.dwo`]);
  return asRiscv(`${path}.dwp`);
};

const otherLanguages = (): string[] => {
  const rust = join(folder, 'enums.so');
  const library = ['--crate-type=cdylib', '-g', '-Cpanic=abort', '-Clink-arg=-nostdlib'];
  run('rustc', [...library, '-o', rust, join(sources, 'source/enums.rs')]);
  const assembly = join(folder, 'hello.o');
  run('riscv64-linux-gnu-gcc', [
    '-g',
    '-c',
    `-Wa,-I${join(sources, 'bare')}`,
    '-o',
    assembly,
    join(sources, 'bare/hello.S'),
  ]);
  return [asRiscv(rust), assembly];
};

const withIndexes = (): string[] => {
  const path = build({ source: 'classes.cc', flags: ['-O2', '-gdwarf-5'] });
  const indexed = ['-gdb-index', '-names'].map((suffix) => `${path}${suffix}`);
  for (const [index, copy] of indexed.entries()) {
    copyFileSync(path, copy);
    const environment = ['GDB=gdb-multiarch', 'OBJCOPY=riscv64-linux-gnu-objcopy'];
    run('env', [...environment, 'gdb-add-index', ...(index === 0 ? [] : ['-dwarf-5']), copy]);
  }
  return indexed;
};

const packedWithZstd = (): string[] => {
  const path = build({ source: 'classes.cc', flags: ['-O2', '-gdwarf-5'] });
  run('riscv64-linux-gnu-objcopy', ['--compress-debug-sections=zstd', path, `${path}-zstd`]);
  return [`${path}-zstd`];
};

const ofKernel = (): string[] => {
  const [module, image] = ['virtio_blk.ko.debug', 'vmlinux'].map((name) => join(kernelFolder, name));
  const types = join(folder, 'kernel-btf');
  run('riscv64-linux-gnu-objcopy', ['--only-section=.BTF', '--only-section=.symtab', image!, types]);
  return [module!, types];
};

const check = async (files: readonly string[], budgetMs: number): Promise<void> => {
  const { faults, ...figures } = await runDamage({ files, ...damageBudget(budgetMs) });
  console.log(`figures: ${files.length} originals, ${JSON.stringify(figures)}`);
  expect(faults).toEqual([]);
};

describe('damaged files of compilers are read or refused', () => {
  test('of every variant', () => check(builtPrograms(), 40_000), 1e9);
  test('of packages', () => check([builtPackage('-O2', '-gdwarf-4', '-fdebug-types-section')], 5_000), 1e9);
  test('of Rust and of assembly', () => check(otherLanguages(), 10_000), 1e9);
  test('compressed with zstd', () => check(packedWithZstd(), 5_000), 1e9);
  test('with indexes', () => check(withIndexes(), 10_000), 1e9);
});

describe.skipIf(!existsSync(join(kernelFolder, 'vmlinux')))("damaged pieces of Debian's kernel", () => {
  test('are read or refused', () => check(ofKernel(), 20_000), 1e9);
});

describe('what the system sees', () => {
  let opened: (hostile: readonly string[]) => Promise<readonly string[]>;
  beforeAll(() => {
    opened = async (hostile) => {
      const log = join(folder, 'opened');
      const { faults } = await runDamage({ hostile }, ['strace', '-f', '-e', 'trace=%file', '-o', log]);
      expect(faults).toEqual([]);
      const paths = readFileSync(log, 'utf8').matchAll(/^\d+ +\w+\(.*?"([^"]*)"/gm);
      return [...new Set([...paths].map(([, path]) => path!))].filter((path) => !/^\/(proc|sys)\//.test(path)).sort();
    };
  });

  test('is no file but those of a process that reads nothing', async () => {
    expect(await opened(hostileThemes.sections)).toEqual(await opened([]));
  }, 1e9);
});
