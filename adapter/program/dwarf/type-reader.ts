/**
 * Types out of entries of debug information. One reader belongs to one file and gives the same object for the same entry; a
 * type that is only declared in its unit is completed by whoever knows the others (`complete`). DWARF 5 chapter 5.
 */

import { lazy } from '../types/lazy.ts';
import type {
  ArrayDimension,
  CompositeType,
  Encoding,
  Enumerator,
  EnumVariant,
  Member,
  Type,
  VariantPart,
} from '../types/type.ts';
import { attribute, encoding, tag } from './constants.ts';
import type { Entry } from './entry.ts';
import { evaluateNumber } from './expression.ts';

/** Finds the whole of a type that an entry only declares, by kind and name. */
export type CompleteType = (declaration: Entry) => Entry | undefined;

export class TypeReader {
  readonly #types = new Map<string, Type>();
  readonly #complete: CompleteType;
  readonly #typeOfVtable: CompositeType['typeOfVtable'];

  constructor(complete: CompleteType = () => undefined, typeOfVtable?: (address: bigint) => Type | undefined) {
    this.#complete = complete;
    this.#typeOfVtable = typeOfVtable;
  }

  /** The type that DW_AT_type of an entry (or of its origin) names; undefined is `void`. */
  typeOf(entry: Entry): Type | undefined {
    const type = entry.typeEntry;
    return type === undefined ? undefined : this.read(type);
  }

  /** The type that an entry describes. */
  read(entry: Entry): Type {
    const { header } = entry.unit;
    const key = `${entry.unit.file.name}${header.section.name}:${entry.offset}`;
    let type = this.#types.get(key);
    if (type === undefined) {
      type = this.#make(entry);
      this.#types.set(key, type);
    }
    return type;
  }

  #make(entry: Entry): Type {
    switch (entry.tag) {
      case tag.baseType:
        return baseType(entry);
      case tag.structureType:
        return this.#composite(entry, 'structure');
      case tag.unionType:
        return this.#composite(entry, 'union');
      case tag.classType:
      case tag.interfaceType:
        return this.#composite(entry, 'class');
      case tag.enumerationType:
        return this.#enumeration(entry);
      case tag.arrayType:
        return this.#array(entry);
      case tag.pointerType:
        return this.#pointer(entry, 'pointer');
      case tag.referenceType:
        return this.#pointer(entry, 'reference');
      case tag.rvalueReferenceType:
        return this.#pointer(entry, 'rvalue-reference');
      case tag.ptrToMemberType:
        return this.#memberPointer(entry);
      case tag.typedef:
      case tag.templateAlias:
        return lazy({ kind: 'typedef', name: entry.name ?? '' }, { target: () => this.typeOf(entry) });
      case tag.constType:
        return this.#qualified(entry, 'const');
      case tag.volatileType:
        return this.#qualified(entry, 'volatile');
      case tag.restrictType:
        return this.#qualified(entry, 'restrict');
      case tag.atomicType:
        return this.#qualified(entry, 'atomic');
      case tag.immutableType:
        return this.#qualified(entry, 'immutable');
      case tag.sharedType:
        return this.#qualified(entry, 'shared');
      case tag.subroutineType:
      case tag.subprogram:
        return this.#function(entry);
      default:
        return { kind: 'unspecified', name: entry.name ?? `type of tag 0x${entry.tag.toString(16)}` };
    }
  }

  #qualified(entry: Entry, qualifier: 'const' | 'volatile' | 'restrict' | 'atomic' | 'immutable' | 'shared'): Type {
    return lazy({ kind: 'qualified', qualifier }, { target: () => this.typeOf(entry) });
  }

  #pointer(entry: Entry, flavour: 'pointer' | 'reference' | 'rvalue-reference'): Type {
    const sizeBytes = entry.count(attribute.byteSize) ?? entry.unit.header.addressBytes;
    return lazy({ kind: 'pointer', flavour, name: entry.name, sizeBytes }, { target: () => this.typeOf(entry) });
  }

  #memberPointer(entry: Entry): Type {
    const { addressBytes } = entry.unit.header;
    const containing = () => {
      const found = entry.reference(attribute.containingType);
      return found === undefined ? undefined : this.read(found);
    };
    // Itanium C++ ABI 2.3: a pointer to a member function is two words.
    const words = entry.typeEntry?.tag === tag.subroutineType ? 2 : 1;
    const sizeBytes = entry.count(attribute.byteSize) ?? words * addressBytes;
    return lazy({ kind: 'member-pointer', sizeBytes }, { target: () => this.typeOf(entry), containing });
  }

  #function(entry: Entry): Type {
    const parameters = [...entry.children()].filter((child) => child.tag === tag.formalParameter);
    const variadic = [...entry.children()].some((child) => child.tag === tag.unspecifiedParameters);
    return lazy(
      { kind: 'function', variadic, prototyped: entry.flag(attribute.prototyped) },
      { result: () => this.typeOf(entry), parameters: () => parameters.map((child) => this.typeOf(child)) },
    );
  }

  #array(entry: Entry): Type {
    const sizeBytes = entry.count(attribute.byteSize);
    const dimensions = () => [...entry.children()].filter(isDimension).map(dimensionOf);
    return lazy({ kind: 'array', sizeBytes }, { element: () => this.typeOf(entry), dimensions });
  }

  #enumeration(entry: Entry): Type {
    const whole = this.#whole(entry);
    const signOfBase = (): boolean | undefined => {
      const underlying = whole.has(attribute.type) ? this.typeOf(whole) : undefined;
      return underlying?.kind === 'base' ? underlying.signed : undefined;
    };
    const enumerators = () => enumeratorsOf(whole, signOfBase());
    return lazy(
      {
        kind: 'enumeration',
        name: entry.name,
        sizeBytes: whole.count(attribute.byteSize),
        declared: whole.flag(attribute.declaration),
        scoped: whole.flag(attribute.enumClass),
      },
      {
        enumerators,
        signed: () => signOfBase() ?? enumerators().some(({ value }) => value < 0n),
      },
    );
  }

  #whole(entry: Entry): Entry {
    if (!entry.flag(attribute.declaration)) return entry;
    return entry.reference(attribute.signature) ?? this.#complete(entry) ?? entry;
  }

  #composite(entry: Entry, kind: CompositeType['kind']): Type {
    const whole = this.#whole(entry);
    const children = (wanted: number) => [...whole.children()].filter((child) => child.tag === wanted);
    return lazy(
      {
        kind,
        name: entry.name ?? whole.name,
        sizeBytes: whole.count(attribute.byteSize),
        declared: whole.flag(attribute.declaration),
        alignmentBytes: whole.count(attribute.alignment),
        ...(this.#typeOfVtable && { typeOfVtable: this.#typeOfVtable }),
      },
      {
        bases: () => children(tag.inheritance).map((child) => this.#member(child)),
        members: () =>
          children(tag.member)
            .filter(isLaidOut)
            .map((child) => this.#member(child)),
        variantParts: () => children(tag.variantPart).map((child) => this.#variantPart(child)),
        typeArguments: () => children(tag.templateTypeParameter).map((child) => this.typeOf(child)),
      },
    );
  }

  #variantPart(entry: Entry): VariantPart {
    const discriminant = entry.reference(attribute.discriminant);
    const variants: EnumVariant[] = [];
    for (const child of entry.children()) {
      if (child.tag !== tag.variant) continue;
      const value = child.constant(attribute.discriminantValue);
      for (const member of child.children()) {
        if (member.tag !== tag.member) continue;
        variants.push({ values: value === undefined ? [] : [value], member: this.#member(member) });
      }
    }
    return { discriminant: discriminant === undefined ? undefined : this.#member(discriminant), variants };
  }

  #member(entry: Entry): Member {
    const { offsetBits, sizeBits, computed } = placeOf(entry, () => {
      const type = entry.typeEntry;
      return type === undefined ? undefined : type.count(attribute.byteSize);
    });
    const artificial = entry.flag(attribute.artificial);
    const placeIn = computed ? placeOfBase(entry) : undefined;
    return lazy(
      { name: entry.name, offsetBits, sizeBits, artificial, computed, ...(placeIn && { placeIn }) },
      { type: () => this.typeOf(entry) },
    );
  }
}

const encodings: Readonly<Record<number, readonly [Encoding, signed: boolean]>> = {
  [encoding.address]: ['address', false],
  [encoding.boolean]: ['boolean', false],
  [encoding.complexFloat]: ['complex', true],
  [encoding.float]: ['float', true],
  [encoding.signed]: ['signed', true],
  [encoding.signedChar]: ['character', true],
  [encoding.unsigned]: ['unsigned', false],
  [encoding.unsignedChar]: ['character', false],
  [encoding.utf]: ['character', false],
};

const baseType = (entry: Entry): Type => {
  const [kind, signed] = encodings[entry.count(attribute.encoding) ?? encoding.unsigned] ?? ['unsigned', false];
  return {
    kind: 'base',
    name: entry.name ?? '',
    sizeBytes: entry.count(attribute.byteSize) ?? 0,
    encoding: kind,
    signed,
  };
};

/** Static members of a class are variables elsewhere; DWARF 4 calls them members too. */
const isLaidOut = (entry: Entry): boolean => !entry.flag(attribute.external) && !entry.flag(attribute.declaration);

const isDimension = (entry: Entry): boolean => entry.tag === tag.subrangeType || entry.tag === tag.enumerationType;

const dimensionOf = (entry: Entry): ArrayDimension => {
  const lowerBound = Number(entry.constant(attribute.lowerBound) ?? 0n);
  let count = entry.count(attribute.count);
  if (count === undefined) {
    // Without a sign unless the form has one; all ones are how some compilers write the -1 of an array of nothing.
    const upper = entry.constant(attribute.upperBound);
    if (upper === -1n || upper === 0xffff_ffffn || upper === 0xffff_ffff_ffff_ffffn) count = 0;
    else if (upper !== undefined && upper >= 0n) count = Number(upper) - lowerBound + 1;
  }
  return { lowerBound, count };
};

/** DW_FORM_dataN has no sign: 225 in one byte is 225, also of a signed type, unless it fills the type. */
const enumeratorsOf = (entry: Entry, signed: boolean | undefined): readonly Enumerator[] => {
  const bits = 8 * (entry.count(attribute.byteSize) ?? 8);
  const enumerators: Enumerator[] = [];
  for (const child of entry.children()) {
    if (child.tag !== tag.enumerator) continue;
    const value = child.constant(attribute.constValue) ?? 0n;
    enumerators.push({ name: child.name ?? '', value: signed === true ? BigInt.asIntN(bits, value) : value });
  }
  return enumerators;
};

/**
 * Where a member is. Bit fields come in two spellings: DW_AT_data_bit_offset counts from the start of the whole (DWARF 4 and
 * 5); DW_AT_bit_offset counts from the most significant bit of the storage unit (DWARF 2 and 3).
 */
const placeOf = (entry: Entry, storageBytes: () => number | undefined) => {
  const sizeBits = entry.count(attribute.bitSize);
  const dataBitOffset = entry.count(attribute.dataBitOffset);
  const expression = entry.block(attribute.dataMemberLocation);
  let computed = false;
  let offsetBits = 8 * (entry.count(attribute.dataMemberLocation) ?? 0);
  if (expression !== undefined) {
    const constant = constantOffset(expression);
    computed = constant === undefined;
    offsetBits = 8 * (constant ?? 0);
  }
  if (dataBitOffset !== undefined) offsetBits += dataBitOffset;
  else if (sizeBits !== undefined && entry.has(attribute.bitOffset)) {
    const fromTop = Number(entry.signedConstant(attribute.bitOffset) ?? 0n);
    const storage = 8 * (entry.count(attribute.byteSize) ?? storageBytes() ?? 0);
    offsetBits += storage - fromTop - sizeBits;
  }
  return { offsetBits, sizeBits, computed };
};

/** A virtual base is where an expression says that gets the object's address (DWARF 5, 5.7.3). */
const placeOfBase =
  (entry: Entry): Member['placeIn'] =>
  (object, readMemory) => {
    const expression = entry.block(attribute.dataMemberLocation);
    const nothing = () => undefined;
    const context = { readRegister: nothing, readMemory, cfa: nothing, frameBase: nothing, objectAddress: object };
    return expression && evaluateNumber(expression, entry.unit, context, [object]);
  };

/** DW_OP_plus_uconst N: how DWARF 2 writes a member's offset. */
const constantOffset = (expression: Uint8Array): number | undefined => {
  const plusUconst = 0x23;
  if (expression[0] !== plusUconst) return undefined;
  let value = 0;
  let scale = 1;
  for (let at = 1; at < expression.length && at < 8; at++) {
    value += (expression[at]! & 0x7f) * scale;
    scale *= 128;
    if (expression[at]! < 0x80) return at === expression.length - 1 ? value : undefined;
  }
  return undefined;
};
