/** Zicsr (unprivileged specification, "Zicsr Extension"). What a CSR is and does is the machine's; numbers: csr-names.ts. */
// biome-ignore-all format: the rows line up as in the manual's instruction listings

import { rowsOf } from './build.ts';
import { system } from './meaning.ts';
import type { Row } from './row.ts';

const row = rowsOf('Zicsr');

export const zicsr: readonly Row[] = [
  row('csrrw',  'cccccccccccc sssss 001 ddddd 1110011', 'rd, csr, rs1',  system('csrrw')),
  row('csrrs',  'cccccccccccc sssss 010 ddddd 1110011', 'rd, csr, rs1',  system('csrrs')),
  row('csrrc',  'cccccccccccc sssss 011 ddddd 1110011', 'rd, csr, rs1',  system('csrrc')),
  row('csrrwi', 'cccccccccccc zzzzz 101 ddddd 1110011', 'rd, csr, zimm', system('csrrwi')),
  row('csrrsi', 'cccccccccccc zzzzz 110 ddddd 1110011', 'rd, csr, zimm', system('csrrsi')),
  row('csrrci', 'cccccccccccc zzzzz 111 ddddd 1110011', 'rd, csr, zimm', system('csrrci')),
];
