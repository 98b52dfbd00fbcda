/**
 * What a table of names in a file is good for, whoever wrote it: it says which units define a name. It may lack names (no
 * table has the enumerators of all languages, and some have names in a spelling of their own), so what it does not say is not
 * known. The units are read as in a scan.
 */

import type { Cursor } from '../cursor.ts';
import type { DwarfFile } from '../dwarf/file.ts';
import type { Unit } from '../dwarf/unit.ts';

export interface NameTable {
  /** Of its section. */
  readonly name: string;
  /** Units that may define a name, which is without its scope. @throws {ProgramError} where it is damaged */
  unitsOf(name: string): readonly Unit[];
}

/** @param cursor where the table says so */
export const unitBeginningAt = (file: DwarfFile, cursor: Cursor, offset: number): Unit => {
  const unit = file.unitAt(offset);
  if (unit?.header.offset !== offset) throw cursor.damaged('the place of a unit', `0x${offset.toString(16)}`);
  return unit;
};

/** A type unit; GDB gives the place of one in .debug_types (DWARF 4) as it does that of others. */
export const typeUnitBeginningAt = (file: DwarfFile, cursor: Cursor, offset: number): Unit => {
  const apart = file.unitAt(offset, true);
  return apart?.header.offset === offset ? apart : unitBeginningAt(file, cursor, offset);
};
