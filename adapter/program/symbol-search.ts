/**
 * What a person looks for by name in a program: functions and data that its debug information names, then symbols that it
 * does not (assembly, what the compiler split off, libraries that were built without), demangled. Names are searched as bytes; of what is found, only the page that is asked
 * for is looked at.
 */

import type { DebugInfo } from './debug-info.ts';
import { demangle } from './demangle/demangle.ts';
import { attribute } from './dwarf/constants.ts';
import type { Entry } from './dwarf/entry.ts';
import { expressionAt, variableOf } from './dwarf/functions.ts';
import { readLineHeader } from './dwarf/line-header.ts';
import { rangesOf } from './dwarf/lists.ts';
import { InputError } from './input-error.ts';
import type { NameIndex } from './names/name-index.ts';
import { type NameKind, nameHash } from './names/records.ts';
import { type NameMatching, NameSearcher } from './names/search.ts';
import { pathOfWritten, type SymbolNames, symbolNames } from './symbol-names.ts';
import type { SymbolTable } from './symbols.ts';

export type SoughtKind = 'function' | 'data' | 'type';

export interface SymbolQuery {
  readonly text: string;
  readonly matching?: NameMatching | undefined;
  /** Default: functions and data. */
  readonly kinds?: readonly SoughtKind[] | undefined;
  /** The page: how many better matches to pass over, and how many to give at most. */
  readonly start: number;
  readonly count: number;
}

export interface FoundSymbol {
  readonly name: string;
  readonly kind: SoughtKind;
  /** Of what has a place in memory, as it was linked. An inline function has none. */
  readonly address: bigint | undefined;
  /** Where it is declared: the path as the compiler knew it, and the line. */
  readonly source: { readonly path: string; readonly line: number } | undefined;
}

export interface SymbolPage {
  /** How many match. */
  readonly total: number;
  readonly symbols: readonly FoundSymbol[];
}

const kindsOf: Readonly<Record<SoughtKind, readonly NameKind[]>> = {
  function: ['function', 'inlineFunction'],
  data: ['variable'],
  type: ['structure', 'union', 'class', 'enumeration', 'typedef'],
};
/** What has a symbol, when it is in the debug information. */
const placedKinds: readonly NameKind[] = ['function', 'variable'];

type UnnamedSymbols = { readonly searcher: NameSearcher; readonly numbers: SymbolNames['numbers'] };

export class SymbolSearch {
  readonly #symbols: SymbolTable | undefined;
  readonly #info: DebugInfo | undefined;
  #unnamed: UnnamedSymbols | undefined;
  /** The names that `#unnamed` was made with: they may have been collected since. */
  #names: NameIndex | undefined;

  constructor(symbols: SymbolTable | undefined, info: DebugInfo | undefined) {
    this.#symbols = symbols;
    this.#info = info;
  }

  search({ text, matching, kinds = ['function', 'data'], start, count }: SymbolQuery): SymbolPage {
    const names = this.#info?.names;
    const named = names?.matches(text, { matching, kinds: kinds.flatMap((kind) => kindsOf[kind]) }) ?? [];
    const unnamed = this.#unnamedSymbols(names);
    const bare = unnamed?.searcher.search({ text, matching, wanted: (number) => this.#isOf(number, kinds) }) ?? [];
    const page: FoundSymbol[] = [];
    // Both are sorted: the page is where their merge is at `start`.
    for (let [one, other] = [0, 0]; one + other < Math.min(start + count, named.length + bare.length); ) {
      const isNamed = other >= bare.length || (one < named.length && named[one]!.cost <= bare[other]!.cost);
      const at = one + other;
      const { number } = isNamed ? named[one++]! : bare[other++]!;
      if (at >= start) page.push(isNamed ? this.#describe(names!, number) : this.#describeSymbol(number));
    }
    return { total: named.length + bare.length, symbols: page };
  }

  #unnamedSymbols(names: NameIndex | undefined): UnnamedSymbols | undefined {
    if (this.#symbols === undefined) return undefined;
    if (this.#unnamed === undefined || this.#names !== names) {
      const run = symbolNames(this.#symbols, {
        plain: (hash) => names?.hasHash(hash, placedKinds) !== true,
        mangled: (number) => names === undefined || !this.#isDescribed(number, names),
      });
      this.#unnamed = { searcher: new NameSearcher(run), numbers: run.numbers };
      this.#names = names;
    }
    return this.#unnamed;
  }

  /** Whether debug information has the function of a mangled name: it does where it has any of the code there. */
  #isDescribed(number: number, names: NameIndex): boolean {
    const { kind, name, address } = this.#symbols!.symbol(number);
    if (kind !== 'object') return this.#hasUnitAt(address);
    const last = pathOfWritten(demangle(name))?.split('::').at(-1);
    return last !== undefined && names.hasHash(nameHash(Buffer.from(last)), ['variable']);
  }

  #hasUnitAt(address: bigint): boolean {
    try {
      return this.#info?.unitAt(address) !== undefined;
    } catch (error) {
      if (error instanceof InputError) return false;
      throw error;
    }
  }

  /** Labels are nearly always code: entries written in assembly. */
  #isOf(number: number, kinds: readonly SoughtKind[]): boolean {
    const kind = this.#symbols!.kindOf(this.#unnamed!.numbers[number]!);
    return kinds.includes(kind === 'object' ? 'data' : 'function');
  }

  #describeSymbol(number: number): FoundSymbol {
    const { name, kind, address } = this.#symbols!.symbol(this.#unnamed!.numbers[number]!);
    return { name: demangle(name), kind: kind === 'object' ? 'data' : 'function', address, source: undefined };
  }

  #describe(names: NameIndex, number: number): FoundSymbol {
    const { name, kind, scope, offset, inTypes } = names.entry(number);
    const entry = this.#info!.dwarf.namedEntry(offset, inTypes);
    const sought = (Object.keys(kindsOf) as SoughtKind[]).find((one) => kindsOf[one].includes(kind)) ?? 'type';
    return {
      name: [...scope, name].join('::'),
      kind: sought,
      address: addressOf(entry, kind),
      source: declarationOf(entry),
    };
  }
}

const addressOf = (entry: Entry, kind: NameKind): bigint | undefined => {
  if (kind === 'function') return entry.address(attribute.lowPc) ?? rangesOf(entry)[0]?.low;
  if (kind !== 'variable') return undefined;
  const expression = expressionAt(variableOf(entry), 0n);
  const isAddress = expression?.length === 9 && expression[0] === operationAddress;
  return isAddress ? new DataView(expression.buffer, expression.byteOffset).getBigUint64(1, true) : undefined;
};

const operationAddress = 0x03; // DW_OP_addr

const declarationOf = (entry: Entry): FoundSymbol['source'] => {
  for (let own: Entry | undefined = entry, depth = 0; own !== undefined && depth < 4; depth++) {
    const line = own.count(attribute.declarationLine);
    const number = own.count(attribute.declarationFile);
    if (line !== undefined && number !== undefined) {
      const path = readLineHeader(own.unit)?.files[number]?.path;
      return path === undefined ? undefined : { path, line };
    }
    own = own.reference(attribute.specification) ?? own.reference(attribute.abstractOrigin);
  }
  return undefined;
};
