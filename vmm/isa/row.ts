/**
 * What one row of the instruction table is. An instruction exists in this project because a row says so; every
 * reader (decoder, encoder, disassembler, interpreter, reference evaluator, reads-and-writes) derives from rows.
 */

import type { Effect } from './meaning.ts';

/** How the immediate is scattered over the word (unprivileged specification, "Immediate Encoding Variants"). */
export type ImmediateFormat = 'I' | 'S' | 'B' | 'U' | 'J' | 'none';

/** A 32-bit instruction. */
export interface Row {
  /** Mnemonic as the assembler prints it, such as `fcvt.w.s`. Unique. */
  readonly name: string;
  /**
   * The encoding as a picture, most significant bit first; blanks are ignored, 32 signs remain. `0` and `1` are fixed;
   * letters name fields: d rd, s rs1, t rs2, r rs3, i immediate bits, h shamt, m rm, c csr, z zimm, p pred, u succ,
   * a aq, l rl, `.` ignored.
   */
  readonly picture: string;
  /** Operands as the assembler writes them, such as `rd, rs1, imm`, `rd, imm(rs1)`, `rd, csr, rs1`. */
  readonly syntax: string;
  readonly meaning: Effect;
  /** Derived from the picture and the immediate's format. */
  readonly mask: number; // unsigned 32 bits
  readonly match: number; // unsigned 32 bits
  readonly immediate: ImmediateFormat;
  /** Reads or writes floating-point state: illegal while mstatus.FS is Off. */
  readonly usesFloat: boolean;
  /** Has an rm field that must hold a valid rounding mode (or 7 with a valid frm). */
  readonly rounds: boolean;
  /** Extension that defines it, such as `I`, `M`, `Zba`, `Zicsr`, `privileged`. */
  readonly extension: string;
}

/** A 16-bit instruction: it has no meaning of its own, it expands to a 32-bit one. */
export interface CompressedRow {
  /** Mnemonic, such as `c.addi4spn`. Unique. */
  readonly name: string;
  /** 16 signs, as in `Row.picture`; the letters that a row uses are its own. */
  readonly picture: string;
  readonly syntax: string;
  readonly mask: number;
  readonly match: number;
  /** The full word, or `undefined` when the operands are reserved (illegal). `word` is 16 bits, unsigned. */
  readonly expand: (word: number) => number | undefined;
}
