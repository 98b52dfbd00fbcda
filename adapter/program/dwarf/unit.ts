/**
 * Units: the headers of .debug_info and .debug_types, and what the entries of a unit are read by (its abbreviations and
 * the bases of its indexed forms). Finding the headers touches a few bytes a unit; all else waits until it is asked for.
 * DWARF 5 chapter 7.5.1; chapter 7.3.2 for split units.
 */

import { Cursor, type SectionData } from '../cursor.ts';
import type { AbbreviationTable } from './abbreviations.ts';
import { attribute, unitType } from './constants.ts';
import { Entry } from './entry.ts';
import type { DwarfFile } from './file.ts';

/** What a unit's header says. */
export interface UnitHeader {
  readonly section: SectionData;
  /** Where the header, the first entry, and the unit's end are, in its section. */
  readonly offset: number;
  readonly firstEntry: number;
  readonly end: number;
  readonly version: number;
  /** 4 in the 32-bit format, 8 in the 64-bit one. */
  readonly offsetBytes: 4 | 8;
  readonly addressBytes: number;
  readonly type: number;
  readonly abbreviationsAt: number;
  /** Of skeleton and split units in DWARF 5. */
  readonly dwoId: bigint | undefined;
  /** Of type units: what DW_FORM_ref_sig8 says, and where the type's entry is. */
  readonly signature: bigint | undefined;
  readonly typeEntry: number;
}

/** Where a unit's part of each section of a package file begins (DWARF 5 chapter 7.3.5); 0 in all other files. */
export interface Contribution {
  readonly abbrev: number;
  readonly line: number;
  readonly loc: number;
  readonly strOffsets: number;
  readonly rnglists: number;
}

const wholeFile: Contribution = { abbrev: 0, line: 0, loc: 0, strOffsets: 0, rnglists: 0 };

export class Unit {
  readonly header: UnitHeader;
  readonly file: DwarfFile;
  readonly contribution: Contribution;
  /** Of a split unit: the unit of the program that it belongs to, which knows addresses and lines. */
  skeleton: Unit | undefined;
  #abbreviations: AbbreviationTable | undefined;
  #isLoaded = false;
  #root: Entry | undefined;
  #bases: Bases | undefined;

  constructor(header: UnitHeader, file: DwarfFile, contribution: Contribution = wholeFile) {
    this.header = header;
    this.file = file;
    this.contribution = contribution;
  }

  get abbreviations(): AbbreviationTable {
    this.#abbreviations ??= this.file.abbreviations(this.header.abbreviationsAt + this.contribution.abbrev);
    return this.#abbreviations;
  }

  /** The unit's own entry, which all others are children of. */
  get root(): Entry {
    this.#root ??= new Entry(this, this.header.firstEntry);
    return this.#root;
  }

  get isType(): boolean {
    return this.header.type === unitType.type || this.header.type === unitType.splitType;
  }

  get language(): number {
    return this.root.count(attribute.language) ?? 0;
  }

  get name(): string {
    return this.root.text(attribute.name) ?? '';
  }

  get compilationDirectory(): string {
    return (this.skeleton ?? this).root.text(attribute.compilationDirectory) ?? '';
  }

  /** The base address of ranges and locations: DW_AT_low_pc of the unit, or 0. */
  get baseAddress(): bigint {
    const { root } = this.skeleton ?? this;
    return root.address(attribute.lowPc) ?? 0n;
  }

  get bases(): Bases {
    this.#bases ??= this.#readBases();
    return this.#bases;
  }

  /**
   * The bases of indexed forms. In a split unit they are not written: the part begins right after its header, which DWARF 4
   * (GNU) does not have; addresses are those of the skeleton.
   */
  #readBases(): Bases {
    const { root, header, contribution } = this;
    const split = this.file.isSplit;
    const tableHeader = header.version >= 5 ? 4 + header.offsetBytes + (header.offsetBytes - 4) : 0;
    const owner = this.skeleton?.root ?? root;
    const listHeader = header.version >= 5 ? (header.offsetBytes === 8 ? 20 : 12) : 0;
    return {
      strOffsets: root.sectionOffset(attribute.strOffsetsBase) ?? contribution.strOffsets + tableHeader,
      addresses:
        owner.sectionOffset(attribute.addrBase) ??
        owner.sectionOffset(attribute.gnuAddrBase) ??
        (header.version >= 5 ? (header.offsetBytes === 8 ? 16 : 8) : 0),
      rnglists: root.sectionOffset(attribute.rnglistsBase) ?? (split ? contribution.rnglists + listHeader : listHeader),
      loclists: root.sectionOffset(attribute.loclistsBase) ?? (split ? contribution.loc + listHeader : listHeader),
      gnuRanges: this.skeleton?.root.sectionOffset(attribute.gnuRangesBase) ?? 0,
    };
  }

  /** The entry at an offset of the unit's section. */
  entry(offset: number): Entry {
    if (offset < this.header.firstEntry || offset >= this.header.end) {
      const { firstEntry, end } = this.header;
      const range = `an entry from 0x${firstEntry.toString(16)} to 0x${end.toString(16)}`;
      throw this.cursor(this.header.offset).damaged(range, `a reference to 0x${offset.toString(16)}`);
    }
    return new Entry(this, offset);
  }

  /** Reads from an offset of the unit's section, up to the unit's end. */
  cursor(offset: number): Cursor {
    if (!this.#isLoaded) {
      const { section, offset: start, end } = this.header;
      section.load?.(start, end);
      this.#isLoaded = true;
    }
    return new Cursor(this.header.section, offset, this.header.end);
  }
}

export interface Bases {
  readonly strOffsets: number;
  readonly addresses: number;
  readonly rnglists: number;
  readonly loclists: number;
  readonly gnuRanges: number;
}

const headerBytesMax = 40;

/**
 * The header at an offset.
 * @param typeSection whether the section is DWARF 4's .debug_types
 * @throws {ProgramError} when it is damaged or of a version other than 2 to 5
 */
export const readUnitHeader = (section: SectionData, offset: number, typeSection = false): UnitHeader => {
  section.load?.(offset, Math.min(offset + headerBytesMax, section.bytes.length));
  const cursor = new Cursor(section, offset);
  let length: number = cursor.u32();
  let offsetBytes: 4 | 8 = 4;
  if (length === 0xffff_ffff) {
    length = cursor.sized(8);
    offsetBytes = 8;
  } else if (length >= 0xffff_fff0) throw cursor.damaged("a unit's length", `0x${length.toString(16)}`, offset);
  if (length > cursor.left) throw cursor.damaged(`a length up to ${cursor.left}`, `${length}`, offset);
  const end = cursor.offset + length;
  const body = new Cursor(section, cursor.offset, end);
  const version = body.u16();
  if (version < 2 || version > 5) throw body.damaged('DWARF version 2 to 5', `${version}`, offset);
  let type: number = typeSection ? unitType.type : unitType.compile;
  let addressBytes = 8;
  let abbreviationsAt: number;
  if (version >= 5) {
    type = body.u8();
    addressBytes = body.u8();
    abbreviationsAt = body.sized(offsetBytes);
  } else {
    abbreviationsAt = body.sized(offsetBytes);
    addressBytes = body.u8();
  }
  if (addressBytes !== 8 && addressBytes !== 4) throw body.damaged('addresses of 8 bytes', `${addressBytes}`, offset);
  let dwoId: bigint | undefined;
  let signature: bigint | undefined;
  let typeEntry = 0;
  if (version >= 5 && (type === unitType.skeleton || type === unitType.splitCompile)) dwoId = body.u64();
  if (type === unitType.type || type === unitType.splitType) {
    signature = body.u64();
    typeEntry = offset + body.sized(offsetBytes);
  }
  return {
    section,
    offset,
    firstEntry: body.offset,
    end,
    version,
    offsetBytes,
    addressBytes,
    type,
    abbreviationsAt,
    dwoId,
    signature,
    typeEntry,
  };
};
