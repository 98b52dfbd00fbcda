/**
 * The names of symbols as people write them: mangled ones of C++ and Rust demangled, the others as they are. It makes the run
 * of names that is searched, and finds a symbol by such a name (`core::fmt::write`), whatever its parameters.
 */

import { demangle } from './demangle/demangle.ts';
import { nameHash } from './names/records.ts';
import type { NameRun } from './names/search.ts';
import type { ProgramSymbol, SymbolTable } from './symbols.ts';

/** The run, and of which symbols the names are. */
export interface SymbolNames extends NameRun {
  readonly numbers: Uint32Array;
}

const underscore = 0x5f;
/** Names that run into one another are damage; so are ones that demangle to more than this. */
const namesBytesMax = 2 ** 26;

/** The name of a symbol as it is written, in bytes; nothing when it is not mangled. */
const writtenBytes = (bytes: Uint8Array): Uint8Array | undefined => {
  if (bytes[0] !== underscore) return undefined;
  const name = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  const written = demangle(name);
  return written === name ? undefined : Buffer.from(written);
};

/** The path of a demangled name, without parameters; nothing when it has no name that can be typed. */
export const pathOfWritten = (written: string): string | undefined =>
  /^((?:\w+::)*~?\w+)(?:\(.*)?$/s.exec(written)?.[1];

export interface SymbolNameFilter {
  /** Whether a name that is not mangled is wanted, by its hash. */
  readonly plain: (hash: number, number: number) => boolean;
  readonly mangled: (number: number) => boolean;
}

/** The names of the symbols that are wanted, in the order of their addresses. */
export const symbolNames = (symbols: SymbolTable, wanted: SymbolNameFilter): SymbolNames => {
  const numbers = new Uint32Array(symbols.size);
  const parts: Uint8Array[] = [];
  const starts = new Uint32Array(symbols.size + 1);
  let count = 0;
  for (const number of symbols.numbers) {
    const bytes = symbols.nameBytes(number);
    const written = writtenBytes(bytes);
    const isWanted = written === undefined ? wanted.plain(nameHash(bytes), number) : wanted.mangled(number);
    if (!isWanted) continue;
    const name = written ?? bytes;
    if (starts[count]! + name.length >= namesBytesMax) break;
    numbers[count++] = number;
    parts.push(name);
    starts[count] = starts[count - 1]! + name.length + 1;
  }
  const names = new Uint8Array(starts[count]!);
  for (const [index, part] of parts.entries()) names.set(part, starts[index]!);
  return { count, starts: starts.subarray(0, count + 1), names, numbers: numbers.subarray(0, count) };
};

/** Symbols by the path that their demangled names have. */
export class WrittenNames {
  readonly #symbols: SymbolTable;
  #numbers: Map<string, number> | undefined;

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols;
  }

  /** Of several, such as functions of other parameters, the one at the lowest address. */
  find(path: string): ProgramSymbol | undefined {
    if (this.#numbers === undefined) {
      this.#numbers = new Map();
      for (const number of this.#symbols.numbers) {
        const written = writtenBytes(this.#symbols.nameBytes(number));
        const own = written && pathOfWritten(Buffer.from(written).toString('utf8'));
        if (own !== undefined && !this.#numbers.has(own)) this.#numbers.set(own, number);
      }
    }
    const number = this.#numbers.get(path);
    return number === undefined ? undefined : this.#symbols.symbol(number);
  }
}
