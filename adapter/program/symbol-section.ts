/**
 * The symbol table of an ELF file as it is stored (gABI, "Symbol Table"): which of its symbols are worth keeping, their order, and
 * where each that names a place begins and ends. Looking them up is in symbols.ts.
 */

import { type Elf, type Section, sectionFlag, sectionType } from './elf.ts';
import { headerField } from './errors.ts';

export type SymbolKind = 'function' | 'object' | 'label';

export interface SymbolSection {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** The string table that it names. */
  readonly names: Uint8Array;
}

/** @throws {ProgramError} when it is damaged; a program without one has no symbols */
export const symbolSection = (elf: Elf): SymbolSection => {
  const section = elf.sections.find(({ type }) => type === sectionType.symtab);
  const bytes = section?.bytes ?? new Uint8Array(0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { bytes, view, names: section === undefined ? new Uint8Array(0) : namesOf(elf, section) };
};

/** The numbers of the symbols worth keeping, sorted. */
export const keptSymbols = (table: SymbolSection, elf: Elf): Uint32Array => {
  const { bytes, view, names } = table;
  const count = bytes.length / symbolBytes;
  const chosen = new Uint32Array(count);
  // Object files have no addresses yet, and a section without a place in memory is no debug section there.
  const isElsewhere = elf.sections.map(({ flags }) => elf.kind !== 'object' && (flags & sectionFlag.alloc) === 0n);
  let length = 0;
  for (let number = 1; number < count; number++) {
    const at = number * symbolBytes;
    const nameAt = view.getUint32(at, true);
    if (nameAt >= names.length) {
      throw headerField(elf.file, `st_name of symbol ${number}`, `below ${names.length}`, nameAt);
    }
    const section = view.getUint16(at + 6, true);
    const info = bytes[at + 4]!;
    if (section === sectionUndefined || isElsewhere[section] === true || !((info & 0xf) in symbolKinds)) continue;
    const [first, second] = [names[nameAt]!, names[nameAt + 1]];
    if (first === 0 || first === dollar || (first === dot && second === letterL)) continue;
    if (info === labelLocal && isAssemblers(names, nameAt)) continue;
    chosen[length++] = number;
  }
  return sorted(table, chosen.subarray(0, length));
};

/** By address, then functions before objects before labels, then global before local, then as in the file. */
const sorted = ({ bytes }: SymbolSection, numbers: Uint32Array): Uint32Array => {
  const rank = (number: number): number => {
    const info = bytes[number * symbolBytes + 4]!;
    return kindRank[symbolKinds[info & 0xf] ?? 'label'] * 2 + (info >> 4 === bindLocal ? 1 : 0);
  };
  let order = sortBy(numbers, 8, rank);
  for (let byte = 0; byte < 8; byte++) {
    order = sortBy(order, 256, (number) => bytes[number * symbolBytes + 8 + byte]!);
  }
  return order;
};

/** Says where each symbol begins and ends, for those that name places. */
export const symbolPlaces = ({ bytes, view }: SymbolSection, elf: Elf, order: Uint32Array) => {
  const numbers = new Uint32Array(order.length);
  const starts = new BigUint64Array(order.length);
  const ends = new BigUint64Array(order.length);
  let length = 0;
  let functionEnd = 0n;
  let openEnded = false;
  for (const number of order) {
    const at = number * symbolBytes;
    const section = elf.sections[view.getUint16(at + 6, true)];
    if (section === undefined) continue; // absolute symbols are values, not places
    const info = bytes[at + 4]!;
    const start = view.getBigUint64(at + 8, true);
    // A label inside a function (hand-written assembly) would hide the name that people know.
    if ((info & 0xf) === typeNone && info >> 4 === bindLocal && start < functionEnd) continue;
    if (length > 0 && starts[length - 1] === start) continue; // the better name of this address came first
    if (openEnded && start < ends[length - 1]!) ends[length - 1] = start;
    const sizeBytes = view.getBigUint64(at + 16, true);
    openEnded = sizeBytes === 0n;
    numbers[length] = number;
    starts[length] = start;
    ends[length] = openEnded ? section.address + section.sizeBytes : start + sizeBytes;
    if ((info & 0xf) === typeFunction && ends[length]! > functionEnd) functionEnd = ends[length]!;
    length++;
  }
  return {
    numbers: numbers.subarray(0, length),
    starts: starts.subarray(0, length),
    ends: ends.subarray(0, length),
  };
};

export const symbolBytes = 24;
const sectionUndefined = 0;
export const bindLocal = 0;
const typeNone = 0;
const typeFunction = 2;
const labelLocal = 0;
export const symbolKinds: Readonly<Record<number, SymbolKind>> = {
  0: 'label',
  1: 'object',
  2: 'function',
  10: 'function',
};
const kindRank: Readonly<Record<SymbolKind, number>> = { function: 0, object: 1, label: 2 };
const [dollar, dot, letterL, underscore] = [0x24, 0x2e, 0x4c, 0x5f];

/** Whether a name has `.L` behind a prefix that ends in an underscore. */
const isAssemblers = (names: Uint8Array, start: number): boolean => {
  for (let at = start + 1; names[at] !== 0 && at < names.length; at++) {
    if (names[at] === dot && names[at + 1] === letterL) return names[at - 1] === underscore;
  }
  return false;
};

/** A stable counting sort by a key below `keys`: with a comparator, sorting would take most of the loading time. */
const sortBy = (numbers: Uint32Array, keys: number, keyOf: (number: number) => number): Uint32Array => {
  const next = new Uint32Array(keys + 1);
  for (const number of numbers) next[keyOf(number) + 1]!++;
  // Of addresses, most bytes are the same.
  if (numbers.length > 0 && next[keyOf(numbers[0]!) + 1] === numbers.length) return numbers;
  for (let key = 0; key < keys; key++) next[key + 1]! += next[key]!;
  const sorted = new Uint32Array(numbers.length);
  for (const number of numbers) sorted[next[keyOf(number)]!++] = number;
  return sorted;
};

const namesOf = (elf: Elf, symbols: Section): Uint8Array => {
  if (symbols.entryBytes !== BigInt(symbolBytes) || symbols.bytes.length % symbolBytes !== 0) {
    throw headerField(
      elf.file,
      `sh_entsize of ${symbols.name}`,
      `${symbolBytes}, dividing its size`,
      symbols.entryBytes,
    );
  }
  const names = elf.sections[symbols.link];
  if (names?.type !== sectionType.strtab) {
    throw headerField(elf.file, `sh_link of ${symbols.name}`, 'the number of a string table', symbols.link);
  }
  return names.bytes;
};
