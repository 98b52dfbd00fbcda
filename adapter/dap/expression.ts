/**
 * The expressions of watches, conditions, log messages and the console, as text: C's operators and precedence, casts,
 * members, indices, slices (`p[0..8]`), registers (`$a0`), names of a file (`trap.c::depth`). It parses (after Pratt: each
 * operator has a rank, and what binds tighter is taken first) and finds out whether the names exist; what an expression
 * comes to is evaluate-expression.ts's. Calls and assignments are no part of it.
 */

import { isRegister } from '../../vmm/machine/registers.ts';
import { badExpression, unknownName } from './errors.ts';

/** Which names mean something where the expression is for. */
export interface Names {
  /** The address of a symbol. */
  readonly symbol: (name: string) => bigint | undefined;
  /** Whether a name may be a variable or a constant of the source there. */
  readonly isVariable?: (name: string) => boolean;
  readonly isType?: (name: string) => boolean;
}

/** `unsigned long **`; `name` with its tag: `struct buffer`. */
export interface TypeName {
  readonly name: string;
  readonly pointers: number;
}

export type UnaryOperator = '-' | '+' | '~' | '!' | '*' | '&';
export type BinaryOperator = keyof typeof ranks;

export type Node =
  | { readonly kind: 'number'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'register'; readonly name: string }
  | { readonly kind: 'name'; readonly name: string; readonly file: string | undefined }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Node }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node }
  | { readonly kind: 'choice'; readonly condition: Node; readonly yes: Node; readonly no: Node }
  | { readonly kind: 'member'; readonly object: Node; readonly name: string; readonly arrow: boolean }
  | { readonly kind: 'index'; readonly object: Node; readonly index: Node }
  | { readonly kind: 'slice'; readonly object: Node; readonly first: Node; readonly end: Node }
  | { readonly kind: 'cast'; readonly type: TypeName; readonly operand: Node }
  | { readonly kind: 'sizeof'; readonly of: Node | TypeName };

/** @throws {DapError} that says where the text is wrong or which name is unknown */
export const parseExpression = (text: string, names: Names): Node => new Parser(text, names).parse();

// biome-ignore format: a table
const ranks = {
  '||': 1, '&&': 2, '|': 3, '^': 4, '&': 5, '==': 6, '!=': 6, '<': 7, '>': 7, '<=': 7, '>=': 7, '<<': 8, '>>': 8,
  '+': 9, '-': 9, '*': 10, '/': 10, '%': 10,
} as const;

const unaryOperators = new Set<string>(['-', '+', '~', '!', '*', '&']);
const isBinary = (operator: string): operator is BinaryOperator => Object.hasOwn(ranks, operator);
const isUnary = (operator: string): operator is UnaryOperator => unaryOperators.has(operator);

const token = new RegExp(
  [
    String.raw`(?<float>\d+\.\d+(?:[eE][-+]?\d+)?)`,
    String.raw`(?<number>0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)[uUlL]*(?!\w)`,
    String.raw`'(?<char>\\?[^'])'`,
    String.raw`(?<file>'[^']+'|[A-Za-z_][\w./]*)::`,
    String.raw`(?<name>\$?[A-Za-z_][\w$@]*)`,
    String.raw`(?<operator>\|\||&&|->|\.\.|[=!<>]=|<<|>>|[-+*/%&|^~!<>()[\].?:])`,
  ]
    .join('|')
    .replace(/^.*$/, String.raw`\s*(?:$&)`),
  'y',
);

interface Token {
  readonly text: string;
  readonly at: number;
  readonly float?: string | undefined;
  readonly number?: string | undefined;
  readonly char?: string | undefined;
  readonly file?: string | undefined;
  readonly name?: string | undefined;
  readonly operator?: string | undefined;
}

/** Long enough for any condition that a person writes, short enough that no nesting can exhaust the stack. */
const textMax = 1000;
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0' };
const tags = new Set(['struct', 'union', 'enum', 'class']);
const typeWords = new Set(['unsigned', 'signed', 'long', 'short', 'int', 'char', 'void', 'float', 'double', '_Bool']);
const qualifiers = new Set(['const', 'volatile', 'restrict']);

class Parser {
  readonly #text: string;
  readonly #names: Names;
  readonly #tokens: Token[] = [];
  #next = 0;

  constructor(text: string, names: Names) {
    this.#text = text;
    this.#names = names;
    if (text.length > textMax) throw badExpression(text, `at most ${textMax} characters`, `${text.length}`);
    let at = 0;
    while (text.slice(at).trim() !== '') {
      token.lastIndex = at;
      const found = token.exec(text);
      if (found === null) throw badExpression(text, 'a name, a number or an operator', text.slice(at).trim());
      this.#tokens.push({ ...found.groups, text: found[0].trim(), at: token.lastIndex - found[0].trim().length });
      at = token.lastIndex;
    }
  }

  parse(): Node {
    const expression = this.#choice();
    if (this.#next < this.#tokens.length) throw this.#unexpected('an operator or the end');
    return expression;
  }

  get #token(): Token | undefined {
    return this.#tokens[this.#next];
  }

  #take(operator: string): boolean {
    if (this.#token?.operator !== operator) return false;
    this.#next += 1;
    return true;
  }

  #need(operator: string, expected: string): void {
    if (!this.#take(operator)) throw this.#unexpected(expected);
  }

  #choice(): Node {
    const condition = this.#expression(0);
    if (!this.#take('?')) return condition;
    const yes = this.#choice();
    this.#need(':', 'a colon');
    return { kind: 'choice', condition, yes, no: this.#choice() };
  }

  #expression(rankMin: number): Node {
    let left = this.#operand();
    for (;;) {
      const operator = this.#token?.operator;
      if (operator === undefined || !isBinary(operator) || ranks[operator] <= rankMin) return left;
      this.#next += 1;
      left = { kind: 'binary', operator, left, right: this.#expression(ranks[operator]) };
    }
  }

  #operand(): Node {
    const { operator, name } = this.#token ?? {};
    if (name === 'sizeof') {
      this.#next += 1;
      return { kind: 'sizeof', of: this.#castType() ?? this.#operand() };
    }
    if (operator !== undefined && isUnary(operator)) {
      this.#next += 1;
      return { kind: 'unary', operator, operand: this.#operand() };
    }
    const type = this.#castType();
    if (type !== undefined) return { kind: 'cast', type, operand: this.#operand() };
    return this.#postfix(this.#primary());
  }

  #postfix(first: Node): Node {
    let object = first;
    for (;;) {
      const at = this.#token;
      if (at?.operator === '.' || at?.operator === '->') {
        this.#next += 1;
        const name = this.#token?.name;
        if (name === undefined) throw this.#unexpected('the name of a member');
        this.#next += 1;
        object = { kind: 'member', object, name, arrow: at.operator === '->' };
      } else if (this.#take('[')) {
        const index = this.#choice();
        if (this.#take('..')) object = { kind: 'slice', object, first: index, end: this.#choice() };
        else object = { kind: 'index', object, index };
        this.#need(']', 'a closing bracket');
      } else return object;
    }
  }

  #primary(): Node {
    const found = this.#token;
    if (found === undefined) throw this.#unexpected('a name or a number');
    this.#next += 1;
    if (found.number !== undefined) return { kind: 'number', value: BigInt.asUintN(64, BigInt(found.number)) };
    if (found.float !== undefined) return { kind: 'float', value: Number(found.float) };
    if (found.char !== undefined) {
      const { char } = found;
      const meant = char.startsWith('\\') ? (escapes[char[1]!] ?? char[1]!) : char;
      return { kind: 'number', value: BigInt(meant.codePointAt(0)!) };
    }
    if (found.file !== undefined) {
      const name = this.#token?.name;
      if (name === undefined) throw this.#unexpected('a name');
      this.#next += 1;
      return { kind: 'name', name, file: found.file.replaceAll("'", '') };
    }
    if (found.name !== undefined) return this.#named(found);
    if (found.operator !== '(') {
      this.#next -= 1;
      throw this.#unexpected('a name or a number');
    }
    const inner = this.#choice();
    this.#need(')', 'a closing parenthesis');
    return inner;
  }

  #named({ name, at }: Token): Node {
    // Compilers put dots into symbols: `fill.constprop.0`.
    const dotted = /^[\w.$@]+/.exec(this.#text.slice(at))?.[0] ?? '';
    if (dotted.length > name!.length && this.#names.symbol(dotted) !== undefined) {
      while ((this.#token?.at ?? Number.POSITIVE_INFINITY) < at + dotted.length) this.#next += 1;
      return { kind: 'name', name: dotted, file: undefined };
    }
    if (name!.startsWith('$')) {
      if (isRegister(name!.slice(1))) return { kind: 'register', name: name!.slice(1) };
      if (this.#names.symbol(name!) === undefined) throw unknownName(name!);
      return { kind: 'name', name: name!, file: undefined };
    }
    const known = isRegister(name!) || this.#names.isVariable?.(name!) || this.#names.symbol(name!) !== undefined;
    if (!known) throw unknownName(name!);
    return { kind: 'name', name: name!, file: undefined };
  }

  /** `(unsigned long *)`, when that is what comes next. */
  #castType(): TypeName | undefined {
    if (this.#token?.operator !== '(') return undefined;
    const back = this.#next;
    this.#next += 1;
    const words: string[] = [];
    for (let name = this.#token?.name; name !== undefined; name = this.#token?.name) {
      const last = words.at(-1);
      const afterTag = last !== undefined && tags.has(last);
      const isBuiltIn = typeWords.has(name) && (last === undefined || typeWords.has(last));
      const isWord = last === undefined && (tags.has(name) || (this.#names.isType?.(name) ?? false));
      if (!qualifiers.has(name) && !afterTag && !isBuiltIn && !isWord) break;
      if (!qualifiers.has(name)) words.push(name);
      this.#next += 1;
    }
    let pointers = 0;
    while (words.length > 0 && this.#take('*')) pointers += 1;
    if (words.length > 0 && !(words.length === 1 && tags.has(words[0]!)) && this.#take(')')) {
      return { name: words.join(' '), pointers };
    }
    this.#next = back;
    return undefined;
  }

  #unexpected(expected: string) {
    return badExpression(this.#text, expected, this.#token?.text ?? '');
  }
}

/** A number as a person writes it, also negative; undefined when it is none. */
export const parseNumber = (text: string): bigint | undefined => {
  const match = /^\s*(-?)(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)\s*$/.exec(text.slice(0, 100));
  if (match === null) return undefined;
  const value = BigInt(match[2]!);
  return BigInt.asUintN(64, match[1] === '-' ? -value : value);
};
