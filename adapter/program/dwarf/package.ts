/**
 * The index sections of a package file (.dwp): which part of each section belongs to which split unit. Both the form of
 * DWARF 5 (chapter 7.3.5, version 5) and the one that binutils wrote before it (version 2) are read.
 *
 *     version, columns N, units U, slots S | S signatures of 8 bytes | S rows | N section numbers | U x N offsets | U x N sizes
 */

import { Cursor } from '../cursor.ts';
import type { DwarfFile } from './file.ts';
import type { Contribution } from './unit.ts';

/** Units of `start` to `end` of .debug_info (or .debug_types) have this contribution. */
export interface PackageRow {
  readonly start: number;
  readonly end: number;
  readonly contribution: Contribution;
}

/** DW_SECT_INFO and so on: the same numbers in both versions, except what 5 and 8 mean, where the names differ. */
const column = { info: 1, types: 2, abbrev: 3, line: 4, loc: 5, strOffsets: 6, rnglists: 8 } as const;

/** The rows, in ascending order of where they start; none when the file is not a package. */
export const readPackageIndex = (file: DwarfFile, of: 'info' | 'types'): readonly PackageRow[] => {
  if (!file.isSplit) return [];
  const rows: PackageRow[] = [];
  for (const name of ['.debug_cu_index', '.debug_tu_index']) {
    const section = file.sections.get(name);
    if (section.bytes.length > 0) readTable(new Cursor(section), of, rows);
  }
  return rows.sort((a, b) => a.start - b.start);
};

const readTable = (cursor: Cursor, of: 'info' | 'types', rows: PackageRow[]): void => {
  // Version 2 is a word, version 5 a half-word and padding: as a word both read the same.
  const version = cursor.u32();
  if (version !== 2 && version !== 5) throw cursor.damaged('an index of version 2 or 5', `${version}`, 0);
  const columns = cursor.u32();
  const units = cursor.u32();
  const slots = cursor.u32();
  const bodyBytes = slots * 12 + columns * 4 + units * columns * 8;
  if (units > 0 && columns === 0) throw cursor.damaged('columns of a table of units', 'none', 4);
  if (bodyBytes > cursor.left) throw cursor.damaged(`${bodyBytes} bytes of table`, `${cursor.left}`);
  cursor.skip(slots * 12);
  const numbers = Array.from({ length: columns }, () => cursor.u32());
  const offsets = cursor.offset;
  const { view } = cursor.section;
  const cell = (row: number, wanted: number, table: 0 | 1): number | undefined => {
    const index = numbers.indexOf(wanted);
    return index < 0
      ? undefined
      : view.getUint32(offsets + 4 * (table * units * columns + row * columns + index), true);
  };
  for (let row = 0; row < units; row++) {
    const start = cell(row, column[of], 0);
    const sizeBytes = cell(row, column[of], 1);
    if (start === undefined || sizeBytes === undefined || sizeBytes === 0) continue;
    const contribution = {
      abbrev: cell(row, column.abbrev, 0) ?? 0,
      line: cell(row, column.line, 0) ?? 0,
      loc: cell(row, column.loc, 0) ?? 0,
      strOffsets: cell(row, column.strOffsets, 0) ?? 0,
      rnglists: version === 5 ? (cell(row, column.rnglists, 0) ?? 0) : 0,
    };
    rows.push({ start, end: start + sizeBytes, contribution });
  }
};
