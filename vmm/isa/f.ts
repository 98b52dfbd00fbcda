/**
 * F: single precision (unprivileged specification, "F Extension"; NaN boxing: "D Extension", "NaN Boxing of Narrower
 * Values"). Arithmetic is in float/; loads, stores, moves and sign injection move bits and accrue no flags.
 */
// biome-ignore-all format: the rows line up as in the manual's instruction listings

import { rowsOf } from './build.ts';
import { constant, float, f as fregister, load, rs1, setF, setX, store, type Value } from './meaning.ts';
import { and, base, boxSingle, or, sext32, unboxSingle, xor } from './operators.ts';
import type { Row } from './row.ts';

const row = rowsOf('F');

const single = (result: Value) => setF(boxSingle(result));
const f1 = unboxSingle(fregister('rs1'));
const f2 = unboxSingle(fregister('rs2'));
const f3 = unboxSingle(fregister('rs3'));

const sign = constant(0x8000_0000);
const magnitude = and(f1, constant(0x7fff_ffff));

export const f: readonly Row[] = [
  row('flw',       'iiiiiiiiiiii sssss 010 ddddd 0000111',        'frd, imm(rs1)',        single(load(4, false, base))),
  // A store writes the low bits, whatever the box says.
  row('fsw',       'iiiiiii ttttt sssss 010 iiiii 0100111',       'frs2, imm(rs1)',       store(4, base, fregister('rs2'))),

  row('fmadd.s',   'rrrrr 00 ttttt sssss mmm ddddd 1000011',      'frd, frs1, frs2, frs3, rm', single(float('madd.s', f1, f2, f3))),
  row('fmsub.s',   'rrrrr 00 ttttt sssss mmm ddddd 1000111',      'frd, frs1, frs2, frs3, rm', single(float('msub.s', f1, f2, f3))),
  row('fnmsub.s',  'rrrrr 00 ttttt sssss mmm ddddd 1001011',      'frd, frs1, frs2, frs3, rm', single(float('nmsub.s', f1, f2, f3))),
  row('fnmadd.s',  'rrrrr 00 ttttt sssss mmm ddddd 1001111',      'frd, frs1, frs2, frs3, rm', single(float('nmadd.s', f1, f2, f3))),

  row('fadd.s',    '0000000 ttttt sssss mmm ddddd 1010011',       'frd, frs1, frs2, rm',  single(float('add.s', f1, f2))),
  row('fsub.s',    '0000100 ttttt sssss mmm ddddd 1010011',       'frd, frs1, frs2, rm',  single(float('sub.s', f1, f2))),
  row('fmul.s',    '0001000 ttttt sssss mmm ddddd 1010011',       'frd, frs1, frs2, rm',  single(float('mul.s', f1, f2))),
  row('fdiv.s',    '0001100 ttttt sssss mmm ddddd 1010011',       'frd, frs1, frs2, rm',  single(float('div.s', f1, f2))),
  row('fsqrt.s',   '0101100 00000 sssss mmm ddddd 1010011',       'frd, frs1, rm',        single(float('sqrt.s', f1))),

  row('fsgnj.s',   '0010000 ttttt sssss 000 ddddd 1010011',       'frd, frs1, frs2',      single(or(magnitude, and(f2, sign)))),
  row('fsgnjn.s',  '0010000 ttttt sssss 001 ddddd 1010011',       'frd, frs1, frs2',      single(or(magnitude, and(xor(f2, sign), sign)))),
  row('fsgnjx.s',  '0010000 ttttt sssss 010 ddddd 1010011',       'frd, frs1, frs2',      single(xor(f1, and(f2, sign)))),
  row('fmin.s',    '0010100 ttttt sssss 000 ddddd 1010011',       'frd, frs1, frs2',      single(float('min.s', f1, f2))),
  row('fmax.s',    '0010100 ttttt sssss 001 ddddd 1010011',       'frd, frs1, frs2',      single(float('max.s', f1, f2))),

  row('feq.s',     '1010000 ttttt sssss 010 ddddd 1010011',       'rd, frs1, frs2',       setX(float('eq.s', f1, f2))),
  row('flt.s',     '1010000 ttttt sssss 001 ddddd 1010011',       'rd, frs1, frs2',       setX(float('lt.s', f1, f2))),
  row('fle.s',     '1010000 ttttt sssss 000 ddddd 1010011',       'rd, frs1, frs2',       setX(float('le.s', f1, f2))),
  row('fclass.s',  '1110000 00000 sssss 001 ddddd 1010011',       'rd, frs1',             setX(float('class.s', f1))),

  row('fmv.x.w',   '1110000 00000 sssss 000 ddddd 1010011',       'rd, frs1',             setX(sext32(fregister('rs1')))),
  row('fmv.w.x',   '1111000 00000 sssss 000 ddddd 1010011',       'frd, rs1',             single(rs1)),

  row('fcvt.w.s',  '1100000 00000 sssss mmm ddddd 1010011',       'rd, frs1, rm',         setX(float('w.s', f1))),
  row('fcvt.wu.s', '1100000 00001 sssss mmm ddddd 1010011',       'rd, frs1, rm',         setX(float('wu.s', f1))),
  row('fcvt.l.s',  '1100000 00010 sssss mmm ddddd 1010011',       'rd, frs1, rm',         setX(float('l.s', f1))),
  row('fcvt.lu.s', '1100000 00011 sssss mmm ddddd 1010011',       'rd, frs1, rm',         setX(float('lu.s', f1))),
  row('fcvt.s.w',  '1101000 00000 sssss mmm ddddd 1010011',       'frd, rs1, rm',         single(float('s.w', rs1))),
  row('fcvt.s.wu', '1101000 00001 sssss mmm ddddd 1010011',       'frd, rs1, rm',         single(float('s.wu', rs1))),
  row('fcvt.s.l',  '1101000 00010 sssss mmm ddddd 1010011',       'frd, rs1, rm',         single(float('s.l', rs1))),
  row('fcvt.s.lu', '1101000 00011 sssss mmm ddddd 1010011',       'frd, rs1, rm',         single(float('s.lu', rs1))),
];
