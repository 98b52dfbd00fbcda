/**
 * Traps, returns from traps, waiting and the fence of address translation (unprivileged specification, "Environment
 * Call and Breakpoints"; privileged specification, "Machine-Mode Privileged Instructions", "Supervisor Instructions").
 */
// biome-ignore-all format: the rows line up as in the manual's instruction listings

import { rowsOf } from './build.ts';
import { system } from './meaning.ts';
import type { Row } from './row.ts';

const row = rowsOf('privileged');

export const privileged: readonly Row[] = [
  row('ecall',      '000000000000  00000 000 00000 1110011', '',         system('ecall')),
  row('ebreak',     '000000000001  00000 000 00000 1110011', '',         system('ebreak')),
  row('sret',       '000100000010  00000 000 00000 1110011', '',         system('sret')),
  row('mret',       '001100000010  00000 000 00000 1110011', '',         system('mret')),
  row('wfi',        '000100000101  00000 000 00000 1110011', '',         system('wfi')),
  row('sfence.vma', '0001001 ttttt sssss 000 00000 1110011', 'rs1, rs2', system('sfenceVma')),
];
