/** Expressions and values of C++, over a program that is read from its file. */
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { openStatic } from './static-program.ts';

const program = openStatic(join(resolve(import.meta.dirname, '../guests/source'), 'classes-values.elf'));

const check = (expression: string, expected: string): void => expect(program.show(expression)).toBe(expected);

test('names are found in namespaces and classes, by the whole path or its end', () => {
  check('outer::inner::depth', '3');
  check('inner::depth', '3');
  check('::outer::inner::depth', '3');
  check('outer::Base::count', '4');
  check('Base::count + 1', '5');
  check('outer::Box<short, 6>::total', '9');
  check('sizeof(outer::Box<short, 6>)', '0xc');
  check('outer::Level::high', 'high');
});

test('enumerations of a class have their names', () => {
  check('derived.level', 'high');
  check('level', 'low');
  check('derived.level == outer::Level::high', '1');
});

test('a class has its bases, and what it refers to', () => {
  expect(program.show('derived')).toMatch(
    /^\{Other = \{extra = 7\}, Base = \{number = 8\}, level = high, reference = @0x[\da-f]+ <number>: 5, member = /,
  );
  check('derived.number', '8');
  check('derived.extra', '7');
  check('derived.reference * 2', '10');
  check('alias + 1', '6');
  check('&alias == &number', '1');
  check('((outer::Base)derived).number', '8');
  check('((outer::Base *)&derived)->number', '8');
  check('base->number', '8');
  check('(outer::Base *)&derived == base', '1');
});

test('templates have their names in types', () => {
  check('box.items[2]', '3');
  check('((Box<short, 6> *)&box)->items[5]', '6');
  check('*total', '9');
});

test('characters and truth are shown as such', () => {
  check('truth', 'true');
  check('wide', "8364 '€'");
});
