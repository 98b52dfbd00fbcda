/** Vectors as oracle.c prints them (its header describes a line), and the one way to check them. */
import { expect } from 'vitest';
import { type FloatHelperName, floatHelperNames, floatHelpers } from '../../vmm/float/helpers.ts';

const names = new Set<string>(floatHelperNames);

const isHelperName = (name: string): name is FloatHelperName => names.has(name);

/** Checks every line and returns how many outcomes were compared; the first few that differ fail the test. */
export const checkVectors = (text: string): number => {
  let compared = 0;
  const wrong: string[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [left, right] = line.split(' = ') as [string, string];
    const [name, ...words] = left.split(' ') as [string, ...string[]];
    if (!isHelperName(name)) throw new Error(`A vector names a helper that does not exist: ${line}`);
    const [a = 0n, b = 0n, c = 0n] = words.map((word) => BigInt(`0x${word}`));
    let expected = '-';
    for (const [rm, outcome] of right.split(' ').entries()) {
      if (outcome !== '.') expected = outcome;
      if (expected === '-') continue;
      const found = outcomeOf(name, a, b, c, rm, expected.indexOf('/'));
      compared++;
      if (found !== expected && wrong.length < 5) wrong.push(`${left} rm ${rm} = ${found}, expected ${expected}`);
    }
  }
  expect(wrong).toEqual([]);
  return compared;
};

const outcomeOf = (name: FloatHelperName, a: bigint, b: bigint, c: bigint, rm: number, digits: number): string => {
  const context = { flags: 0 };
  const result = floatHelpers[name](context, a, b, c, rm);
  return `${result.toString(16).padStart(digits, '0')}/${context.flags.toString(16).padStart(2, '0')}`;
};
