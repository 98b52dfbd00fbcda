/** Round trip: every row encodes, decodes and disassembles back to the operands that went in. */

import { describe, expect, test } from 'vitest';
import { csrNumber } from '../../vmm/isa/csr-names.ts';
import { decode, fields } from '../../vmm/isa/decode.ts';
import { disassemble } from '../../vmm/isa/disassemble.ts';
import { encode } from '../../vmm/isa/encode.ts';
import { fNames, xNames } from '../../vmm/isa/register-names.ts';
import { rows } from '../../vmm/isa/table.ts';
import { randomOperands, seeded } from './words.ts';

const pc = 0x8000_0000n;
const roundingModes = ['rne', 'rtz', 'rdn', 'rup', 'rmm'];

/** What an operand's text says of the fields; the inverse of the disassembler's rendering, written again. */
const parse = (token: string, text: string): readonly (readonly [string, unknown])[] => {
  switch (token) {
    case 'rd':
    case 'rs1':
    case 'rs2':
      return [[token, xNames.indexOf(text)]];
    case 'frd':
    case 'frs1':
    case 'frs2':
    case 'frs3':
      return [[token.slice(1), fNames.indexOf(text)]];
    case '(rs1)':
      return [['rs1', xNames.indexOf(text.slice(1, -1))]];
    case 'imm(rs1)': {
      const [, offset, base] = /^(-?\d+)\((\w+)\)$/.exec(text)!;
      return [
        ['imm', BigInt(offset!)],
        ['rs1', xNames.indexOf(base!)],
      ];
    }
    case 'imm':
      return [['imm', text.startsWith('0x') ? BigInt.asIntN(32, BigInt(text) << 12n) : BigInt(text)]];
    case 'target':
      return [['imm', BigInt(text) - pc]];
    case 'csr':
      return [['csr', csrNumber(text) ?? Number(text)]];
    case 'rm':
      return [['rm', roundingModes.indexOf(text)]];
    case 'pred':
    case 'succ':
      return [
        [token, [...(text === 'unknown' ? '' : text)].reduce((set, sign) => set | (8 >> 'iorw'.indexOf(sign)), 0)],
      ];
    default:
      return [[token, Number(text)]];
  }
};

const check = (name: string, operands: ReturnType<typeof randomOperands>) => {
  const word = encode(name, operands);
  const row = decode(word)!;
  expect(row.name).toBe(name);
  expect(fields(word, row)).toMatchObject(operands);
  const shown = disassemble(word, pc, { aliases: false });
  if (['unimp', 'pause', 'fence.tso'].includes(shown.mnemonic)) return;
  expect(shown.mnemonic.replace(/\.(aq|rl|aqrl)$/, '')).toBe(name);
  const said = shown.operands.flatMap((text, index) => parse(row.syntax.split(', ')[index]!, text));
  expect(operands).toMatchObject(Object.fromEntries(said));
};

describe('encodes, decodes and disassembles back', () => {
  for (const row of rows)
    test(row.name, () => {
      const random = seeded(row.match);
      for (let count = 0; count < 50; count++) check(row.name, randomOperands(row, random));
    });
});
