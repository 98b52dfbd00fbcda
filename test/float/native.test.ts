/** The host's arithmetic may answer only where it equals the software's, and must answer in the common case. */
import { describe, expect, test } from 'vitest';
import { add, div, mul, sqrt, sub } from '../../vmm/float/arithmetic.ts';
import { binary32, binary64, type FloatFlags, type Format, NX } from '../../vmm/float/format.ts';
import { floatHelpers } from '../../vmm/float/helpers.ts';
import { nativeDouble, nativeSingle } from '../../vmm/float/native.ts';
import { RNE } from '../../vmm/float/round.ts';
import { randomOperands, randomSource, specialPatterns } from './operands.ts';

const software = {
  add,
  sub,
  mul,
  div,
  sqrt: (format: Format, context: FloatFlags, a: bigint, _b: bigint, rm: number) => sqrt(format, context, a, rm),
};

const formats = [
  { suffix: 's', format: binary32, native: nativeSingle },
  { suffix: 'd', format: binary64, native: nativeDouble },
] as const;

for (const { suffix, format, native } of formats) {
  describe(`.${suffix}`, () => {
    for (const operation of ['add', 'sub', 'mul', 'div', 'sqrt'] as const) {
      /** Whether the host answered. */
      const check = (a: bigint, b: bigint): boolean => {
        const second = operation === 'sqrt' ? a : b;
        const result = native[operation](a, second);
        if (result === undefined) return false;
        const context = { flags: 0 };
        const expected = software[operation](format, context, a, second, RNE);
        if (result !== expected || (context.flags & ~NX) !== 0) {
          const shown = `${a.toString(16)} ${second.toString(16)}`;
          expect(`${shown} = ${result.toString(16)}`).toBe(`${shown} = ${expected.toString(16)} ${context.flags}`);
        }
        return true;
      };

      test(`native ${operation} equals the software and raises no flag but inexact`, () => {
        const next = randomSource(11n);
        let answered = 0;
        for (let count = 0; count < 20_000; count++) {
          const [a, b] = randomOperands(suffix, next);
          if (check(a, b)) answered++;
        }
        for (const a of specialPatterns(suffix)) for (const b of specialPatterns(suffix)) check(a, b);
        expect(answered).toBeGreaterThan(2000);
      });
    }
  });
}

test('a signed bigint, as WebAssembly passes it, is the same operand', () => {
  const minusThree = 0xc008_0000_0000_0000n;
  for (const flags of [0, NX]) {
    expect(floatHelpers['add.d']({ flags }, BigInt.asIntN(64, minusThree), minusThree, 0n, RNE)).toBe(
      0xc018_0000_0000_0000n,
    );
    expect(floatHelpers['lt.d']({ flags }, BigInt.asIntN(64, minusThree), 0n, 0n, RNE)).toBe(1n);
    expect(floatHelpers['max.d']({ flags }, -1n, BigInt.asIntN(64, minusThree), 0n, RNE)).toBe(minusThree);
  }
});

test('flags accrue: an operation clears none that were set before it', () => {
  const context = { flags: 0x1e };
  floatHelpers['div.d'](context, 0x3ff0_0000_0000_0000n, 0x4008_0000_0000_0000n, 0n, RNE);
  expect(context.flags).toBe(0x1f);
});
