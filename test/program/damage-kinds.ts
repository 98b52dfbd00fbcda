/** Ways in which a program file comes to be damaged, each the same for the same seed. It knows where sections are, not what they say. */
import { readElf, type Section } from '../../adapter/program/elf.ts';

export type Random = (below: number) => number;

/** The same numbers for the same seed. */
export const randomNumbers = (seed: number): Random => {
  let state = Math.imul(seed + 1, 0x9e37_79b1) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
};

/** A file as it is, and where in it damage is put: sections that are read, and the table of their headers. */
export interface Original {
  readonly bytes: Uint8Array;
  readonly places: readonly { readonly name: string; readonly at: number; readonly sizeBytes: number }[];
  readonly headersAt: number;
  readonly sectionCount: number;
}

const readSections = /^\.(z?debug|eh_frame|note|BTF|symtab|strtab|shstrtab|gnu_debuglink|rela\.debug)/;
const headerBytes = 64;

export const originalOf = (bytes: Uint8Array): Original => {
  const { sections } = readElf(bytes, 'original', 'symbols');
  const placeOf = ({ name, bytes: own }: Section) => ({
    name,
    at: own.byteOffset - bytes.byteOffset,
    sizeBytes: own.length,
  });
  return {
    bytes,
    places: sections.filter(({ name, bytes: own }) => own.length > 0 && readSections.test(name)).map(placeOf),
    headersAt: Number(viewOf(bytes).getBigUint64(0x28, true)),
    sectionCount: sections.length,
  };
};

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

type Damage = (copy: Uint8Array, original: Original, random: Random) => Uint8Array;

const somewhere = ({ places }: Original, random: Random): number => {
  const { at, sizeBytes } = places[random(places.length)]!;
  // Headers are at the start of a section: half of the damage goes there.
  return at + random(random(2) === 0 ? Math.min(64, sizeBytes) : sizeBytes);
};

const put = (copy: Uint8Array, at: number, value: bigint, sizeBytes: number): void => {
  for (let byte = 0; byte < sizeBytes && at + byte < copy.length; byte++) {
    copy[at + byte] = Number((value >> BigInt(8 * byte)) & 0xffn);
  }
};

/** The fields of a section's header that say what and where it is: type, flags, offset, size, link and info. */
const headerFields = [
  [0x04, 4],
  [0x08, 8],
  [0x18, 8],
  [0x20, 8],
  [0x28, 4],
  [0x2c, 4],
] as const;

export const damageKinds = {
  'cut at a section': (copy, { places }, random) => {
    const { at, sizeBytes } = places[random(places.length)]!;
    return copy.subarray(0, Math.max(0, (random(2) === 0 ? at : at + sizeBytes) + random(3) - 1));
  },
  'cut anywhere': (copy, _, random) => copy.subarray(0, random(copy.length)),
  'bits flipped': (copy, original, random) => {
    for (let left = random(4); left >= 0; left--) copy[somewhere(original, random)]! ^= 1 << random(8);
    return copy;
  },
  'bytes changed': (copy, original, random) => {
    for (let left = random(8); left >= 0; left--) copy[somewhere(original, random)] = random(256);
    return copy;
  },
  'a hostile number': (copy, original, random) => {
    const at = somewhere(original, random);
    const sizeBytes = random(2) === 0 ? 4 : 8;
    const size = BigInt(copy.length);
    const numbers = [0n, -1n, 0x7fff_ffff_ffff_ffffn, 0xffff_ffffn, 0x7fff_ffffn, 0x8000_0000n, size + 1n, size - 1n];
    put(copy, at, BigInt.asUintN(8 * sizeBytes, numbers[random(numbers.length)]!), sizeBytes);
    return copy;
  },
  'a LEB128 number without end': (copy, original, random) => copy.fill(0xff, ...runOf(copy, original, random)),
  zeros: (copy, original, random) => copy.fill(0, ...runOf(copy, original, random)),
  'bytes of another place': (copy, original, random) => {
    const [start, end] = runOf(copy, original, random);
    copy.set(original.bytes.subarray(somewhere(original, random)).subarray(0, end - start), start);
    return copy;
  },
  'a section header changed': (copy, { headersAt, sectionCount }, random) => {
    const [field, sizeBytes] = headerFields[random(headerFields.length)]!;
    const at = headersAt + headerBytes * random(sectionCount) + field;
    const numbers = [0n, 1n, 8n, 0x800n, BigInt(random(copy.length)), BigInt(copy.length), 0xffff_ffff_ffff_fff0n];
    put(copy, at, numbers[random(numbers.length)]!, sizeBytes);
    return copy;
  },
  'a section takes the bytes of another': (copy, { headersAt, sectionCount }, random) => {
    const [to, from] = [random(sectionCount), random(sectionCount)].map((index) => headersAt + headerBytes * index);
    copy.copyWithin(to! + 0x18, from! + 0x18, from! + 0x28);
    return copy;
  },
  'a section of another name': (copy, { headersAt, sectionCount }, random) => {
    const [to, from] = [random(sectionCount), random(sectionCount)].map((index) => headersAt + headerBytes * index);
    copy.copyWithin(to!, from!, from! + 4);
    return copy;
  },
} satisfies Record<string, Damage>;

const runOf = (copy: Uint8Array, original: Original, random: Random): [start: number, end: number] => {
  const start = somewhere(original, random);
  return [start, Math.min(copy.length, start + 1 + random(random(2) === 0 ? 16 : 256))];
};

const kinds = Object.entries<Damage>(damageKinds);

/** The file that a seed makes of an original, and what was done to it. */
export const damagedFile = (original: Original, seed: number): { what: string; bytes: Uint8Array } => {
  const random = randomNumbers(seed);
  const [what, damage] = kinds[seed % kinds.length]!;
  return { what, bytes: damage(Uint8Array.from(original.bytes), original, random) };
};
