/** The disassembler against a committed sample of binutils' answers, and what binutils does not show. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type DisassemblyOptions, disassemble } from '../../vmm/isa/disassemble.ts';
import { agrees } from './objdump.ts';

/** Lines of address, word, text without aliases, text with aliases; the oracle test writes them. */
const sample = readFileSync(new URL('./golden/objdump.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.split('\t') as [string, string, string, string]);

describe('the disassembler says what binutils says', () => {
  const check = (sentence: string, aliases: boolean, column: 2 | 3) =>
    test(sentence, () => {
      const differences = sample.flatMap((line) => {
        const options = { aliases, compressedNames: !aliases };
        const ours = disassemble(Number.parseInt(line[1], 16), BigInt(line[0]), options).text;
        return agrees(ours, line[column]) ? [] : [`${line[1]}: ${ours} | ${line[column]}`];
      });
      expect(differences).toEqual([]);
    });
  check('without aliases', false, 2);
  check('with aliases', true, 3);
});

describe('the disassembler', () => {
  const check = (sentence: string, word: number, text: string, options: DisassemblyOptions = {}) =>
    test(sentence, () => expect(disassemble(word, 0x8000_0000n, options).text).toBe(text));
  check('keeps the name of a compressed instruction', 0x4515, 'c.li a0,5');
  check('shows what it is short for when asked', 0x4515, 'li a0,5', { compressedNames: false });
  check('looks only at the low half of a compressed instruction', 0xffff4515 | 0, 'c.li a0,5');
  check('shows pseudo-instructions', 0x00008067, 'ret');
  check('shows what they are when asked', 0x00008067, 'jalr zero,0(ra)', { aliases: false });
  check('shows immediate forms by their own name', 0x00150513, 'addi a0,a0,1');
  check('shows branch targets as addresses', 0xfe0518e3, 'bnez a0,0x7ffffff0');
  check('leaves out the dynamic rounding mode', 0x00a57553, 'fadd.s fa0,fa0,fa0');
  check('names a fixed rounding mode', 0x00a51553, 'fadd.s fa0,fa0,fa0,rtz');
  check('shows a CSR without a name by its number', 0x12302573, 'csrr a0,0x123');
  check('names the acquire and release bits', 0x1605a52f, 'lr.w.aqrl a0,(a1)');
  check('names fence.tso', 0x8330000f, 'fence.tso');
  check('names pause', 0x0100000f, 'pause', { aliases: false });
  check('shows an illegal 16-bit word as data', 0x8002, '.2byte 0x8002');
  check('shows an illegal word as data', 0xffffffff, '.4byte 0xffffffff');
  check('names the word that is illegal by definition', 0, 'c.unimp');

  test('gives the target of a jump, around the end of the address space', () => {
    expect(disassemble(0xffdff06f, 0n)).toEqual({
      text: 'j 0xfffffffffffffffc',
      mnemonic: 'j',
      operands: ['0xfffffffffffffffc'],
      length: 4,
      target: 0xffff_ffff_ffff_fffcn,
    });
  });
});
