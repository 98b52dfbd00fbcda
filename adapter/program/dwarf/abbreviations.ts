/**
 * Tables of abbreviations (.debug_abbrev): what an entry's code says about its tag and the attributes that follow. A table is
 * parsed once for all units that share it. DWARF 5 chapter 7.5.3.
 */

import { Cursor, type SectionData } from '../cursor.ts';
import { form } from './constants.ts';

export interface Abbreviation {
  readonly tag: number;
  readonly hasChildren: boolean;
  /** Attribute and form of each, side by side. */
  readonly attributes: Uint16Array;
  readonly forms: Uint16Array;
  /** The values of DW_FORM_implicit_const, at the index of their attribute. */
  readonly implicit: readonly bigint[] | undefined;
}

export type AbbreviationTable = ReadonlyMap<number, Abbreviation>;

/** Compilers write some hundreds for a unit, and some thousands for a whole program. */
export const codesMax = 65_536;
const attributesMax = 4096;

/**
 * The table at an offset, and where it ends.
 * @param bytesMax how long it may be
 * @param wanted the code to read up to, when only that is of interest
 * @throws {ProgramError} when it is damaged
 */
export const readAbbreviations = (
  section: SectionData,
  offset: number,
  bytesMax: number,
  wanted?: number,
): { table: AbbreviationTable; end: number } => {
  const cursor = new Cursor(section, offset);
  const table = new Map<number, Abbreviation>();
  for (;;) {
    const at = cursor.offset;
    const code = cursor.uleb();
    if (code === 0) return { table, end: cursor.offset };
    if (cursor.offset - offset > bytesMax) throw cursor.damaged('tables that do not overlap', 'some that do', at);
    if (table.size >= codesMax) throw cursor.damaged(`up to ${codesMax} abbreviations`, 'more', at);
    const tag = cursor.uleb();
    const hasChildren = cursor.u8() !== 0;
    const attributes: number[] = [];
    const forms: number[] = [];
    let implicit: bigint[] | undefined;
    for (;;) {
      const attribute = cursor.uleb();
      const kind = cursor.uleb();
      if (kind === form.implicitConst) {
        implicit ??= [];
        implicit[attributes.length] = cursor.sleb64();
      }
      if (attribute === 0 && kind === 0) break;
      if (attribute > 0xffff || kind > 0xffff) {
        throw cursor.damaged('an attribute and a form of 16 bits', `0x${attribute.toString(16)}`, at);
      }
      if (attributes.length >= attributesMax) throw cursor.damaged(`up to ${attributesMax} attributes`, 'more', at);
      attributes.push(attribute);
      forms.push(kind);
    }
    table.set(code, {
      tag,
      hasChildren,
      attributes: Uint16Array.from(attributes),
      forms: Uint16Array.from(forms),
      implicit,
    });
    if (code === wanted) return { table, end: cursor.offset };
  }
};
