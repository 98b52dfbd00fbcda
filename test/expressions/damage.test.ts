/** Texts that are no expressions, and values that cannot be: a sentence, and no crash. */
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { ExpressionError } from '../../adapter/expressions/errors.ts';
import { openStatic } from './static-program.ts';

const program = openStatic(join(resolve(import.meta.dirname, '../guests/source'), 'values.elf'));
const words = (
  'first second.tasks all pointer tasks array text u8v dv s64v ( ) [ ] [0..2] . -> * & - ~ ! + / % << < == && ? : :: , .. ' +
  'struct task enum flags unsigned long as sizeof offsetof container_of $a0 $satp.PPN 0 1 -1 99999999999 1.5 "x" \'y\' u8 ,x ' +
  ',[4] ,[u64v] ,list(struct task,tasks) (u8) (struct task *) (struct task) nothing NULL nobody { } ; = \\ \u00e9'
).split(' ');

test('10,000 random texts have a value or a sentence', () => {
  let state = 7n;
  const below = (limit: number): number => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    return Number((state >> 33n) % BigInt(limit));
  };
  let values = 0;
  for (let count = 0; count < 10_000; count++) {
    const text = Array.from({ length: 1 + below(8) }, () => words[below(words.length)]).join(below(2) === 0 ? ' ' : '');
    try {
      expect(program.show(text).length).toBeLessThan(20_000);
      values += 1;
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw new Error(`${text}: ${error}`, { cause: error });
    }
  }
  expect(values).toBeGreaterThan(300);
});

test('nesting is bounded by the length of a text', () => {
  for (const text of [
    '('.repeat(999),
    `${'*'.repeat(998)}0`,
    `${'-'.repeat(998)}1`,
    'array[0,'.repeat(120),
    '[['.repeat(490),
  ]) {
    try {
      program.show(text);
    } catch (error) {
      expect(error).toBeInstanceOf(ExpressionError);
    }
  }
});

test('a count that memory cannot hold is refused or cut', () => {
  expect(() => program.show('pointer,[99999999999]')).toThrow('99999999999 elements');
  expect(program.show('pointer,[1000000000]')).toMatch(/^\[1000000000\] \{30, 40, 50, /);
  expect(program.show('pointer[0..1000000000]')).toMatch(/^\[1000000000\] \{30, /);
});
