/**
 * Types of a program, whatever they were read from (DWARF or BTF): what kinds there are, how large, where members lie. Types
 * refer to each other in circles, so what may lead back (a pointer's target, the members of a structure) is made when it is
 * first asked for. Sizes are in bytes unless the name says bits.
 */

export type ReadMemory = (address: bigint, sizeBytes: number) => Uint8Array | undefined;

export type Encoding = 'signed' | 'unsigned' | 'boolean' | 'character' | 'float' | 'complex' | 'address';

export interface BaseType {
  readonly kind: 'base';
  readonly name: string;
  readonly sizeBytes: number;
  readonly encoding: Encoding;
  /** Whether the numbers have a sign: of `signed`, and of characters some. */
  readonly signed: boolean;
}

/** Nothing is known but a name: `void`, `decltype(nullptr)`, Rust's `!`. */
export interface UnspecifiedType {
  readonly kind: 'unspecified';
  readonly name: string;
}

export interface PointerType {
  readonly kind: 'pointer';
  readonly flavour: 'pointer' | 'reference' | 'rvalue-reference';
  /** Rust names its pointers: `&str`. */
  readonly name: string | undefined;
  readonly sizeBytes: number;
  /** Undefined is `void`. */
  readonly target: Type | undefined;
}

/** A pointer to a member of a class (C++). */
export interface MemberPointerType {
  readonly kind: 'member-pointer';
  readonly sizeBytes: number;
  readonly target: Type | undefined;
  readonly containing: Type | undefined;
}

export interface Member {
  /** Nothing for an anonymous structure or union, whose own members count as those of what holds it. */
  readonly name: string | undefined;
  readonly type: Type | undefined;
  /** From the start of the whole; of a bit field, where its lowest bit is. */
  readonly offsetBits: number;
  /** Of a bit field. */
  readonly sizeBits: number | undefined;
  /** Whether the compiler made it (a vtable's pointer, a discriminant). */
  readonly artificial: boolean;
  /** A virtual base is found at run time: its offset is not a constant. */
  readonly computed: boolean;
  /** Where that is, of an object at an address; nothing when it cannot be known. */
  readonly placeIn?: (object: bigint, read: ReadMemory) => bigint | undefined;
}

export interface EnumVariant {
  /** The discriminant's values that mean this variant; none is the default. */
  readonly values: readonly bigint[];
  readonly member: Member;
}

/** The part of a Rust enum that one of several variants takes. */
export interface VariantPart {
  readonly discriminant: Member | undefined;
  readonly variants: readonly EnumVariant[];
}

export interface CompositeType {
  readonly kind: 'structure' | 'union' | 'class';
  readonly name: string | undefined;
  /** Undefined when the type is only declared here. */
  readonly sizeBytes: number | undefined;
  readonly declared: boolean;
  readonly alignmentBytes: number | undefined;
  readonly bases: readonly Member[];
  readonly members: readonly Member[];
  readonly variantParts: readonly VariantPart[];
  /** Of which type an object is that points to a vtable at an address, where that is known (C++, Rust). */
  readonly typeOfVtable?: (address: bigint) => Type | undefined;
  /** What a template or generic type was made with, where debug information says so. */
  readonly typeArguments?: readonly (Type | undefined)[];
}

export interface ArrayDimension {
  readonly lowerBound: number;
  /** Undefined where the length is not a constant: a flexible member, or a variable-length array. */
  readonly count: number | undefined;
}

export interface ArrayType {
  readonly kind: 'array';
  readonly element: Type | undefined;
  /** Outermost first. */
  readonly dimensions: readonly ArrayDimension[];
  readonly sizeBytes: number | undefined;
}

export interface Enumerator {
  readonly name: string;
  readonly value: bigint;
}

export interface EnumerationType {
  readonly kind: 'enumeration';
  readonly name: string | undefined;
  readonly sizeBytes: number | undefined;
  readonly signed: boolean;
  readonly declared: boolean;
  readonly enumerators: readonly Enumerator[];
  /** Whether it is an `enum class` of C++. */
  readonly scoped: boolean;
}

export interface NamedType {
  readonly kind: 'typedef';
  readonly name: string;
  readonly target: Type | undefined;
}

export interface QualifiedType {
  readonly kind: 'qualified';
  readonly qualifier: 'const' | 'volatile' | 'restrict' | 'atomic' | 'shared' | 'immutable';
  readonly target: Type | undefined;
}

export interface FunctionType {
  readonly kind: 'function';
  readonly result: Type | undefined;
  readonly parameters: readonly (Type | undefined)[];
  readonly variadic: boolean;
  readonly prototyped: boolean;
}

export type Type =
  | BaseType
  | UnspecifiedType
  | PointerType
  | MemberPointerType
  | CompositeType
  | ArrayType
  | EnumerationType
  | NamedType
  | QualifiedType
  | FunctionType;

/** Longer chains of typedefs and qualifiers are damage. */
const chainMax = 64;

/** A name is looked for in so many structures; those of damaged types hold themselves. */
const searchedMax = 10_000;

/** The type behind typedefs and qualifiers. */
export const stripped = (type: Type | undefined): Type | undefined => {
  let found = type;
  for (let depth = 0; depth < chainMax; depth++) {
    if (found?.kind !== 'typedef' && found?.kind !== 'qualified') return found;
    found = found.target;
  }
  return undefined;
};

/** Bytes that a value of the type takes; nothing for `void`, functions and what is only declared. */
export const sizeOf = (type: Type | undefined): number | undefined => {
  const found = stripped(type);
  if (found === undefined) return undefined;
  switch (found.kind) {
    case 'function':
    case 'unspecified':
    case 'typedef':
    case 'qualified':
      return undefined;
    case 'array':
      return found.sizeBytes ?? arrayBytes(found);
    default:
      return found.sizeBytes;
  }
};

const arrayBytes = (type: ArrayType): number | undefined => {
  // An array's element may be an array; its own size is a number, so that this cannot run away.
  const element = stripped(type.element);
  const elementBytes = element?.kind === 'array' ? element.sizeBytes : sizeOf(element);
  if (elementBytes === undefined) return undefined;
  let total = elementBytes;
  for (const { count } of type.dimensions) {
    if (count === undefined) return undefined;
    total *= count;
  }
  return total;
};

/**
 * A member and where it is from the start of the whole, found also inside anonymous members and bases. In a virtual base it is
 * `computed`, and where it is cannot be told without an object.
 */
export const findMember = (type: Type | undefined, name: string): Member | undefined => {
  let searched = 0;
  const search = (within: Type | undefined, offsetBits: number, depth: number): Member | undefined => {
    const composite = stripped(within);
    if (depth > chainMax || !isComposite(composite) || ++searched > searchedMax) return undefined;
    for (const member of composite.members) {
      if (member.name === name) return { ...member, offsetBits: offsetBits + member.offsetBits };
    }
    for (const member of [...composite.members.filter(({ name: own }) => own === undefined), ...composite.bases]) {
      const found = search(member.type, offsetBits + member.offsetBits, depth + 1);
      if (found !== undefined) return member.computed ? { ...found, computed: true } : found;
    }
    return undefined;
  };
  return search(type, 0, 0);
};

export const isComposite = (type: Type | undefined): type is CompositeType =>
  type?.kind === 'structure' || type?.kind === 'union' || type?.kind === 'class';
