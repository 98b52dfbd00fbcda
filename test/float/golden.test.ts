/**
 * Vectors of two outside oracles, kept beside the tests so that they run without a compiler. They were made by
 * oracle.c with a count of 50 and a seed of 1, and oracle.debian.ts checks that it still prints the same. To accept
 * new ones, run the commands of the headers of oracle.c and oracle-riscv.h and redirect into golden/.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkVectors } from './vectors.ts';

const check = (file: string, comparedAtLeast: number) => {
  const text = readFileSync(join(import.meta.dirname, 'golden', file), 'utf8');
  expect(checkVectors(text)).toBeGreaterThan(comparedAtLeast);
};

test('helpers agree with the SSE unit of an x86-64 processor in its four rounding modes', () => check('x86.txt', 6000));

test('helpers agree with RISC-V instructions under QEMU in all five rounding modes', () => check('riscv.txt', 9000));
