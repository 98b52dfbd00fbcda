/** RV32I and RV64I (unprivileged specification, chapters 2 and 4). Without ecall and ebreak: they are privileged.ts's. */
// biome-ignore-all format: the rows line up as in the manual's instruction listings

import { rowsOf } from './build.ts';
import { branch, constant, imm, load, nothing, pc, rs1, rs2, setX, shamt, store } from './meaning.ts';
import { add, and, base, eq, geS, geU, link, low5, ltS, ltU, ne, or, relative, sext32, shl, shrS, shrU, sub, xor, zext32 } from './operators.ts';
import type { Row } from './row.ts';

const row = rowsOf('I');

export const rv64i: readonly Row[] = [
  row('lui',    'iiiiiiiiiiiiiiiiiiii          ddddd 0110111', 'rd, imm',       setX(imm)),
  row('auipc',  'iiiiiiiiiiiiiiiiiiii          ddddd 0010111', 'rd, imm',       setX(add(pc, imm))),
  row('jal',    'iiiiiiiiiiiiiiiiiiii          ddddd 1101111', 'rd, target',    link(relative), 'J'),
  // The target's low bit is dropped ("Unconditional Jumps").
  row('jalr',   'iiiiiiiiiiii sssss 000 ddddd 1100111', 'rd, imm(rs1)',         link(and(base, constant(-2)))),

  row('beq',    'iiiiiii ttttt sssss 000 iiiii 1100011', 'rs1, rs2, target',    branch(eq(rs1, rs2), relative), 'B'),
  row('bne',    'iiiiiii ttttt sssss 001 iiiii 1100011', 'rs1, rs2, target',    branch(ne(rs1, rs2), relative), 'B'),
  row('blt',    'iiiiiii ttttt sssss 100 iiiii 1100011', 'rs1, rs2, target',    branch(ltS(rs1, rs2), relative), 'B'),
  row('bge',    'iiiiiii ttttt sssss 101 iiiii 1100011', 'rs1, rs2, target',    branch(geS(rs1, rs2), relative), 'B'),
  row('bltu',   'iiiiiii ttttt sssss 110 iiiii 1100011', 'rs1, rs2, target',    branch(ltU(rs1, rs2), relative), 'B'),
  row('bgeu',   'iiiiiii ttttt sssss 111 iiiii 1100011', 'rs1, rs2, target',    branch(geU(rs1, rs2), relative), 'B'),

  row('lb',     'iiiiiiiiiiii sssss 000 ddddd 0000011', 'rd, imm(rs1)',         setX(load(1, true, base))),
  row('lh',     'iiiiiiiiiiii sssss 001 ddddd 0000011', 'rd, imm(rs1)',         setX(load(2, true, base))),
  row('lw',     'iiiiiiiiiiii sssss 010 ddddd 0000011', 'rd, imm(rs1)',         setX(load(4, true, base))),
  row('ld',     'iiiiiiiiiiii sssss 011 ddddd 0000011', 'rd, imm(rs1)',         setX(load(8, true, base))),
  row('lbu',    'iiiiiiiiiiii sssss 100 ddddd 0000011', 'rd, imm(rs1)',         setX(load(1, false, base))),
  row('lhu',    'iiiiiiiiiiii sssss 101 ddddd 0000011', 'rd, imm(rs1)',         setX(load(2, false, base))),
  row('lwu',    'iiiiiiiiiiii sssss 110 ddddd 0000011', 'rd, imm(rs1)',         setX(load(4, false, base))),

  row('sb',     'iiiiiii ttttt sssss 000 iiiii 0100011', 'rs2, imm(rs1)',       store(1, base, rs2)),
  row('sh',     'iiiiiii ttttt sssss 001 iiiii 0100011', 'rs2, imm(rs1)',       store(2, base, rs2)),
  row('sw',     'iiiiiii ttttt sssss 010 iiiii 0100011', 'rs2, imm(rs1)',       store(4, base, rs2)),
  row('sd',     'iiiiiii ttttt sssss 011 iiiii 0100011', 'rs2, imm(rs1)',       store(8, base, rs2)),

  row('addi',   'iiiiiiiiiiii sssss 000 ddddd 0010011', 'rd, rs1, imm',         setX(add(rs1, imm))),
  row('slti',   'iiiiiiiiiiii sssss 010 ddddd 0010011', 'rd, rs1, imm',         setX(ltS(rs1, imm))),
  row('sltiu',  'iiiiiiiiiiii sssss 011 ddddd 0010011', 'rd, rs1, imm',         setX(ltU(rs1, imm))),
  row('xori',   'iiiiiiiiiiii sssss 100 ddddd 0010011', 'rd, rs1, imm',         setX(xor(rs1, imm))),
  row('ori',    'iiiiiiiiiiii sssss 110 ddddd 0010011', 'rd, rs1, imm',         setX(or(rs1, imm))),
  row('andi',   'iiiiiiiiiiii sssss 111 ddddd 0010011', 'rd, rs1, imm',         setX(and(rs1, imm))),
  row('slli',   '000000 hhhhhh sssss 001 ddddd 0010011', 'rd, rs1, shamt',      setX(shl(rs1, shamt))),
  row('srli',   '000000 hhhhhh sssss 101 ddddd 0010011', 'rd, rs1, shamt',      setX(shrU(rs1, shamt))),
  row('srai',   '010000 hhhhhh sssss 101 ddddd 0010011', 'rd, rs1, shamt',      setX(shrS(rs1, shamt))),

  row('add',    '0000000 ttttt sssss 000 ddddd 0110011', 'rd, rs1, rs2',        setX(add(rs1, rs2))),
  row('sub',    '0100000 ttttt sssss 000 ddddd 0110011', 'rd, rs1, rs2',        setX(sub(rs1, rs2))),
  row('sll',    '0000000 ttttt sssss 001 ddddd 0110011', 'rd, rs1, rs2',        setX(shl(rs1, rs2))),
  row('slt',    '0000000 ttttt sssss 010 ddddd 0110011', 'rd, rs1, rs2',        setX(ltS(rs1, rs2))),
  row('sltu',   '0000000 ttttt sssss 011 ddddd 0110011', 'rd, rs1, rs2',        setX(ltU(rs1, rs2))),
  row('xor',    '0000000 ttttt sssss 100 ddddd 0110011', 'rd, rs1, rs2',        setX(xor(rs1, rs2))),
  row('srl',    '0000000 ttttt sssss 101 ddddd 0110011', 'rd, rs1, rs2',        setX(shrU(rs1, rs2))),
  row('sra',    '0100000 ttttt sssss 101 ddddd 0110011', 'rd, rs1, rs2',        setX(shrS(rs1, rs2))),
  row('or',     '0000000 ttttt sssss 110 ddddd 0110011', 'rd, rs1, rs2',        setX(or(rs1, rs2))),
  row('and',    '0000000 ttttt sssss 111 ddddd 0110011', 'rd, rs1, rs2',        setX(and(rs1, rs2))),

  row('addiw',  'iiiiiiiiiiii sssss 000 ddddd 0011011', 'rd, rs1, imm',         setX(sext32(add(rs1, imm)))),
  row('slliw',  '0000000 hhhhh sssss 001 ddddd 0011011', 'rd, rs1, shamt',      setX(sext32(shl(rs1, shamt)))),
  row('srliw',  '0000000 hhhhh sssss 101 ddddd 0011011', 'rd, rs1, shamt',      setX(sext32(shrU(zext32(rs1), shamt)))),
  row('sraiw',  '0100000 hhhhh sssss 101 ddddd 0011011', 'rd, rs1, shamt',      setX(sext32(shrS(sext32(rs1), shamt)))),
  row('addw',   '0000000 ttttt sssss 000 ddddd 0111011', 'rd, rs1, rs2',        setX(sext32(add(rs1, rs2)))),
  row('subw',   '0100000 ttttt sssss 000 ddddd 0111011', 'rd, rs1, rs2',        setX(sext32(sub(rs1, rs2)))),
  row('sllw',   '0000000 ttttt sssss 001 ddddd 0111011', 'rd, rs1, rs2',        setX(sext32(shl(rs1, low5(rs2))))),
  row('srlw',   '0000000 ttttt sssss 101 ddddd 0111011', 'rd, rs1, rs2',        setX(sext32(shrU(zext32(rs1), low5(rs2))))),
  row('sraw',   '0100000 ttttt sssss 101 ddddd 0111011', 'rd, rs1, rs2',        setX(sext32(shrS(sext32(rs1), low5(rs2))))),

  // One hart runs at a time and sees its own order, so every fence is kept. Reserved fm, rd and rs1 are ignored as
  // "Memory Ordering Instructions" asks; fence.tso and pause are spellings of this row.
  row('fence',  '.... pppp uuuu ..... 000 ..... 0001111', 'pred, succ',         nothing),
];
