/**
 * BTF, the compact type information that Linux carries in its image (.BTF): the fast road to a kernel's types, also of one
 * whose debug package is not there. It has no lines, locations or scopes. Kernel documentation, "BPF Type Format".
 *
 * A module's BTF counts on from that of vmlinux: its types and texts are numbered after those of the base.
 */

import { Cursor, decodeText, type SectionData } from '../cursor.ts';
import { lazy } from '../types/lazy.ts';
import type { ArrayDimension, CompositeType, EnumerationType, Member, Type } from '../types/type.ts';

const magic = 0xeb9f;
const kind = {
  int: 1,
  pointer: 2,
  array: 3,
  structure: 4,
  union: 5,
  enumeration: 6,
  forward: 7,
  typedef: 8,
  volatile: 9,
  const: 10,
  restrict: 11,
  function: 12,
  prototype: 13,
  variable: 14,
  section: 15,
  float: 16,
  declarationTag: 17,
  typeTag: 18,
  enumeration64: 19,
} as const;

const headBytes = 12;
const pointerBytes = 8;

/** Bytes after the head: some, and so many for each of its parts. */
const tailBytes: Readonly<Record<number, readonly [fixed: number, each: number]>> = {
  [kind.int]: [4, 0],
  [kind.pointer]: [0, 0],
  [kind.array]: [12, 0],
  [kind.structure]: [0, 12],
  [kind.union]: [0, 12],
  [kind.enumeration]: [0, 8],
  [kind.forward]: [0, 0],
  [kind.typedef]: [0, 0],
  [kind.volatile]: [0, 0],
  [kind.const]: [0, 0],
  [kind.restrict]: [0, 0],
  [kind.function]: [0, 0],
  [kind.prototype]: [0, 8],
  [kind.variable]: [4, 0],
  [kind.section]: [0, 12],
  [kind.float]: [0, 0],
  [kind.declarationTag]: [4, 0],
  [kind.typeTag]: [0, 0],
  [kind.enumeration64]: [0, 12],
};

export type BtfKind = 'structure' | 'union' | 'enumeration' | 'typedef' | 'base' | 'function' | 'variable';

const kindsOf: Readonly<Record<BtfKind, readonly number[]>> = {
  structure: [kind.structure],
  union: [kind.union],
  enumeration: [kind.enumeration, kind.enumeration64],
  typedef: [kind.typedef],
  base: [kind.int, kind.float],
  function: [kind.function],
  variable: [kind.variable],
};

/** Linux itself takes no names over 512 bytes; longer ones are cut. */
const nameBytesMax = 512;

/** Longer chains of references are damage. */
const chainMax = 32;

export class Btf {
  readonly #section: SectionData;
  readonly #base: Btf | undefined;
  /** Where each type's head is; the first has number `#first`. */
  readonly #offsets: Uint32Array;
  readonly #first: number;
  readonly #strings: number;
  readonly #stringBytes: number;
  readonly #types = new Map<number, Type | undefined>();
  #names: Map<string, number[]> | undefined;

  /** @throws {ProgramError} when the section is damaged */
  constructor(section: SectionData, base?: Btf) {
    const cursor = new Cursor(section);
    const found = cursor.u16();
    if (found !== magic) throw cursor.damaged('the magic 0xeb9f', `0x${found.toString(16)}`, 0);
    cursor.skip(2); // version and flags
    const headerBytes = cursor.u32();
    const typesAt = headerBytes + cursor.u32();
    const typesBytes = cursor.u32();
    this.#strings = headerBytes + cursor.u32();
    this.#stringBytes = cursor.u32();
    new Cursor(section, this.#strings).skip(this.#stringBytes);
    this.#section = section;
    this.#base = base;
    this.#first = base === undefined ? 1 : base.#end;
    this.#offsets = headsOf(new Cursor(section, typesAt, typesAt + typesBytes));
  }

  get #end(): number {
    return this.#first + this.#offsets.length;
  }

  /** How many types there are, with those of the base. */
  get size(): number {
    return this.#end - 1;
  }

  /** The type of a name and kind. */
  find(name: string, wanted: BtfKind): Type | undefined {
    this.#names ??= this.#indexNames();
    const kinds = kindsOf[wanted];
    for (const number of this.#names.get(name) ?? []) {
      if (kinds.includes(this.#kindOf(this.#offsets[number - this.#first]!))) return this.type(number);
    }
    return this.#base?.find(name, wanted);
  }

  /** All names of a kind, in the order of the file; without those of the base. */
  *names(wanted: BtfKind): Generator<string> {
    const kinds = kindsOf[wanted];
    for (const offset of this.#offsets) {
      const name = kinds.includes(this.#kindOf(offset)) ? this.#nameAt(offset) : undefined;
      if (name !== undefined) yield name;
    }
  }

  #indexNames(): Map<string, number[]> {
    const names = new Map<string, number[]>();
    for (const [index, offset] of this.#offsets.entries()) {
      const name = this.#nameAt(offset);
      if (name === undefined) continue;
      const numbers = names.get(name);
      if (numbers === undefined) names.set(name, [this.#first + index]);
      else numbers.push(this.#first + index);
    }
    return names;
  }

  /** A type by its number; 0 is `void`. */
  type(number: number): Type | undefined {
    if (number === 0) return undefined;
    if (number < this.#first) return this.#base?.type(number);
    if (this.#types.has(number)) return this.#types.get(number);
    const offset = this.#offsets[number - this.#first];
    if (offset === undefined) {
      throw new Cursor(this.#section).damaged(`a type up to ${this.size}`, `${number}`);
    }
    // Tags and variables stand for the type that they name; a chain of them that ends nowhere is `void`.
    this.#types.set(number, undefined);
    const type = this.#make(offset, 0);
    this.#types.set(number, type);
    return type;
  }

  #head(offset: number) {
    const { view } = this.#section;
    const info = view.getUint32(offset + 4, true);
    return {
      kind: (info >>> 24) & 0x1f,
      count: info & 0xffff,
      flag: info >>> 31 !== 0,
      sizeOrType: view.getUint32(offset + 8, true),
    };
  }

  #kindOf(offset: number): number {
    return (this.#section.view.getUint32(offset + 4, true) >>> 24) & 0x1f;
  }

  #nameAt(offset: number): string | undefined {
    return this.#text(this.#section.view.getUint32(offset, true));
  }

  #text(at: number): string | undefined {
    const before = this.#base?.textBytes ?? 0;
    if (this.#base !== undefined && at < before) return this.#base.#text(at);
    const own = at - before;
    if (own >= this.#stringBytes) throw new Cursor(this.#section).damaged('a text of .BTF', `0x${at.toString(16)}`);
    const start = this.#strings + own;
    const last = this.#strings + this.#stringBytes;
    const end = this.#section.bytes.subarray(0, Math.min(last, start + nameBytesMax)).indexOf(0, start);
    const stop = end < 0 || end > last ? last : end;
    return start === end ? undefined : decodeText(this.#section.bytes, start, Math.min(stop, start + nameBytesMax));
  }

  /** The bytes of text, with those of the base: where a module's begin. */
  get textBytes(): number {
    return (this.#base?.textBytes ?? 0) + this.#stringBytes;
  }

  #make(offset: number, depth: number): Type | undefined {
    const head = this.#head(offset);
    const name = this.#nameAt(offset);
    const { view } = this.#section;
    const target = () => this.type(head.sizeOrType);
    switch (head.kind) {
      case kind.int:
        return intType(name ?? '', head.sizeOrType, view.getUint32(offset + headBytes, true));
      case kind.float:
        return { kind: 'base', name: name ?? '', sizeBytes: head.sizeOrType, encoding: 'float', signed: true };
      case kind.pointer:
        return lazy({ kind: 'pointer', flavour: 'pointer', name: undefined, sizeBytes: pointerBytes }, { target });
      case kind.array:
        return this.#array(offset);
      case kind.structure:
        return this.#composite(offset, 'structure');
      case kind.union:
        return this.#composite(offset, 'union');
      case kind.enumeration:
      case kind.enumeration64:
        return this.#enumeration(offset);
      case kind.forward:
        return forward(name, head.flag ? 'union' : 'structure');
      case kind.typedef:
        return lazy({ kind: 'typedef', name: name ?? '' }, { target });
      case kind.volatile:
        return lazy({ kind: 'qualified', qualifier: 'volatile' }, { target });
      case kind.const:
        return lazy({ kind: 'qualified', qualifier: 'const' }, { target });
      case kind.restrict:
        return lazy({ kind: 'qualified', qualifier: 'restrict' }, { target });
      case kind.prototype:
        return this.#prototype(offset);
      case kind.function:
      case kind.variable:
      case kind.typeTag:
        if (depth >= chainMax || head.sizeOrType < this.#first) return this.type(head.sizeOrType);
        return this.#behind(head.sizeOrType, depth + 1);
      default:
        return undefined;
    }
  }

  #behind(number: number, depth: number): Type | undefined {
    const offset = this.#offsets[number - this.#first];
    if (offset === undefined || depth >= chainMax) return undefined;
    return this.#types.get(number) ?? this.#make(offset, depth);
  }

  /** Several dimensions are arrays of arrays here; they become one array, as DWARF has it. */
  #array(offset: number): Type {
    const { view } = this.#section;
    const dimensions: ArrayDimension[] = [];
    let element = 0;
    let at: number | undefined = offset;
    while (at !== undefined && dimensions.length < chainMax) {
      element = view.getUint32(at + headBytes, true);
      dimensions.push({ lowerBound: 0, count: view.getUint32(at + headBytes + 8, true) });
      const inner: number | undefined = this.#offsets[element - this.#first];
      at = inner !== undefined && this.#kindOf(inner) === kind.array ? inner : undefined;
    }
    return lazy({ kind: 'array', sizeBytes: undefined, dimensions }, { element: () => this.type(element) });
  }

  #composite(offset: number, kindOfType: CompositeType['kind']): Type {
    const head = this.#head(offset);
    return lazy(
      {
        kind: kindOfType,
        name: this.#nameAt(offset),
        sizeBytes: head.sizeOrType,
        declared: false,
        alignmentBytes: undefined,
        bases: [],
        variantParts: [],
      },
      { members: () => Array.from({ length: head.count }, (_, index) => this.#member(offset, index, head.flag)) },
    );
  }

  #member(offset: number, index: number, packed: boolean): Member {
    const { view } = this.#section;
    const at = offset + headBytes + 12 * index;
    const type = view.getUint32(at + 4, true);
    const place = view.getUint32(at + 8, true);
    // With the flag, the top byte of the offset is the size of a bit field.
    const sizeBits = packed ? place >>> 24 : 0;
    return lazy(
      {
        name: this.#text(view.getUint32(at, true)),
        offsetBits: packed ? place & 0xff_ffff : place,
        sizeBits: sizeBits === 0 ? undefined : sizeBits,
        artificial: false,
        computed: false,
      },
      { type: () => this.type(type) },
    );
  }

  #enumeration(offset: number): EnumerationType {
    const head = this.#head(offset);
    const { view } = this.#section;
    const wide = head.kind === kind.enumeration64;
    const enumerators = () =>
      Array.from({ length: head.count }, (_, index) => {
        const at = offset + headBytes + (wide ? 12 : 8) * index;
        const low = BigInt(view.getUint32(at + 4, true));
        const value = wide ? low | (BigInt(view.getUint32(at + 8, true)) << 32n) : low;
        return {
          name: this.#text(view.getUint32(at, true)) ?? '',
          value: head.flag ? BigInt.asIntN(wide ? 64 : 32, value) : value,
        };
      });
    return lazy(
      {
        kind: 'enumeration',
        name: this.#nameAt(offset),
        sizeBytes: head.sizeOrType,
        signed: head.flag,
        declared: false,
        scoped: false,
      },
      { enumerators },
    );
  }

  #prototype(offset: number): Type {
    const head = this.#head(offset);
    const { view } = this.#section;
    const types = Array.from({ length: head.count }, (_, index) =>
      view.getUint32(offset + headBytes + 8 * index + 4, true),
    );
    // A last parameter without name and type is the three dots.
    const variadic = types.at(-1) === 0 && view.getUint32(offset + headBytes + 8 * (head.count - 1), true) === 0;
    const own = variadic ? types.slice(0, -1) : types;
    return lazy(
      { kind: 'function', variadic, prototyped: true },
      { result: () => this.type(head.sizeOrType), parameters: () => own.map((number) => this.type(number)) },
    );
  }
}

/** Where each type's head is. Types have no table of their own: each says how long it is. */
const headsOf = (cursor: Cursor): Uint32Array => {
  const offsets: number[] = [];
  const { view } = cursor.section;
  while (cursor.left > 0) {
    const at = cursor.offset;
    cursor.skip(headBytes);
    const info = view.getUint32(at + 4, true);
    const tail = tailBytes[(info >>> 24) & 0x1f];
    if (tail === undefined) throw cursor.damaged('a kind of BTF from 1 to 19', `${(info >>> 24) & 0x1f}`, at);
    cursor.skip(tail[0] + tail[1] * (info & 0xffff));
    offsets.push(at);
  }
  return Uint32Array.from(offsets);
};

const intType = (name: string, sizeBytes: number, bits: number): Type => {
  const flags = (bits >>> 24) & 0x0f;
  const signed = (flags & 1) !== 0;
  const encoding = (flags & 4) !== 0 ? 'boolean' : (flags & 2) !== 0 ? 'character' : signed ? 'signed' : 'unsigned';
  return { kind: 'base', name, sizeBytes, encoding, signed };
};

const forward = (name: string | undefined, kindOfType: CompositeType['kind']): Type => ({
  kind: kindOfType,
  name,
  sizeBytes: undefined,
  declared: true,
  alignmentBytes: undefined,
  bases: [],
  members: [],
  variantParts: [],
});
