/** Writes tables of names and addresses byte by byte, from their specifications. It checks nothing. */
import { type Bytes, bytes, type WrittenSection } from './damage-writer.ts';

/** A name and the numbers of its units. */
export type WrittenName = readonly [name: string, ...units: number[]];

/** The hash of DWARF 5, 6.1.1.4.5, of a name of ASCII letters. */
const hashOf = (name: string): number =>
  [...Buffer.from(name.toLowerCase())].reduce((hash, byte) => (Math.imul(hash, 33) + byte) >>> 0, 5381);

const textsOf = (names: readonly WrittenName[]): { readonly at: readonly number[]; readonly texts: Uint8Array } => {
  let length = 0;
  const at = names.map(([name]) => {
    length += name.length + 1;
    return length - name.length - 1;
  });
  return { at, texts: bytes((to) => to.repeat(names.length, (index) => to.text(names[index]![0]))) };
};

/** `.debug_names` (DWARF 5, 6.1.1.4) with its `.debug_str`: one bucket, entries that have the number of a unit. */
export const debugNames = (unitOffsets: readonly number[], unsorted: readonly WrittenName[]): WrittenSection[] => {
  const names = [...unsorted].sort(([a], [b]) => hashOf(a) - hashOf(b));
  const { at, texts } = textsOf(names);
  const entryAt: number[] = [];
  const entries = bytes((to) => {
    for (const [, ...units] of names) {
      entryAt.push(to.length);
      for (const unit of units) to.uleb(1, unit);
      to.uleb(0);
    }
  });
  const body = bytes((to) => {
    to.u16(5).u16(0).u32(unitOffsets.length).u32(0).u32(0).u32(1).u32(names.length).u32(7).u32(4);
    to.add(Buffer.from('TEST'));
    for (const offset of unitOffsets) to.u32(offset);
    to.u32(1);
    for (const [name] of names) to.u32(hashOf(name));
    for (const offset of [...at, ...entryAt]) to.u32(offset);
    // Code 1: DW_TAG_variable, DW_IDX_compile_unit as DW_FORM_udata.
    to.uleb(1, 0x34, 1, 0x0f, 0, 0, 0).add(entries);
  });
  return [
    { name: '.debug_names', bytes: bytes((to) => to.u32(body.length).add(body)) },
    { name: '.debug_str', bytes: texts },
  ];
};

export interface WrittenIndex {
  readonly version?: number;
  /** Offset and size of each unit. */
  readonly units: readonly (readonly [number, number])[];
  readonly names?: readonly WrittenName[];
  /** From, to, number of the unit. */
  readonly addresses?: readonly (readonly [bigint, bigint, number])[];
}

/** `.gdb_index`. The hash table has a slot for each name, in their order: readers that pass over it find them all. */
export const gdbIndex = ({ version = 8, units, names = [], addresses = [] }: WrittenIndex): WrittenSection => {
  const { at, texts } = textsOf(names);
  const vectors = names.map(([, ...own]) => bytes((to) => vector(to, own)));
  const headerBytes = version >= 9 ? 28 : 24;
  const addressesAt = headerBytes + 16 * units.length;
  const symbolsAt = addressesAt + 20 * addresses.length;
  const poolAt = symbolsAt + 8 * names.length;
  return {
    name: '.gdb_index',
    bytes: bytes((to) => {
      to.u32(version).u32(headerBytes).u32(addressesAt).u32(addressesAt).u32(symbolsAt);
      if (version >= 9) to.u32(poolAt);
      to.u32(poolAt);
      for (const [offset, sizeBytes] of units) to.u64(offset).u64(sizeBytes);
      for (const [low, high, unit] of addresses) to.u64(low).u64(high).u32(unit);
      let vectorAt = texts.length;
      for (const [index, one] of vectors.entries()) {
        to.u32(at[index]!).u32(vectorAt);
        vectorAt += one.length;
      }
      to.add(texts);
      for (const one of vectors) to.add(one);
    }),
  };
};

const vector = (to: Bytes, units: readonly number[]): void => {
  to.u32(units.length);
  for (const unit of units) to.u32(unit | (2 << 28));
};

/** `.debug_aranges` (DWARF 5, 6.1.2): one range of each unit. */
export const addressRanges = (ranges: readonly (readonly [unitAt: number, low: bigint, sizeBytes: bigint])[]) => ({
  name: '.debug_aranges',
  bytes: bytes((to) => {
    for (const [unitAt, low, sizeBytes] of ranges) {
      to.u32(44).u16(2).u32(unitAt).u8(8, 0).u32(0).u64(low).u64(sizeBytes).u64(0).u64(0);
    }
  }),
});
