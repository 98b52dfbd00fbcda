/** Files whose sections are larger than they look, overlap, or name other files. */
import { deflateSync } from 'node:zlib';
import { attribute, form, tag } from '../../adapter/program/dwarf/constants.ts';
import { abbreviations, base, bytes, elfFile, letters, unit } from './damage-writer.ts';

const packed = (sizeBytes: number, content: Uint8Array = new Uint8Array(sizeBytes)): Uint8Array =>
  bytes((to) => to.u32(1).u32(0).u64(sizeBytes).u64(1).add(deflateSync(content)));

const compressed = 0x800;

/** Blocks that repeat a byte, each with the same header. */
const zstdSection = (sizeBytes: number, blocks: number, header: number): Uint8Array =>
  bytes((to) => {
    to.u32(2).u32(0).u64(sizeBytes).u64(1).u8(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0xff);
    to.repeat(blocks, () => to.u8(header & 0xff, (header >> 8) & 0xff, header >> 16, 0));
  });

export const hostileSections: Readonly<Record<string, () => Uint8Array>> = {
  // Sections.
  'a section that unpacks to 256 megabytes': () =>
    elfFile([
      { name: '.debug_abbrev', bytes: packed(1 << 28), flags: compressed },
      { name: '.debug_info', bytes: bytes((to) => unit(to, 0, () => to.u8(1))) },
    ]),
  'twelve sections that unpack to 24 megabytes each': () => {
    const zeros = packed(24 * 2 ** 20);
    return elfFile(
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
      ].map((name) => ({ name: `.debug_${name}`, bytes: zeros, flags: compressed })),
    );
  },
  'a section that zstd unpacks to 256 megabytes': () =>
    elfFile([{ name: '.debug_info', bytes: zstdSection(1 << 28, 2048, (0x2_0000 << 3) | 2), flags: compressed }]),
  'a section of half a million blocks of zstd': () =>
    elfFile([{ name: '.debug_info', bytes: zstdSection(500_000, 500_000, (1 << 3) | 2), flags: compressed }]),
  'a section of blocks of zstd with codes for each': () => {
    // Literals with direct weights of 128 symbols, all of one length but the last, and tables of 2^9 states.
    const block = [0x3e, 0x20, 0x01, 255, ...Array(64).fill(0x11), 1, 0, 0];
    const body = bytes((to) => {
      to.u32(2).u32(0).u64(1_000_000).u64(1).u8(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0xff);
      to.repeat(20_000, () => to.u8(((block.length << 3) | 4) & 0xff, (block.length << 3) >> 8, 0, ...block));
    });
    return elfFile([{ name: '.debug_info', bytes: body, flags: compressed }]);
  },
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
      { name: '.debug_abbrev.dwo', bytes: abbreviations([tag.compileUnit, false]) },
    ]),
  // Names of other files.
  'split units and debug links that name files outside': () =>
    elfFile([
      {
        name: '.debug_abbrev',
        bytes: abbreviations([
          tag.compileUnit,
          false,
          [0x2130, form.string],
          [0x2131, form.data8],
          [0x1b, form.string],
          [attribute.lowPc, form.addr],
          [attribute.highPc, form.data8],
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
