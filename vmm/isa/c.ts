/**
 * C: compressed instructions (unprivileged specification, "C Extension", "RVC Instruction Set Listings"), with the
 * double-precision loads and stores. Each expands to one full instruction; hints expand too and do nothing.
 * The syntax speaks of the fields of the expansion.
 */
// biome-ignore-all format: the rows line up as in the manual's instruction listings

import { maskAndMatch, signsOf } from './build.ts';
import { d } from './d.ts';
import { insertFields, type Operands } from './fields.ts';
import { privileged } from './privileged.ts';
import type { CompressedRow } from './row.ts';
import { rv64i } from './rv64i.ts';

const full = new Map([...rv64i, ...d, ...privileged].map((row) => [row.name, row]));

/** `operands` gives undefined where the manual says reserved. */
const row = (name: string, picture: string, syntax: string, expansion: string, operands: (half: number) => Operands | undefined): CompressedRow => {
  const target = full.get(expansion)!;
  return {
    name,
    picture,
    syntax,
    ...maskAndMatch(signsOf(name, picture, 16)),
    expand: (half) => {
      const found = operands(half);
      return found === undefined ? undefined : insertFields(target, found);
    },
  };
};

// Register fields: full ones, and the 3-bit ones that name x8 to x15.
const r7 = (half: number): number => (half >> 7) & 31;
const r2 = (half: number): number => (half >> 2) & 31;
const r7short = (half: number): number => 8 + ((half >> 7) & 7);
const r2short = (half: number): number => 8 + ((half >> 2) & 7);
const zero = 0;
const ra = 1;
const sp = 2;

type Scatter = readonly [top: number, bits: string];

/** Gathers an immediate written as in the manual: `[12, '5:4|9:6|2|3']` says what bit 12 and those below it hold. */
const gather = (...runs: readonly Scatter[]): ((half: number) => number) => {
  const moves = runs.flatMap(([top, bits]) => bitsOf(bits).map((to, index) => ({ from: top - index, to })));
  return (half) => moves.reduce((value, { from, to }) => value | (((half >> from) & 1) << to), 0);
};

const bitsOf = (bits: string): number[] =>
  bits.split('|').flatMap((run) => {
    const [high, low = high] = run.split(':').map(Number) as [number, number?];
    return Array.from({ length: high - low + 1 }, (_, index) => high - index);
  });

const unsigned = (...runs: readonly Scatter[]) => {
  const gathered = gather(...runs);
  return (half: number): bigint => BigInt(gathered(half));
};

const signed = (width: number, ...runs: readonly Scatter[]) => {
  const gathered = gather(...runs);
  return (half: number): bigint => BigInt.asIntN(width, BigInt(gathered(half)));
};

const uimm4spn = unsigned([12, '5:4|9:6|2|3']);
const uimmWord = unsigned([12, '5:3'], [6, '2|6']);
const uimmDouble = unsigned([12, '5:3'], [6, '7:6']);
const uimmWordSp = unsigned([12, '5'], [6, '4:2|7:6']);
const uimmDoubleSp = unsigned([12, '5'], [6, '4:3|8:6']);
const uimmWordSpStore = unsigned([12, '5:2|7:6']);
const uimmDoubleSpStore = unsigned([12, '5:3|8:6']);
const imm6 = signed(6, [12, '5'], [6, '4:0']);
const immUpper = signed(18, [12, '17'], [6, '16:12']);
const imm16sp = signed(10, [12, '9'], [6, '4|6|8:7|5']);
const immJump = signed(12, [12, '11|4|9:8|10|6|7|3:1|5']);
const immBranch = signed(9, [12, '8|4:3'], [6, '7:6|2:1|5']);
const shamt6 = gather([12, '5'], [6, '4:0']);

/** `when` guards an encoding that is reserved with a zero operand. */
const when = (value: number | bigint, operands: Operands): Operands | undefined => (Number(value) === 0 ? undefined : operands);

export const c: readonly CompressedRow[] = [
  row('c.addi4spn', '000 iiiiiiii ddd 00',        'rd, rs1, imm',   'addi',  (h) => when(uimm4spn(h), { rd: r2short(h), rs1: sp, imm: uimm4spn(h) })),
  row('c.fld',      '001 iii sss ii ddd 00',      'frd, imm(rs1)',  'fld',   (h) => ({ rd: r2short(h), rs1: r7short(h), imm: uimmDouble(h) })),
  row('c.lw',       '010 iii sss ii ddd 00',      'rd, imm(rs1)',   'lw',    (h) => ({ rd: r2short(h), rs1: r7short(h), imm: uimmWord(h) })),
  row('c.ld',       '011 iii sss ii ddd 00',      'rd, imm(rs1)',   'ld',    (h) => ({ rd: r2short(h), rs1: r7short(h), imm: uimmDouble(h) })),
  row('c.fsd',      '101 iii sss ii ttt 00',      'frs2, imm(rs1)', 'fsd',   (h) => ({ rs2: r2short(h), rs1: r7short(h), imm: uimmDouble(h) })),
  row('c.sw',       '110 iii sss ii ttt 00',      'rs2, imm(rs1)',  'sw',    (h) => ({ rs2: r2short(h), rs1: r7short(h), imm: uimmWord(h) })),
  row('c.sd',       '111 iii sss ii ttt 00',      'rs2, imm(rs1)',  'sd',    (h) => ({ rs2: r2short(h), rs1: r7short(h), imm: uimmDouble(h) })),

  row('c.nop',      '000 0 00000 00000 01',       '',               'addi',  () => ({})),
  row('c.addi',     '000 i ddddd iiiii 01',       'rd, imm',        'addi',  (h) => ({ rd: r7(h), rs1: r7(h), imm: imm6(h) })),
  row('c.addiw',    '001 i ddddd iiiii 01',       'rd, imm',        'addiw', (h) => when(r7(h), { rd: r7(h), rs1: r7(h), imm: imm6(h) })),
  row('c.li',       '010 i ddddd iiiii 01',       'rd, imm',        'addi',  (h) => ({ rd: r7(h), rs1: zero, imm: imm6(h) })),
  row('c.addi16sp', '011 i 00010 iiiii 01',       'rd, imm',        'addi',  (h) => when(imm16sp(h), { rd: sp, rs1: sp, imm: imm16sp(h) })),
  row('c.lui',      '011 i ddddd iiiii 01',       'rd, imm',        'lui',   (h) => when(immUpper(h), { rd: r7(h), imm: immUpper(h) })),
  row('c.srli',     '100 h 00 ddd hhhhh 01',      'rd, shamt',      'srli',  (h) => ({ rd: r7short(h), rs1: r7short(h), shamt: shamt6(h) })),
  row('c.srai',     '100 h 01 ddd hhhhh 01',      'rd, shamt',      'srai',  (h) => ({ rd: r7short(h), rs1: r7short(h), shamt: shamt6(h) })),
  // A shift by 0 is a hint with a name of its own.
  row('c.srli64',   '100 0 00 ddd 00000 01',      'rd',             'srli',  (h) => ({ rd: r7short(h), rs1: r7short(h), shamt: 0 })),
  row('c.srai64',   '100 0 01 ddd 00000 01',      'rd',             'srai',  (h) => ({ rd: r7short(h), rs1: r7short(h), shamt: 0 })),
  row('c.andi',     '100 i 10 ddd iiiii 01',      'rd, imm',        'andi',  (h) => ({ rd: r7short(h), rs1: r7short(h), imm: imm6(h) })),
  row('c.sub',      '100 0 11 ddd 00 ttt 01',     'rd, rs2',        'sub',   (h) => ({ rd: r7short(h), rs1: r7short(h), rs2: r2short(h) })),
  row('c.xor',      '100 0 11 ddd 01 ttt 01',     'rd, rs2',        'xor',   (h) => ({ rd: r7short(h), rs1: r7short(h), rs2: r2short(h) })),
  row('c.or',       '100 0 11 ddd 10 ttt 01',     'rd, rs2',        'or',    (h) => ({ rd: r7short(h), rs1: r7short(h), rs2: r2short(h) })),
  row('c.and',      '100 0 11 ddd 11 ttt 01',     'rd, rs2',        'and',   (h) => ({ rd: r7short(h), rs1: r7short(h), rs2: r2short(h) })),
  row('c.subw',     '100 1 11 ddd 00 ttt 01',     'rd, rs2',        'subw',  (h) => ({ rd: r7short(h), rs1: r7short(h), rs2: r2short(h) })),
  row('c.addw',     '100 1 11 ddd 01 ttt 01',     'rd, rs2',        'addw',  (h) => ({ rd: r7short(h), rs1: r7short(h), rs2: r2short(h) })),
  row('c.j',        '101 iiiiiiiiiii 01',         'target',         'jal',   (h) => ({ rd: zero, imm: immJump(h) })),
  row('c.beqz',     '110 iii sss iiiii 01',       'rs1, target',    'beq',   (h) => ({ rs1: r7short(h), rs2: zero, imm: immBranch(h) })),
  row('c.bnez',     '111 iii sss iiiii 01',       'rs1, target',    'bne',   (h) => ({ rs1: r7short(h), rs2: zero, imm: immBranch(h) })),

  row('c.slli',     '000 h ddddd hhhhh 10',       'rd, shamt',      'slli',  (h) => ({ rd: r7(h), rs1: r7(h), shamt: shamt6(h) })),
  row('c.slli64',   '000 0 ddddd 00000 10',       'rd',             'slli',  (h) => ({ rd: r7(h), rs1: r7(h), shamt: 0 })),
  row('c.fldsp',    '001 i ddddd iiiii 10',       'frd, imm(rs1)',  'fld',   (h) => ({ rd: r7(h), rs1: sp, imm: uimmDoubleSp(h) })),
  row('c.lwsp',     '010 i ddddd iiiii 10',       'rd, imm(rs1)',   'lw',    (h) => when(r7(h), { rd: r7(h), rs1: sp, imm: uimmWordSp(h) })),
  row('c.ldsp',     '011 i ddddd iiiii 10',       'rd, imm(rs1)',   'ld',    (h) => when(r7(h), { rd: r7(h), rs1: sp, imm: uimmDoubleSp(h) })),
  row('c.jr',       '100 0 sssss 00000 10',       'rs1',            'jalr',  (h) => when(r7(h), { rd: zero, rs1: r7(h) })),
  row('c.mv',       '100 0 ddddd ttttt 10',       'rd, rs2',        'add',   (h) => ({ rd: r7(h), rs1: zero, rs2: r2(h) })),
  row('c.ebreak',   '100 1 00000 00000 10',       '',               'ebreak',() => ({})),
  row('c.jalr',     '100 1 sssss 00000 10',       'rs1',            'jalr',  (h) => ({ rd: ra, rs1: r7(h) })),
  row('c.add',      '100 1 ddddd ttttt 10',       'rd, rs2',        'add',   (h) => ({ rd: r7(h), rs1: r7(h), rs2: r2(h) })),
  row('c.fsdsp',    '101 iiiiii ttttt 10',        'frs2, imm(rs1)', 'fsd',   (h) => ({ rs2: r2(h), rs1: sp, imm: uimmDoubleSpStore(h) })),
  row('c.swsp',     '110 iiiiii ttttt 10',        'rs2, imm(rs1)',  'sw',    (h) => ({ rs2: r2(h), rs1: sp, imm: uimmWordSpStore(h) })),
  row('c.sdsp',     '111 iiiiii ttttt 10',        'rs2, imm(rs1)',  'sd',    (h) => ({ rs2: r2(h), rs1: sp, imm: uimmDoubleSpStore(h) })),
];
