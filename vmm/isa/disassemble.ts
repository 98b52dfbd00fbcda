/**
 * From instruction words to assembly text, as binutils writes it: register names of the ABI, absolute branch targets,
 * pseudo-instructions. It knows no symbols: `target` is for whoever does.
 */

import { aliasOf } from './aliases.ts';
import { csrName } from './csr-names.ts';
import { decode, decodeCompressed, lengthOf } from './decode.ts';
import { type Fields, fields } from './fields.ts';
import { fNames, xNames } from './register-names.ts';
import type { Row } from './row.ts';

export interface Disassembly {
  /** Mnemonic and operands, such as `addi sp,sp,-16`. */
  readonly text: string;
  /** `.2byte` or `.4byte` when the instruction is illegal. */
  readonly mnemonic: string;
  readonly operands: readonly string[];
  readonly length: 2 | 4;
  /** Where a branch or a direct jump goes. */
  readonly target?: bigint;
}

export interface DisassemblyOptions {
  /** Show pseudo-instructions such as `ret`. Default true. */
  readonly aliases?: boolean;
  /** Show 16-bit instructions by their own names (`c.li a0,0`), not by what they expand to (`li a0,0`). Default true. */
  readonly compressedNames?: boolean;
}

/** `word` holds the 32 bits at `pc`; of a 16-bit instruction only the low half is looked at. */
export const disassemble = (word: number, pc: bigint, options: DisassemblyOptions = {}): Disassembly => {
  const { aliases = true, compressedNames = true } = options;
  const length = lengthOf(word);
  if (length === 4) return disassembleFull(word, pc, 4, aliases) ?? data('.4byte', word >>> 0, 4);
  const half = word & 0xffff;
  // All zeros is defined to be illegal, and has a name in the assembler ("C Extension").
  if (half === 0) return line(compressedNames ? 'c.unimp' : 'unimp', [], 2);
  const compressed = decodeCompressed(half);
  const expansion = compressed?.expand(half);
  if (compressed === undefined || expansion === undefined) return data('.2byte', half, 2);
  if (!compressedNames) return disassembleFull(expansion, pc, 2, aliases)!;
  const row = decode(expansion)!;
  return render(compressed.name, compressed.syntax, row, fields(expansion, row), pc, 2);
};

const disassembleFull = (word: number, pc: bigint, length: 2 | 4, withAliases: boolean): Disassembly | undefined => {
  const row = decode(word);
  if (row === undefined) return undefined;
  const found = fields(word, row);
  const alias = aliasOf(row.name, word, length, found, !withAliases);
  const name = alias?.name ?? row.name + ordering(found);
  return render(name, alias?.syntax ?? row.syntax, row, found, pc, length);
};

/** The suffix of an atomic instruction with its aq and rl bits. */
const ordering = ({ aq, rl }: Fields): string => (aq | rl ? `.${aq ? 'aq' : ''}${rl ? 'rl' : ''}` : '');

const render = (name: string, syntax: string, row: Row, found: Fields, pc: bigint, length: 2 | 4): Disassembly => {
  const target = BigInt.asUintN(64, pc + found.imm);
  const operands = syntax
    .split(', ')
    .map((operand) => operand.replace(/[a-z]+\d?/g, (token) => renderToken(token, row, found, target)))
    .filter((operand) => operand !== '');
  return syntax.includes('target') ? { ...line(name, operands, length), target } : line(name, operands, length);
};

const renderToken = (token: string, row: Row, found: Fields, target: bigint): string => {
  switch (token) {
    case 'rd':
    case 'rs1':
    case 'rs2':
      return xNames[found[token]]!;
    case 'frd':
      return fNames[found.rd]!;
    case 'frs1':
      return fNames[found.rs1]!;
    case 'frs2':
      return fNames[found.rs2]!;
    case 'frs3':
      return fNames[found.rs3]!;
    case 'imm':
      return row.immediate === 'U' ? hex(BigInt.asUintN(20, found.imm >> 12n)) : String(found.imm);
    case 'target':
      return hex(target);
    case 'shamt':
      return hex(found.shamt);
    case 'csr':
      return csrName(found.csr) ?? hex(found.csr);
    case 'zimm':
      return String(found.zimm);
    case 'rm':
      return roundingName(row, found.rm);
    case 'pred':
    case 'succ':
      return fenceSet(found[token]);
    default:
      throw new Error(`The syntax of ${row.name} names ${token}, which is no operand.`);
  }
};

/** Rounding modes by the name of their encoding; dynamic, the usual one, is left out (`F Extension`, table of rm). */
const roundingName = (row: Row, rm: number): string =>
  rm === 0 && exactConversions.has(row.name) ? '' : roundingNames[rm]!;

const roundingNames = ['rne', 'rtz', 'rdn', 'rup', 'rmm', 'unknown', 'unknown', ''];

/** Conversions that never round; assemblers write 0 into their rm and show nothing. */
const exactConversions: ReadonlySet<string> = new Set(['fcvt.d.w', 'fcvt.d.wu', 'fcvt.d.s']);

/** The accesses that a fence orders: input, output, read, write. */
const fenceSet = (bits: number): string =>
  ['i', 'o', 'r', 'w'].filter((_, index) => bits & (8 >> index)).join('') || 'unknown';

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

const data = (directive: string, value: number, length: 2 | 4): Disassembly => line(directive, [hex(value)], length);

const line = (mnemonic: string, operands: readonly string[], length: 2 | 4): Disassembly => ({
  text: operands.length === 0 ? mnemonic : `${mnemonic} ${operands.join(',')}`,
  mnemonic,
  operands,
  length,
});
