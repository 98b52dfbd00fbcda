/**
 * The interpreter's dispatch table: from the bits that tell most instructions apart (opcode 6:2, funct3, funct7) to the
 * number of a handler. Rows that these bits do not tell apart share a handler, which tests the rest itself.
 */

import type { Row } from '../isa/row.ts';
import { rows } from '../isa/table.ts';

/** Bits of the word that form the table's index. */
const indexBits = 0xfe00_707c;
export const dispatchEntries = 1 << 15;

export interface Handler {
  readonly candidates: readonly { readonly row: Row; readonly mask: number; readonly match: number }[];
}

export interface Dispatch {
  /** Handler of each index: (word >>> 2 & 31) | (word >>> 12 & 7) << 5 | word >>> 25 << 8. */
  readonly table: Uint8Array;
  /** Handler 0 has no candidates: illegal. */
  readonly handlers: readonly Handler[];
}

/** Derived from the rows alone, so made once. */
export const buildDispatch = (): Dispatch => {
  built ??= build();
  return built;
};

let built: Dispatch | undefined;

const build = (): Dispatch => {
  const table = new Uint8Array(dispatchEntries);
  const handlers: Handler[] = [{ candidates: [] }];
  const known = new Map<string, number>([['', 0]]);
  for (let index = 0; index < dispatchEntries; index += 1) {
    const bits = ((index & 31) << 2) | (((index >>> 5) & 7) << 12) | ((index >>> 8) << 25);
    const found = rows.filter((row) => ((bits ^ row.match) & row.mask & indexBits) === 0);
    const key = found.map((row) => row.name).join();
    let number = known.get(key);
    if (number === undefined) {
      number = handlers.length;
      known.set(key, number);
      const rest = ~(indexBits | 3);
      handlers.push({
        candidates: found.map((row) => ({ row, mask: row.mask & rest, match: row.match & rest })),
      });
    }
    table[index] = number;
  }
  if (handlers.length > 256) throw new Error(`the dispatch table holds bytes; ${handlers.length} handlers do not fit`);
  return { table, handlers };
};
