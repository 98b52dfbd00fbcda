/**
 * A: atomic memory operations and load-reserved / store-conditional (unprivileged specification, "A Extension").
 * The aq and rl bits order nothing more here: one hart runs at a time.
 */
// biome-ignore-all format: the rows line up as in the manual's instruction listings

import { rowsOf } from './build.ts';
import { type AtomicBinary, rs1, rs2, setX } from './meaning.ts';
import type { Row } from './row.ts';

const row = rowsOf('A');
const atomic = (op: AtomicBinary, size: 4 | 8) => setX({ k: 'atomic', op, size, address: rs1, b: rs2 });
const loadReserved = (size: 4 | 8) => setX({ k: 'loadReserved', size, address: rs1 });
const storeConditional = (size: 4 | 8) => setX({ k: 'storeConditional', size, address: rs1, value: rs2 });

export const a: readonly Row[] = [
  row('lr.w',      '00010 a l 00000 sssss 010 ddddd 0101111', 'rd, (rs1)',      loadReserved(4)),
  row('sc.w',      '00011 a l ttttt sssss 010 ddddd 0101111', 'rd, rs2, (rs1)', storeConditional(4)),
  row('amoswap.w', '00001 a l ttttt sssss 010 ddddd 0101111', 'rd, rs2, (rs1)', atomic('swap', 4)),
  row('amoadd.w',  '00000 a l ttttt sssss 010 ddddd 0101111', 'rd, rs2, (rs1)', atomic('add', 4)),
  row('amoxor.w',  '00100 a l ttttt sssss 010 ddddd 0101111', 'rd, rs2, (rs1)', atomic('xor', 4)),
  row('amoand.w',  '01100 a l ttttt sssss 010 ddddd 0101111', 'rd, rs2, (rs1)', atomic('and', 4)),
  row('amoor.w',   '01000 a l ttttt sssss 010 ddddd 0101111', 'rd, rs2, (rs1)', atomic('or', 4)),
  row('amomin.w',  '10000 a l ttttt sssss 010 ddddd 0101111', 'rd, rs2, (rs1)', atomic('minS', 4)),
  row('amomax.w',  '10100 a l ttttt sssss 010 ddddd 0101111', 'rd, rs2, (rs1)', atomic('maxS', 4)),
  row('amominu.w', '11000 a l ttttt sssss 010 ddddd 0101111', 'rd, rs2, (rs1)', atomic('minU', 4)),
  row('amomaxu.w', '11100 a l ttttt sssss 010 ddddd 0101111', 'rd, rs2, (rs1)', atomic('maxU', 4)),

  row('lr.d',      '00010 a l 00000 sssss 011 ddddd 0101111', 'rd, (rs1)',      loadReserved(8)),
  row('sc.d',      '00011 a l ttttt sssss 011 ddddd 0101111', 'rd, rs2, (rs1)', storeConditional(8)),
  row('amoswap.d', '00001 a l ttttt sssss 011 ddddd 0101111', 'rd, rs2, (rs1)', atomic('swap', 8)),
  row('amoadd.d',  '00000 a l ttttt sssss 011 ddddd 0101111', 'rd, rs2, (rs1)', atomic('add', 8)),
  row('amoxor.d',  '00100 a l ttttt sssss 011 ddddd 0101111', 'rd, rs2, (rs1)', atomic('xor', 8)),
  row('amoand.d',  '01100 a l ttttt sssss 011 ddddd 0101111', 'rd, rs2, (rs1)', atomic('and', 8)),
  row('amoor.d',   '01000 a l ttttt sssss 011 ddddd 0101111', 'rd, rs2, (rs1)', atomic('or', 8)),
  row('amomin.d',  '10000 a l ttttt sssss 011 ddddd 0101111', 'rd, rs2, (rs1)', atomic('minS', 8)),
  row('amomax.d',  '10100 a l ttttt sssss 011 ddddd 0101111', 'rd, rs2, (rs1)', atomic('maxS', 8)),
  row('amominu.d', '11000 a l ttttt sssss 011 ddddd 0101111', 'rd, rs2, (rs1)', atomic('minU', 8)),
  row('amomaxu.d', '11100 a l ttttt sssss 011 ddddd 0101111', 'rd, rs2, (rs1)', atomic('maxU', 8)),
];
