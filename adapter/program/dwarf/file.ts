/**
 * The DWARF debug information of one ELF file: its units, and what their entries refer to in other sections (texts,
 * addresses, other entries). Nothing is parsed until it is asked for; unit headers are found in one quick pass.
 *
 * A program compiled with split DWARF has skeleton units; the rest is in .dwo files or one .dwp file. These are asked for by
 * name from whoever made this object, which may refuse; this reader opens no file.
 */

import { Cursor, type SectionData } from '../cursor.ts';
import { once } from '../once.ts';
import { countUpTo } from '../sorted.ts';
import { type AbbreviationTable, readAbbreviations } from './abbreviations.ts';
import { attribute, form, unitType } from './constants.ts';
import type { AttributePlace, Entry } from './entry.ts';
import { type PackageRow, readPackageIndex } from './package.ts';
import { textAt } from './text.ts';
import { readUnitHeader, Unit } from './unit.ts';

/** What a skeleton unit says of the file that holds the rest of it. */
export interface SplitRequest {
  /** DW_AT_dwo_name, as the compiler wrote it; relative to `directory`. */
  readonly name: string;
  readonly directory: string;
  readonly dwoId: bigint;
}

/** Gives the sections of the .dwo or .dwp file that holds a split unit; nothing when it cannot be found. */
export type OpenSplit = (request: SplitRequest) => DwarfFile | undefined;

/** Sections by name; one that is not there is empty. `DebugSections` is one. */
export interface SectionSource {
  readonly file: string;
  has(name: string): boolean;
  get(name: string): SectionData;
}

export class DwarfFile {
  readonly sections: SectionSource;
  /** Whether this is a .dwo or .dwp file: its sections are called `.debug_info.dwo` and so on. */
  readonly isSplit: boolean;
  readonly #openSplit: OpenSplit;
  readonly #abbreviations = new Map<number, () => AbbreviationTable>();
  /** Of all tables so far. */
  #abbreviationBytes = 0;
  readonly #split = new Map<Unit, Unit>();
  /** Files of split units, each with where its entries are in one row of all, behind those of this file. */
  readonly #parts: { readonly file: DwarfFile; readonly start: number; readonly end: number }[] = [];
  #units: readonly Unit[] | undefined;
  #typeUnits: readonly Unit[] | undefined;
  #bySignature: Map<bigint, Unit> | undefined;
  #byDwoId: Map<bigint, Unit> | undefined;

  constructor(sections: SectionSource, openSplit: OpenSplit = () => undefined) {
    this.sections = sections;
    this.isSplit = !sections.has('.debug_info') && sections.has('.debug_info.dwo');
    this.#openSplit = openSplit;
  }

  get name(): string {
    return this.sections.file;
  }

  /** A section by its name in an ordinary file. */
  section(name: string): SectionData {
    return this.sections.get(this.isSplit ? `${name}.dwo` : name);
  }

  /** All units of .debug_info, in the order of the file; also type units of DWARF 5. */
  get units(): readonly Unit[] {
    this.#units ??= this.#scan('.debug_info', readPackageIndex(this, 'info'));
    return this.#units;
  }

  /** The units of DWARF 4's .debug_types. */
  get typeUnits(): readonly Unit[] {
    this.#typeUnits ??= this.#scan('.debug_types', readPackageIndex(this, 'types'));
    return this.#typeUnits;
  }

  #scan(name: string, rows: readonly PackageRow[]): readonly Unit[] {
    const section = this.section(name);
    const units: Unit[] = [];
    let row = 0;
    for (let offset = 0; offset < section.bytes.length; ) {
      // Linkers may pad with zeros between units of different object files.
      section.load?.(offset, Math.min(offset + 4, section.bytes.length));
      if (section.bytes.length - offset < 4 || section.view.getUint32(offset, true) === 0) {
        offset += 4;
        continue;
      }
      const header = readUnitHeader(section, offset, name === '.debug_types');
      while (row < rows.length && offset >= rows[row]!.end) row++;
      const own = rows[row];
      units.push(new Unit(header, this, own !== undefined && offset >= own.start ? own.contribution : undefined));
      offset = header.end;
    }
    return units;
  }

  /** The unit that an offset of .debug_info (or .debug_types) is in. */
  unitAt(offset: number, inTypes = false): Unit | undefined {
    const units = inTypes ? this.typeUnits : this.units;
    const end = countUpTo(units.length, (index) => units[index]!.header.offset, offset);
    const unit = units[end - 1];
    return unit !== undefined && offset < unit.header.end ? unit : undefined;
  }

  /** The entry at an offset of .debug_info (or .debug_types). */
  entryAt(offset: number, inTypes = false): Entry {
    const unit = this.unitAt(offset, inTypes);
    if (unit === undefined) {
      throw new Cursor(this.section(inTypes ? '.debug_types' : '.debug_info')).damaged(
        'an entry of a unit',
        `offset 0x${offset.toString(16)}`,
      );
    }
    return unit.entry(offset);
  }

  /** The entry at a place in the row of all files, as names have it (`startOf`). */
  namedEntry(place: number, inTypes = false): Entry {
    const part = this.#parts.find(({ start, end }) => place >= start && place < end);
    return part === undefined ? this.entryAt(place, inTypes) : part.file.entryAt(place - part.start, inTypes);
  }

  /** Where the entries of a unit's file begin in the row of all: of this file at 0. Nothing where the row would be too long. */
  startOf({ file }: Unit): number | undefined {
    if (file === this) return 0;
    let part = this.#parts.find((one) => one.file === file);
    if (part === undefined) {
      const start = this.#parts.at(-1)?.end ?? this.section('.debug_info').bytes.length + 1;
      const sizeBytes = Math.max(...['.debug_info', '.debug_types'].map((name) => file.section(name).bytes.length));
      part = { file, start, end: start + sizeBytes + 1 };
      if (part.end > placesMax) return undefined;
      this.#parts.push(part);
    }
    return part.start;
  }

  /** Whether there are units whose contents are in other files. */
  get hasSplitUnits(): boolean {
    // Skeletons have their addresses in a section of its own, in GNU's form as well.
    if (this.isSplit || !this.sections.has('.debug_addr')) return false;
    return this.units.some((unit) => skeletonId(unit) !== undefined);
  }

  /** The type of a type unit's signature; nothing when this file has no such unit. */
  typeBySignature(signature: bigint): Entry | undefined {
    if (this.#bySignature === undefined) {
      this.#bySignature = new Map();
      for (const unit of [...this.units, ...this.typeUnits]) {
        if (unit.header.signature !== undefined) this.#bySignature.set(unit.header.signature, unit);
      }
    }
    const unit = this.#bySignature.get(signature);
    return unit?.entry(unit.header.typeEntry);
  }

  /**
   * The unit with the whole contents: of a skeleton, the split unit when its file could be had; any other unit itself.
   */
  complete(unit: Unit): Unit {
    const known = this.#split.get(unit);
    if (known !== undefined) return known;
    let result = unit;
    const dwoId = skeletonId(unit);
    if (!this.isSplit && dwoId !== undefined) {
      const name = unit.root.text(attribute.dwoName) ?? unit.root.text(attribute.gnuDwoName) ?? '';
      const split = this.#openSplit({ name, directory: unit.compilationDirectory, dwoId })?.unitByDwoId(dwoId);
      if (split !== undefined) {
        split.skeleton = unit;
        result = split;
      }
    }
    this.#split.set(unit, result);
    return result;
  }

  unitByDwoId(dwoId: bigint): Unit | undefined {
    if (this.#byDwoId === undefined) {
      this.#byDwoId = new Map();
      for (const unit of this.units) {
        const id = unit.isType ? undefined : (unit.header.dwoId ?? unit.root.constant(attribute.gnuDwoId));
        if (id !== undefined) this.#byDwoId.set(id, unit);
      }
    }
    return this.#byDwoId.get(dwoId);
  }

  abbreviations(offset: number): AbbreviationTable {
    let table = this.#abbreviations.get(offset);
    if (table === undefined) {
      table = once(() => this.#readAbbreviations(offset));
      this.#abbreviations.set(offset, table);
    }
    return table();
  }

  /** Tables do not overlap, unless somebody wants a small section to be read many times. */
  #readAbbreviations(offset: number): AbbreviationTable {
    const section = this.section('.debug_abbrev');
    const { length } = section.bytes;
    const before = this.#abbreviationBytes;
    // What a damaged table costs is not known: some of them, and no more is read.
    this.#abbreviationBytes = before + Math.ceil(length / 8);
    const { table, end } = readAbbreviations(section, offset, 2 * length - before);
    this.#abbreviationBytes = before + end - offset;
    return table;
  }

  /** The text of an attribute, or nothing when its form is no text. */
  text(unit: Unit, place: AttributePlace): string | undefined {
    const cursor = unit.cursor(place.offset);
    const { offsetBytes } = unit.header;
    switch (place.form) {
      case form.string:
        return cursor.text();
      case form.strp:
        return textAt(this.section('.debug_str'), cursor.sized(offsetBytes));
      case form.lineStrp:
        return textAt(this.sections.get('.debug_line_str'), cursor.sized(offsetBytes));
      case form.strx:
      case form.gnuStrIndex:
        return this.textByIndex(unit, cursor.uleb());
      case form.strx1:
        return this.textByIndex(unit, cursor.u8());
      case form.strx2:
        return this.textByIndex(unit, cursor.u16());
      case form.strx3:
        return this.textByIndex(unit, cursor.u24());
      case form.strx4:
        return this.textByIndex(unit, cursor.u32());
      default:
        return undefined;
    }
  }

  textByIndex(unit: Unit, index: number): string {
    const { offsetBytes } = unit.header;
    const offset = unit.bases.strOffsets + index * offsetBytes;
    return textAt(
      this.section('.debug_str'),
      new Cursor(this.section('.debug_str_offsets'), offset).sized(offsetBytes),
    );
  }

  /** The address of an attribute, or nothing when its form is no address. */
  address(unit: Unit, place: AttributePlace): bigint | undefined {
    const cursor = unit.cursor(place.offset);
    switch (place.form) {
      case form.addr:
        return cursor.unsigned(unit.header.addressBytes);
      case form.addrx:
      case form.gnuAddrIndex:
        return this.addressByIndex(unit, cursor.uleb());
      case form.addrx1:
        return this.addressByIndex(unit, cursor.u8());
      case form.addrx2:
        return this.addressByIndex(unit, cursor.u16());
      case form.addrx3:
        return this.addressByIndex(unit, cursor.u24());
      case form.addrx4:
        return this.addressByIndex(unit, cursor.u32());
      default:
        return undefined;
    }
  }

  /** Entry `index` of the unit's part of .debug_addr, which for a split unit is in the program's file. */
  addressByIndex(unit: Unit, index: number): bigint {
    const { addressBytes } = unit.header;
    const section = (unit.skeleton?.file ?? unit.file).sections.get('.debug_addr');
    return new Cursor(section, unit.bases.addresses + index * addressBytes).unsigned(addressBytes);
  }
}

/** Places are kept in 32 bits. */
const placesMax = 2 ** 32;

/** Which split unit a skeleton stands for: in the header in DWARF 5, an attribute of GCC in DWARF 4. */
const skeletonId = (unit: Unit): bigint | undefined => {
  const { header } = unit;
  if (header.type === unitType.skeleton) return header.dwoId;
  if (header.version >= 5 || !unit.root.has(attribute.gnuDwoName)) return undefined;
  return unit.root.constant(attribute.gnuDwoId);
};
