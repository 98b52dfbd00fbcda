import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readElf } from '../../adapter/program/elf.ts';
import { ProgramError } from '../../adapter/program/errors.ts';
import { SymbolTable } from '../../adapter/program/symbols.ts';
import { buildElf } from './elf-builder.ts';

const guest = (name: string): Uint8Array => readFileSync(join(import.meta.dirname, '../guests/bare', name));
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

const checkError = (file: Uint8Array, sentence: string): void => {
  let message = '';
  try {
    readElf(file, 'kernel.elf');
  } catch (error) {
    expect(error).toBeInstanceOf(ProgramError);
    message = (error as ProgramError).message;
  }
  expect(message).toBe(sentence);
};

const patched = (patch: (view: DataView, file: Uint8Array) => void): Uint8Array => {
  const file = buildElf({ entry: 0x8000_0000n, segments: [{ at: 0x8000_0000n, bytes: bytes(1, 2, 3, 4) }] });
  patch(new DataView(file.buffer), file);
  return file;
};

describe('a program file', () => {
  test('says where it starts and what is loaded where', () => {
    const segments = [
      { at: 0x8000_0000n, bytes: bytes(1, 2, 3, 4) },
      { at: 0x8000_2000n, bytes: bytes(5), memoryBytes: 0x1000n },
    ];
    const elf = readElf(buildElf({ entry: 0x8000_0002n, segments }), 'kernel.elf');
    expect(elf.entry).toBe(0x8000_0002n);
    expect(elf.segments.map(({ physicalAddress, memoryBytes }) => [physicalAddress, memoryBytes])).toEqual([
      [0x8000_0000n, 4n],
      [0x8000_2000n, 0x1000n],
    ]);
    expect([...elf.segments[0]!.bytes, ...elf.segments[1]!.bytes]).toEqual([1, 2, 3, 4, 5]);
    expect(elf.sections.map(({ name }) => name)).toEqual(['', '.text', '.symtab', '.strtab', '.shstrtab']);
  });

  test('of a real linker starts where its _start is', () => {
    const elf = readElf(guest('hello.elf'), 'hello.elf');
    expect(elf.entry).toBe(0x8000_0000n);
    expect(new SymbolTable(elf).find('_start')?.address).toBe(0x8000_0000n);
  });
});

describe('a file that is not a 64-bit RISC-V program is refused', () => {
  test('when it is empty', () =>
    checkError(
      bytes(),
      'kernel.elf is not an ELF file: expected the bytes 7f 45 4c 46 at the start, found an empty file. ' +
        'Name the linked kernel with its symbols.',
    ));
  test('when it is for another architecture', () =>
    checkError(
      patched((view) => view.setUint16(0x12, 62, true)),
      'The architecture of kernel.elf is not that of a 64-bit RISC-V program: expected machine 243 (RISC-V), ' +
        'found machine 62 (x86-64). Build it for riscv64, for example with riscv64-linux-gnu-gcc.',
    ));
  test('when it is for 32 bits', () =>
    checkError(
      patched((view) => view.setUint8(4, 1)),
      'The class of kernel.elf is not that of a 64-bit RISC-V program: expected class 2 (64-bit), ' +
        'found class 1 (32-bit). Build it for riscv64, for example with riscv64-linux-gnu-gcc.',
    ));
  test('when it is an object file', () =>
    checkError(
      patched((view) => view.setUint16(0x10, 1, true)),
      'kernel.elf is not a program that can be loaded: expected an executable ELF (type 2) or a ' +
        'position-independent one (type 3), found type 1, an object file. ' +
        'Name the linked program, not one of the object files it is made of.',
    ));
  test('when a segment lies beyond its end', () =>
    checkError(
      patched((view) => view.setBigUint64(64 + 8, 0xffff_ffff_ffff_ff00n, true)),
      'The file kernel.elf is too short for its segment 0: expected at least 18446744073709551364 bytes, ' +
        'found 508 bytes. Build or copy the file again; it is cut off or damaged.',
    ));
  test('when a segment has more bytes in the file than in memory', () =>
    checkError(
      patched((view) => view.setBigUint64(64 + 0x28, 3n, true)),
      'The field p_filesz of segment 0 of kernel.elf is not valid: expected at most p_memsz, 3, found 0x4. ' +
        'Build or copy the file again; it is cut off or damaged.',
    ));
});

/** Reads as much as there is to read; whatever is wrong must be a `ProgramError`. */
const survives = (file: Uint8Array): void => {
  try {
    const symbols = new SymbolTable(readElf(file, 'x'));
    symbols.at(0x8000_0004n);
    symbols.find('main');
    for (const symbol of symbols) if (symbol.name.length > 4096) throw new Error('a name without end');
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
  }
};

describe('a damaged program file never causes another error than a ProgramError', () => {
  const original = guest('timer.elf');

  test('when it is cut off anywhere', () => {
    for (let length = 0; length < original.length; length += length < 512 ? 1 : 7)
      survives(original.subarray(0, length));
  });

  test('when any byte of its headers is flipped', () => {
    const view = new DataView(original.buffer, original.byteOffset, original.length);
    const sections = Number(view.getBigUint64(0x28, true));
    const headers = [
      ...Array(64 + 56 * 4).keys(),
      ...Array.from({ length: original.length - sections }, (_, i) => sections + i),
    ];
    const file = Uint8Array.from(original);
    for (const at of headers) {
      for (const value of [0x00, 0x7f, 0x80, 0xff, original[at]! ^ 1]) {
        file[at] = value;
        survives(file);
      }
      file[at] = original[at]!;
    }
  });

  test('when random bytes of it are flipped', () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((seed / 0x1_0000_0000) * below);
    };
    for (let round = 0; round < 2000; round++) {
      const file = Uint8Array.from(original);
      for (let flips = 0; flips < 4; flips++) file[random(file.length)] = random(256);
      survives(file);
    }
  });
});
