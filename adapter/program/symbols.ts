/**
 * The symbols of a program: the name of an address and the address of a name. A kernel has some 200,000 of them, so they
 * live in typed arrays, sorted once, and a name becomes a string only when somebody asks. It knows no source lines.
 *
 * Left out: symbols that stand for no place in memory (files, sections, undefined and thread-local ones, those of debug
 * sections) and those that assemblers make for their own use: the mapping symbols `$x` and `$d` (RISC-V ELF psABI, "Mapping
 * Symbol") and labels `.L...`, also with what `objcopy --prefix-symbols` puts before them.
 */

import { type Elf, nameBytesMax, type Section, sectionFlag, sectionType, stringAt } from './elf.ts';
import { headerField } from './errors.ts';
import { nameHash } from './names/records.ts';

export type SymbolKind = 'function' | 'object' | 'label';

export interface ProgramSymbol {
  readonly name: string;
  readonly address: bigint;
  /** 0 when the program does not say, as for most labels in assembly. */
  readonly sizeBytes: bigint;
  readonly kind: SymbolKind;
  readonly global: boolean;
}

/** A place inside a symbol: `name+offset`. */
export interface SymbolPlace {
  readonly symbol: ProgramSymbol;
  readonly offset: bigint;
}

/** `usertrap`, `usertrap+0x1c`. */
export const describePlace = ({ symbol, offset }: SymbolPlace): string =>
  offset === 0n ? symbol.name : `${symbol.name}+0x${offset.toString(16)}`;

export class SymbolTable {
  readonly #table: Uint8Array;
  readonly #view: DataView;
  readonly #names: Uint8Array;
  /** Numbers of the symbols kept, in ascending order of address, the best name for an address first. */
  readonly #order: Uint32Array;
  /** Of those, the ones that may name an address: where each starts and where it ends at the latest. */
  readonly #placed: Uint32Array;
  readonly #starts: BigUint64Array;
  readonly #ends: BigUint64Array;
  /** Open addressing by the hash of the name: the number of the best symbol of each, and 1 more. */
  #slots: Uint32Array | undefined;

  /** @throws {ProgramError} when the symbol table is damaged; a program without one has no symbols */
  constructor(elf: Elf) {
    const section = elf.sections.find(({ type }) => type === sectionType.symtab);
    this.#table = section?.bytes ?? new Uint8Array(0);
    this.#view = new DataView(this.#table.buffer, this.#table.byteOffset, this.#table.length);
    this.#names = section === undefined ? new Uint8Array(0) : namesOf(elf, section);
    const kept = this.#keep(elf);
    this.#order = kept;
    const places = this.#place(elf, kept);
    this.#placed = places.numbers;
    this.#starts = places.starts;
    this.#ends = places.ends;
  }

  get size(): number {
    return this.#order.length;
  }

  /** The symbol that an address lies in, innermost first; undefined when it lies in none. */
  at(address: bigint): SymbolPlace | undefined {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    // The nearest one may end before the address while an outer one, a little further back, does not.
    for (let index = low - 1; index >= 0 && index >= low - nestingMax; index--) {
      if (address >= this.#ends[index]!) continue;
      return { symbol: this.symbol(this.#placed[index]!), offset: address - this.#starts[index]! };
    }
    return undefined;
  }

  /** What the function at an address takes, when its symbol says so. */
  functionAt(address: bigint): { readonly low: bigint; readonly high: bigint } | undefined {
    const symbol = this.at(address)?.symbol;
    if (symbol?.kind !== 'function') return undefined;
    return { low: symbol.address, high: symbol.address + symbol.sizeBytes };
  }

  /** The symbol of a name; of several, a global one before a local one, then the lowest address. */
  find(name: string): ProgramSymbol | undefined {
    const wanted = Buffer.from(`${name}\0`);
    const slots = this.#index();
    let slot = nameHash(wanted, 0, wanted.length - 1) & (slots.length - 1);
    for (; slots[slot] !== 0; slot = (slot + 1) & (slots.length - 1)) {
      const number = slots[slot]! - 1;
      if (isSameText(this.#names, this.#nameStart(number), wanted, 0)) return this.symbol(number);
    }
    return undefined;
  }

  /** The numbers of all symbols in ascending order of address. */
  get numbers(): Uint32Array {
    return this.#order;
  }

  /** @param number one of `numbers` */
  nameBytes(number: number): Uint8Array {
    const start = this.#nameStart(number);
    return this.#names.subarray(start, textEnd(this.#names, start));
  }

  /** All symbols in ascending order of address. */
  *[Symbol.iterator](): Generator<ProgramSymbol> {
    for (const number of this.#order) yield this.symbol(number);
  }

  /** @param number one of `numbers` */
  symbol(number: number): ProgramSymbol {
    const at = number * symbolBytes;
    return {
      name: this.#name(number),
      address: this.#view.getBigUint64(at + 8, true),
      sizeBytes: this.#view.getBigUint64(at + 16, true),
      kind: this.kindOf(number),
      global: this.#isGlobal(number),
    };
  }

  /** @param number as for `symbol` */
  kindOf(number: number): SymbolKind {
    return kinds[this.#table[number * symbolBytes + 4]! & 0xf] ?? 'label';
  }

  #isGlobal(number: number): boolean {
    return this.#table[number * symbolBytes + 4]! >> 4 !== bindLocal;
  }

  #nameStart(number: number): number {
    return this.#view.getUint32(number * symbolBytes, true);
  }

  #name(number: number): string {
    return stringAt(this.#names, this.#nameStart(number));
  }

  #index(): Uint32Array {
    if (this.#slots !== undefined) return this.#slots;
    let size = 1024;
    while (size < 2 * this.#order.length) size *= 2;
    const slots = new Uint32Array(size);
    const names = this.#names;
    for (const number of this.#order) {
      const start = this.#nameStart(number);
      let slot = nameHash(names, start, textEnd(names, start)) & (size - 1);
      while (slots[slot] !== 0 && !isSameText(names, this.#nameStart(slots[slot]! - 1), names, start)) {
        slot = (slot + 1) & (size - 1);
      }
      const known = slots[slot]! - 1;
      if (known < 0 || (!this.#isGlobal(known) && this.#isGlobal(number))) slots[slot] = number + 1;
    }
    this.#slots = slots;
    return slots;
  }

  /** The numbers of the symbols worth keeping, sorted. */
  #keep(elf: Elf): Uint32Array {
    const count = this.#table.length / symbolBytes;
    const chosen = new Uint32Array(count);
    // Object files have no addresses yet, and a section without a place in memory is no debug section there.
    const isElsewhere = elf.sections.map(({ flags }) => elf.kind !== 'object' && (flags & sectionFlag.alloc) === 0n);
    let length = 0;
    for (let number = 1; number < count; number++) {
      const at = number * symbolBytes;
      const nameAt = this.#view.getUint32(at, true);
      if (nameAt >= this.#names.length) {
        throw headerField(elf.file, `st_name of symbol ${number}`, `below ${this.#names.length}`, nameAt);
      }
      const section = this.#view.getUint16(at + 6, true);
      const info = this.#table[at + 4]!;
      if (section === sectionUndefined || isElsewhere[section] === true || !((info & 0xf) in kinds)) continue;
      const [first, second] = [this.#names[nameAt]!, this.#names[nameAt + 1]];
      if (first === 0 || first === dollar || (first === dot && second === letterL)) continue;
      if (info === labelLocal && isAssemblers(this.#names, nameAt)) continue;
      chosen[length++] = number;
    }
    return this.#sort(chosen.subarray(0, length));
  }

  /** By address, then functions before objects before labels, then global before local, then as in the file. */
  #sort(numbers: Uint32Array): Uint32Array {
    const rank = (number: number): number => {
      const info = this.#table[number * symbolBytes + 4]!;
      return kindRank[kinds[info & 0xf] ?? 'label'] * 2 + (info >> 4 === bindLocal ? 1 : 0);
    };
    let sorted = sortBy(numbers, 8, rank);
    for (let byte = 0; byte < 8; byte++) {
      sorted = sortBy(sorted, 256, (number) => this.#table[number * symbolBytes + 8 + byte]!);
    }
    return sorted;
  }

  /** Says where each symbol begins and ends, for those that name places. */
  #place(elf: Elf, order: Uint32Array) {
    const numbers = new Uint32Array(order.length);
    const starts = new BigUint64Array(order.length);
    const ends = new BigUint64Array(order.length);
    let length = 0;
    let functionEnd = 0n;
    let openEnded = false;
    for (const number of order) {
      const at = number * symbolBytes;
      const section = elf.sections[this.#view.getUint16(at + 6, true)];
      if (section === undefined) continue; // absolute symbols are values, not places
      const info = this.#table[at + 4]!;
      const start = this.#view.getBigUint64(at + 8, true);
      // A label inside a function (hand-written assembly) would hide the name that people know.
      if ((info & 0xf) === typeNone && info >> 4 === bindLocal && start < functionEnd) continue;
      if (length > 0 && starts[length - 1] === start) continue; // the better name of this address came first
      if (openEnded && start < ends[length - 1]!) ends[length - 1] = start;
      const sizeBytes = this.#view.getBigUint64(at + 16, true);
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
  }
}

const symbolBytes = 24;
const nestingMax = 32;
const sectionUndefined = 0;
const bindLocal = 0;
const typeNone = 0;
const typeFunction = 2;
const labelLocal = 0;
const kinds: Readonly<Record<number, SymbolKind>> = { 0: 'label', 1: 'object', 2: 'function', 10: 'function' };
const kindRank: Readonly<Record<SymbolKind, number>> = { function: 0, object: 1, label: 2 };
const [dollar, dot, letterL, underscore] = [0x24, 0x2e, 0x4c, 0x5f];

/** Whether a name has `.L` behind a prefix that ends in an underscore. */
const isAssemblers = (names: Uint8Array, start: number): boolean => {
  for (let at = start + 1; names[at] !== 0 && at < names.length; at++) {
    if (names[at] === dot && names[at + 1] === letterL) return names[at - 1] === underscore;
  }
  return false;
};

const textEnd = (bytes: Uint8Array, start: number): number => {
  const last = Math.min(bytes.length, start + nameBytesMax);
  let end = start;
  while (end < last && bytes[end] !== 0) end++;
  return end;
};

/** Whether two texts, each up to its zero byte or the end, are the same. */
const isSameText = (one: Uint8Array, oneStart: number, other: Uint8Array, otherStart: number): boolean => {
  for (let offset = 0; offset < nameBytesMax; offset++) {
    const [a, b] = [one[oneStart + offset] ?? 0, other[otherStart + offset] ?? 0];
    if (a !== b) return false;
    if (a === 0) break;
  }
  return true;
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
