/**
 * D: double precision (unprivileged specification, "D Extension"). Arithmetic is in float/; loads, stores, moves and
 * sign injection move bits and accrue no flags.
 */
// biome-ignore-all format: the rows line up as in the manual's instruction listings

import { rowsOf } from './build.ts';
import { constant, float, f as fregister, load, rs1, setF, setX, store } from './meaning.ts';
import { and, base, boxSingle, or, unboxSingle, xor } from './operators.ts';
import type { Row } from './row.ts';

const row = rowsOf('D');

const f1 = fregister('rs1');
const f2 = fregister('rs2');
const f3 = fregister('rs3');

const sign = constant(0x8000_0000_0000_0000n);
const magnitude = and(f1, constant(0x7fff_ffff_ffff_ffffn));

export const d: readonly Row[] = [
  row('fld',       'iiiiiiiiiiii sssss 011 ddddd 0000111',        'frd, imm(rs1)',        setF(load(8, false, base))),
  row('fsd',       'iiiiiii ttttt sssss 011 iiiii 0100111',       'frs2, imm(rs1)',       store(8, base, f2)),

  row('fmadd.d',   'rrrrr 01 ttttt sssss mmm ddddd 1000011',      'frd, frs1, frs2, frs3, rm', setF(float('madd.d', f1, f2, f3))),
  row('fmsub.d',   'rrrrr 01 ttttt sssss mmm ddddd 1000111',      'frd, frs1, frs2, frs3, rm', setF(float('msub.d', f1, f2, f3))),
  row('fnmsub.d',  'rrrrr 01 ttttt sssss mmm ddddd 1001011',      'frd, frs1, frs2, frs3, rm', setF(float('nmsub.d', f1, f2, f3))),
  row('fnmadd.d',  'rrrrr 01 ttttt sssss mmm ddddd 1001111',      'frd, frs1, frs2, frs3, rm', setF(float('nmadd.d', f1, f2, f3))),

  row('fadd.d',    '0000001 ttttt sssss mmm ddddd 1010011',       'frd, frs1, frs2, rm',  setF(float('add.d', f1, f2))),
  row('fsub.d',    '0000101 ttttt sssss mmm ddddd 1010011',       'frd, frs1, frs2, rm',  setF(float('sub.d', f1, f2))),
  row('fmul.d',    '0001001 ttttt sssss mmm ddddd 1010011',       'frd, frs1, frs2, rm',  setF(float('mul.d', f1, f2))),
  row('fdiv.d',    '0001101 ttttt sssss mmm ddddd 1010011',       'frd, frs1, frs2, rm',  setF(float('div.d', f1, f2))),
  row('fsqrt.d',   '0101101 00000 sssss mmm ddddd 1010011',       'frd, frs1, rm',        setF(float('sqrt.d', f1))),

  row('fsgnj.d',   '0010001 ttttt sssss 000 ddddd 1010011',       'frd, frs1, frs2',      setF(or(magnitude, and(f2, sign)))),
  row('fsgnjn.d',  '0010001 ttttt sssss 001 ddddd 1010011',       'frd, frs1, frs2',      setF(or(magnitude, and(xor(f2, sign), sign)))),
  row('fsgnjx.d',  '0010001 ttttt sssss 010 ddddd 1010011',       'frd, frs1, frs2',      setF(xor(f1, and(f2, sign)))),
  row('fmin.d',    '0010101 ttttt sssss 000 ddddd 1010011',       'frd, frs1, frs2',      setF(float('min.d', f1, f2))),
  row('fmax.d',    '0010101 ttttt sssss 001 ddddd 1010011',       'frd, frs1, frs2',      setF(float('max.d', f1, f2))),

  row('fcvt.s.d',  '0100000 00001 sssss mmm ddddd 1010011',       'frd, frs1, rm',        setF(boxSingle(float('s.d', f1)))),
  row('fcvt.d.s',  '0100001 00000 sssss mmm ddddd 1010011',       'frd, frs1, rm',        setF(float('d.s', unboxSingle(f1)))),

  row('feq.d',     '1010001 ttttt sssss 010 ddddd 1010011',       'rd, frs1, frs2',       setX(float('eq.d', f1, f2))),
  row('flt.d',     '1010001 ttttt sssss 001 ddddd 1010011',       'rd, frs1, frs2',       setX(float('lt.d', f1, f2))),
  row('fle.d',     '1010001 ttttt sssss 000 ddddd 1010011',       'rd, frs1, frs2',       setX(float('le.d', f1, f2))),
  row('fclass.d',  '1110001 00000 sssss 001 ddddd 1010011',       'rd, frs1',             setX(float('class.d', f1))),

  row('fmv.x.d',   '1110001 00000 sssss 000 ddddd 1010011',       'rd, frs1',             setX(f1)),
  row('fmv.d.x',   '1111001 00000 sssss 000 ddddd 1010011',       'frd, rs1',             setF(rs1)),

  row('fcvt.w.d',  '1100001 00000 sssss mmm ddddd 1010011',       'rd, frs1, rm',         setX(float('w.d', f1))),
  row('fcvt.wu.d', '1100001 00001 sssss mmm ddddd 1010011',       'rd, frs1, rm',         setX(float('wu.d', f1))),
  row('fcvt.l.d',  '1100001 00010 sssss mmm ddddd 1010011',       'rd, frs1, rm',         setX(float('l.d', f1))),
  row('fcvt.lu.d', '1100001 00011 sssss mmm ddddd 1010011',       'rd, frs1, rm',         setX(float('lu.d', f1))),
  row('fcvt.d.w',  '1101001 00000 sssss mmm ddddd 1010011',       'frd, rs1, rm',         setF(float('d.w', rs1))),
  row('fcvt.d.wu', '1101001 00001 sssss mmm ddddd 1010011',       'frd, rs1, rm',         setF(float('d.wu', rs1))),
  row('fcvt.d.l',  '1101001 00010 sssss mmm ddddd 1010011',       'frd, rs1, rm',         setF(float('d.l', rs1))),
  row('fcvt.d.lu', '1101001 00011 sssss mmm ddddd 1010011',       'frd, rs1, rm',         setF(float('d.lu', rs1))),
];
