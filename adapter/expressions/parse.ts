/**
 * The expressions of watches, conditions, log messages and the console, as text: C's operators and precedence, casts in C's
 * and Rust's spelling, members, indices, slices (`p[0..8]`), registers (`$a0`, `$satp.PPN`), names of a file or a namespace
 * (`trap.c::depth`, `ns::Class::member`), `sizeof`, `offsetof` and `container_of`. It parses (after Pratt: each operator has a
 * rank, and what binds tighter is taken first) and finds out whether the names exist; what an expression comes to is
 * evaluate.ts's. Calls and assignments are no part of it.
 */

import { isRegister } from '../../vmm/machine/registers.ts';
import { callRefused, unknownName } from './errors.ts';
import { type BinaryOperator, type MemberStep, type Node, type NodeShape, ranks, type TypeName } from './node.ts';
import { type Names, Reader } from './reader.ts';
import { TypeParser } from './type-parser.ts';

export type { Names } from './reader.ts';

/** @throws {ExpressionError} that says where the text is wrong or which name is unknown */
export const parseExpression = (text: string, names: Names): Node => {
  const parser = new Parser(text, names);
  const node = parser.choice();
  parser.finish();
  return node;
};

/** A type and nothing else: `struct page *`. */
export const parseType = (text: string, names: Names): TypeName => {
  const parser = new Parser(text, names);
  const type = parser.types.need();
  parser.finish();
  return type;
};

const unaryOperators = new Set(['-', '+', '~', '!', '*', '&'] as const);
const isBinary = (operator: string): operator is BinaryOperator => Object.hasOwn(ranks, operator);
const isUnary = (operator: string): operator is '-' => (unaryOperators as ReadonlySet<string>).has(operator);
/** A cast of Rust binds tighter than multiplication (The Rust Reference, "Expression precedence"). */
const asRank = 10.5;

class Parser extends Reader {
  readonly types = new TypeParser(this);

  finish(): void {
    if (this.token !== undefined) throw this.unexpected('an operator or the end');
  }

  #node(start: number, shape: NodeShape): Node {
    return { ...shape, spot: this.spot(start) };
  }

  choice(): Node {
    const { start } = this;
    const condition = this.#expression(0);
    if (!this.take('?')) return condition;
    const yes = this.choice();
    this.need(':', 'a colon');
    return this.#node(start, { kind: 'choice', condition, yes, no: this.choice() });
  }

  #expression(rankMin: number): Node {
    const { start } = this;
    let left = this.#operand();
    for (;;) {
      const { token } = this;
      if (token?.kind === 'name' && token.text === 'as' && asRank > rankMin) {
        this.next += 1;
        left = this.#node(start, { kind: 'cast', operand: left, type: this.types.need() });
        continue;
      }
      const operator = token?.kind === 'operator' ? token.text : '';
      if (!isBinary(operator) || ranks[operator] <= rankMin) return left;
      this.next += 1;
      left = this.#node(start, { kind: 'binary', operator, left, right: this.#expression(ranks[operator]) });
    }
  }

  #operand(): Node {
    const { token, start } = this;
    if (token?.kind === 'operator' && isUnary(token.text)) {
      this.next += 1;
      return this.#node(start, { kind: 'unary', operator: token.text, operand: this.#operand() });
    }
    const type = this.types.inParentheses();
    if (type !== undefined) return this.#node(start, { kind: 'cast', type, operand: this.#operand() });
    return this.#postfix(start, this.#primary());
  }

  #postfix(start: number, first: Node): Node {
    let object = first;
    for (;;) {
      const arrow = this.is('->');
      if (arrow || this.is('.')) {
        this.next += 1;
        object = this.#node(start, { kind: 'member', object, name: this.needName('the name of a member'), arrow });
      } else if (this.take('[')) object = this.#indexed(start, object);
      else if (this.is('(')) throw callRefused(this.text, this.start + 1);
      else return object;
    }
  }

  /** Behind an opening bracket: `i]`, `a..b]`, `..b]`, `a..]`. */
  #indexed(start: number, object: Node): Node {
    const first = this.is('..') ? undefined : this.choice();
    if (!this.take('..')) {
      this.need(']', 'a closing bracket');
      return this.#node(start, { kind: 'index', object, index: first! });
    }
    const end = this.is(']') ? undefined : this.choice();
    this.need(']', 'a closing bracket');
    return this.#node(start, { kind: 'slice', object, first, end });
  }

  #primary(): Node {
    const { token, start } = this;
    if (token === undefined) throw this.unexpected('a name or a number');
    if (token.kind === 'name' || this.is('::')) return this.#named();
    if (token.kind === 'operator') {
      this.need('(', 'a name or a number');
      const inner = this.choice();
      this.need(')', 'a closing parenthesis');
      return inner;
    }
    this.next += 1;
    switch (token.kind) {
      case 'number':
        return this.#node(start, { kind: 'number', value: token.value, base: token.base, suffix: token.suffix });
      case 'float':
        return this.#node(start, { kind: 'float', value: token.value });
      case 'character':
        return this.#node(start, { kind: 'character', value: token.value });
      case 'string':
        return this.#node(start, { kind: 'text', bytes: token.bytes });
      case 'file': {
        this.need('::', 'two colons');
        const path = this.#path('a name');
        return this.#node(start, { kind: 'name', path, file: token.text });
      }
    }
  }

  #path(expected: string): readonly string[] {
    const path = [this.needName(expected)];
    while (this.take('::')) path.push(this.needName('a name'));
    return path;
  }

  #named(): Node {
    const { token, start } = this;
    const special = token?.kind === 'name' ? this.#special(token.text) : undefined;
    if (special !== undefined) return special;
    // Compilers put dots into symbols: `fill.constprop.0`.
    const dotted = /^[\w.$@]+/.exec(this.text.slice(start))?.[0] ?? '';
    if (token?.kind === 'name' && dotted.length > token.text.length && this.names.symbol(dotted) !== undefined) {
      this.skipTo(start + dotted.length);
      return this.#node(start, { kind: 'name', path: [dotted], file: undefined });
    }
    const generic = this.types.instanceBefore('::');
    this.take('::');
    const path = generic === undefined ? this.#path('a name') : [generic, ...this.#path('a name')];
    const spot = this.spot(start);
    const name = path.join('::');
    if (name.startsWith('$') && path.length === 1) {
      if (isRegister(name.slice(1))) return { kind: 'register', name: name.slice(1), spot };
      if (this.names.symbol(name) === undefined) throw unknownName(spot);
    }
    const known = isRegister(name) || this.names.isVariable?.(name) || this.names.symbol(name) !== undefined;
    if (!known) {
      if (this.is('(') && this.names.isType?.(name) !== true) throw callRefused(this.text, this.start + 1);
      throw unknownName(spot);
    }
    return { kind: 'name', path, file: undefined, spot };
  }

  /** A word of the language, unless the program has something of that name. */
  #special(name: string): Node | undefined {
    const { start } = this;
    if (this.names.isVariable?.(name) && !this.is('(', this.following)) return undefined;
    switch (name) {
      case 'true':
      case 'false':
        this.next += 1;
        return this.#node(start, { kind: 'truth', value: name === 'true' });
      case 'nullptr':
      case 'NULL':
        this.next += 1;
        return this.#node(start, { kind: 'null' });
      case 'sizeof': {
        this.next += 1;
        const of = this.types.inParentheses() ?? this.#operand();
        return this.#node(start, { kind: 'sizeof', of });
      }
      case 'offsetof':
      case '__builtin_offsetof': {
        if (!this.is('(', this.following)) return undefined;
        this.next += 2;
        const type = this.types.need();
        const steps = this.#steps();
        return this.#node(start, { kind: 'offsetof', type, steps });
      }
      case 'container_of': {
        if (!this.is('(', this.following)) return undefined;
        this.next += 2;
        const pointer = this.choice();
        this.need(',', 'a comma');
        const type = this.types.need();
        return this.#node(start, { kind: 'container', pointer, type, steps: this.#steps() });
      }
      default:
        return undefined;
    }
  }

  /** `, a.b[2])`, as `offsetof` has it. */
  #steps(): readonly MemberStep[] {
    this.need(',', 'a comma');
    const steps: MemberStep[] = [this.needName('the name of a member')];
    while (!this.take(')')) {
      if (this.take('.')) steps.push(this.needName('the name of a member'));
      else {
        this.need('[', 'a closing parenthesis');
        const { token } = this;
        if (token?.kind !== 'number') throw this.unexpected('a number');
        this.next += 1;
        steps.push(Number(token.value));
        this.need(']', 'a closing bracket');
      }
    }
    return steps;
  }
}
