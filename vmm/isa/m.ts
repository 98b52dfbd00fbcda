/** M: multiplication and division (unprivileged specification, "M Extension"). */
// biome-ignore-all format: the rows line up as in the manual's instruction listings

import { rowsOf } from './build.ts';
import { rs1, rs2, setX } from './meaning.ts';
import { divS, divU, mul, mulhSS, mulhSU, mulhUU, remS, remU, sext32, zext32 } from './operators.ts';
import type { Row } from './row.ts';

const row = rowsOf('M');

export const m: readonly Row[] = [
  row('mul',    '0000001 ttttt sssss 000 ddddd 0110011', 'rd, rs1, rs2', setX(mul(rs1, rs2))),
  row('mulh',   '0000001 ttttt sssss 001 ddddd 0110011', 'rd, rs1, rs2', setX(mulhSS(rs1, rs2))),
  row('mulhsu', '0000001 ttttt sssss 010 ddddd 0110011', 'rd, rs1, rs2', setX(mulhSU(rs1, rs2))),
  row('mulhu',  '0000001 ttttt sssss 011 ddddd 0110011', 'rd, rs1, rs2', setX(mulhUU(rs1, rs2))),
  row('div',    '0000001 ttttt sssss 100 ddddd 0110011', 'rd, rs1, rs2', setX(divS(rs1, rs2))),
  row('divu',   '0000001 ttttt sssss 101 ddddd 0110011', 'rd, rs1, rs2', setX(divU(rs1, rs2))),
  row('rem',    '0000001 ttttt sssss 110 ddddd 0110011', 'rd, rs1, rs2', setX(remS(rs1, rs2))),
  row('remu',   '0000001 ttttt sssss 111 ddddd 0110011', 'rd, rs1, rs2', setX(remU(rs1, rs2))),

  // The 64-bit rules for zero and overflow, narrowed again, are the 32-bit rules of table "Semantics for division by
  // zero and division overflow": -2^31 / -1 is 2^31, which sext32 makes -2^31; n / 0 is all ones; n % 0 is n.
  row('mulw',   '0000001 ttttt sssss 000 ddddd 0111011', 'rd, rs1, rs2', setX(sext32(mul(rs1, rs2)))),
  row('divw',   '0000001 ttttt sssss 100 ddddd 0111011', 'rd, rs1, rs2', setX(sext32(divS(sext32(rs1), sext32(rs2))))),
  row('divuw',  '0000001 ttttt sssss 101 ddddd 0111011', 'rd, rs1, rs2', setX(sext32(divU(zext32(rs1), zext32(rs2))))),
  row('remw',   '0000001 ttttt sssss 110 ddddd 0111011', 'rd, rs1, rs2', setX(sext32(remS(sext32(rs1), sext32(rs2))))),
  row('remuw',  '0000001 ttttt sssss 111 ddddd 0111011', 'rd, rs1, rs2', setX(sext32(remU(zext32(rs1), zext32(rs2))))),
];
