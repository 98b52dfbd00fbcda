/**
 * Debian's kernel with its debug package (`sh test/guests/debian/fetch.sh --debug`): lines against addr2line, types against gdb
 * and against the kernel's own BTF, a module with relocations. `CHRONOVISOR_KERNEL_DEBUG` names the folder if it is another.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build as bundle } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { FileSource } from '../../adapter/host/files.ts';
import { Btf } from '../../adapter/program/btf/btf.ts';
import { DebugInfo } from '../../adapter/program/debug-info.ts';
import { functionsOf } from '../../adapter/program/dwarf/functions.ts';
import { buildNameIndex } from '../../adapter/program/names/build.ts';
import { NameIndex } from '../../adapter/program/names/name-index.ts';
import { declare } from '../../adapter/program/types/declaration.ts';
import { isComposite, sizeOf, stripped, type Type } from '../../adapter/program/types/type.ts';
import { answerOf, askGdb } from './gdb-types.ts';
import { folder as outputs, run } from './toolchain.ts';

const folder = process.env.CHRONOVISOR_KERNEL_DEBUG ?? join(import.meta.dirname, '../guests/debian/.cache');
const path = join(folder, 'vmlinux');
const module = join(folder, 'virtio_blk.ko.debug');

/** The same numbers every time. */
const randomNumbers = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
};

describe.skipIf(!existsSync(path))("Debian's kernel", () => {
  let info: DebugInfo;

  beforeAll(async () => {
    info = new DebugInfo(readFileSync(path), path);
    info.names = await buildNameIndex(info.dwarf);
  });

  const random = randomNumbers(1);
  const someAddresses = (): bigint[] => {
    const text = info.elf.sections.find(({ name }) => name === '.text')!;
    return Array.from({ length: 2000 }, () => text.address + BigInt(2 * random(Number(text.sizeBytes / 2n))));
  };
  const describedAt = (address: bigint, column: boolean): string =>
    info
      .framesAt(address)
      .map(
        ({ frame, source }) =>
          `${frame.name}\n${source?.file.path.replace(/^.*\//, '')}:${source?.line}${column ? `:${source?.column}` : ''}`,
      )
      .join('\n');
  /** Assembly has lines but no functions in its debug information. */
  const checkAddresses = (addresses: readonly bigint[], theirs: readonly string[], column: boolean): void => {
    const pairs = addresses
      .map((address, index) => [describedAt(address, column), theirs[index]!] as const)
      .filter(([own]) => own !== '');
    expect(pairs.length).toBeGreaterThan(1800);
    const their = pairs.map(([, answer]) => answer.replaceAll(/^.*\/(?=[^/]+:\d+(:\d+)?$)/gm, ''));
    expect(pairs.map(([own]) => own)).toEqual(their);
    const places = pairs.reduce((sum, [own]) => sum + own.split('\n').length / 2, 0);
    const whose = column ? 'llvm-symbolizer' : 'addr2line';
    process.stdout.write(`figures: lines of Linux | ${whose} | ${pairs.length} addresses | ${places} frames\n`);
  };

  test('has the lines, columns and inlined functions that llvm-symbolizer says at 2000 addresses', () => {
    const addresses = someAddresses();
    const asked = addresses.map((address) => `0x${address.toString(16)}`).join('\n');
    const answer = run('llvm-symbolizer', [`--obj=${path}`, '--inlines', '--functions=short'], asked);
    checkAddresses(addresses, answer.trimEnd().split('\n\n'), true);
  }, 600_000);

  test('has the lines and inlined functions that addr2line says at 2000 addresses', () => {
    const addresses = someAddresses();
    const words = ['-e', path, '-f', '-i', '-a'];
    const answer = run('riscv64-linux-gnu-addr2line', words, addresses.map((a) => a.toString(16)).join('\n'));
    const theirs = answer
      .split(/^0x[0-9a-f]{16}\n/m)
      .slice(1)
      .map((lines) => lines.trimEnd().replaceAll(/ \(discriminator \d+\)/g, ''));
    // Of what a header's macro makes into functions, addr2line takes the unit's first file for the header: not so LLVM.
    const mended = theirs.map((answer, index) => {
      const [own, their] = [describedAt(addresses[index]!, false).split('\n'), answer.split('\n')];
      const first = their[1]?.replace(/^.*:/, ':');
      return own[1]?.endsWith(`.h${first}`) && their[1]?.endsWith(`.c${first}`)
        ? [their[0], own[1], ...their.slice(2)].join('\n')
        : answer;
    });
    expect(mended.filter((answer, index) => answer !== theirs[index]).length).toBeLessThan(20);
    checkAddresses(addresses, mended, false);
  }, 600_000);

  test('has the types that gdb says, 600 of them', () => {
    const words = { structure: 'struct', union: 'union', enumeration: 'enum' } as const;
    const all = [...info.names!].filter(({ kind }) => kind in words);
    // Of several types with one name gdb gives whichever it meets first.
    const once = all.filter(({ name, kind }) => info.names!.find(name, [kind]).length === 1);
    const chosen = new Set(Array.from({ length: 600 }, () => random(once.length)));
    const types = [...chosen].map((index) => once[index]!);
    const names = types.map(({ name, kind }) => `${words[kind as 'union']} ${name}`);
    const ours = types.map(({ offset }, index) => answerOf(names[index]!, info.types.read(info.dwarf.entryAt(offset))));
    const theirs = askGdb(path, names);
    expect(ours).toEqual(theirs);
    const parts = theirs.reduce((sum, { fields, enumerators }) => sum + (fields ?? enumerators ?? []).length, 0);
    process.stdout.write(
      `figures: types of Linux | gdb | ${theirs.length} types, ${types.filter(({ kind }) => kind === 'structure').length} of ` +
        `them structures | ${parts} members and enumerators\n`,
    );
  }, 600_000);

  test('has the types that its BTF says', () => {
    const btf = new Btf(info.btf!);
    expect(btf.size).toBeGreaterThan(90_000);
    const wrong: string[] = [];
    let compared = 0;
    for (const { name, kind, offset } of info.names!) {
      if (kind !== 'structure' && kind !== 'union' && kind !== 'enumeration') continue;
      if (info.names!.find(name, [kind]).length !== 1) continue;
      const other = btf.find(name, kind);
      if (other === undefined) continue;
      compared++;
      const own = described(info.types.read(info.dwarf.entryAt(offset)));
      if (own !== described(other)) wrong.push(`${name}: ${own} against ${described(other)}`);
    }
    expect(compared).toBeGreaterThan(5000);
    expect(wrong).toEqual([]);
    process.stdout.write(`figures: types of Linux | its BTF | ${compared} types\n`);
  });

  test('has each function of its symbol table that is C', () => {
    const names = info.names!;
    const symbols = run('riscv64-linux-gnu-nm', ['--defined-only', path])
      .split('\n')
      .flatMap((line) => /^([0-9a-f]{16}) [tT] (\w+)$/.exec(line) ?? []);
    expect(symbols.length).toBeGreaterThan(10_000);
    expect(names.find('start_kernel', ['function']).length).toBe(1);
    expect(names.find('schedule', ['function']).length).toBeGreaterThan(0);
    const functions = functionsOf(info.unitAt(symbolAddress('start_kernel'))!);
    expect(
      functions.some(({ name, entryPc }) => name === 'start_kernel' && entryPc === symbolAddress('start_kernel')),
    ).toBe(true);
  });

  test('has the same index when worker threads make it', async () => {
    const workerFile = join(outputs, 'index-worker.mjs');
    const entry = join(import.meta.dirname, '../../adapter/program/index-worker.ts');
    await bundle({
      entryPoints: [entry],
      outfile: workerFile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
    const shared = new DebugInfo(new FileSource('the kernel', path), path);
    const buildId = info.sections.buildId!;
    const index = await buildNameIndex(shared.dwarf, { workers: 2, workerFile });
    expect(Buffer.compare(index.serialise(buildId), info.names!.serialise(buildId))).toBe(0);
  });

  test('has an index that comes back from disk as it was', () => {
    const buildId = info.sections.buildId!;
    const kept = NameIndex.deserialise(info.names!.serialise(buildId), buildId)!;
    expect(kept.size).toBe(info.names!.size);
    expect(kept.search('task_str', { limit: 50 })).toEqual(info.names!.search('task_str', { limit: 50 }));
    expect(NameIndex.deserialise(info.names!.serialise(buildId), 'another')).toBeUndefined();
  });

  test('finds the addresses of a line in a file by the end of its path', () => {
    const found = info.addressesOf('init/main.c', info.lineAt(symbolAddress('start_kernel'))!.line)!;
    expect(found.addresses.map(({ row }) => row.address)).toContain(symbolAddress('start_kernel'));
  });

  test('finds the files of a name that all its line tables name', () => {
    const all = info.sourcePaths();
    expect(all.length).toBeGreaterThan(4000);
    for (const name of ['main.c', 'sched.h', 'core.c', 'head.S', 'not there.c']) {
      const named = all.filter((path) => path.endsWith(`/${name}`));
      expect([...info.pathsNamed(name)].sort()).toEqual(named.sort());
    }
  });

  const symbolAddress = (name: string): bigint => {
    const own = info.find(name, ['function']);
    return own?.address(0x11) ?? 0n;
  };
});

const described = (type: Type | undefined): string => {
  const found = stripped(type);
  if (found?.kind === 'enumeration') {
    return `${found.sizeBytes} ${found.enumerators.map(({ name, value }) => `${name}=${BigInt.asUintN(64, value)}`)}`;
  }
  if (!isComposite(found)) return declare(type);
  const members = found.members.map((member) => {
    return `${member.name}@${member.offsetBits}:${member.sizeBits ?? sizeOf(member.type) ?? 0}`;
  });
  return `${found.sizeBytes} ${members.join(' ')}`;
};

describe.skipIf(!existsSync(module))("a module of Debian's kernel", () => {
  test('has the lines that addr2line says, with its sections where they were loaded', () => {
    const base = 0xffff_ffff_0100_0000n;
    const info = new DebugInfo(readFileSync(module), module, {
      sectionAddress: (name) => (name === '.text' ? base : name.startsWith('.debug') ? 0n : base + 0x10_0000n),
    });
    const text = info.elf.sections.find(({ name }) => name === '.text')!;
    const offsets = Array.from({ length: Number(text.sizeBytes / 2n) }, (_, index) => BigInt(2 * index));
    const words = ['-e', module, '-j', '.text', '-f', '-i', '-a'];
    const answer = run('riscv64-linux-gnu-addr2line', words, offsets.map((offset) => offset.toString(16)).join('\n'));
    const theirs = answer.split(/^0x[0-9a-f]{16}\n/m).slice(1);
    const ours = offsets.map((offset) =>
      info
        .framesAt(base + offset)
        .map(({ frame, source }) => `${frame.name}\n${source?.file.path}:${source?.line}\n`)
        .join(''),
    );
    const known = ours.map((own) => own !== '');
    expect(known.filter(Boolean).length).toBeGreaterThan(1000);
    expect(ours.filter((_, index) => known[index])).toEqual(
      theirs.filter((_, index) => known[index]).map((lines) => lines.replaceAll(/ \(discriminator \d+\)/g, '')),
    );
  });
});
