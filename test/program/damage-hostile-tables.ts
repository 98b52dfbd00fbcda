/** Files in which many point to the same long table or text: what a reader reads grows with the square of the size. */
import { attribute, form, tag } from '../../adapter/program/dwarf/constants.ts';
import {
  abbreviations,
  type Bytes,
  base,
  bytes,
  elfFile,
  inFunction,
  letters,
  plainUnit,
  programOf,
  unit,
} from './damage-writer.ts';
import { debugNames } from './names-writer.ts';

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
      bytes: abbreviations([
        tag.compileUnit,
        false,
        [attribute.statementList, form.secOffset],
        [attribute.lowPc, form.addr],
        [attribute.highPc, form.data8],
      ]),
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

const plainFile = [
  { name: '.debug_abbrev', bytes: abbreviations([tag.compileUnit, false]) },
  { name: '.debug_info', bytes: bytes((to) => unit(to, 0, () => to.u8(1))) },
];

/** A list of pairs of addresses, as before DWARF 5. */
const pairs = (count: number, write: (to: Bytes, index: number) => void): Uint8Array =>
  bytes((to) =>
    to
      .repeat(count, (index) => write(to, index))
      .u64(0)
      .u64(0),
  );

export const hostileTables: Readonly<Record<string, () => Uint8Array>> = {
  // Tables that many share.
  'a table of abbreviations that 5,000 units begin at another place of': () =>
    elfFile([
      { name: '.debug_abbrev', bytes: bytes((to) => to.repeat(100_000, () => to.u8(1, 0x11, 0, 0, 0)).u8(0)) },
      { name: '.debug_info', bytes: bytes((to) => to.repeat(5_000, (index) => unit(to, 5 * index, () => to.u8(1)))) },
    ]),
  'two tables of abbreviations that 5,000 units use in turn': () => {
    const table = bytes((to) => to.repeat(10_000, (index) => to.uleb(index + 1).u8(0x11, 0, 0, 0)).u8(0));
    return elfFile([
      { name: '.debug_abbrev', bytes: Buffer.concat([table, table]) },
      {
        name: '.debug_info',
        bytes: bytes((to) => to.repeat(5_000, (index) => unit(to, (index % 2) * table.length, () => to.u8(1)))),
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
  'a list of ranges that 5,000 units have': () =>
    elfFile([
      { name: '.debug_abbrev', bytes: abbreviations([tag.compileUnit, false, [attribute.ranges, form.secOffset]]) },
      { name: '.debug_info', bytes: bytes((to) => to.repeat(5_000, () => unit(to, 0, () => to.u8(1).u32(0)))) },
      {
        name: '.debug_ranges',
        bytes: pairs(5_000, (to, index) => to.u64(16 * index + 16).u64(16 * index + 24)),
      },
    ]),
  'a list of empty ranges that 5,000 blocks have': () =>
    inFunction(
      [[tag.lexicalBlock, false, [attribute.ranges, form.secOffset]]],
      (to) => to.repeat(5_000, () => to.u8(3).u32(0)),
      [
        {
          name: '.debug_ranges',
          bytes: pairs(5_000, (to) => to.u64(16).u64(16)),
        },
      ],
    ),
  'a list of locations that 5,000 variables have': () =>
    inFunction(
      [[tag.variable, false, [attribute.name, form.string], [attribute.location, form.secOffset]]],
      (to) => to.repeat(5_000, () => to.u8(3).text('v').u32(0)),
      [
        {
          name: '.debug_loc',
          bytes: bytes((to) =>
            to
              .repeat(5_000, (index) =>
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
    inFunction([[tag.lexicalBlock, false, [attribute.ranges, form.secOffset]]], (to) => to.u8(3).u32(0), [
      {
        name: '.debug_ranges',
        bytes: pairs(1_000_000, (to, index) => to.u64(16 * index + 16).u64(16 * index + 24)),
      },
    ]),
  'a line table that 5,000 units have': () =>
    withLines(
      5_000,
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
      [plainUnit, [tag.structureType, false, [attribute.name, form.strp]]],
      (to) =>
        to
          .u8(1)
          .text('u')
          .repeat(50_000, (index) => to.u8(2).u32(index)),
      [{ name: '.debug_str', bytes: letters }],
    ),
  'names as long as they may be': () =>
    programOf(
      [plainUnit, [tag.structureType, false, [attribute.name, form.strp]]],
      (to) =>
        to
          .u8(1)
          .text('u')
          .repeat(50_000, (index) => to.u8(2).u32(index)),
      [{ name: '.debug_str', bytes: bytes((to) => to.repeat(20, () => to.text('a'.repeat(60_000)))) }],
    ),
  'members whose names are long': () =>
    programOf(
      [
        plainUnit,
        [tag.structureType, true, [attribute.name, form.string]],
        [tag.member, false, [attribute.name, form.strp]],
      ],
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
  'an index whose names have no end': () =>
    elfFile([
      ...plainFile,
      {
        name: '.gdb_index',
        bytes: bytes((to) => {
          to.u32(8).u32(24).u32(24).u32(24).u32(24).u32(800_024);
          to.repeat(100_000, (index) => to.u32(index).u32(0))
            .add(letters)
            .u8(0);
        }),
      },
    ]),
  'an index whose vectors overlap': () =>
    elfFile([
      ...plainFile,
      {
        name: '.gdb_index',
        bytes: bytes((to) => {
          to.u32(8).u32(24).u32(40).u32(40).u32(40).u32(800_040).u64(0).u64(12);
          to.repeat(100_000, (index) => to.u32(0).u32(5 + 4 * index));
          to.text('main').repeat(100_000, () => to.u32(0x0000_8000));
        }),
      },
    ]),
  'a table of names with a bucket of a million': () =>
    elfFile([
      ...plainFile,
      ...debugNames(
        [0],
        Array.from({ length: 100_000 }, () => ['main', 0]),
      ),
    ]),
  'a million ranges of one unit': () =>
    elfFile([
      ...plainFile,
      {
        name: '.debug_aranges',
        bytes: bytes((to) => {
          to.u32(12 + 16 * 1_000_000)
            .u16(2)
            .u32(0)
            .u8(8, 0)
            .u32(0);
          to.repeat(1_000_000, (index) => to.u64(base + BigInt(index)).u64(1));
        }),
      },
    ]),
};
