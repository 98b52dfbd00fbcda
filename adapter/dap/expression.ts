/**
 * The small expressions of conditions, log messages and the console: registers, symbols, numbers and operators on
 * unsigned 64-bit values, with C's precedence. `a0 == -1` holds for all ones; `<` compares unsigned. It reads no memory
 * and changes nothing.
 */

import { isRegister } from '../../vmm/machine/registers.ts';
import { badExpression, unknownName } from './errors.ts';

/** Where names get their values. */
export interface Names {
  /** The address of a symbol. */
  readonly symbol: (name: string) => bigint | undefined;
}

export type RegisterReader = (name: string) => bigint;

/** An expression that is ready to be evaluated, any number of times. */
export type Expression = (register: RegisterReader) => bigint;

/** @throws {DapError} that says where the text is wrong or which name is unknown */
export const parseExpression = (text: string, names: Names): Expression => new Parser(text, names).parse();

interface Binary {
  /** Binds tighter the higher it is. */
  readonly rank: number;
  readonly apply: (a: bigint, b: bigint) => bigint;
}

const truth = (value: boolean): bigint => (value ? 1n : 0n);
const shift = (by: bigint): bigint => by & 63n;

// biome-ignore format: a table
const binary: Readonly<Record<string, Binary>> = {
  '||': { rank: 1, apply: (a, b) => truth(a !== 0n || b !== 0n) },
  '&&': { rank: 2, apply: (a, b) => truth(a !== 0n && b !== 0n) },
  '|':  { rank: 3, apply: (a, b) => a | b },
  '^':  { rank: 4, apply: (a, b) => a ^ b },
  '&':  { rank: 5, apply: (a, b) => a & b },
  '==': { rank: 6, apply: (a, b) => truth(a === b) },
  '!=': { rank: 6, apply: (a, b) => truth(a !== b) },
  '<':  { rank: 7, apply: (a, b) => truth(a < b) },
  '>':  { rank: 7, apply: (a, b) => truth(a > b) },
  '<=': { rank: 7, apply: (a, b) => truth(a <= b) },
  '>=': { rank: 7, apply: (a, b) => truth(a >= b) },
  '<<': { rank: 8, apply: (a, b) => a << shift(b) },
  '>>': { rank: 8, apply: (a, b) => a >> shift(b) },
  '+':  { rank: 9, apply: (a, b) => a + b },
  '-':  { rank: 9, apply: (a, b) => a - b },
  '*':  { rank: 10, apply: (a, b) => a * b },
};

const unary: Readonly<Record<string, (value: bigint) => bigint>> = {
  '-': (value) => -value,
  '+': (value) => value,
  '~': (value) => ~value,
  '!': (value) => truth(value === 0n),
};

const token =
  /\s*(?:(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)|(\$?[A-Za-z_.][\w.$@]*)|(\|\||&&|[=!<>]=|<<|>>|[-+*&|^~!<>()]))/y;

/** Long enough for any condition that a person writes, short enough that no nesting can exhaust the stack. */
const textMax = 1000;

class Parser {
  readonly #text: string;
  readonly #names: Names;
  readonly #tokens: RegExpExecArray[] = [];
  #next = 0;

  constructor(text: string, names: Names) {
    this.#text = text;
    this.#names = names;
    if (text.length > textMax) throw badExpression(text, `at most ${textMax} characters`, `${text.length}`);
    token.lastIndex = 0;
    let at = 0;
    while (text.slice(at).trim() !== '') {
      token.lastIndex = at;
      const found = token.exec(text);
      if (found === null) throw badExpression(text, 'a name, a number or an operator', text.slice(at).trim());
      this.#tokens.push(found);
      at = token.lastIndex;
    }
  }

  parse(): Expression {
    const expression = this.#expression(0);
    if (this.#next < this.#tokens.length) throw this.#unexpected('an operator or the end');
    return (register) => BigInt.asUintN(64, expression(register));
  }

  #expression(rankMin: number): Expression {
    let left = this.#operand();
    for (;;) {
      const operator = binary[this.#tokens[this.#next]?.[3] ?? ''];
      if (operator === undefined || operator.rank <= rankMin) return left;
      this.#next += 1;
      const [a, b] = [left, this.#expression(operator.rank)];
      left = (register) => BigInt.asUintN(64, operator.apply(a(register), b(register)));
    }
  }

  #operand(): Expression {
    const found = this.#tokens[this.#next];
    if (found === undefined) throw this.#unexpected('a name or a number');
    this.#next += 1;
    const [, number, name, operator] = found;
    if (number !== undefined) {
      const value = BigInt.asUintN(64, BigInt(number));
      return () => value;
    }
    if (name !== undefined) return this.#named(name);
    const apply = unary[operator ?? ''];
    if (apply !== undefined) {
      const operand = this.#operand();
      return (register) => BigInt.asUintN(64, apply(operand(register)));
    }
    if (operator !== '(') {
      this.#next -= 1;
      throw this.#unexpected('a name or a number');
    }
    const inner = this.#expression(0);
    if (this.#tokens[this.#next]?.[3] !== ')') throw this.#unexpected('a closing parenthesis');
    this.#next += 1;
    return inner;
  }

  #named(name: string): Expression {
    const bare = name.startsWith('$') ? name.slice(1) : name;
    if (isRegister(bare)) return (register) => register(bare);
    const address = this.#names.symbol(name);
    if (address === undefined) throw unknownName(name);
    return () => address;
  }

  #unexpected(expected: string) {
    return badExpression(this.#text, expected, this.#tokens[this.#next]?.[0].trim() ?? '');
  }
}

/** A number as a person writes it, also negative; undefined when it is none. */
export const parseNumber = (text: string): bigint | undefined => {
  const match = /^\s*(-?)(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)\s*$/.exec(text.slice(0, 100));
  if (match === null) return undefined;
  const value = BigInt(match[2]!);
  return BigInt.asUintN(64, match[1] === '-' ? -value : value);
};
