/** The length that tables begin with, which says how long offsets in them are, too (DWARF 5 chapter 7.4). */

import type { Cursor } from '../cursor.ts';

/** What follows the length. @throws {ProgramError} when the table does not fit into what is left */
export const readLength = (cursor: Cursor): { readonly sizeBytes: number; readonly offsetBytes: 4 | 8 } => {
  const start = cursor.offset;
  const short = cursor.u32();
  const offsetBytes = short === 0xffff_ffff ? 8 : 4;
  const sizeBytes = offsetBytes === 8 ? cursor.sized(8) : short;
  if (sizeBytes > cursor.left) throw cursor.damaged(`a length up to ${cursor.left}`, `${sizeBytes}`, start);
  return { sizeBytes, offsetBytes };
};
