/** Whatever a file with debug information holds, its readers end, and with nothing but a `ProgramError`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DebugInfo } from '../../adapter/program/debug-info.ts';
import { evaluateLocation } from '../../adapter/program/dwarf/expression.ts';
import { blocksAt, expressionAt, framesAt, functionsOf } from '../../adapter/program/dwarf/functions.ts';
import { lineTableOf } from '../../adapter/program/dwarf/line-table.ts';
import { readElf } from '../../adapter/program/elf.ts';
import { ProgramError } from '../../adapter/program/errors.ts';
import { NameIndex } from '../../adapter/program/names/name-index.ts';
import { scanNames } from '../../adapter/program/names/scan.ts';
import { define } from '../../adapter/program/types/declaration.ts';

const file = (name: string): Uint8Array => readFileSync(join(import.meta.dirname, '../guests/source', name));
const files = ['shapes-O2-5.elf', 'shapes-O0-4.elf', 'classes-O1-5.elf', 'shapes-O1-5.o'];

/** Does one thing with a file; a `ProgramError` is as good as an answer. */
const attempt = (act: () => void): void => {
  try {
    act();
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error;
    expect(error.message.length).toBeLessThan(1000);
  }
};

/** Reads all that there is to read, each part on its own. */
const readAll = (bytes: Uint8Array): void => {
  let info: DebugInfo | undefined;
  attempt(() => {
    info = new DebugInfo(bytes, 'x');
  });
  if (info === undefined) return;
  const opened = info;
  attempt(() => opened.sections.buildId);
  attempt(() => {
    opened.names = NameIndex.of([scanNames(opened.dwarf).arrays()]);
    opened.names.search('a');
    for (const { name, offset, kind, inTypes } of opened.names) {
      attempt(() => void opened.names!.find(name));
      if (
        kind === 'structure' ||
        kind === 'class' ||
        kind === 'union' ||
        kind === 'enumeration' ||
        kind === 'typedef'
      ) {
        attempt(() => void define(opened.types.read(opened.dwarf.entryAt(offset, inTypes))));
      }
    }
  });
  attempt(() => void opened.sourcePaths());
  attempt(() => void opened.addressesOf('shapes.c', 60));
  attempt(() => {
    for (const unit of opened.dwarf.units) {
      attempt(() => void lineTableOf(unit)?.at(0x8000_0010n));
      attempt(() => {
        for (const own of functionsOf(unit)) readFunction(opened, own);
      });
    }
  });
};

const readFunction = (info: DebugInfo, own: ReturnType<typeof functionsOf>[number]): void => {
  const pc = own.entryPc + 8n;
  const state = { pc, readRegister: () => 0x8000_4000n, readMemory: (_: bigint, size: number) => new Uint8Array(size) };
  attempt(() => void info.unwind(state));
  attempt(() => void info.bodyAddress(own));
  const context = info.frameContext(own, state);
  for (const frame of framesAt(own, pc)) {
    for (const { variables } of blocksAt(frame, pc)) {
      for (const variable of variables) {
        const expression = expressionAt(variable, pc);
        if (expression !== undefined) attempt(() => void evaluateLocation(expression, own.entry.unit, context));
      }
    }
  }
};

const randomNumbers = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
};

describe.each(files)('%s', (name) => {
  const original = file(name);
  const { sections } = readElf(original, name, 'symbols');
  const places = sections
    .filter(({ bytes, name: own }) => bytes.length > 0 && /debug|eh_frame|note/.test(own))
    .map(({ bytes, name: own }) => ({
      name: own,
      at: bytes.byteOffset - original.byteOffset,
      sizeBytes: bytes.length,
    }));

  test('is read as it is', () => readAll(original));

  test('is read or refused when it is cut off at and around the borders of every section', () => {
    for (const { at, sizeBytes } of places) {
      for (const end of [at - 1, at, at + 1, at + Math.floor(sizeBytes / 2), at + sizeBytes - 1, at + sizeBytes]) {
        readAll(original.subarray(0, end));
      }
    }
  });

  test('is read or refused when a section says that it is shorter', () => {
    const table = Number(new DataView(original.buffer, original.byteOffset).getBigUint64(0x28, true));
    for (const [index, { bytes, name: own }] of sections.entries()) {
      if (bytes.length === 0 || !/debug|eh_frame/.test(own)) continue;
      for (const part of [0, 0.01, 0.3, 0.5, 0.9, 0.99]) {
        const copy = Uint8Array.from(original);
        new DataView(copy.buffer).setBigUint64(
          table + 64 * index + 0x20,
          BigInt(Math.floor(bytes.length * part)),
          true,
        );
        readAll(copy);
      }
    }
  });

  test('is read or refused when random bytes of its debug information are changed', () => {
    const random = randomNumbers(1);
    for (let round = 0; round < 200; round++) {
      const copy = Uint8Array.from(original);
      for (let change = 0; change <= round % 4; change++) {
        const { at, sizeBytes } = places[random(places.length)]!;
        copy[at + random(sizeBytes)] = random(256);
      }
      readAll(copy);
    }
  });

  test('is read or refused when counts and sizes are as large as they can be', () => {
    for (const { at, sizeBytes } of places) {
      for (let offset = 0; offset < Math.min(sizeBytes, 64); offset++) {
        const copy = Uint8Array.from(original);
        copy.fill(0xff, at + offset, Math.min(at + offset + 4, copy.length));
        readAll(copy);
      }
    }
  });
});
