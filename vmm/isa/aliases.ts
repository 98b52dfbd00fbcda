/**
 * Pseudo-instructions: the names under which assemblers show some operands of an instruction (unprivileged
 * specification, "RISC-V Assembly Programmer's Handbook"). They mean nothing of their own.
 */
// biome-ignore-all format: a table

import { csr } from './csr-names.ts';
import type { Fields } from './fields.ts';

/** What a word must be for an alias to show: a value for a field, or the field that it must equal; a whole word; a length. */
export type AliasCondition = {
  readonly [key in keyof Fields]?: Fields[key] | (key extends 'rs2' ? 'rs1' : never);
} & { readonly word?: number; readonly length?: 2 | 4 };

export interface Alias {
  readonly name: string;
  readonly of: string;
  readonly when: AliasCondition;
  readonly syntax: string;
  /** Shown even where aliases are not asked for: an encoding with a name in the manual, but no row. */
  readonly always: boolean;
}

const alias = (name: string, of: string, when: AliasCondition, syntax: string): Alias => ({ name, of, when, syntax, always: false });
const named = (name: string, of: string, when: AliasCondition): Alias => ({ name, of, when, syntax: '', always: true });

const zero = 0;
const ra = 1;
const iorw = 15;

/** The first that fits is shown. */
export const aliases: readonly Alias[] = [
  named('fence.tso', 'fence', { word: 0x8330000f }),
  named('pause',     'fence', { word: 0x0100000f }),
  named('unimp',     'csrrw', { rd: zero, rs1: zero, csr: csr.cycle }),

  alias('nop',    'addi',   { rd: zero, rs1: zero, imm: 0n }, ''),
  alias('li',     'addi',   { rs1: zero },                    'rd, imm'),
  alias('mv',     'addi',   { imm: 0n },                      'rd, rs1'),
  // c.mv is an addition, which in 32 bits nobody writes for a move.
  alias('mv',     'add',    { rs1: zero, length: 2 },         'rd, rs2'),
  alias('not',    'xori',   { imm: -1n },                     'rd, rs1'),
  alias('zext.b', 'andi',   { imm: 255n },                    'rd, rs1'),
  alias('neg',    'sub',    { rs1: zero },                    'rd, rs2'),
  alias('negw',   'subw',   { rs1: zero },                    'rd, rs2'),
  alias('sext.w', 'addiw',  { imm: 0n },                      'rd, rs1'),
  alias('zext.w', 'add.uw', { rs2: zero },                    'rd, rs1'),
  alias('seqz',   'sltiu',  { imm: 1n },                      'rd, rs1'),
  alias('snez',   'sltu',   { rs1: zero },                    'rd, rs2'),
  alias('sltz',   'slt',    { rs2: zero },                    'rd, rs1'),
  alias('sgtz',   'slt',    { rs1: zero },                    'rd, rs2'),

  alias('beqz',   'beq',    { rs2: zero },                    'rs1, target'),
  alias('bnez',   'bne',    { rs2: zero },                    'rs1, target'),
  alias('blez',   'bge',    { rs1: zero },                    'rs2, target'),
  alias('bgez',   'bge',    { rs2: zero },                    'rs1, target'),
  alias('bltz',   'blt',    { rs2: zero },                    'rs1, target'),
  alias('bgtz',   'blt',    { rs1: zero },                    'rs2, target'),
  alias('j',      'jal',    { rd: zero },                     'target'),
  alias('jal',    'jal',    { rd: ra },                       'target'),
  alias('ret',    'jalr',   { rd: zero, rs1: ra, imm: 0n },   ''),
  alias('jr',     'jalr',   { rd: zero, imm: 0n },            'rs1'),
  alias('jr',     'jalr',   { rd: zero },                     'imm(rs1)'),
  alias('jalr',   'jalr',   { rd: ra, imm: 0n },              'rs1'),
  alias('jalr',   'jalr',   { rd: ra },                       'imm(rs1)'),
  alias('jalr',   'jalr',   { imm: 0n },                      'rd, rs1'),

  alias('fmv.s',  'fsgnj.s',  { rs2: 'rs1' },                 'frd, frs1'),
  alias('fneg.s', 'fsgnjn.s', { rs2: 'rs1' },                 'frd, frs1'),
  alias('fabs.s', 'fsgnjx.s', { rs2: 'rs1' },                 'frd, frs1'),
  alias('fmv.d',  'fsgnj.d',  { rs2: 'rs1' },                 'frd, frs1'),
  alias('fneg.d', 'fsgnjn.d', { rs2: 'rs1' },                 'frd, frs1'),
  alias('fabs.d', 'fsgnjx.d', { rs2: 'rs1' },                 'frd, frs1'),

  alias('rdcycle',   'csrrs',  { rs1: zero, csr: csr.cycle },   'rd'),
  alias('rdtime',    'csrrs',  { rs1: zero, csr: csr.time },    'rd'),
  alias('rdinstret', 'csrrs',  { rs1: zero, csr: csr.instret }, 'rd'),
  alias('frcsr',     'csrrs',  { rs1: zero, csr: csr.fcsr },    'rd'),
  alias('frrm',      'csrrs',  { rs1: zero, csr: csr.frm },     'rd'),
  alias('frflags',   'csrrs',  { rs1: zero, csr: csr.fflags },  'rd'),
  alias('fscsr',     'csrrw',  { rd: zero, csr: csr.fcsr },     'rs1'),
  alias('fscsr',     'csrrw',  { csr: csr.fcsr },               'rd, rs1'),
  alias('fsrm',      'csrrw',  { rd: zero, csr: csr.frm },      'rs1'),
  alias('fsrm',      'csrrw',  { csr: csr.frm },                'rd, rs1'),
  alias('fsflags',   'csrrw',  { rd: zero, csr: csr.fflags },   'rs1'),
  alias('fsflags',   'csrrw',  { csr: csr.fflags },             'rd, rs1'),
  alias('fsrmi',     'csrrwi', { csr: csr.frm },                'rd, zimm'),
  alias('fsflagsi',  'csrrwi', { csr: csr.fflags },             'rd, zimm'),
  alias('csrr',      'csrrs',  { rs1: zero },                   'rd, csr'),
  alias('csrw',      'csrrw',  { rd: zero },                    'csr, rs1'),
  alias('csrs',      'csrrs',  { rd: zero },                    'csr, rs1'),
  alias('csrc',      'csrrc',  { rd: zero },                    'csr, rs1'),
  alias('csrwi',     'csrrwi', { rd: zero },                    'csr, zimm'),
  alias('csrsi',     'csrrsi', { rd: zero },                    'csr, zimm'),
  alias('csrci',     'csrrci', { rd: zero },                    'csr, zimm'),

  alias('fence',      'fence',      { pred: iorw, succ: iorw }, ''),
  alias('sfence.vma', 'sfence.vma', { rs1: zero, rs2: zero },   ''),
  alias('sfence.vma', 'sfence.vma', { rs2: zero },              'rs1'),
];

const byRow = new Map<string, readonly Alias[]>();
for (const entry of aliases) byRow.set(entry.of, [...(byRow.get(entry.of) ?? []), entry]);

/** The alias to show for a word of the row `name` that has `length` bytes in memory. */
export const aliasOf = (
  name: string,
  word: number,
  length: 2 | 4,
  found: Fields,
  onlyAlways: boolean,
): Alias | undefined =>
  byRow.get(name)?.find((entry) => (entry.always || !onlyAlways) && fits(entry.when, word, length, found));

const fits = ({ word, length, ...when }: AliasCondition, ofWord: number, ofLength: 2 | 4, found: Fields): boolean =>
  (word === undefined || word === ofWord >>> 0) &&
  (length === undefined || length === ofLength) &&
  Object.entries(when).every(
    ([key, value]) => found[key as keyof Fields] === (value === 'rs1' ? found.rs1 : value),
  );
