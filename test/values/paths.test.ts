/** What is seen of a value in a tree can be asked for again: the expression of each part means that part. */
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { asOperand, hasParts, type Part, partsOf } from '../../adapter/values/parts.ts';
import { valueText } from '../../adapter/values/text.ts';
import type { Value } from '../../adapter/values/value.ts';
import { openStatic } from '../expressions/static-program.ts';

const guests = resolve(import.meta.dirname, '../guests/source');
const depthMax = 6;
const partsMax = 3000;

/** Opens everything below a variable, as far as the depth goes, and evaluates each part's expression. */
const check = (file: string, roots: readonly string[], partsMin: number): void => {
  const program = openStatic(join(guests, file));
  const { around } = program;
  let seen = 0;
  const walk = (value: Value, path: string, depth: number): void => {
    if (depth > depthMax || seen > partsMax || !hasParts(value, around.read)) return;
    for (const part of partsOf(value, around.read, 0, 50)) {
      const own = part.path(asOperand(path));
      if (own === undefined) continue;
      seen += 1;
      checkPart(part, own);
      walk(part.value, own, depth + 1);
    }
  };
  const checkPart = ({ value }: Part, path: string): void => {
    const found = program.evaluate(path);
    expect([path, found.address, valueText(found, around)]).toEqual([path, value.address, valueText(value, around)]);
  };
  for (const root of roots) walk(program.evaluate(root), root, 0);
  expect(seen).toBeGreaterThan(partsMin);
};

test('each part of a value of C is what its expression means', () =>
  check('values.elf', ['first', 'tasks', 'all', 'matrix', 'pointers', 'letters', 'circle', 'hashed', '&second'], 2000));

test('each part of a value of C++ is what its expression means', () =>
  check('classes-values.elf', ['derived', 'base', 'box', 'alias', '&derived'], 20));
