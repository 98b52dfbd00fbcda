/** Every helper against the exact rational reference, in all five rounding modes. */
import { describe, expect, test } from 'vitest';
import { type FloatHelperName, floatHelperNames, floatHelpers } from '../../vmm/float/helpers.ts';
import { exact } from './exact.ts';
import { type Operands, operandKind, randomOperands, randomSource, specialPatterns } from './operands.ts';

const modes = ['RNE', 'RTZ', 'RDN', 'RUP', 'RMM'];

const check = (name: FloatHelperName, operands: Operands, rm: number) => {
  const context = { flags: 0 };
  const result = floatHelpers[name](context, ...operands, rm);
  const expected = exact(name, ...operands, rm);
  if (result === expected.result && context.flags === expected.flags) return;
  const shown = operands.map((operand) => operand.toString(16)).join(' ');
  expect(`${name} ${shown} ${modes[rm]} = ${result.toString(16)} flags ${context.flags}`).toBe(
    `${name} ${shown} ${modes[rm]} = ${expected.result.toString(16)} flags ${expected.flags}`,
  );
};

/** Every special value, in pairs where there are two operands; the third of a fused operation is drawn. */
const specialOperands = (name: FloatHelperName): Operands[] => {
  const kind = operandKind(name);
  if (kind === 'integer') return [0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n].map((a) => [a, 0n, 0n]);
  const specials = specialPatterns(kind);
  if (/^(add|sub|mul|div|min|max|eq|lt|le)/.test(name)) {
    return specials.flatMap((a) => specials.map((b): Operands => [a, b, 0n]));
  }
  const next = randomSource(7n);
  const any = () => specials[Number(next() % BigInt(specials.length))]!;
  if (/^n?m(add|sub)/.test(name)) return Array.from({ length: 1500 }, (): Operands => [any(), any(), any()]);
  return specials.map((a) => [a, a, a]);
};

describe('helpers agree with exact rational arithmetic', () => {
  for (const name of floatHelperNames) {
    test(`${name} of special values`, () => {
      for (const operands of specialOperands(name)) for (const rm of modes.keys()) check(name, operands, rm);
    });
    test(`${name} of random values`, () => {
      const next = randomSource(BigInt(name.length));
      for (let count = 0; count < 500; count++) {
        const operands = randomOperands(operandKind(name), next);
        for (const rm of modes.keys()) check(name, operands, rm);
      }
    });
  }
});
