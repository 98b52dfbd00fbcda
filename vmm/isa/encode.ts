/** From a mnemonic and its operands to an instruction word. Assembles one instruction; parses no text. */

import { insertFields, OperandError, type Operands } from './fields.ts';
import { rowNamed } from './table.ts';

export { OperandError, type Operands } from './fields.ts';

/**
 * The 32-bit word of an instruction, unsigned: `encode('addi', { rd: 10, rs1: 0, imm: 5n })`.
 * Throws `OperandError` for an unknown mnemonic, an operand out of range, or one that the instruction does not have.
 */
export const encode = (name: string, operands: Operands = {}): number => {
  const row = rowNamed(name);
  if (row === undefined)
    throw new OperandError(
      `No instruction is named ${name}; expected a full mnemonic such as addi. Check its spelling.`,
    );
  return insertFields(row, operands);
};
