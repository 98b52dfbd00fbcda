/** Makes small ELF files for tests, from what a linker would say about them. It checks nothing: wrong files are wanted too. */

export interface BuiltSymbol {
  readonly name: string;
  readonly address: bigint;
  readonly sizeBytes?: number;
  /** st_info type: 0 label, 1 object, 2 function. */
  readonly type?: number;
  readonly local?: boolean;
  /** A section's number; 1 is `.text`. */
  readonly section?: number;
}

export interface BuiltProgram {
  readonly entry?: bigint;
  readonly segments?: readonly { at: bigint; bytes: Uint8Array; memoryBytes?: bigint }[];
  readonly symbols?: readonly BuiltSymbol[];
  readonly text?: { at: bigint; sizeBytes: bigint };
}

export const buildElf = ({ entry = 0n, segments = [], symbols = [], text }: BuiltProgram): Uint8Array => {
  const names = stringTable(['', ...symbols.map(({ name }) => name)]);
  const sectionNames = stringTable(['', '.text', '.symtab', '.strtab', '.shstrtab']);
  const programTable = 64;
  const symbolTable = align(programTable + 56 * segments.length);
  const namesAt = symbolTable + 24 * (symbols.length + 1);
  const sectionNamesAt = namesAt + names.bytes.length;
  const sectionTable = align(sectionNamesAt + sectionNames.bytes.length);
  const segmentsAt = sectionTable + 64 * 5;
  const total = segmentsAt + segments.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const file = new Uint8Array(total);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  view.setUint16(0x10, 2, true);
  view.setUint16(0x12, 243, true);
  view.setUint32(0x14, 1, true);
  view.setBigUint64(0x18, entry, true);
  view.setBigUint64(0x20, BigInt(programTable), true);
  view.setBigUint64(0x28, BigInt(sectionTable), true);
  for (const [at, value] of [
    [0x34, 64],
    [0x36, 56],
    [0x38, segments.length],
    [0x3a, 64],
    [0x3c, 5],
    [0x3e, 4],
  ] as const) {
    view.setUint16(at, value, true);
  }
  let dataAt = segmentsAt;
  for (const [index, segment] of segments.entries()) {
    const at = programTable + 56 * index;
    view.setUint32(at, 1, true);
    view.setUint32(at + 4, 7, true);
    const words = [dataAt, segment.at, segment.at, segment.bytes.length, segment.memoryBytes ?? segment.bytes.length];
    for (const [word, value] of words.entries()) view.setBigUint64(at + 8 + 8 * word, BigInt(value), true);
    file.set(segment.bytes, dataAt);
    dataAt += segment.bytes.length;
  }
  for (const [index, symbol] of symbols.entries()) {
    const at = symbolTable + 24 * (index + 1);
    view.setUint32(at, names.offsets[index + 1]!, true);
    view.setUint8(at + 4, ((symbol.local ? 0 : 1) << 4) | (symbol.type ?? 2));
    view.setUint16(at + 6, symbol.section ?? 1, true);
    view.setBigUint64(at + 8, symbol.address, true);
    view.setBigUint64(at + 16, BigInt(symbol.sizeBytes ?? 0), true);
  }
  file.set(names.bytes, namesAt);
  file.set(sectionNames.bytes, sectionNamesAt);
  // name, type, flags, address, offset, size, link, info, alignment, entry size
  const sections: readonly (readonly (number | bigint)[])[] = [
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [1, 8, 6, text?.at ?? 0n, 0, text?.sizeBytes ?? 1n << 63n, 0, 0, 4, 0],
    [2, 2, 0, 0, symbolTable, 24 * (symbols.length + 1), 3, 0, 8, 24],
    [3, 3, 0, 0, namesAt, names.bytes.length, 0, 0, 1, 0],
    [4, 3, 0, 0, sectionNamesAt, sectionNames.bytes.length, 0, 0, 1, 0],
  ];
  for (const [index, fields] of sections.entries()) {
    const at = sectionTable + 64 * index;
    view.setUint32(at, sectionNames.offsets[Number(fields[0])]!, true);
    view.setUint32(at + 4, Number(fields[1]), true);
    for (const [word, field] of [2, 3, 4, 5].entries())
      view.setBigUint64(at + 8 + 8 * word, BigInt(fields[field]!), true);
    view.setUint32(at + 0x28, Number(fields[6]), true);
    view.setUint32(at + 0x2c, Number(fields[7]), true);
    view.setBigUint64(at + 0x30, BigInt(fields[8]!), true);
    view.setBigUint64(at + 0x38, BigInt(fields[9]!), true);
  }
  return file;
};

const align = (offset: number): number => Math.ceil(offset / 8) * 8;

const stringTable = (strings: readonly string[]): { bytes: Uint8Array; offsets: number[] } => {
  const offsets: number[] = [];
  let size = 0;
  const encoded = strings.map((text) => Buffer.from(`${text}\0`));
  for (const bytes of encoded) {
    offsets.push(size);
    size += bytes.length;
  }
  return { bytes: Buffer.concat(encoded), offsets };
};
