/** Zifencei (unprivileged specification, "Instruction-Fetch Fence"). Its reserved fields are ignored. */
// biome-ignore-all format: the rows line up as in the manual's instruction listings

import { rowsOf } from './build.ts';
import { system } from './meaning.ts';
import type { Row } from './row.ts';

const row = rowsOf('Zifencei');

export const zifencei: readonly Row[] = [
  row('fence.i', '............ ..... 001 ..... 0001111', '', system('fenceI')),
];
