/** What the unprivileged specification fixes in tables and sentences, spelt out by hand. */
import { describe, expect, test } from 'vitest';
import { type FloatHelperName, floatHelpers } from '../../vmm/float/helpers.ts';

const [NX, UF, DZ, NV] = [1, 2, 8, 16];
const [RNE, RTZ, RDN, RUP, RMM] = [0, 1, 2, 3, 4];

type Case = { operands: bigint[]; rm?: number; result: bigint; flags: number };

const check = (name: FloatHelperName, { operands, rm = RNE, result, flags }: Case) => {
  const context = { flags: 0 };
  const [a = 0n, b = 0n, c = 0n] = operands;
  const found = floatHelpers[name](context, a, b, c, rm);
  expect(`${found.toString(16)} flags ${context.flags}`).toBe(`${result.toString(16)} flags ${flags}`);
};

const doublePattern = (value: number): bigint => new BigUint64Array(new Float64Array([value]).buffer)[0]!;
const quietNaN = 0x7ff8_0000_0000_0001n;
const signallingNaN = 0x7ff0_0000_0000_0001n;
const canonicalNaN = 0x7ff8_0000_0000_0000n;
const minusZero = 1n << 63n;

// "Domains of float-to-integer conversions and behavior for invalid inputs": the least and greatest valid inputs
// after rounding, and the results of what lies outside.
describe('fcvt to an integer saturates', () => {
  const domains = [
    { name: 'w.d', least: -(2 ** 31), greatest: 2 ** 31 - 1, low: 0xffff_ffff_8000_0000n, high: 0x7fff_ffffn },
    { name: 'wu.d', least: 0, greatest: 2 ** 32 - 1, low: 0n, high: 0xffff_ffff_ffff_ffffn },
    { name: 'l.d', least: -(2 ** 63), greatest: 2 ** 63 - 1024, low: 1n << 63n, high: (1n << 63n) - 1n },
    { name: 'lu.d', least: 0, greatest: 2 ** 64 - 2048, low: 0n, high: (1n << 64n) - 1n },
  ] as const;
  for (const { name, least, greatest, low, high } of domains) {
    const beyond = greatest > 2 ** 33 ? greatest + (greatest > 2 ** 63 ? 2048 : 1024) : greatest + 1;
    test(`${name} of what is too small is the least integer, and invalid`, () => {
      check(name, { operands: [doublePattern(least < -(2 ** 60) ? least - 2048 : least - 1)], result: low, flags: NV });
      check(name, { operands: [doublePattern(-Infinity)], result: low, flags: NV });
    });
    test(`${name} of what is too large, and of NaN, is the greatest integer, and invalid`, () => {
      check(name, { operands: [doublePattern(beyond)], result: high, flags: NV });
      check(name, { operands: [doublePattern(Infinity)], result: high, flags: NV });
      check(name, { operands: [quietNaN], result: high, flags: NV });
      check(name, { operands: [quietNaN | minusZero], result: high, flags: NV });
    });
    test(`${name} of the ends of its domain is exact`, () => {
      const pattern = (value: number) =>
        BigInt.asUintN(64, name.startsWith('w') ? BigInt.asIntN(32, BigInt(value)) : BigInt(value));
      check(name, { operands: [doublePattern(least)], result: pattern(least), flags: 0 });
      check(name, { operands: [doublePattern(greatest)], result: pattern(greatest), flags: 0 });
    });
  }

  test('a fraction below zero becomes unsigned 0, inexact, as long as it rounds to 0', () => {
    check('wu.d', { operands: [doublePattern(-0.5)], result: 0n, flags: NX });
    check('wu.d', { operands: [doublePattern(-0.999)], rm: RTZ, result: 0n, flags: NX });
    check('wu.d', { operands: [doublePattern(-0.5)], rm: RMM, result: 0n, flags: NV });
    check('lu.d', { operands: [doublePattern(-0.001)], rm: RDN, result: 0n, flags: NV });
  });

  test('what fits only before rounding is invalid and not inexact', () => {
    check('w.d', { operands: [doublePattern(2 ** 31 - 0.5)], result: 0x7fff_ffffn, flags: NV });
    check('w.d', { operands: [doublePattern(2 ** 31 - 0.5)], rm: RDN, result: 0x7fff_ffffn, flags: NX });
  });

  test('fcvt.wu sign-extends its 32-bit result', () => {
    check('wu.d', { operands: [doublePattern(2 ** 31)], result: 0xffff_ffff_8000_0000n, flags: 0 });
  });
});

describe('fclass sets one bit of ten', () => {
  const classes = [
    { bit: 0, what: 'minus infinity', pattern: doublePattern(-Infinity) },
    { bit: 1, what: 'a negative normal number', pattern: doublePattern(-1) },
    { bit: 2, what: 'a negative subnormal number', pattern: minusZero | 1n },
    { bit: 3, what: '-0', pattern: minusZero },
    { bit: 4, what: '+0', pattern: 0n },
    { bit: 5, what: 'a positive subnormal number', pattern: 0xf_ffff_ffff_ffffn },
    { bit: 6, what: 'a positive normal number', pattern: 0x10_0000_0000_0000n },
    { bit: 7, what: 'plus infinity', pattern: doublePattern(Infinity) },
    { bit: 8, what: 'a signalling NaN', pattern: signallingNaN | minusZero },
    { bit: 9, what: 'a quiet NaN', pattern: quietNaN | minusZero },
  ];
  for (const { bit, what, pattern } of classes) {
    test(`bit ${bit} for ${what}`, () =>
      check('class.d', { operands: [pattern], result: 1n << BigInt(bit), flags: 0 }));
  }
});

describe('fmin and fmax are minimumNumber and maximumNumber', () => {
  const one = doublePattern(1);
  test('a quiet NaN loses silently', () => check('min.d', { operands: [quietNaN, one], result: one, flags: 0 }));
  test('a signalling NaN loses and is invalid', () =>
    check('max.d', { operands: [one, signallingNaN], result: one, flags: NV }));
  test('two NaNs give the canonical one', () =>
    check('max.d', { operands: [quietNaN, quietNaN], result: canonicalNaN, flags: 0 }));
  test('-0 is less than +0', () => {
    check('min.d', { operands: [0n, minusZero], result: minusZero, flags: 0 });
    check('max.d', { operands: [minusZero, 0n], result: 0n, flags: 0 });
  });
});

describe('NaNs', () => {
  const infinity = doublePattern(Infinity);
  test('feq is quiet, flt and fle signal', () => {
    check('eq.d', { operands: [quietNaN, 0n], result: 0n, flags: 0 });
    check('eq.d', { operands: [signallingNaN, 0n], result: 0n, flags: NV });
    check('lt.d', { operands: [quietNaN, 0n], result: 0n, flags: NV });
    check('le.d', { operands: [0n, quietNaN], result: 0n, flags: NV });
  });
  test('infinity times zero is invalid even when a quiet NaN is added', () => {
    check('madd.d', { operands: [infinity, 0n, quietNaN], result: canonicalNaN, flags: NV });
    check('nmsub.d', { operands: [minusZero, infinity, quietNaN], result: canonicalNaN, flags: NV });
  });
  test('no payload is propagated, and a result is never the negative NaN', () => {
    check('add.d', { operands: [quietNaN | minusZero, 0n], result: canonicalNaN, flags: 0 });
    check('d.s', { operands: [0xffc0_0001n], result: canonicalNaN, flags: 0 });
  });
  test('a division by zero is one only for a finite dividend', () => {
    check('div.d', { operands: [doublePattern(-1), 0n], result: doublePattern(-Infinity), flags: DZ });
    check('div.d', { operands: [infinity, 0n], result: infinity, flags: 0 });
    check('div.d', { operands: [0n, 0n], result: canonicalNaN, flags: NV });
  });
});

describe('tininess is detected after rounding', () => {
  const leastNormal = 0x10_0000_0000_0000n;
  const belowLeastNormal = leastNormal - 1n;
  test('a product that is a number below the least normal one, but for the bound of the exponent, underflows', () => {
    const oneMinus = 0x3fef_ffff_ffff_ffffn; // 1 - 2 ** -53
    check('mul.d', { operands: [oneMinus, leastNormal], result: leastNormal, flags: NX | UF });
  });
  test('a sum that carries up to the least normal number does not underflow, whatever it was before rounding', () => {
    const operands = [doublePattern(-(2 ** -600)), doublePattern(2 ** -600), leastNormal];
    check('madd.d', { operands, rm: RNE, result: leastNormal, flags: NX });
    check('madd.d', { operands, rm: RMM, result: leastNormal, flags: NX });
    check('madd.d', { operands, rm: RUP, result: leastNormal, flags: NX });
    check('madd.d', { operands, rm: RDN, result: belowLeastNormal, flags: NX | UF });
    check('madd.d', { operands, rm: RTZ, result: belowLeastNormal, flags: NX | UF });
  });
  test('an exact subnormal result does not underflow', () =>
    check('sub.d', { operands: [leastNormal, 1n], result: belowLeastNormal, flags: 0 }));
});

describe('signs of zero', () => {
  const one = doublePattern(1);
  test('x - x is +0, and -0 when rounding down', () => {
    for (const rm of [RNE, RTZ, RUP, RMM]) check('sub.d', { operands: [one, one], rm, result: 0n, flags: 0 });
    check('sub.d', { operands: [one, one], rm: RDN, result: minusZero, flags: 0 });
  });
  test('the root of -0 is -0', () => check('sqrt.d', { operands: [minusZero], result: minusZero, flags: 0 }));
  test('fnmadd of an exact cancellation is +0: the negation is of the operands, not of the result', () =>
    check('nmadd.d', { operands: [one, one, doublePattern(-1)], result: 0n, flags: 0 }));
});
