/** Zifencei (unprivileged specification, "Instruction-Fetch Fence"). Its reserved fields are ignored. */
// biome-ignore-all format: the rows line up as in the manual's instruction listings

import { rowsOf } from './build.ts';
import { nothing } from './meaning.ts';
import type { Row } from './row.ts';

const row = rowsOf('Zifencei');

export const zifencei: readonly Row[] = [
  // What is cached of code is kept right by write-tracking: each fetch sees all stores before it.
  row('fence.i', '............ ..... 001 ..... 0001111', '', nothing),
];
