/** Files whose types and entries lead back to themselves: what a reader walks doubles with every level, or never ends. */
import { attribute, form, tag } from '../../adapter/program/dwarf/constants.ts';
import {
  type Bytes,
  base,
  bytes,
  codeFunction,
  codeUnit,
  inFunction,
  letters,
  plainUnit,
  programOf,
  type WrittenAbbreviation,
} from './damage-writer.ts';

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
  return programOf([...before, [kind, true, [attribute.sibling, form.ref4], ...attributes]], (to) => {
    open(to);
    to.repeat(count, () => {
      to.u8(number).u32(to.length + 4 + leaf.length);
      to.add(Buffer.from(leaf, 'latin1'));
    });
    to.repeat(count + 2, () => to.u8(0));
  });
};

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

export const hostileTypes: Readonly<Record<string, () => Uint8Array>> = {
  // Types that lead back to themselves.
  'a typedef of itself': () =>
    programOf([plainUnit, [tag.typedef, false, [attribute.name, form.string], [attribute.type, form.ref4]]], (to) => {
      to.u8(1).text('u').u8(2).text('t').u32(14).u8(0);
    }),
  'qualifiers in a circle': () =>
    programOf([plainUnit, [tag.constType, false, [attribute.type, form.ref4]]], (to) => {
      to.u8(1).text('u').u8(2).u32(19).u8(2).u32(14).u8(0);
    }),
  'an enumeration whose underlying type is itself': () =>
    programOf(
      [plainUnit, [tag.enumerationType, false, [attribute.name, form.string], [attribute.type, form.ref4]]],
      (to) => {
        to.u8(1).text('u').u8(2).text('e').u32(14).u8(0);
      },
    ),
  'a pointer to members of itself': () =>
    programOf(
      [plainUnit, [tag.ptrToMemberType, false, [attribute.type, form.ref4], [attribute.containingType, form.ref4]]],
      (to) => {
        to.u8(1).text('u').u8(2).u32(14).u32(14).u8(0);
      },
    ),
  'a function type with parameters of its own type': () =>
    programOf(
      [
        plainUnit,
        [tag.subroutineType, true, [attribute.type, form.ref4]],
        [tag.formalParameter, false, [attribute.type, form.ref4]],
      ],
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
      [
        plainUnit,
        [tag.structureType, true, [attribute.byteSize, form.data1]],
        [tag.member, false, [attribute.type, form.ref4]],
      ],
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
      [
        plainUnit,
        [tag.arrayType, true, [attribute.type, form.ref4]],
        [tag.subrangeType, false, [attribute.count, form.data8]],
      ],
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
        [tag.arrayType, true, [attribute.type, form.ref4]],
        [tag.subrangeType, false, [attribute.upperBound, form.data8]],
        [
          tag.structureType,
          false,
          [attribute.name, form.string],
          [attribute.byteSize, form.data8],
          [attribute.alignment, form.data8],
        ],
        [
          tag.variable,
          false,
          [attribute.name, form.string],
          [attribute.type, form.ref4],
          [attribute.location, form.exprloc],
        ],
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
        [tag.variable, false, [attribute.abstractOrigin, form.ref4]],
        [
          tag.lexicalBlock,
          true,
          [attribute.abstractOrigin, form.ref4],
          [attribute.lowPc, form.addr],
          [attribute.highPc, form.data8],
        ],
      ],
      (to) => {
        const own = to.length;
        to.repeat(100, () => to.u8(3).u32(own))
          .repeat(100, () => to.u8(4).u32(own).u64(base).u64(0x1000))
          .repeat(100, () => to.u8(0));
      },
    ),
  'units that import each other': () =>
    programOf([plainUnit, [tag.importedUnit, false, [attribute.import, form.ref4]]], (to) => {
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
      [tag.lexicalBlock, true],
    ),
  'variants that are inside and beside each other': () =>
    overlapping(
      20_000,
      [plainUnit, [tag.structureType, true, [attribute.name, form.string]], [tag.variantPart, true]],
      (to) => to.u8(1).text('u').u8(2).text('s').u8(3),
      [tag.variant, true],
    ),
  'an entry in 100,000 others': () =>
    programOf([plainUnit, [tag.namespace, true]], (to) => {
      to.u8(1)
        .text('u')
        .repeat(100_000, () => to.u8(2));
    }),
  'blocks in 20,000 others': () =>
    inFunction([[tag.lexicalBlock, true, [attribute.lowPc, form.addr], [attribute.highPc, form.data8]]], (to) =>
      to.repeat(20_000, () => to.u8(3).u64(base).u64(0x1000)).repeat(20_000, () => to.u8(0)),
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
};
