/**
 * Which type an object is of, told by the vtable that it points to. In C++ that is the vtable's symbol (`_ZTV`; Itanium C++ ABI
 * 2.5), in Rust the entry of the vtable, whose type says what it contains (DW_AT_containing_type). The object is not looked at.
 */

import type { DebugInfo } from './debug-info.ts';
import { demangle } from './demangle/demangle.ts';
import { attribute } from './dwarf/constants.ts';
import type { Entry } from './dwarf/entry.ts';
import { expressionAt, variableOf } from './dwarf/functions.ts';
import { typeByName } from './names/paths.ts';
import type { Type } from './types/type.ts';

const mangledVtable = /^_ZTV/;
const writtenVtable = /^vtable for (.*)$/s;
const rustVtable = '{vtable}';
const rustVtablesMax = 100_000;
const rememberedMax = 4096;
const operationAddress = 0x03; // DW_OP_addr

export class Vtables {
  readonly #info: DebugInfo;
  readonly #symbolNameAt: (address: bigint) => string | undefined;
  readonly #known = new Map<bigint, Type | undefined>();
  #ofRust: ReadonlyMap<bigint, Entry> | undefined;

  constructor(info: DebugInfo, symbolNameAt: (address: bigint) => string | undefined) {
    this.#info = info;
    this.#symbolNameAt = symbolNameAt;
  }

  /** The type whose objects point to an address in a vtable; nothing when that is not known. */
  typeAt(address: bigint): Type | undefined {
    // Before the names are collected, a type is not known yet.
    if (this.#info.names === undefined) return undefined;
    if (!this.#known.has(address)) {
      if (this.#known.size >= rememberedMax) this.#known.clear();
      this.#known.set(address, this.#find(address));
    }
    return this.#known.get(address);
  }

  #find(address: bigint): Type | undefined {
    const symbol = this.#symbolNameAt(address) ?? '';
    const [, name] = (mangledVtable.test(symbol) && writtenVtable.exec(demangle(symbol))) || [];
    if (name !== undefined) return typeByName(this.#info, name);
    this.#ofRust ??= this.#readRust();
    const entry = this.#ofRust.get(address);
    return entry && this.#info.types.read(entry);
  }

  #readRust(): ReadonlyMap<bigint, Entry> {
    const found = new Map<bigint, Entry>();
    const query = { kinds: ['variable'], limit: rustVtablesMax, caseSensitive: true } as const;
    for (const { name, offset, inTypes } of this.#info.names?.search(rustVtable, query) ?? []) {
      if (!name.endsWith(rustVtable)) continue;
      const entry = this.#info.dwarf.namedEntry(offset, inTypes);
      const expression = expressionAt(variableOf(entry), 0n);
      const contained = entry.typeEntry?.reference(attribute.containingType);
      if (expression?.length !== 9 || expression[0] !== operationAddress || contained === undefined) continue;
      found.set(new DataView(expression.buffer, expression.byteOffset).getBigUint64(1, true), contained);
    }
    return found;
  }
}
