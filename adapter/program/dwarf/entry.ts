/**
 * An entry of debug information (DIE): its tag, its attributes in the manual's classes, its children. It is a place in the
 * unit's bytes; attributes are decoded when they are asked for, and children are made while they are walked. Whatever scans
 * millions of entries must not use it (see `names/`). DWARF 5 chapters 7.5.4 to 7.5.6.
 */

import type { Cursor } from '../cursor.ts';
import { unsupportedAt } from '../errors.ts';
import type { Abbreviation } from './abbreviations.ts';
import { attribute, form, formBytes } from './constants.ts';
import type { Unit } from './unit.ts';

/** How an attribute's value is written and where. */
export interface AttributePlace {
  readonly form: number;
  readonly offset: number;
  readonly implicit: bigint | undefined;
}

const originChainMax = 16;

export class Entry {
  readonly unit: Unit;
  readonly offset: number;
  readonly tag: number;
  readonly hasChildren: boolean;
  readonly #abbreviation: Abbreviation;
  readonly #attributesAt: number;
  #places: readonly AttributePlace[] | undefined;
  #attributesEnd = 0;
  /** Where the children end, once somebody has walked them all. */
  #childrenEnd: number | undefined;

  /** @throws {ProgramError} when no entry is there */
  constructor(unit: Unit, offset: number) {
    this.unit = unit;
    this.offset = offset;
    const cursor = unit.cursor(offset);
    const code = cursor.uleb();
    const abbreviation = unit.abbreviations.get(code);
    if (abbreviation === undefined) throw cursor.damaged("an entry's abbreviation", `code ${code}`, offset);
    this.#abbreviation = abbreviation;
    this.#attributesAt = cursor.offset;
    this.tag = abbreviation.tag;
    this.hasChildren = abbreviation.hasChildren;
  }

  /** Where the value of an attribute is. */
  place(wanted: number): AttributePlace | undefined {
    const index = this.#abbreviation.attributes.indexOf(wanted);
    return index < 0 ? undefined : this.#decoded()[index];
  }

  has(wanted: number): boolean {
    return this.#abbreviation.attributes.includes(wanted);
  }

  #decoded(): readonly AttributePlace[] {
    if (this.#places !== undefined) return this.#places;
    const { attributes, forms, implicit } = this.#abbreviation;
    const cursor = this.unit.cursor(this.#attributesAt);
    const places: AttributePlace[] = [];
    for (let index = 0; index < attributes.length; index++) {
      const kind = forms[index] === form.indirect ? indirectForm(cursor) : forms[index]!;
      places.push({ form: kind, offset: cursor.offset, implicit: implicit?.[index] });
      skipForm(cursor, kind, this.unit);
    }
    this.#places = places;
    this.#attributesEnd = cursor.offset;
    return places;
  }

  /** A constant as it is written: DW_FORM_dataN without a sign, as DW_FORM_sdata and implicit_const with theirs. */
  constant(wanted: number): bigint | undefined {
    return this.#constant(wanted, false);
  }

  /** A constant whose type is signed. */
  signedConstant(wanted: number): bigint | undefined {
    return this.#constant(wanted, true);
  }

  #constant(wanted: number, signed: boolean): bigint | undefined {
    const place = this.place(wanted);
    if (place === undefined) return undefined;
    const cursor = this.unit.cursor(place.offset);
    switch (place.form) {
      case form.data1:
      case form.data2:
      case form.data4:
      case form.data8: {
        const sizeBytes = formBytes(place.form, 4, 8, 5);
        return signed ? cursor.signed(sizeBytes) : cursor.unsigned(sizeBytes);
      }
      case form.udata:
        return cursor.uleb64();
      case form.sdata:
        return cursor.sleb64();
      case form.implicitConst:
        return place.implicit;
      case form.flag:
        return cursor.unsigned(1);
      case form.flagPresent:
        return 1n;
      default:
        return undefined;
    }
  }

  /** A constant that is a size, a count or a line; one beyond 2^53 is as good as missing. */
  count(wanted: number): number | undefined {
    const value = this.constant(wanted);
    return value === undefined || value > 0x1f_ffff_ffff_ffffn || value < 0n ? undefined : Number(value);
  }

  flag(wanted: number): boolean {
    const place = this.place(wanted);
    if (place === undefined) return false;
    return place.form === form.flagPresent || (this.constant(wanted) ?? 0n) !== 0n;
  }

  text(wanted: number): string | undefined {
    const place = this.place(wanted);
    return place === undefined ? undefined : this.unit.file.text(this.unit, place);
  }

  get name(): string | undefined {
    return this.text(attribute.name);
  }

  address(wanted: number): bigint | undefined {
    const place = this.place(wanted);
    return place === undefined ? undefined : this.unit.file.address(this.unit, place);
  }

  /** An offset into another section, as it is written: for `loclistx` and `rnglistx` see `lists.ts`. */
  sectionOffset(wanted: number): number | undefined {
    const place = this.place(wanted);
    if (place === undefined) return undefined;
    const cursor = this.unit.cursor(place.offset);
    if (place.form === form.secOffset) return cursor.sized(this.unit.header.offsetBytes);
    if (place.form === form.data4) return cursor.u32();
    if (place.form === form.data8) return cursor.sized(8);
    return undefined;
  }

  /** The bytes of a block or an expression. */
  block(wanted: number): Uint8Array | undefined {
    const place = this.place(wanted);
    if (place === undefined) return undefined;
    const cursor = this.unit.cursor(place.offset);
    switch (place.form) {
      case form.exprloc:
      case form.block:
        return cursor.view(cursor.uleb());
      case form.block1:
        return cursor.view(cursor.u8());
      case form.block2:
        return cursor.view(cursor.u16());
      case form.block4:
        return cursor.view(cursor.u32());
      case form.data16:
        return cursor.view(16);
      default:
        return undefined;
    }
  }

  /** The entry that an attribute refers to, in this unit, another one, or the type unit of a signature. */
  reference(wanted: number): Entry | undefined {
    const place = this.place(wanted);
    if (place === undefined) return undefined;
    const { unit } = this;
    const cursor = unit.cursor(place.offset);
    switch (place.form) {
      case form.ref1:
      case form.ref2:
      case form.ref4:
      case form.ref8:
        return unit.entry(unit.header.offset + cursor.sized8(formBytes(place.form, 4, 8, 5)));
      case form.refUdata:
        return unit.entry(unit.header.offset + cursor.uleb());
      case form.refAddr: {
        const { version, offsetBytes, addressBytes } = unit.header;
        return unit.file.entryAt(cursor.sized(version <= 2 ? (addressBytes as 4 | 8) : offsetBytes));
      }
      case form.refSig8:
        return unit.file.typeBySignature(cursor.u64());
      default:
        throw unsupportedAt(
          unit.file.name,
          unit.header.section.name,
          place.offset,
          'a reference within the file',
          `form 0x${place.form.toString(16)} (a supplementary file of dwz)`,
          'Name the debug file before dwz shared parts of it',
        );
    }
  }

  /** The chain of entries that this one completes: itself, then what DW_AT_abstract_origin or specification name. */
  *origins(): Generator<Entry> {
    let entry: Entry | undefined = this;
    for (let depth = 0; entry !== undefined && depth < originChainMax; depth++) {
      yield entry;
      entry = entry.reference(attribute.abstractOrigin) ?? entry.reference(attribute.specification);
    }
  }

  /** The first entry of the chain of origins that has the attribute. */
  withAttribute(wanted: number): Entry | undefined {
    for (const entry of this.origins()) if (entry.has(wanted)) return entry;
    return undefined;
  }

  /** The name, also when only the declaration or the abstract instance has it. */
  get fullName(): string | undefined {
    return this.withAttribute(attribute.name)?.name;
  }

  /** What the linker calls it, where that is another name. */
  get linkageName(): string | undefined {
    return this.withAttribute(attribute.linkageName)?.text(attribute.linkageName);
  }

  get typeEntry(): Entry | undefined {
    return this.withAttribute(attribute.type)?.reference(attribute.type);
  }

  *children(): Generator<Entry> {
    if (!this.hasChildren) return;
    this.#decoded();
    let offset = this.#attributesEnd;
    for (;;) {
      const cursor = this.unit.cursor(offset);
      if (cursor.atEnd || cursor.u8() === 0) {
        this.#childrenEnd = cursor.offset;
        return;
      }
      const child = new Entry(this.unit, offset);
      yield child;
      offset = child.nextSibling();
    }
  }

  /** Where the entry after this one and all below it begins. */
  nextSibling(): number {
    this.#decoded();
    if (!this.hasChildren) return this.#attributesEnd;
    const place = this.place(attribute.sibling);
    if (place !== undefined && place.form !== form.refAddr) {
      const { header } = this.unit;
      const cursor = this.unit.cursor(place.offset);
      const distance = place.form === form.refUdata ? cursor.uleb() : cursor.sized8(formBytes(place.form, 4, 8, 5));
      const target = header.offset + distance;
      if (target < this.#attributesEnd || target > header.end) {
        throw cursor.damaged('a sibling after this entry', `0x${target.toString(16)}`, place.offset);
      }
      // Entries that are children and siblings at once would be walked twice for each of those around them.
      if (this.#childrenEnd !== undefined && target !== this.#childrenEnd) {
        const expected = `a sibling at 0x${this.#childrenEnd.toString(16)}, where the children end`;
        throw cursor.damaged(expected, `0x${target.toString(16)}`, place.offset);
      }
      return target;
    }
    return this.#childrenEnd ?? skipChildren(this.unit, this.#attributesEnd);
  }
}

/** The offset after the children that begin here, and their children. */
const skipChildren = (unit: Unit, start: number): number => {
  const cursor = unit.cursor(start);
  let depth = 1;
  while (depth > 0 && !cursor.atEnd) {
    const at = cursor.offset;
    const code = cursor.uleb();
    if (code === 0) {
      depth--;
      continue;
    }
    const abbreviation = unit.abbreviations.get(code);
    if (abbreviation === undefined) throw cursor.damaged("an entry's abbreviation", `code ${code}`, at);
    for (const kind of abbreviation.forms) {
      skipForm(cursor, kind === form.indirect ? indirectForm(cursor) : kind, unit);
    }
    if (abbreviation.hasChildren) depth++;
  }
  return cursor.offset;
};

/** DW_FORM_indirect: the form stands before the value. Another indirection or an implicit constant would have no end. */
const indirectForm = (cursor: Cursor): number => {
  const at = cursor.offset;
  const kind = cursor.uleb();
  if (kind === form.indirect || kind === form.implicitConst) throw cursor.damaged('a direct form', `${kind}`, at);
  return kind;
};

export const skipForm = (cursor: Cursor, kind: number, unit: Unit): void => {
  const { offsetBytes, addressBytes, version } = unit.header;
  const sizeBytes = formBytes(kind, offsetBytes, addressBytes, version);
  if (sizeBytes >= 0) {
    cursor.skip(sizeBytes);
    return;
  }
  switch (kind) {
    case form.string:
      cursor.skipText();
      return;
    case form.udata:
    case form.sdata:
    case form.refUdata:
    case form.strx:
    case form.addrx:
    case form.loclistx:
    case form.rnglistx:
    case form.gnuAddrIndex:
    case form.gnuStrIndex:
      cursor.skipLeb();
      return;
    case form.exprloc:
    case form.block:
      cursor.skip(cursor.uleb());
      return;
    case form.block1:
      cursor.skip(cursor.u8());
      return;
    case form.block2:
      cursor.skip(cursor.u16());
      return;
    case form.block4:
      cursor.skip(cursor.u32());
      return;
    default:
      throw cursor.damaged('a form of DWARF 2 to 5', `0x${kind.toString(16)}`);
  }
};
