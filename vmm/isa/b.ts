/** Zba, Zbb and Zbs: bit manipulation (unprivileged specification, "B Extension"). */
// biome-ignore-all format: the rows line up as in the manual's instruction listings

import { rowsOf } from './build.ts';
import { constant, rs1, rs2, setX, shamt, type Value } from './meaning.ts';
import { add, and, byteReverse, clz, ctz, low5, maxS, maxU, minS, minU, not, or, orCombineBytes, popcount, rotl, rotr, sext8, sext16, sext32, shl, shrU, sub, xor, zext16, zext32 } from './operators.ts';
import type { Row } from './row.ts';

const zbaRow = rowsOf('Zba');
const zbbRow = rowsOf('Zbb');
const zbsRow = rowsOf('Zbs');

const shiftAdd = (by: number, index: Value) => setX(add(shl(index, constant(by)), rs2));
const bit = (index: Value): Value => shl(constant(1), index);

// 32-bit rotations. An amount of 0 shifts the other half by 32, which leaves nothing of it in the low 32 bits.
const rotl32 = (by: Value): Value => sext32(or(shl(rs1, by), shrU(zext32(rs1), sub(constant(32), by))));
const rotr32 = (by: Value): Value => sext32(or(shrU(zext32(rs1), by), shl(rs1, sub(constant(32), by))));

export const zba: readonly Row[] = [
  zbaRow('sh1add',    '0010000 ttttt sssss 010 ddddd 0110011', 'rd, rs1, rs2',   shiftAdd(1, rs1)),
  zbaRow('sh2add',    '0010000 ttttt sssss 100 ddddd 0110011', 'rd, rs1, rs2',   shiftAdd(2, rs1)),
  zbaRow('sh3add',    '0010000 ttttt sssss 110 ddddd 0110011', 'rd, rs1, rs2',   shiftAdd(3, rs1)),
  zbaRow('add.uw',    '0000100 ttttt sssss 000 ddddd 0111011', 'rd, rs1, rs2',   setX(add(zext32(rs1), rs2))),
  zbaRow('sh1add.uw', '0010000 ttttt sssss 010 ddddd 0111011', 'rd, rs1, rs2',   shiftAdd(1, zext32(rs1))),
  zbaRow('sh2add.uw', '0010000 ttttt sssss 100 ddddd 0111011', 'rd, rs1, rs2',   shiftAdd(2, zext32(rs1))),
  zbaRow('sh3add.uw', '0010000 ttttt sssss 110 ddddd 0111011', 'rd, rs1, rs2',   shiftAdd(3, zext32(rs1))),
  zbaRow('slli.uw',   '000010 hhhhhh sssss 001 ddddd 0011011', 'rd, rs1, shamt', setX(shl(zext32(rs1), shamt))),
];

export const zbb: readonly Row[] = [
  zbbRow('andn',   '0100000 ttttt sssss 111 ddddd 0110011', 'rd, rs1, rs2',   setX(and(rs1, not(rs2)))),
  zbbRow('orn',    '0100000 ttttt sssss 110 ddddd 0110011', 'rd, rs1, rs2',   setX(or(rs1, not(rs2)))),
  zbbRow('xnor',   '0100000 ttttt sssss 100 ddddd 0110011', 'rd, rs1, rs2',   setX(not(xor(rs1, rs2)))),
  zbbRow('clz',    '0110000 00000 sssss 001 ddddd 0010011', 'rd, rs1',        setX(clz(rs1))),
  zbbRow('ctz',    '0110000 00001 sssss 001 ddddd 0010011', 'rd, rs1',        setX(ctz(rs1))),
  zbbRow('cpop',   '0110000 00010 sssss 001 ddddd 0010011', 'rd, rs1',        setX(popcount(rs1))),
  zbbRow('clzw',   '0110000 00000 sssss 001 ddddd 0011011', 'rd, rs1',        setX(sub(clz(zext32(rs1)), constant(32)))),
  zbbRow('ctzw',   '0110000 00001 sssss 001 ddddd 0011011', 'rd, rs1',        setX(ctz(or(rs1, constant(0x1_0000_0000))))),
  zbbRow('cpopw',  '0110000 00010 sssss 001 ddddd 0011011', 'rd, rs1',        setX(popcount(zext32(rs1)))),
  zbbRow('min',    '0000101 ttttt sssss 100 ddddd 0110011', 'rd, rs1, rs2',   setX(minS(rs1, rs2))),
  zbbRow('minu',   '0000101 ttttt sssss 101 ddddd 0110011', 'rd, rs1, rs2',   setX(minU(rs1, rs2))),
  zbbRow('max',    '0000101 ttttt sssss 110 ddddd 0110011', 'rd, rs1, rs2',   setX(maxS(rs1, rs2))),
  zbbRow('maxu',   '0000101 ttttt sssss 111 ddddd 0110011', 'rd, rs1, rs2',   setX(maxU(rs1, rs2))),
  zbbRow('sext.b', '0110000 00100 sssss 001 ddddd 0010011', 'rd, rs1',        setX(sext8(rs1))),
  zbbRow('sext.h', '0110000 00101 sssss 001 ddddd 0010011', 'rd, rs1',        setX(sext16(rs1))),
  zbbRow('zext.h', '0000100 00000 sssss 100 ddddd 0111011', 'rd, rs1',        setX(zext16(rs1))),
  zbbRow('rol',    '0110000 ttttt sssss 001 ddddd 0110011', 'rd, rs1, rs2',   setX(rotl(rs1, rs2))),
  zbbRow('ror',    '0110000 ttttt sssss 101 ddddd 0110011', 'rd, rs1, rs2',   setX(rotr(rs1, rs2))),
  zbbRow('rori',   '011000 hhhhhh sssss 101 ddddd 0010011', 'rd, rs1, shamt', setX(rotr(rs1, shamt))),
  zbbRow('rolw',   '0110000 ttttt sssss 001 ddddd 0111011', 'rd, rs1, rs2',   setX(rotl32(low5(rs2)))),
  zbbRow('rorw',   '0110000 ttttt sssss 101 ddddd 0111011', 'rd, rs1, rs2',   setX(rotr32(low5(rs2)))),
  zbbRow('roriw',  '0110000 hhhhh sssss 101 ddddd 0011011', 'rd, rs1, shamt', setX(rotr32(shamt))),
  zbbRow('orc.b',  '001010000111  sssss 101 ddddd 0010011', 'rd, rs1',        setX(orCombineBytes(rs1))),
  zbbRow('rev8',   '011010111000  sssss 101 ddddd 0010011', 'rd, rs1',        setX(byteReverse(rs1))),
];

export const zbs: readonly Row[] = [
  zbsRow('bclr',  '0100100 ttttt sssss 001 ddddd 0110011', 'rd, rs1, rs2',   setX(and(rs1, not(bit(rs2))))),
  zbsRow('bclri', '010010 hhhhhh sssss 001 ddddd 0010011', 'rd, rs1, shamt', setX(and(rs1, not(bit(shamt))))),
  zbsRow('bext',  '0100100 ttttt sssss 101 ddddd 0110011', 'rd, rs1, rs2',   setX(and(shrU(rs1, rs2), constant(1)))),
  zbsRow('bexti', '010010 hhhhhh sssss 101 ddddd 0010011', 'rd, rs1, shamt', setX(and(shrU(rs1, shamt), constant(1)))),
  zbsRow('binv',  '0110100 ttttt sssss 001 ddddd 0110011', 'rd, rs1, rs2',   setX(xor(rs1, bit(rs2)))),
  zbsRow('binvi', '011010 hhhhhh sssss 001 ddddd 0010011', 'rd, rs1, shamt', setX(xor(rs1, bit(shamt)))),
  zbsRow('bset',  '0010100 ttttt sssss 001 ddddd 0110011', 'rd, rs1, rs2',   setX(or(rs1, bit(rs2)))),
  zbsRow('bseti', '001010 hhhhhh sssss 001 ddddd 0010011', 'rd, rs1, shamt', setX(or(rs1, bit(shamt)))),
];
