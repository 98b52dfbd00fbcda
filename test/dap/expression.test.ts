/** Expressions, hit counts, messages, floating-point text, CSR fields and words of a line, each on its own. */
import { describe, expect, test } from 'vitest';
import { csrFields, csrSummary } from '../../adapter/dap/csr-fields.ts';
import { parseHitCondition } from '../../adapter/dap/hit-condition.ts';
import { LinkMap } from '../../adapter/dap/link-map.ts';
import { parseCondition } from '../../adapter/dap/scope.ts';
import { trapWords } from '../../adapter/dap/trap-words.ts';
import { splitWords } from '../../adapter/dap/words.ts';
import type { Scope } from '../../adapter/expressions/evaluate.ts';
import { floatText, parseFloatText } from '../../adapter/values/float-registers.ts';
import { csrByName } from '../../vmm/machine/csr.ts';

const names = { symbol: (name: string) => ({ panic: 0x8000_1000n, a0_symbol: 7n })[name] };
const registers = (name: string): bigint | undefined => ({ a0: 5n, a1: (1n << 64n) - 1n, sp: 0x1000n })[name];

const nothing = () => undefined;
const scope: Scope = { ...names, register: registers, variable: nothing, type: nothing, read: nothing };

const check = (text: string, expected: bigint): void => {
  expect(parseCondition(text, names)(scope)).toBe(expected);
};
const checkRefused = (text: string, sentence: string): void => {
  expect(() => parseCondition(text, names)(scope)).toThrow(sentence);
};

describe('an expression', () => {
  test('compares a register with a number', () => check('a0 == 5', 1n));
  test('takes registers with a dollar sign', () => check('$a0 + 1', 6n));
  test('knows all ones as minus one', () => check('a1 == -1', 1n));
  test('compares unsigned', () => check('a1 > 5', 1n));
  test('binds as C does', () => check('1 + 2 * 3 == 7 && 1 | 2 & 2', 1n));
  test('subtracts from left to right', () => check('10 - 3 - 2', 5n));
  test('shifts and inverts', () => check('~0 >> 60 << 1', 30n));
  test('takes parentheses', () => check('(1 + 2) * 3', 9n));
  test('negates truth', () => check('!a0 || !0', 1n));
  test('knows symbols', () => check('panic + 0x10', 0x8000_1010n));
  test('wraps at 64 bits', () => check('a1 + 2', 1n));
  test('says where it ends too early', () => checkRefused('a0 ==', 'expected a name or a number, found its end'));
  test('says what it does not understand', () => checkRefused('a0 = 5', 'found = 5'));
  test('says which name is unknown', () => checkRefused('b0 == 1', 'Nothing is called b0'));
  test('says that a parenthesis is open', () => checkRefused('(a0', 'expected a closing parenthesis'));
  test('refuses what follows it', () => checkRefused('a0 a1', 'expected an operator or the end, found a1'));
  test('refuses nothing', () => checkRefused('', 'found its end'));
  test('refuses a text without end', () => checkRefused('('.repeat(5000), 'at most 1000 characters'));
});

describe('a hit count', () => {
  const hits = (text: string): number[] => [1, 2, 3, 4, 5, 6].filter(parseHitCondition(text));
  test('stops once for a number', () => expect(hits('3')).toEqual([3]));
  test('stops from a number on', () => expect(hits('>= 3')).toEqual([3, 4, 5, 6]));
  test('stops up to a number', () => expect(hits('<3')).toEqual([1, 2]));
  test('stops each so many times', () => expect(hits('%2')).toEqual([2, 4, 6]));
  test('never stops for each zeroth', () => expect(hits('%0')).toEqual([]));
  test('is refused when it is none', () => expect(() => parseHitCondition('x')).toThrow('The hit count "x"'));
});

describe('floating-point text', () => {
  test('shows a double', () => expect(floatText(0x3ff8000000000000n)).toBe('1.5 (0x3ff8000000000000)'));
  test('shows a single that is NaN-boxed', () =>
    expect(floatText(0xffffffff3fc00000n)).toBe('1.5f (0xffffffff3fc00000)'));
  test('shows minus zero', () => expect(floatText(1n << 63n)).toBe('-0 (0x8000000000000000)'));
  test('is read as a double', () => expect(parseFloatText('-2.5e0')).toBe(0xc004000000000000n));
  test('is read as a single', () => expect(parseFloatText('1.5f')).toBe(0xffffffff3fc00000n));
  test('leaves other text alone', () => expect(parseFloatText('0x10')).toBeUndefined());
});

describe('fields of CSRs', () => {
  test('are of registers that there are', () => {
    const known = [
      'sstatus',
      'mstatus',
      'satp',
      'scause',
      'mie',
      'mip',
      'fcsr',
      'pmpcfg0',
      'pmpcfg2',
      'menvcfg',
      'misa',
    ];
    expect(known.filter((name) => csrFields(name) === undefined || csrByName(name) === undefined)).toEqual([]);
  });
  test('say a register in one line', () => {
    expect(csrSummary('mstatus', (2n << 32n) | (3n << 13n) | 0x22n)).toBe('SIE SPIE SPP=U MPP=U FS=dirty UXL=64 SXL=0');
    expect(csrSummary('satp', (8n << 60n) | 0x80123n)).toBe('MODE=Sv39 ASID=0 PPN=0x80123');
  });
});

describe('a trap in words', () => {
  const place = (address: bigint) => `0x${address.toString(16)}`;
  test('names the access', () =>
    expect(trapWords(13n, 0x10n, 8n, place)).toBe('load page fault at 0x10 accessing 0x8'));
  test('names an interrupt', () =>
    expect(trapWords((1n << 63n) | 5n, 0x10n, 0n, place)).toBe('supervisor timer interrupt at 0x10'));
  test('shows the bits of an illegal instruction', () =>
    expect(trapWords(2n, 0x10n, 0xffffn, place)).toBe('illegal instruction at 0x10: 0xffff'));
  test('has a number for what it does not know', () =>
    expect(trapWords(24n, 0n, 0n, place)).toBe('exception 24 at 0x0'));
});

describe('the words of a line', () => {
  test('are split at blanks, quotations apart', () =>
    expect(splitWords(`-m 1G  -append "a b\\"c" 'd e'f g\\ h`)).toEqual([
      '-m',
      '1G',
      '-append',
      'a b"c',
      'd ef',
      'g h',
    ]));
  test('are refused with an open quotation', () =>
    expect(() => splitWords('-append "x')).toThrow('ends inside a quotation'));
  test('may be none', () => expect(splitWords('  ')).toEqual([]));
});

describe('an expression of C', () => {
  test('takes numbers as C has them', () => check("0x10UL + 'A' + 0b11", 0x10n + 65n + 3n));
  test('chooses', () => check('a0 > 3 ? 10 : 20', 10n));
  test('divides, and goes by the sign of numbers', () => check('-7 / 2 == -3 && 7 % 4 == 3', 1n));
  test('does not evaluate what does not count', () => check('0 && 1 / 0', 0n));
  test('has the sizes of C', () => check('sizeof(int) + sizeof(unsigned long) + sizeof(char *)', 20n));
  test('cuts to the type of a cast', () => check('(unsigned char)0x1ff', 0xffn));
  test('shifts beyond an int', () => check('1 << 40', 1n << 40n));
  test('says what has no value', () => checkRefused('1 / 0', 'a division by zero'));
  test('refuses calls', () => checkRefused('panic(1)', 'calls a function'));
  test('refuses assignments', () => checkRefused('a0 += 1', 'cannot be understood'));
});

describe('the addresses of a program', () => {
  const segment = (virtualAddress: bigint, physicalAddress: bigint) => ({
    virtualAddress,
    physicalAddress,
    memoryBytes: 0x1000n,
    bytes: new Uint8Array(0),
    flags: 5,
  });
  const high = 0xffff_ffff_8000_0000n;
  test('that is linked high are found low', () => {
    const map = new LinkMap([segment(high, 0x8020_0000n)]);
    expect(map.linked(0x8020_0010n)).toBe(high + 0x10n);
    expect(map.linked(high + 0x10n)).toBe(high + 0x10n);
    expect(map.places(high + 0x10n)).toEqual([high + 0x10n, 0x8020_0010n]);
    expect(map.linked(0x9000_0000n)).toBe(0x9000_0000n);
  });
  test('of Linux count from where it is loaded', () => {
    const map = new LinkMap([segment(high, 0n), segment(high + 0x1000n, 0x1000n)], 0x8020_0000n);
    expect(map.linked(0x8020_1004n)).toBe(high + 0x1004n);
  });
  test('that is linked where it runs are one', () => {
    expect(new LinkMap([segment(0x8000_0000n, 0x8000_0000n)], 0x8020_0000n).places(0x8000_0010n)).toEqual([
      0x8000_0010n,
    ]);
  });
});
