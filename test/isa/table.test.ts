/** What the tables refuse, and what the decoder makes of words that no row matches. */

import { describe, expect, test } from 'vitest';
import { rowsOf } from '../../vmm/isa/build.ts';
import { decode, decodeCompressed, expandCompressed, lengthOf } from '../../vmm/isa/decode.ts';
import { encode } from '../../vmm/isa/encode.ts';
import { nothing } from '../../vmm/isa/meaning.ts';
import { compressedRows, refuseOverlap, rowNamed, rows } from '../../vmm/isa/table.ts';

const row = rowsOf('test');
const low = '00000 000 00000 0001011';

describe('the table', () => {
  const check = (sentence: string, pictures: readonly string[], mayNest: boolean, message: RegExp | undefined) =>
    test(sentence, () => {
      const build = () => {
        const built = pictures.map((picture, index) => row(`row${index}`, `${picture} ${low}`, '', nothing));
        refuseOverlap(built, mayNest);
      };
      if (message === undefined) expect(build).not.toThrow();
      else expect(build).toThrow(message);
    });
  check(
    'takes encodings that differ in a fixed bit',
    ['000000000000', '00000000000.'.replace('.', '1')],
    false,
    undefined,
  );
  check('refuses one encoding twice', ['000000000000', '000000000000'], true, /row0 and row1 both match 0xb/);
  check('refuses encodings that share a word', ['0000000000..', '..0000000001'], true, /row0 and row1 both match/);
  check('refuses an encoding inside another', ['000000000000', '00000000000.'], false, /row0 and row1 both match/);
  check('takes an encoding inside another where the manual nests', ['000000000000', '00000000000.'], true, undefined);
  check('refuses a picture of another length', ['0000'], false, /row0 must have 32 signs; it has 24/);
  check('refuses immediate bits where the manual has none', ['iiii00000000'], false, /row0 stand in no format/);

  test('refuses one name twice', () => {
    expect(() => refuseOverlap([rowNamed('add')!, { ...rowNamed('sub')!, name: 'add' }], false)).toThrow(/named add/);
  });
  test('gives a 32-bit word one meaning', () => refuseOverlap(rows, false));
  test('gives a 16-bit word one meaning, but for those that the manual nests', () =>
    refuseOverlap(compressedRows, true));
  test('has every instruction of RV64GC, Zba, Zbb and Zbs', () => {
    const counts = new Map<string, number>();
    for (const { extension } of rows) counts.set(extension, (counts.get(extension) ?? 0) + 1);
    expect(Object.fromEntries(counts)).toEqual({
      I: 50, // the 52 of RV32I and RV64I, without ecall and ebreak, which count as privileged
      Zifencei: 1,
      M: 13,
      A: 22,
      F: 30,
      D: 32,
      Zicsr: 6,
      privileged: 6,
      Zba: 8,
      Zbb: 24,
      Zbs: 8,
    });
  });
});

describe('the table derives', () => {
  const check = (name: string, expected: object) =>
    test(`${Object.entries(expected).join(' and ')} for ${name}`, () => expect(rowNamed(name)).toMatchObject(expected));
  check('fadd.s', { usesFloat: true, rounds: true });
  check('flw', { usesFloat: true, rounds: false });
  check('fsd', { usesFloat: true, rounds: false });
  check('fmv.x.w', { usesFloat: true, rounds: false });
  check('csrrw', { usesFloat: false, rounds: false });
  check('jal', { immediate: 'J', usesFloat: false });
  check('beq', { immediate: 'B' });
  check('sw', { immediate: 'S', mask: 0x707f, match: 0x2023 });
  check('sub', { immediate: 'none', mask: 0xfe00707f, match: 0x40000033 });
});

describe('decoding', () => {
  const check = (sentence: string, found: unknown, expected: unknown) =>
    test(sentence, () => expect(found).toBe(expected));
  check('takes signed words', decode(0x40000033 | 0)?.name, 'sub');
  check('takes words with bit 31 set, signed', decode(0xfff00513 | 0)?.name, 'addi');
  check('takes words with bit 31 set, unsigned', decode(0xfff00513)?.name, 'addi');
  check('knows no row for all ones', decode(0xffffffff), undefined);
  check('knows no row for a 16-bit word', decode(0x4501), undefined);
  check('tells the length from the low bits', lengthOf(0x4501) * 10 + lengthOf(0x0013), 24);
  check('expands c.li', expandCompressed(0x4515), encode('addi', { rd: 10, imm: 5n }));
  check('expands c.jr to a jump without a link', expandCompressed(0x8082), encode('jalr', { rs1: 1 }));
  check('expands c.addi16sp', expandCompressed(0x7139), encode('addi', { rd: 2, rs1: 2, imm: -64n }));
  check('expands c.sdsp', expandCompressed(0xfc06), encode('sd', { rs2: 1, rs1: 2, imm: 56n }));
  check('expands a hint', expandCompressed(0x0005), encode('addi', { imm: 1n }));
  check('prefers the more specific row', decodeCompressed(0x9002)?.name, 'c.ebreak');
  check('finds all zeros illegal', expandCompressed(0), undefined);
  check('finds c.addiw to zero reserved', expandCompressed(0x2001), undefined);
  check('finds c.lwsp to zero reserved', expandCompressed(0x4002), undefined);
  check('finds c.lui of 0 reserved', expandCompressed(0x6081), undefined);
  check('finds c.addi16sp of 0 reserved', expandCompressed(0x6101), undefined);
  check('finds c.jr of zero reserved', expandCompressed(0x8002), undefined);
  check('takes full words for no 16-bit instruction', expandCompressed(0x0013), undefined);

  test('expands every 16-bit word as its row says', () => {
    const halves = Array.from({ length: 0x1_0000 }, (_, half) => half);
    expect(halves.map(expandCompressed)).toEqual(halves.map((half) => decodeCompressed(half)?.expand(half)));
  });
  test('expands every legal 16-bit word to a word of the table', () => {
    const words = Array.from({ length: 0x1_0000 }, (_, half) => expandCompressed(half) ?? 0);
    const broken = words.filter((word) => word !== 0 && decode(word) === undefined);
    expect(broken).toEqual([]);
  });
  test('reaches every compressed row', () => {
    const reached = new Set(Array.from({ length: 0x1_0000 }, (_, half) => decodeCompressed(half)?.name));
    expect(compressedRows.filter(({ name }) => !reached.has(name))).toEqual([]);
  });
});

describe('encoding', () => {
  const check = (sentence: string, build: () => number, message: RegExp) =>
    test(sentence, () => expect(build).toThrow(message));
  check('refuses an unknown mnemonic', () => encode('li'), /No instruction is named li; expected/);
  check(
    'refuses an immediate that does not fit',
    () => encode('addi', { imm: 2048n }),
    /from -2048 to 2047; found 2048/,
  );
  check('refuses an odd branch', () => encode('beq', { imm: 3n }), /even and from -4096 to 4094; found 3/);
  check(
    'refuses a register that does not exist',
    () => encode('add', { rd: 32 }),
    /rd of add must be from 0 to 31; found 32/,
  );
  check('refuses an operand that the row has not', () => encode('add', { imm: 1n }), /immediate of add must be absent/);
});
