/**
 * Files that somebody made to keep a reader busy, to fill its memory or to lead it elsewhere: each is sound enough to be read,
 * and small. What a file asks for grows with the square of its size, or with two to its power, or never ends.
 */
import { deflateSync } from 'node:zlib';
import {
  abbreviations,
  type Bytes,
  bytes,
  elfFile,
  programOf,
  unit,
  type WrittenAbbreviation,
} from './damage-writer.ts';

const tag = {
  array: 1,
  class: 2,
  enumeration: 4,
  parameter: 5,
  block: 0x0b,
  member: 0x0d,
  pointer: 0x0f,
  unit: 0x11,
  structure: 0x13,
  functionType: 0x15,
  typedef: 0x16,
  variant: 0x19,
  memberPointer: 0x1f,
  subrange: 0x21,
  base: 0x24,
  constant: 0x26,
  function: 0x2e,
  variantPart: 0x33,
  variable: 0x34,
  namespace: 0x39,
  imported: 0x3a,
  callSite: 0x48,
  callParameter: 0x49,
} as const;
const at = {
  sibling: 1,
  location: 2,
  name: 3,
  size: 0x0b,
  lines: 0x10,
  low: 0x11,
  high: 0x12,
  containing: 0x1d,
  count: 0x37,
  upper: 0x2f,
  origin: 0x31,
  declaration: 0x3c,
  frameBase: 0x40,
  type: 0x49,
  ranges: 0x55,
  external: 0x3f,
  alignment: 0x88,
  import: 0x18,
  callValue: 0x7e,
  callReturn: 0x7d,
} as const;
const form = {
  addr: 1,
  data4: 6,
  data8: 7,
  string: 8,
  data1: 0x0b,
  strp: 0x0e,
  ref4: 0x13,
  offset: 0x17,
  expression: 0x18,
  flag: 0x19,
  data2: 5,
  udata: 0x0f,
  indirect: 0x16,
} as const;

const base = 0x8000_0000n;
const plainUnit: WrittenAbbreviation = [tag.unit, true, [at.name, form.string]];
const codeUnit: WrittenAbbreviation = [tag.unit, true, [at.low, form.addr], [at.high, form.data8]];
const codeFunction: WrittenAbbreviation = [
  tag.function,
  true,
  [at.name, form.string],
  [at.low, form.addr],
  [at.high, form.data8],
];

/** A unit and a function with code from 0x80000000 to 0x80001000 around what is written. */
const inFunction = (
  rows: readonly WrittenAbbreviation[],
  write: (to: Bytes) => void,
  more: Parameters<typeof programOf>[2] = [],
) =>
  programOf(
    [codeUnit, codeFunction, ...rows],
    (to) => {
      to.u8(1).u64(base).u64(0x1000);
      to.u8(2).text('main').u64(base).u64(0x1000);
      write(to);
      to.u8(0, 0);
    },
    more,
  );

/** Entries that each say that what follows is inside them and also beside them. */
const overlapping = (
  count: number,
  before: readonly WrittenAbbreviation[],
  open: (to: Bytes) => void,
  entry: WrittenAbbreviation,
  leaf = '',
): Uint8Array => {
  const [kind, , ...attributes] = entry;
  const number = before.length + 1;
  return programOf([...before, [kind, true, [at.sibling, form.ref4], ...attributes]], (to) => {
    open(to);
    to.repeat(count, () => {
      to.u8(number).u32(to.length + 4 + leaf.length);
      to.add(Buffer.from(leaf, 'latin1'));
    });
    to.repeat(count + 2, () => to.u8(0));
  });
};

const expressionOf = (write: (to: Bytes) => void): Uint8Array => {
  const expression = bytes(write);
  return inFunction([[tag.variable, false, [at.name, form.string], [at.location, form.expression]]], (to) => {
    to.repeat(8, (index) => to.u8(3).text(`v${index}`).uleb(expression.length).add(expression));
  });
};

/** Common information and one description of all code, with these instructions. */
const frames = (write: (to: Bytes) => void): Uint8Array => {
  const instructions = bytes(write);
  return inFunction([], () => {}, [
    {
      name: '.debug_frame',
      bytes: bytes((to) => {
        to.u32(12).u32(0xffff_ffff).u8(3).u8(0).uleb(1).u8(0x78).uleb(1).u8(0, 0, 0);
        to.u32(20 + instructions.length)
          .u32(0)
          .u64(base)
          .u64(0x1000)
          .add(instructions);
      }),
    },
  ]);
};

/** A line table of version 2 and its program. */
const lineTable = (to: Bytes, files: (to: Bytes) => void, program: Uint8Array, programGap = 0): void => {
  const start = to.length;
  to.u32(0).u16(2).u32(0);
  const afterHeaderLength = to.length;
  to.u8(1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1);
  files(to);
  to.patch(afterHeaderLength - 4, to.length - afterHeaderLength + programGap);
  to.add(program);
  to.patch(start, to.length - start - 4);
};

const withLines = (units: number, offsetOf: (unit: number) => number, lines: Uint8Array): Uint8Array =>
  elfFile([
    {
      name: '.debug_abbrev',
      bytes: abbreviations([tag.unit, false, [at.lines, form.offset], [at.low, form.addr], [at.high, form.data8]]),
    },
    {
      name: '.debug_info',
      bytes: bytes((to) =>
        to.repeat(units, (index) =>
          unit(to, 0, () =>
            to
              .u8(1)
              .u32(offsetOf(index))
              .u64(base + BigInt(index))
              .u64(1),
          ),
        ),
      ),
    },
    { name: '.debug_line', bytes: lines },
  ]);

const btf = (types: Uint8Array, strings: Uint8Array): Uint8Array =>
  inFunction([], () => {}, [
    {
      name: '.BTF',
      bytes: bytes((to) =>
        to
          .u16(0xeb9f)
          .u8(1, 0)
          .u32(24)
          .u32(0)
          .u32(types.length)
          .u32(types.length)
          .u32(strings.length)
          .add(types)
          .add(strings),
      ),
    },
  ]);
const btfType = (to: Bytes, name: number, kind: number, count: number, type: number): Bytes =>
  to
    .u32(name)
    .u32(((kind << 24) | count) >>> 0)
    .u32(type);

const packed = (sizeBytes: number, content: Uint8Array = new Uint8Array(sizeBytes)): Uint8Array =>
  bytes((to) => to.u32(1).u32(0).u64(sizeBytes).u64(1).add(deflateSync(content)));
const compressed = 0x800;

/** A text of a million letters and no end. */
const letters = Buffer.alloc(1 << 20, 'a');

export const hostileFiles: Readonly<Record<string, () => Uint8Array>> = {
  // Types that lead back to themselves.
  'a typedef of itself': () =>
    programOf([plainUnit, [tag.typedef, false, [at.name, form.string], [at.type, form.ref4]]], (to) => {
      to.u8(1).text('u').u8(2).text('t').u32(14).u8(0);
    }),
  'qualifiers in a circle': () =>
    programOf([plainUnit, [tag.constant, false, [at.type, form.ref4]]], (to) => {
      to.u8(1).text('u').u8(2).u32(19).u8(2).u32(14).u8(0);
    }),
  'an enumeration whose underlying type is itself': () =>
    programOf([plainUnit, [tag.enumeration, false, [at.name, form.string], [at.type, form.ref4]]], (to) => {
      to.u8(1).text('u').u8(2).text('e').u32(14).u8(0);
    }),
  'a pointer to members of itself': () =>
    programOf([plainUnit, [tag.memberPointer, false, [at.type, form.ref4], [at.containing, form.ref4]]], (to) => {
      to.u8(1).text('u').u8(2).u32(14).u32(14).u8(0);
    }),
  'a function type with parameters of its own type': () =>
    programOf(
      [plainUnit, [tag.functionType, true, [at.type, form.ref4]], [tag.parameter, false, [at.type, form.ref4]]],
      (to) => {
        to.u8(1)
          .text('u')
          .u8(2)
          .u32(14)
          .repeat(8, () => to.u8(3).u32(14))
          .u8(0, 0);
      },
    ),
  'a structure with anonymous members of its own type': () =>
    programOf(
      [plainUnit, [tag.structure, true, [at.size, form.data1]], [tag.member, false, [at.type, form.ref4]]],
      (to) => {
        to.u8(1)
          .text('u')
          .u8(2, 8)
          .repeat(4, () => to.u8(3).u32(14))
          .u8(0, 0);
      },
    ),
  'an array of itself': () =>
    programOf(
      [plainUnit, [tag.array, true, [at.type, form.ref4]], [tag.subrange, false, [at.count, form.data8]]],
      (to) => {
        to.u8(1)
          .text('u')
          .u8(2)
          .u32(14)
          .repeat(3, () => to.u8(3).u64(0x7fff_ffff_ffff_ffffn))
          .u8(0, 0);
      },
    ),
  'an array of 2^60 elements, and a structure of 2^52 bytes': () =>
    programOf(
      [
        plainUnit,
        [tag.array, true, [at.type, form.ref4]],
        [tag.subrange, false, [at.upper, form.data8]],
        [tag.structure, false, [at.name, form.string], [at.size, form.data8], [at.alignment, form.data8]],
        [tag.variable, false, [at.name, form.string], [at.type, form.ref4], [at.location, form.expression]],
      ],
      (to) => {
        to.u8(1)
          .text('u')
          .u8(4)
          .text('s')
          .u64(1n << 52n)
          .u64(1n << 62n);
        const array = to.length;
        to.u8(2)
          .u32(14)
          .u8(3)
          .u64(1n << 60n)
          .u8(0);
        for (const type of [14, array]) to.u8(5).text('v').u32(type).uleb(9).u8(3).u64(base);
        to.u8(0);
      },
    ),
  'abstract origins in a circle': () =>
    inFunction(
      [
        [tag.variable, false, [at.origin, form.ref4]],
        [tag.block, true, [at.origin, form.ref4], [at.low, form.addr], [at.high, form.data8]],
      ],
      (to) => {
        const own = to.length;
        to.repeat(100, () => to.u8(3).u32(own))
          .repeat(100, () => to.u8(4).u32(own).u64(base).u64(0x1000))
          .repeat(100, () => to.u8(0));
      },
    ),
  'units that import each other': () =>
    programOf([plainUnit, [tag.imported, false, [at.import, form.ref4]]], (to) => {
      to.u8(1).text('u').u8(2).u32(11).u8(2).u32(14).u8(0);
    }),
  // Entries that are inside and beside each other.
  'namespaces that are inside and beside each other': () =>
    overlapping(4000, [plainUnit], (to) => to.u8(1).text('u'), [tag.namespace, true]),
  'blocks that are inside and beside each other': () =>
    overlapping(
      4000,
      [codeUnit, codeFunction],
      (to) => to.u8(1).u64(base).u64(0x1000).u8(2).text('f').u64(base).u64(0x1000),
      [tag.block, true],
    ),
  'variants that are inside and beside each other': () =>
    overlapping(
      20_000,
      [plainUnit, [tag.structure, true, [at.name, form.string]], [tag.variantPart, true]],
      (to) => to.u8(1).text('u').u8(2).text('s').u8(3),
      [tag.variant, true],
    ),
  'an entry in 100,000 others': () =>
    programOf([plainUnit, [tag.namespace, true]], (to) => {
      to.u8(1)
        .text('u')
        .repeat(100_000, () => to.u8(2));
    }),
  'blocks in 100,000 others': () =>
    inFunction([[tag.block, true, [at.low, form.addr], [at.high, form.data8]]], (to) =>
      to.repeat(20_000, () => to.u8(3).u64(base).u64(0x1000)).repeat(20_000, () => to.u8(0)),
    ),
  // Tables that many share.
  'a table of abbreviations that 20,000 units begin at another place of': () =>
    elfFile([
      { name: '.debug_abbrev', bytes: bytes((to) => to.repeat(100_000, () => to.u8(1, 0x11, 0, 0, 0)).u8(0)) },
      { name: '.debug_info', bytes: bytes((to) => to.repeat(20_000, (index) => unit(to, 5 * index, () => to.u8(1)))) },
    ]),
  'two tables of abbreviations that 20,000 units use in turn': () => {
    const table = bytes((to) => to.repeat(10_000, (index) => to.uleb(index + 1).u8(0x11, 0, 0, 0)).u8(0));
    return elfFile([
      { name: '.debug_abbrev', bytes: Buffer.concat([table, table]) },
      {
        name: '.debug_info',
        bytes: bytes((to) => to.repeat(20_000, (index) => unit(to, (index % 2) * table.length, () => to.u8(1)))),
      },
    ]);
  },
  'a million abbreviations': () =>
    elfFile([
      {
        name: '.debug_abbrev',
        bytes: bytes((to) => to.repeat(999_999, (index) => to.uleb(index + 1).u8(0x11, 0, 0, 0)).u8(0)),
      },
      { name: '.debug_info', bytes: bytes((to) => unit(to, 0, () => to.u8(1))) },
    ]),
  'a list of ranges that 20,000 units have': () =>
    elfFile([
      { name: '.debug_abbrev', bytes: abbreviations([tag.unit, false, [at.ranges, form.offset]]) },
      { name: '.debug_info', bytes: bytes((to) => to.repeat(20_000, () => unit(to, 0, () => to.u8(1).u32(0)))) },
      {
        name: '.debug_ranges',
        bytes: bytes((to) =>
          to
            .repeat(20_000, (index) => to.u64(16 * index + 16).u64(16 * index + 24))
            .u64(0)
            .u64(0),
        ),
      },
    ]),
  'a list of empty ranges that 20,000 blocks have': () =>
    inFunction([[tag.block, false, [at.ranges, form.offset]]], (to) => to.repeat(20_000, () => to.u8(3).u32(0)), [
      {
        name: '.debug_ranges',
        bytes: bytes((to) =>
          to
            .repeat(20_000, () => to.u64(16).u64(16))
            .u64(0)
            .u64(0),
        ),
      },
    ]),
  'a list of locations that 20,000 variables have': () =>
    inFunction(
      [[tag.variable, false, [at.name, form.string], [at.location, form.offset]]],
      (to) => to.repeat(20_000, () => to.u8(3).text('v').u32(0)),
      [
        {
          name: '.debug_loc',
          bytes: bytes((to) =>
            to
              .repeat(20_000, (index) =>
                to
                  .u64(16 * index + 16)
                  .u64(16 * index + 17)
                  .u16(0),
              )
              .u64(0)
              .u64(0),
          ),
        },
      ],
    ),
  'a list of a million ranges': () =>
    inFunction([[tag.block, false, [at.ranges, form.offset]]], (to) => to.u8(3).u32(0), [
      {
        name: '.debug_ranges',
        bytes: bytes((to) =>
          to
            .repeat(1_000_000, (index) => to.u64(16 * index + 16).u64(16 * index + 24))
            .u64(0)
            .u64(0),
        ),
      },
    ]),
  'a line table that 20,000 units have': () =>
    withLines(
      20_000,
      () => 0,
      bytes((to) =>
        lineTable(
          to,
          (own) =>
            own
              .u8(0)
              .repeat(2000, (index) => own.text(`f${index}`).u8(0, 0, 0))
              .u8(0),
          bytes((p) => p.repeat(100_000, () => p.u8(0x20)).u8(0, 1, 1)),
        ),
      ),
    ),
  'line programs that run into each other': () => {
    const headers: number[] = [];
    const program = bytes((p) => p.repeat(200_000, () => p.u8(0x20)).u8(0, 1, 1));
    const lines = bytes((to) => {
      // Every table's program begins at its own header, and each extends to the end of the section.
      to.repeat(1000, () => {
        headers.push(to.length);
        lineTable(to, (own) => own.u8(0).text('f').u8(0, 0, 0, 0), new Uint8Array(0));
      });
      to.add(program);
      for (const start of headers) to.patch(start, to.length - start - 4);
    });
    return withLines(1000, (index) => headers[index]!, lines);
  },
  'a line program that only advances': () =>
    withLines(
      1,
      () => 0,
      bytes((to) =>
        lineTable(
          to,
          (own) => own.u8(0).text('f').u8(0, 0, 0, 0),
          bytes((p) => p.repeat(300_000, () => p.u8(2).u8(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f))),
        ),
      ),
    ),
  'a line program of two million rows': () =>
    withLines(
      1,
      () => 0,
      bytes((to) =>
        lineTable(
          to,
          (own) => own.u8(0).text('f').u8(0, 0, 0, 0),
          bytes((p) =>
            p
              .u8(0, 9, 2)
              .u64(base)
              .repeat(2_000_000, () => p.u8(0x20))
              .u8(0, 1, 1),
          ),
        ),
      ),
    ),
  'a line program of 200,000 sequences': () =>
    withLines(
      1,
      () => 0,
      bytes((to) =>
        lineTable(
          to,
          (own) => own.u8(0).text('f').u8(0, 0, 0, 0),
          bytes((p) => p.repeat(200_000, () => p.u8(2, 1, 1, 2, 1, 0, 1, 1))),
        ),
      ),
    ),
  // Texts.
  'names without end': () =>
    programOf(
      [plainUnit, [tag.structure, false, [at.name, form.strp]]],
      (to) =>
        to
          .u8(1)
          .text('u')
          .repeat(50_000, (index) => to.u8(2).u32(index)),
      [{ name: '.debug_str', bytes: letters }],
    ),
  'names as long as they may be': () =>
    programOf(
      [plainUnit, [tag.structure, false, [at.name, form.strp]]],
      (to) =>
        to
          .u8(1)
          .text('u')
          .repeat(50_000, (index) => to.u8(2).u32(index)),
      [{ name: '.debug_str', bytes: bytes((to) => to.repeat(20, () => to.text('a'.repeat(60_000)))) }],
    ),
  'members whose names are long': () =>
    programOf(
      [plainUnit, [tag.structure, true, [at.name, form.string]], [tag.member, false, [at.name, form.strp]]],
      (to) =>
        to
          .u8(1)
          .text('u')
          .u8(2)
          .text('s')
          .repeat(50_000, (index) => to.u8(3).u32(index)),
      [{ name: '.debug_str', bytes: bytes((to) => to.repeat(20, () => to.text('a'.repeat(60_000)))) }],
    ),
  'files in a directory with a long name': () =>
    withLines(
      1,
      () => 0,
      bytes((to) =>
        lineTable(
          to,
          (own) =>
            own
              .text('d'.repeat(60_000))
              .u8(0)
              .repeat(50_000, (index) => own.text(`f${index}`).u8(1, 0, 0))
              .u8(0),
          new Uint8Array(0),
        ),
      ),
    ),
  'symbols whose names have no end': () =>
    elfFile([
      { name: '.text', bytes: new Uint8Array(16), address: base },
      { name: '.strtab', bytes: letters, type: 3 },
      {
        name: '.symtab',
        bytes: bytes((to) =>
          to.repeat(100_000, (index) =>
            to
              .u32(index)
              .u8(0x12, 0)
              .u16(1)
              .u64(base + BigInt(index))
              .u64(1),
          ),
        ),
        type: 2,
        link: 2,
        entryBytes: 24,
      },
    ]),
  // Sections.
  'a section that unpacks to a gigabyte': () =>
    elfFile([
      { name: '.debug_abbrev', bytes: packed(1 << 30), flags: compressed },
      { name: '.debug_info', bytes: bytes((to) => unit(to, 0, () => to.u8(1))) },
    ]),
  'twelve sections that unpack to 64 megabytes each': () =>
    elfFile(
      [
        'info',
        'abbrev',
        'str',
        'line',
        'line_str',
        'ranges',
        'loc',
        'types',
        'aranges',
        'frame',
        'str_offsets',
        'addr',
      ].map((name) => ({ name: `.debug_${name}`, bytes: packed(1 << 26), flags: compressed })),
    ),
  'a compressed section that says 2^53 bytes': () =>
    elfFile([
      {
        name: '.debug_info',
        bytes: bytes((to) =>
          to
            .u32(1)
            .u32(0)
            .u64(2n ** 53n)
            .u64(1)
            .add(deflateSync(letters)),
        ),
        flags: compressed,
      },
    ]),
  'a thousand sections of one name with the same bytes': () =>
    elfFile([
      { name: '.debug_info', bytes: new Uint8Array(1 << 20) },
      ...Array.from({ length: 1000 }, () => ({ name: '.debug_info', bytes: letters, bytesOf: 1 })),
    ]),
  'a thousand tables of relocations for one section': () =>
    elfFile(
      [
        { name: '.symtab', bytes: new Uint8Array(48), type: 2, entryBytes: 24 },
        { name: '.debug_info', bytes: new Uint8Array(64) },
        ...Array.from({ length: 1000 }, (_, index) => ({
          name: '.rela.debug_info',
          type: 4,
          link: 1,
          info: 2,
          entryBytes: 24,
          bytes: index === 0 ? bytes((to) => to.repeat(20_000, () => to.u64(0).u64(2).u64(0))) : new Uint8Array(0),
          ...(index > 0 && { bytesOf: 3 }),
        })),
      ],
      'object',
    ),
  'a package index of 2^32 units and no columns': () =>
    elfFile([
      { name: '.debug_cu_index', bytes: bytes((to) => to.u32(2).u32(0).u32(0xffff_ffff).u32(0)) },
      { name: '.debug_info.dwo', bytes: bytes((to) => unit(to, 0, () => to.u8(1))) },
      { name: '.debug_abbrev.dwo', bytes: abbreviations([tag.unit, false]) },
    ]),
  // Frames and expressions.
  'call frame information that remembers rows for ever': () => frames((to) => to.repeat(200_000, () => to.u8(0x0a))),
  'call frame information that remembers and restores many rules': () =>
    frames((to) => {
      to.u8(0x0c, 2, 0)
        .repeat(250, (register) => to.u8(8).uleb(register))
        .repeat(300_000, () => to.u8(0x0a, 8, 1, 0x0b));
    }),
  'call frame information that only advances': () =>
    frames((to) => to.u8(0x0c, 2, 0).repeat(1_000_000, () => to.u8(0x40))),
  'a rule with an endless loop for every register': () =>
    frames((to) => to.u8(0x0c, 2, 0).repeat(250, (register) => to.u8(0x16).uleb(register).u8(3, 0x2f, 0xfd, 0xff))),
  'an expression that jumps back': () => expressionOf((to) => to.u8(0x2f, 0xfd, 0xff)),
  'an expression that branches back and pushes': () => expressionOf((to) => to.u8(0x31, 0x31, 0x28, 0xfb, 0xff)),
  'an expression that calls itself': () =>
    inFunction([[tag.variable, false, [at.name, form.string], [at.location, form.expression]]], (to) => {
      const own = to.length;
      to.u8(3).text('v').uleb(10).u8(0x99).u32(own).u8(0x99).u32(own);
    }),
  'a frame base that asks for the frame base': () =>
    programOf(
      [
        codeUnit,
        [...codeFunction, [at.frameBase, form.expression]],
        [tag.variable, false, [at.name, form.string], [at.location, form.expression]],
      ],
      (to) => {
        to.u8(1)
          .u64(base)
          .u64(0x1000)
          .u8(2)
          .text('f')
          .u64(base)
          .u64(0x1000)
          .uleb(2)
          .u8(0x91, 0)
          .u8(3)
          .text('v')
          .uleb(2)
          .u8(0x91, 0)
          .u8(0, 0);
      },
    ),
  'pieces without number and of 2^53 bits': () =>
    expressionOf((to) => to.repeat(1000, () => to.u8(0x50, 0x93).uleb(1n << 49n))),
  'numbers that multiply themselves': () =>
    expressionOf((to) => to.u8(0x08, 0xff).repeat(4000, () => to.u8(0x12, 0x1e))),
  'values at entry that ask their caller twice': () =>
    programOf(
      [
        codeUnit,
        codeFunction,
        [tag.callSite, true, [at.callReturn, form.addr]],
        [tag.callParameter, false, [at.location, form.expression], [at.callValue, form.expression]],
        [tag.variable, false, [at.name, form.string], [at.location, form.expression]],
      ],
      (to) => {
        to.u8(1).u64(base).u64(0x1000).u8(2).text('f').u64(base).u64(0x1000);
        to.repeat(128, (index) =>
          to
            .u8(3)
            .u64(base + BigInt(2 * index))
            .u8(4)
            .uleb(1)
            .u8(0x5a)
            .uleb(7)
            .u8(0xa3, 1, 0x5a, 0xa3, 1, 0x5a, 0x22)
            .u8(0),
        );
        to.u8(5).text('v').uleb(4).u8(0xa3, 1, 0x5a, 0x9f).u8(0, 0);
      },
      [
        {
          name: '.debug_frame',
          bytes: bytes((to) => {
            to.u32(20)
              .u32(0xffff_ffff)
              .u8(3)
              .u8(0)
              .uleb(1)
              .u8(0x78)
              .uleb(1)
              .u8(0x0c, 2, 16, 0x81, 1)
              .add(new Uint8Array(6));
            to.u32(20).u32(0).u64(base).u64(0x1000);
          }),
        },
      ],
    ),
  // BTF.
  'a chain of 100,000 BTF functions': () =>
    btf(
      bytes((to) => to.repeat(100_000, (index) => btfType(to, 0, 12, 0, index + 2))),
      new Uint8Array(1),
    ),
  'a BTF structure whose members have names without end': () =>
    btf(
      bytes((to) => {
        btfType(to, 0, 4, 60_000, 8);
        to.repeat(60_000, (index) => to.u32(index).u32(1).u32(0));
      }),
      letters,
    ),
  'a BTF structure of anonymous members of itself': () =>
    btf(
      bytes((to) => {
        btfType(to, 1, 4, 4, 8);
        to.repeat(4, () => to.u32(0).u32(2).u32(0));
        btfType(to, 0, 4, 4, 8);
        to.repeat(4, () => to.u32(0).u32(2).u32(0));
      }),
      Buffer.from('\0a\0'),
    ),
  'BTF functions with parameters of their own type': () =>
    btf(
      bytes((to) => {
        btfType(to, 1, 8, 0, 2);
        btfType(to, 0, 13, 8, 2);
        to.repeat(8, () => to.u32(0).u32(2));
      }),
      Buffer.from('\0a\0'),
    ),
  'a BTF array of itself': () =>
    btf(
      bytes((to) => {
        btfType(to, 1, 8, 0, 2);
        btfType(to, 0, 3, 0, 0).u32(2).u32(2).u32(0xffff_ffff);
      }),
      Buffer.from('\0a\0'),
    ),
  // Names of other files.
  'split units and debug links that name files outside': () =>
    elfFile([
      {
        name: '.debug_abbrev',
        bytes: abbreviations([
          tag.unit,
          false,
          [0x2130, form.string],
          [0x2131, form.data8],
          [0x1b, form.string],
          [at.low, form.addr],
          [at.high, form.data8],
        ]),
      },
      {
        name: '.debug_info',
        bytes: bytes((to) => {
          const names = ['/etc/passwd', '../../../../etc/passwd', '//host/share/file', 'a/../../b', '..\\c', ''];
          for (const [index, name] of names.entries()) {
            unit(to, 0, () => {
              to.u8(1)
                .text(name)
                .u64(index)
                .text('/etc')
                .u64(base + BigInt(16 * index))
                .u64(16);
            });
          }
        }),
      },
      { name: '.gnu_debuglink', bytes: bytes((to) => to.text('../../../../../etc/passwd').add(new Uint8Array(6))) },
      { name: '.gnu_debugaltlink', bytes: bytes((to) => to.text('/etc/passwd').add(new Uint8Array(20))) },
    ]),
};
