/** The outside answer to which lines and inlined functions an address comes from: binutils. */
import { afterAll, describe, expect, test } from 'vitest';
import type { DebugInfo } from '../../adapter/program/debug-info.ts';
import { lineTableOf } from '../../adapter/program/dwarf/line-table.ts';
import { plain } from './plain-name.ts';
import { build, open, run, titleOf, variants } from './toolchain.ts';

/** Every second byte of the code: each instruction, and the middle of the long ones. */
const codeOf = (info: DebugInfo): bigint[] =>
  info.elf.sections
    .filter(({ flags }) => (flags & 4n) !== 0n)
    .flatMap(({ address, sizeBytes }) =>
      Array.from({ length: Number(sizeBytes / 2n) }, (_, index) => address + 2n * BigInt(index)),
    );

const base = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** `function file:line` of each frame, innermost first, as addr2line says it. */
const askAddr2line = (path: string, addresses: readonly bigint[]): Map<bigint, string[]> => {
  const words = ['-e', path, '-f', '-i', '-a', '-C'];
  const text = run('riscv64-linux-gnu-addr2line', words, addresses.map((a) => a.toString(16)).join('\n'));
  const answers = new Map<bigint, string[]>();
  let frames: string[] = [];
  const lines = text.split('\n');
  for (let at = 0; at < lines.length - 1; ) {
    if (/^0x[0-9a-f]{16}$/.test(lines[at]!)) {
      frames = [];
      answers.set(BigInt(lines[at++]!), frames);
      continue;
    }
    const [name, place] = [lines[at]!, lines[at + 1]!.replace(/ \(discriminator \d+\)$/, '')];
    frames.push(`${plain(name)} ${base(place)}`);
    at += 2;
  }
  return answers;
};

const described = (info: DebugInfo, address: bigint): string[] =>
  info.framesAt(address).map(({ frame, source }) => {
    return `${plain(frame.name)} ${source === undefined ? '??:?' : `${base(source.file.path)}:${source.line === 0 ? '?' : source.line}`}`;
  });

const counts = { llvm: 0, binutils: 0, rows: 0 };
afterAll(() => {
  const { llvm, binutils, rows } = counts;
  process.stdout.write(
    `figures: lines of ${variants.length} programs | ${llvm} addresses against llvm-symbolizer | ` +
      `${binutils} against addr2line | ${rows} rows against readelf\n`,
  );
});

describe.each(variants.map((variant) => [titleOf(variant), variant] as const))('%s', (_, variant) => {
  const path = build(variant);
  const info = open(path);

  const addresses = codeOf(info).filter((address) => info.functionAt(address) !== undefined);

  test('has the lines, columns and inlined functions that llvm-symbolizer says', () => {
    expect(addresses.length).toBeGreaterThan(30);
    const words = [`--obj=${path}`, '--inlines', '--functions=short', '-s'];
    const text = run('llvm-symbolizer', words, addresses.map((address) => `0x${address.toString(16)}`).join('\n'));
    const theirs = text.trimEnd().split('\n\n');
    const ours = addresses.map((address) =>
      info
        .framesAt(address)
        .map(({ frame, source }) => {
          const place = source && `${base(source.file.path)}:${source.line}:${source.column}`;
          return `${plain(frame.name)}\n${place ?? '??:0:0'}`;
        })
        .join('\n'),
    );
    const names = (answer: string): string => answer.replace(/^(?!\S+:\d+:\d+$).*$/gm, plain);
    expect(ours).toEqual(theirs.map(names));
    counts.llvm += addresses.length;
  });

  // Binutils 2.40 reads neither split units, nor type units of DWARF 5, nor the names in line tables of the 64-bit format.
  const unread = /split-dwarf|dwarf64|dwarf-5.*types-section/.test(titleOf(variant));
  test.skipIf(unread)('has the lines and inlined functions that addr2line says', () => {
    const answers = askAddr2line(path, addresses);
    const ours = addresses.map((address) => [address.toString(16), ...described(info, address)]);
    const theirs = addresses.map((address) => [address.toString(16), ...answers.get(address)!]);
    // For a function without a linkage name, addr2line says the symbol of the code around it instead.
    for (const [index, answer] of theirs.entries()) {
      const own = ours[index]!;
      const outermost = own.at(-1)!.split(' ')[0]!;
      if (answer[1]?.split(' ')[0] === outermost && answer.length === own.length && own.length > 2) {
        answer[1] = own[1]!.replace(/ .*/, answer[1]!.replace(/^\S+/, ''));
      }
    }
    expect(ours).toEqual(theirs);
    counts.binutils += addresses.length;
  });

  test('has the rows that readelf lists', () => {
    const listed = run('riscv64-linux-gnu-readelf', ['-wL', path])
      .split('\n')
      .flatMap((line) => {
        const [, file, number, address, rest] = /^(\S+)\s+(\d+|-)\s+(0x[0-9a-f]+|0)(.*)$/.exec(line) ?? [];
        if (file === undefined || number === '-') return [];
        return [`${file} ${number} ${BigInt(address!)} ${/\bx\b/.test(rest!) ? 'statement' : ''}`];
      });
    const ours = info.dwarf.units
      .flatMap((unit) => (unit.isType ? [] : (lineTableOf(unit) ?? [])))
      .flatMap((table) =>
        [...table.rows()].map((row) => {
          const file = base(table.files[row.file]!.path);
          return `${file} ${row.line} ${row.address} ${row.isStatement ? 'statement' : ''}`;
        }),
      );
    expect(ours.length).toBeGreaterThan(10);
    expect(ours.sort()).toEqual(listed.filter((row) => !row.includes(' 0 0 ')).sort());
    counts.rows += ours.length;
  });
});
