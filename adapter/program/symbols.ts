/**
 * The symbols of a program: the name of an address and the address of a name. A kernel has some 200,000 of them, so they
 * live in typed arrays, sorted once, and a name becomes a string only when somebody asks. It knows no source lines.
 *
 * Left out: symbols that stand for no place in memory (files, sections, undefined and thread-local ones, those of debug
 * sections) and those that assemblers make for their own use: the mapping symbols `$x` and `$d` (RISC-V ELF psABI, "Mapping
 * Symbol") and labels `.L...`, also with what `objcopy --prefix-symbols` puts before them.
 */

import { type Elf, nameBytesMax, stringAt } from './elf.ts';
import { nameHash } from './names/records.ts';
import { countUpTo } from './sorted.ts';
import {
  bindLocal,
  keptSymbols,
  type SymbolKind,
  symbolBytes,
  symbolKinds,
  symbolPlaces,
  symbolSection,
} from './symbol-section.ts';

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
    const table = symbolSection(elf);
    this.#table = table.bytes;
    this.#view = table.view;
    this.#names = table.names;
    this.#order = keptSymbols(table, elf);
    const places = symbolPlaces(table, elf, this.#order);
    this.#placed = places.numbers;
    this.#starts = places.starts;
    this.#ends = places.ends;
  }

  get size(): number {
    return this.#order.length;
  }

  /** The symbol that an address lies in, innermost first; undefined when it lies in none. */
  at(address: bigint): SymbolPlace | undefined {
    const end = countUpTo(this.#starts.length, (index) => this.#starts[index]!, address);
    // The nearest one may end before the address while an outer one, a little further back, does not.
    for (let index = end - 1; index >= 0 && index >= end - nestingMax; index--) {
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
    return symbolKinds[this.#table[number * symbolBytes + 4]! & 0xf] ?? 'label';
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
}

const nestingMax = 32;

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
