import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Btf } from '../../adapter/program/btf/btf.ts';
import { Cursor, sectionData } from '../../adapter/program/cursor.ts';
import { DebugInfo } from '../../adapter/program/debug-info.ts';
import { evaluateLocation, evaluateNumber, type FrameContext } from '../../adapter/program/dwarf/expression.ts';
import { FrameTable } from '../../adapter/program/dwarf/frames.ts';
import { functionsOf } from '../../adapter/program/dwarf/functions.ts';
import { unwind } from '../../adapter/program/dwarf/unwind.ts';
import { NameIndex } from '../../adapter/program/names/name-index.ts';
import { scanNames } from '../../adapter/program/names/scan.ts';
import { walkStack } from '../../adapter/program/stack.ts';
import { declare, define } from '../../adapter/program/types/declaration.ts';
import { findMember, sizeOf } from '../../adapter/program/types/type.ts';

const open = (name: string, base = 0n): DebugInfo => {
  const bytes = readFileSync(join(import.meta.dirname, '../guests/source', name));
  const info = new DebugInfo(bytes, name, { sectionAddress: (section) => (section.startsWith('.debug') ? 0n : base) });
  info.names = NameIndex.of([scanNames(info.dwarf).arrays()]);
  return info;
};

test('a table of addresses that lies about its units is not believed', () => {
  const bytes = readFileSync(join(import.meta.dirname, '../guests/source/steps-O2.elf'));
  const honest = new DebugInfo(Uint8Array.from(bytes), 'honest');
  const table = honest.elf.sections.find(({ name }) => name === '.debug_aranges')!;
  const start = bytes.indexOf(Buffer.from(table.bytes));
  // Two sets of 48 bytes, each with the place of its unit behind length and version: they change places.
  const [first, second] = [bytes.readUInt32LE(start + 6), bytes.readUInt32LE(start + 54)];
  bytes.writeUInt32LE(second, start + 6);
  bytes.writeUInt32LE(first, start + 54);
  const lied = new DebugInfo(bytes, 'lied');
  for (let address = 0xffff_ffff_8000_0000n; address < 0xffff_ffff_8000_018cn; address += 2n) {
    expect(lied.lineAt(address)).toEqual(honest.lineAt(address));
    expect(lied.functionAt(address)?.name).toBe(honest.functionAt(address)?.name);
  }
});

const section = (...bytes: number[]) => sectionData('file', '.section', Uint8Array.from(bytes));
const shapes = open('shapes-O2-5.elf');
const classes = open('classes-O1-5.elf');

describe('a cursor', () => {
  const check = (read: (cursor: Cursor) => unknown, bytes: readonly number[], expected: unknown): void => {
    if (expected instanceof RegExp) expect(() => read(new Cursor(section(...bytes)))).toThrow(expected);
    else expect(read(new Cursor(section(...bytes)))).toBe(expected);
  };
  test('reads ULEB128 numbers', () => check((cursor) => cursor.uleb(), [0xe5, 0x8e, 0x26], 624_485));
  test('reads ULEB128 values of 64 bits', () =>
    check((cursor) => cursor.uleb64(), [...Array(9).fill(0xff), 0x01], 0xffff_ffff_ffff_ffffn));
  test('reads SLEB128 numbers', () => check((cursor) => cursor.sleb64(), [0xc0, 0xbb, 0x78], -123_456n));
  test('reads padded SLEB128 numbers', () => check((cursor) => cursor.sleb64(), [0xfe, 0xff, 0xff, 0x7f], -2n));
  test('refuses LEB128 numbers without end', () =>
    check((cursor) => cursor.uleb(), Array(20).fill(0x80), /expected a LEB128 number, found one without end/));
  test('refuses to read beyond the end and says where', () =>
    check((cursor) => cursor.u32(), [1, 2, 3], /^Offset 0x0 of \.section in file .* expected 4 bytes here, found 3/));
  test('refuses text without a zero byte', () => check((cursor) => cursor.text(), [65, 66], /ends with a zero byte/));
});

describe('lines', () => {
  test('of an address inside inlined calls are those of each call', () => {
    const deep = [...Array(0x300).keys()].map((offset) => shapes.framesAt(0x8000_0000n + BigInt(offset)));
    const three = deep.find((frames) => frames.length === 3)!;
    expect(three.map(({ frame, source }) => `${frame.name} ${source?.file.name}:${source?.line}`)).toEqual([
      'innermost shapes.c:61',
      'around shapes.c:68',
      'main shapes.c:99',
    ]);
  });
  test('have addresses, and a line without code means the next one', () => {
    const found = shapes.addressesOf('source/shapes.c', 53)!;
    expect(found.line).toBe(53);
    expect(shapes.addressesOf('shapes.c', 45)?.line).toBe(52);
    expect(shapes.addressesOf('other/shapes.c', 53)).toBeUndefined();
    expect(shapes.addressesOf('shapes.c', 5000)).toBeUndefined();
  });
  test('of an object file are where its sections were loaded', () => {
    const base = 0xffff_ffff_0000_0000n;
    const object = open('shapes-O1-5.o', base);
    const main = object.functionAt(object.find('leaf', ['function'])!.address(0x11)!)!;
    expect(main.entryPc >= base).toBe(true);
    expect(object.lineAt(main.entryPc)?.line).toBe(53); // of two rows at its first instruction the second
    expect(object.sections.buildId).toBeUndefined();
  });
  test('say where the body of a function begins', () => {
    const plain = open('shapes-O0-4.elf');
    const leaf = plain.functionAt(plain.find('leaf', ['function'])!.address(0x11)!)!;
    expect(plain.lineAt(plain.bodyAddress(leaf))?.line).toBe(53);
  });
});

describe('types', () => {
  const check = (info: DebugInfo, name: string, expected: string): void =>
    expect(define(info.type(name, ['structure', 'class', 'union', 'enumeration', 'typedef']))).toBe(expected);

  test('of structures have members, bit fields and anonymous parts in full', () => {
    check(
      shapes,
      'everything',
      `struct everything {
  /* 0 | 16 */ struct list link;
  /* 16 | 60 */ int numbers[3][5];
  /* 80 | 8 */ const char *name;
  /* 88 | 8 */ char *const *volatile names;
  /* 96 | 8 */ int (*handler)(struct everything *, const char *, ...);
  /* 104 | 8 */ void (*(*factory)(int))(void);
  union {
    /* 112 | 8 */ u64 whole;
    struct {
      /* 112 | 4 */ u32 low;
      /* 116 | 4 */ u32 high;
    };
    /* 112 | 4 */ float real;
  } value;
  struct {
    /* 120 | 4 */ int inner;
  } named;
  /* 124 | 4 */ enum colour colour;
  /* 128 | 8 */ struct opaque *opaque;
  /* 136 | 8 */ double ratio;
  /* 144 | 16 */ long double precise;
  /* 160 | 16 */ struct bits bits;
  /* 176 | 11 */ struct squeezed squeezed;
  /* 192 | 8 */ int (*table)[4];
  /* 200 | ? */ char text[];
}`,
    );
    check(
      shapes,
      'bits',
      `struct bits {
  /* 0:0 | 3 bits */ u32 low : 3;
  /* 0:5 | 7 bits */ u32 middle : 7;
  /* 1:4 | 5 bits */ int negative : 5;
  /* 2:1 | 40 bits */ u64 far : 40;
  /* 8 | 1 */ u8 tail;
  /* 10:0 | 9 bits */ u16 last : 9;
  /* 11:1 | 1 bits */ _Bool flag : 1;
}`,
    );
  });
  test('of enumerations have negative values', () =>
    check(shapes, 'colour', 'enum colour {red = 0, green = 7, blue = -3}'));
  test('of classes have bases, references and pointers to members', () =>
    check(
      classes,
      'Derived',
      `class Derived {
  /* 0 | 16 */ class Base;
  /* 16 | 16 */ struct Other;
  /* 32 | 8 */ int &reference;
  /* 40 | 8 */ int &&temporary;
  /* 48 | 8 */ int Base::*member;
  /* 56 | 16 */ int (Base::*method)(const class Base *);
}`,
    ));
  test('are found by member, also inside anonymous ones', () => {
    const value = findMember(shapes.type('everything', ['structure']), 'value')!;
    expect(findMember(value.type, 'high')?.offsetBits).toBe(32);
    expect(findMember(value.type, 'none')).toBeUndefined();
    expect(sizeOf(shapes.type('everything', ['structure']))).toBe(208);
  });
  test('of functions and variables are declared as C spells them', () => {
    const declared = (name: string, kind: 'function' | 'variable') => {
      const entry = shapes.find(name, [kind])!;
      return declare(kind === 'function' ? shapes.types.read(entry) : shapes.types.typeOf(entry), name);
    };
    expect(declared('recursive', 'function')).toBe('int recursive(int, long int, struct list *)');
    expect(declared('matrix', 'variable')).toBe('int matrix[2][3][4]');
    expect(declared('favourite', 'variable')).toBe('const enum colour favourite');
  });
});

describe('the index of names', () => {
  test('finds a name of each kind and its scope', () => {
    const found = classes.names!.find('Level', ['enumeration'])[0]!;
    expect([...found.scope, found.name]).toEqual(['outer', 'inner', 'Level']);
    expect(shapes.names!.find('floating').map(({ kind }) => kind)).toEqual(['inlineFunction', 'function']);
    expect(shapes.names!.find('no such name')).toEqual([]);
  });
  test('searches by part of a name, without regard to case unless capitals are asked for', () => {
    const names = (text: string) => shapes.names!.search(text, { limit: 3 }).map(({ name }) => name);
    expect(names('glob')).toEqual(['global_pointer', 'global_counter']);
    expect(names('GLOB')).toEqual([]);
    expect(names('')).toEqual([]);
    expect(shapes.names!.search('GLOB', { caseSensitive: false }).length).toBe(2);
    expect(shapes.names!.search('e', { kinds: ['structure'] }).map(({ name }) => name)).toEqual([
      'everything',
      'squeezed',
    ]);
  });
  test('comes back from its bytes, and only for the same build-id and whole', () => {
    const id = shapes.sections.buildId!;
    const bytes = shapes.names!.serialise(id);
    expect([...NameIndex.deserialise(bytes, id)!]).toEqual([...shapes.names!]);
    expect(NameIndex.deserialise(bytes, id.replace(/./, 'x'))).toBeUndefined();
    for (const end of [0, 10, 100, bytes.length - 8])
      expect(NameIndex.deserialise(bytes.subarray(0, end), id)).toBeUndefined();
  });
  test('joined from scans of single units is that of one scan', () => {
    const { dwarf } = classes;
    const parts = dwarf.units.map((unit) => scanNames(dwarf, [unit]).arrays());
    expect([...NameIndex.of([...parts, ...parts])].filter(({ kind }) => kind === 'class').length).toBe(2);
    expect([...NameIndex.of(parts)]).toEqual([...classes.names!]);
  });
});

describe('location expressions', () => {
  const unit = shapes.dwarf.units[0]!;
  const frame: FrameContext = {
    readRegister: (number) => (number < 32 ? BigInt(number) * 100n : undefined),
    readMemory: (address, sizeBytes) =>
      address < 0x1000n ? Uint8Array.from({ length: sizeBytes }, (_, at) => Number(address) + at) : undefined,
    cfa: () => 0x7000n,
    frameBase: () => 0x6000n,
    entryValue: (expression) => (expression[0] === 0x5a ? 77n : undefined),
    threadLocal: (offset) => 0x9000n + offset,
    objectAddress: 0x5000n,
  };
  const value = (...bytes: number[]) => evaluateNumber(Uint8Array.from([...bytes, 0x9f]), unit, frame);
  const places = (...bytes: number[]) => {
    const location = evaluateLocation(Uint8Array.from(bytes), unit, frame);
    return location.kind === 'pieces' ? location.pieces : location.why;
  };
  const all = 0xffff_ffff_ffff_ffffn;

  test.each([
    ['constants', [0x09, 0xff], all],
    ['a division, which has signs', [0x09, 0xf8, 0x33, 0x1b], BigInt.asUintN(64, -2n)],
    ['a remainder, which has none', [0x09, 0xff, 0x3a, 0x1d], all % 10n],
    ['shifts with and without a sign', [0x09, 0xf8, 0x31, 0x26, 0x09, 0xf8, 0x31, 0x25, 0x1c], 1n << 63n],
    ['comparisons with signs', [0x09, 0xff, 0x31, 0x2d], 1n],
    ['swap, rot, over, pick', [0x31, 0x32, 0x33, 0x17, 0x16, 0x14, 0x15, 2, 0x22, 0x22, 0x22, 0x22], 10n],
    ['branches', [0x30, 0x28, 1, 0, 0x35, 0x31, 0x28, 1, 0, 0x36], 5n],
    ['registers with offsets', [0x7a, 0x7c], 996n],
    ['the frame base and the canonical frame address', [0x91, 0x10, 0x9c, 0x22], 0xd010n],
    ['memory of a size', [0x34, 0x94, 2], 0x0504n],
    ['a value at entry', [0xa3, 1, 0x5a, 0x23, 3], 80n],
    ['thread-local storage', [0x35, 0x9b], 0x9005n],
    ['the address of the object', [0x97, 0x23, 8], 0x5008n],
    ['absolute and negative values', [0x09, 0xf8, 0x19, 0x33, 0x1f, 0x22], 5n],
  ] as const)('compute %s', (_, bytes, expected) => expect(value(...bytes)).toBe(expected));

  test.each([0x24, 0x25, 0x26])('compute nothing by a negative shift (operation %d)', (shift) =>
    expect(value(0x31, 0x09, 0xe8, shift)).toBeUndefined(),
  );
  test('compute with floating-point types', () => {
    const double = [...unit.root.children()].find((entry) => entry.name === 'double')!.offset - unit.header.offset;
    const int = [...unit.root.children()].find((entry) => entry.name === 'int')!.offset - unit.header.offset;
    const leb = (number: number) => (number < 128 ? [number] : [(number & 0x7f) | 0x80, number >> 7]);
    const seven = [0x37, 0xa8, ...leb(double)];
    expect(value(...seven, ...seven, 0x1e, 0x32, 0xa8, ...leb(double), 0x1b, 0xa8, ...leb(int))).toBe(24n);
  });
  test('name registers, values, pieces and what is optimised out', () => {
    expect(places(0x5a)).toEqual([{ place: { kind: 'register', register: 10 }, sizeBits: undefined, offsetBits: 0 }]);
    expect(places()).toEqual([{ place: { kind: 'optimised-out' }, sizeBits: undefined, offsetBits: 0 }]);
    expect(places(0x5a, 0x93, 4, 0x93, 4, 0x33, 0x9f, 0x9d, 3, 1)).toEqual([
      { place: { kind: 'register', register: 10 }, sizeBits: 32, offsetBits: 0 },
      { place: { kind: 'optimised-out' }, sizeBits: 32, offsetBits: 0 },
      { place: { kind: 'value', value: 3n, sizeBytes: 8 }, sizeBits: 3, offsetBits: 1 },
    ]);
    expect(places(0x9e, 2, 7, 8)).toEqual([
      { place: { kind: 'bytes', bytes: Uint8Array.of(7, 8) }, sizeBits: undefined, offsetBits: 0 },
    ]);
  });
  test('say why there is no answer', () => {
    expect(places(0x90, 40, 0x22)).toMatch(/empty stack/);
    expect(places(0x92, 40, 0)).toMatch(/register 40 is not known/);
    expect(places(0x0a, 0xff, 0xff, 0x06)).toMatch(/memory at 0xffff cannot be read/);
    expect(places(0x30, 0x30, 0x1b)).toMatch(/division by zero/);
    expect(places(0x2f, 0xfd, 0xff)).toMatch(/more than 10000 steps/);
    expect(places(0x30, 0x12, 0x2f, 0xfc, 0xff)).toMatch(/more than 1024 values/);
    expect(() => places(0x02)).toThrow(/expected an operation of DWARF 5, found 0x2/);
    expect(() => places(0x2f, 0x10, 0)).toThrow(/a jump within the expression/);
  });
});

describe('call frame information', () => {
  // CIE: version 4, code alignment 1, data alignment -8, return register 1, CFA = sp + 0. FDE: 0x1000 to 0x1020.
  const cie = [20, 0, 0, 0, 255, 255, 255, 255, 4, 0, 8, 0, 1, 0x78, 1, 0x0c, 2, 0, 0, 0, 0, 0, 0, 0];
  const fde = (...instructions: number[]) => {
    const body = [...instructions, ...Array(16 - instructions.length).fill(0)];
    return [36, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, ...body];
  };
  const table = (...instructions: number[]) => new FrameTable(section(...cie, ...fde(...instructions)));

  test('gives the row of each pc', () => {
    const frames = table(0x42, 0x0e, 32, 0x42, 0x81, 1, 0x0a, 0x4c, 0xc1, 0x0e, 0, 0x42, 0x0b);
    const row = (pc: bigint) => {
      const found = frames.at(pc);
      return found === undefined ? undefined : [found.cfa, found.rules.get(1)];
    };
    const cfa = (offset: bigint) => ({ kind: 'register', register: 2, offset });
    const saved = { kind: 'offset', offset: -8n };
    expect(row(0x0fffn)).toBeUndefined();
    expect(row(0x1000n)).toEqual([cfa(0n), undefined]);
    expect(row(0x1002n)).toEqual([cfa(32n), undefined]);
    expect(row(0x1004n)).toEqual([cfa(32n), saved]);
    expect(row(0x1010n)).toEqual([cfa(0n), undefined]);
    expect(row(0x1012n)).toEqual([cfa(32n), saved]);
    expect(row(0x1020n)).toBeUndefined();
  });
  test('leads to the caller, and leaves unknown what nobody saved', () => {
    const row = table(0x0e, 32, 0x81, 1, 0x88, 2, 0x09, 18, 19, 0x07, 20).at(0x1000n)!;
    const state = {
      pc: 0x1000n,
      readRegister: (number: number) => (number === 2 ? 0x8000n : BigInt(number)),
      readMemory: (address: bigint) => Uint8Array.from([Number(address & 0xffn), 1, 0, 0, 0, 0, 0, 0]),
    };
    const result = unwind(row, state, shapes.dwarf.units[0]!);
    if (result.kind !== 'frame') throw new Error(result.why);
    const { caller, cfa, returnAddress, savedAt } = result.frame;
    expect([cfa, returnAddress, caller.pc]).toEqual([0x8020n, 0x118n, 0x118n]);
    const registers = [0, 2, 3, 8, 9, 10, 18, 20].map((number) => caller.readRegister(number));
    expect(registers).toEqual([0n, 0x8020n, 3n, 0x110n, 9n, undefined, 19n, undefined]);
    expect([...savedAt]).toEqual([
      [1, 0x8018n],
      [8, 0x8010n],
    ]);
  });
  test('refuses instructions that it does not know', () => {
    expect(() => table(0x3f).at(0x1000n)).toThrow(/an instruction of call frame information, found 0x3f/);
    expect(() => table(0x0b).at(0x1000n)).toThrow(/a row that was remembered/);
  });
  test('ends a walk over a stack of zeros', () => {
    const [main] = functionsOf(shapes.dwarf.units[0]!).filter(({ name }) => name === 'main');
    const state = {
      pc: main!.entryPc + 10n,
      readRegister: () => 0x8000n,
      readMemory: (_: bigint, size: number) => new Uint8Array(size),
    };
    expect([...walkStack(shapes, state)].length).toBeLessThan(4);
  });
});

describe('BTF', () => {
  const words = (...values: number[]) => [...new Uint8Array(Uint32Array.from(values).buffer)];
  const text = '\0int\0pair\0a\0b\0colour\0red\0blue\0handler\0';
  const at = (name: string) => text.indexOf(`\0${name}\0`) + 1;
  const info = (kind: number, count: number, flag = 0) => ((flag << 31) | (kind << 24) | count) >>> 0;
  const types = [
    ...words(at('int'), info(1, 0), 4, (1 << 24) | 32),
    ...words(at('pair'), info(4, 2, 1), 8, at('a'), 1, (5 << 24) | 3, at('b'), 5, 32),
    ...words(at('colour'), info(6, 2, 1), 4, at('red'), 0, at('blue'), 0xffff_fffd),
    ...words(0, info(2, 0), 2),
    ...words(0, info(3, 0), 0, 6, 1, 3),
    ...words(0, info(3, 0), 0, 4, 1, 2),
    ...words(0, info(13, 2), 1, 0, 4, 0, 0),
    ...words(at('handler'), info(8, 0), 7),
  ];
  const blob = [
    0x9f,
    0xeb,
    1,
    0,
    ...words(24, 0, types.length, types.length, text.length),
    ...types,
    ...Buffer.from(text),
  ];
  const btf = new Btf(section(...blob));

  test('has structures with bit fields and arrays of arrays', () =>
    expect(define(btf.find('pair', 'structure'))).toBe(
      'struct pair {\n  /* 0:3 | 5 bits */ int a : 5;\n  /* 4 | 48 */ struct pair *b[3][2];\n}',
    ));
  test('has enumerations and prototypes', () => {
    expect(define(btf.find('colour', 'enumeration'))).toBe('enum colour {red = 0, blue = -3}');
    expect(define(btf.find('handler', 'typedef'))).toBe('typedef int handler(struct pair *, ...)');
    expect([...btf.names('structure')]).toEqual(['pair']);
    expect(btf.find('pair', 'union')).toBeUndefined();
  });
  test('is refused when it is damaged', () => {
    expect(() => new Btf(section(...blob.slice(0, 40)))).toThrow(/\.section/);
    expect(() => new Btf(section(0, ...blob.slice(1)))).toThrow(/the magic 0xeb9f/);
    expect(() => btf.type(99)).toThrow(/a type up to 8, found 99/);
  });
  test('never fails with another error when any byte of it is changed', () => {
    for (let place = 0; place < blob.length; place++) {
      for (const byte of [0, 0x7f, 0xff]) {
        const copy = [...blob];
        copy[place] = byte;
        try {
          const damaged = new Btf(section(...copy));
          for (let number = 1; number <= Math.min(damaged.size, 20); number++) define(damaged.type(number));
        } catch (error) {
          expect((error as Error).name).toBe('ProgramError');
        }
      }
    }
  });
});
