/** Random expressions of C over a program's variables, compared with what gdb makes of them: kind, size and value. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { numberFrom } from '../../adapter/expressions/operands.ts';
import { InputError } from '../../adapter/program/input-error.ts';
import { sizeOf, stripped } from '../../adapter/program/types/type.ts';
import { floatNumber } from '../../adapter/values/numbers.ts';
import { bytesOf, settled } from '../../adapter/values/value.ts';
import { openStatic, type StaticProgram } from './static-program.ts';

const guests = resolve(import.meta.dirname, '../guests/source');
const folder = mkdtempSync(join(tmpdir(), 'chronovisor-gdb-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Answer {
  readonly kind: string;
  readonly size: number;
  readonly value: string;
}

const askGdb = (path: string, expressions: readonly string[], language = 'c'): Answer[] => {
  const [asked, answers] = [join(folder, 'asked'), join(folder, 'answers')];
  writeFileSync(asked, expressions.join('\n'));
  const words = ['-nx', '-batch', '-ex', 'set debuginfod enabled off', path, '-ex', `set language ${language}`];
  execFileSync('gdb-multiarch', [...words, '-x', join(import.meta.dirname, 'gdb-values.py')], {
    env: { ...process.env, EXPRESSIONS: asked, ANSWERS: answers },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const lines = readFileSync(answers, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Answer);
};

const ourAnswer = (program: StaticProgram, expression: string): Answer => {
  try {
    const value = settled(program.evaluate(expression), program.scope.read);
    const type = stripped(value.type);
    const spot = { text: expression, column: 1 };
    if (type?.kind === 'base' && type.encoding === 'float') {
      const bytes = bytesOf(value, program.scope.read);
      return { kind: 'float', size: type.sizeBytes, value: `${floatNumber(bytes as Uint8Array)}` };
    }
    if (type?.kind === 'structure' || type?.kind === 'union' || type?.kind === 'class') {
      return { kind: 'structure', size: type.sizeBytes ?? 0, value: `${value.address}` };
    }
    const number = numberFrom(value, spot, program.scope.read);
    const isAddress = type?.kind === 'pointer' || type?.kind === 'array' || type?.kind === 'function';
    if (isAddress) return { kind: 'address', size: 8, value: `${number}` };
    return { kind: 'number', size: sizeOf(value.type) ?? 0, value: `${number}` };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { kind: 'error', size: 0, value: error.message };
  }
};

/** Deterministic: a linear congruential generator (Knuth's MMIX). */
class Random {
  #state: bigint;
  constructor(seed: number) {
    this.#state = BigInt(seed);
  }
  below(limit: number): number {
    this.#state = BigInt.asUintN(64, this.#state * 6364136223846793005n + 1442695040888963407n);
    return Number((this.#state >> 33n) % BigInt(limit));
  }
  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const integers =
  's8v u8v s16v u16v s32v u32v s64v u64v cv array[1] *pointer matrix[1][2] first.pid (third.wake.next->next==0)'
    .split(' ')
    .concat(['first.value.low', 'tasks[1]->parent->pid', 'statev', 'negativev', 'letters[1][0]', '7u', '3ul', "'x'"]);
const pointers = ['pointer', 'array', '&array[3]', 'tasks[0]', '&second', '*pointers', 'first.comm', 'second.parent'];

const expressionOf = (random: Random, depth: number, operands: readonly string[] = integers): string => {
  const inner = () => expressionOf(random, depth - 1, operands);
  switch (depth === 0 ? random.below(2) : 2 + random.below(10)) {
    case 0:
    case 2:
      return random.of(operands);
    case 1:
      return random.of(operands);
    case 3:
      return `(${random.of(['u8', 's16v', 'unsigned', 'long', 'short', 'unsigned char', 'u64']).replace('s16v', 'short')})(${inner()})`;
    case 4:
      return `${random.of(['-', '~', '!', '+'])}(${inner()})`;
    case 5:
      return `(${inner()} ${random.of(['<', '>', '<=', '>=', '==', '!=', '&&', '||'])} ${inner()})`;
    case 6:
      return `(${inner()} ${random.of(['<<', '>>'])} ${random.below(31)}u)`;
    case 7:
      return `(${inner()} ? ${inner()} : ${inner()})`;
    default:
      return `(${inner()} ${random.of(['+', '-', '*', '/', '%', '&', '|', '^'])} ${inner()})`;
  }
};
const pointerExpression = (random: Random): string => {
  const one = random.of(pointers);
  switch (random.below(6)) {
    case 0:
      return `${one} + ${random.below(5)}u`;
    case 1:
      return `*(${one} + (${expressionOf(random, 1)} & 1))`;
    case 2:
      return `&${one}[${random.below(3)}u]`;
    case 3:
      return `(u8 *)${one} + ${random.below(9)}u`;
    case 4:
      return `&array[${random.below(5)}u] - pointer`;
    default:
      return `(long)${one} % ${1 + random.below(100)}`;
  }
};
const floatExpression = (random: Random): string =>
  `(${random.of(['fv', 'dv', '(double)ldv'])} ${random.of(['+', '-', '*', '/', '<', '>'])} ${random.of(['fv', 'dv', 's32v', 'u64v', '2.5'])})`;

/** gdb is no compiler; where it is known to differ from C, C is right, and these are not asked. */
const differs = (gdb: Answer, own: Answer): boolean => {
  if (gdb.kind === 'error' && own.kind === 'error') return false;
  // Literals among themselves have no type of ours.
  if (gdb.kind === own.kind && gdb.value === own.value) return gdb.size !== own.size && own.size !== 0;
  if (gdb.kind === 'float' && own.kind === 'float') return Number(gdb.value) !== Number(own.value);
  return true;
};

const checkAll = (program: StaticProgram, path: string, expressions: readonly string[]): void => {
  const gdb = askGdb(path, expressions);
  const found = expressions.flatMap((expression, index) => {
    const own = ourAnswer(program, expression);
    return differs(gdb[index]!, own)
      ? [`${expression}: gdb ${JSON.stringify(gdb[index])} ours ${JSON.stringify(own)}`]
      : [];
  });
  expect([found.length, found.slice(0, 25)]).toEqual([0, []]);
};

const path = join(guests, 'values.elf');
const program = openStatic(path);

test('4,000 random expressions of integers are what gdb says', () => {
  const random = new Random(1);
  checkAll(
    program,
    path,
    Array.from({ length: 4000 }, () => expressionOf(random, 1 + random.below(3))),
  );
});

test('1,000 random expressions of pointers and floating point are what gdb says', () => {
  const random = new Random(2);
  const one = () => (random.below(2) === 0 ? pointerExpression(random) : floatExpression(random));
  checkAll(program, path, Array.from({ length: 1000 }, one));
});

// gdb gives an enumerator the type of its enumeration; in C it is an int (C11 6.4.4.3), so the compiler is asked.
test('600 random expressions of enumerators are what gcc says', () => {
  const random = new Random(3);
  const operands = ['WAITING', 'BELOW', 'FLAG_ALL', 'IDLE', 'ABOVE', '7u', '3ul'];
  const all = Array.from({ length: 600 }, () => expressionOf(random, 1 + random.below(3), operands));
  // What divides by zero is no constant; a choice has the type of what was chosen here, as in gdb.
  const expressions = all.filter(
    (expression) => !expression.includes('?') && ourAnswer(program, expression).kind === 'number',
  );
  expect(expressions.length).toBeGreaterThan(400);
  const source = join(folder, 'enumerators.c');
  const typed = expressions.map((expression) =>
    expression.replaceAll('u8', 'unsigned char').replaceAll('u64', 'unsigned long'),
  );
  const table = typed.map((expression) => `{ (long)(${expression}), sizeof(${expression}) },`).join('\n');
  writeFileSync(source, `${readFileSync(join(guests, 'values.c'), 'utf8')}\nlong answers[][2] = {\n${table}\n};\n`);
  const built = join(folder, 'enumerators');
  const words = ['-w', '-g', '-static', '-nostdlib', '-ffreestanding', '-Wl,-e,0', '-o', built, source];
  execFileSync('riscv64-linux-gnu-gcc', words);
  const answers = openStatic(built);
  const found = expressions.flatMap((expression, index) => {
    const [value, size] = [0, 1].map((column) => answers.show(`answers[${index}][${column}]`));
    const own = ourAnswer(program, expression);
    const isSame = BigInt.asIntN(64, BigInt(own.value)) === BigInt(value!) && `${own.size}` === size;
    return isSame ? [] : [`${expression}: gcc ${value} of ${size} ours ${JSON.stringify(own)}`];
  });
  expect([found.length, found.slice(0, 25)]).toEqual([0, []]);
});
