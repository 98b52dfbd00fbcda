/** Expressions in template arguments and signatures, and literals (Itanium C++ ABI 5.1.6). */

import { join, list, type Node, node, textNode } from './node.ts';
import { operatorNames } from './operators.ts';
import { type Reader, Unreadable } from './reader.ts';

const unaryOperators = new Set(['ps', 'ng', 'ad', 'de', 'co', 'nt']);
const casts: Readonly<Record<string, string>> = {
  sc: 'static_cast',
  dc: 'dynamic_cast',
  cc: 'const_cast',
  rc: 'reinterpret_cast',
};
const suffixes: Readonly<Record<string, string>> = { i: '', j: 'u', l: 'l', m: 'ul', x: 'll', y: 'ull' };

/** Marks a join of parts as a name. */
const qualifiedName = 'name';

export type Expressions = ReturnType<typeof expressionsOf>;

export const expressionsOf = (reader: Reader) => {
  const expression = (): Node => reader.nested(readExpression);
  const type = (): Node => reader.types.type();

  const readExpression = (): Node => {
    const { next } = reader;
    if (next === 'L') return literal();
    if (next === 'T') return reader.types.templateParameter();
    if (next === 'f' && /^f[pL]/.test(reader.text.slice(reader.at))) return parameter();
    if (reader.is('sr') || reader.is('on') || reader.is('gs') || /\d/.test(next)) return unresolved();
    const code = reader.text.slice(reader.at, reader.at + 2);
    reader.at += 2;
    const cast = casts[code];
    if (cast !== undefined) return join(cast, '<', type(), '>(', expression(), ')');
    switch (code) {
      case 'cl': {
        const [called, ...given] = reader.until(expression);
        if (called === undefined) throw new Unreadable();
        return join(operand(called), '(', list(given), ')');
      }
      case 'cv': {
        const target = type();
        const given = reader.take('_') ? reader.until(expression) : [expression()];
        return join('(', target, ')(', list(given), ')');
      }
      case 'tl':
        return join(type(), '{', list(reader.until(expression)), '}');
      case 'il':
        return join('{', list(reader.until(expression)), '}');
      case 'st':
        return join('sizeof (', type(), ')');
      case 'sz':
        return join('sizeof ', operand(expression()));
      case 'at':
        return join('alignof (', type(), ')');
      case 'az':
        return join('alignof ', operand(expression()));
      case 'ti':
        return join('typeid (', type(), ')');
      case 'nx':
        return join('noexcept(', expression(), ')');
      case 'sZ': {
        const pack = reader.is('T') ? reader.types.templateParameter() : parameter();
        const count = { ...node('parameter', '?'), resolve: () => countOf(pack) };
        return join('sizeof...(', count, ')');
      }
      case 'sp':
        return node('expansion', '', expression());
      case 'dt':
      case 'pt': {
        const object = expression();
        return join(operand(object), code === 'dt' ? '.' : '->', unresolved());
      }
      case 'tr':
        return textNode('throw');
      case 'tw':
        return join('throw ', expression());
      case 'qu': {
        const [condition, yes, no] = [expression(), expression(), expression()];
        return join(operand(condition), '?', operand(yes), ' : ', operand(no));
      }
      case 'ix': {
        const object = expression();
        return join(operand(object), '[', expression(), ']');
      }
      case 'pp':
      case 'mm': {
        const isPrefix = reader.take('_');
        const sign = operatorNames[code]!;
        const given = expression();
        return isPrefix ? join(sign, operand(given)) : join(operand(given), sign);
      }
    }
    const sign = operatorNames[code];
    if (sign === undefined) throw new Unreadable();
    if (code === 'ad' && (reader.take('L_Z') || reader.take('LZ'))) {
      const found = reader.names.encoding('name');
      reader.need('E');
      return join('&', found);
    }
    if (unaryOperators.has(code)) return join(sign, operand(expression()));
    const [left, right] = [expression(), expression()];
    const inside = join(operand(left), sign, operand(right));
    // Otherwise the bracket would close the template's arguments.
    return code === 'gt' ? join('(', inside, ')') : inside;
  };

  const countOf = (pack: Node): Node | undefined => {
    const meant = pack.resolve?.();
    return meant?.kind === 'pack' ? textNode(`${meant.nodes.length}`) : undefined;
  };

  /** Names and parameters stand alone; all else is put in parentheses. */
  const operand = (found: Node): Node =>
    found.kind === 'text' || found.kind === 'parameter' || found.text === qualifiedName ? found : join('(', found, ')');

  const parameter = (): Node => {
    if (reader.take('fL')) reader.needMatch(/\d*p/y);
    else reader.need('fp');
    reader.needMatch(/r?V?K?/y);
    if (reader.take('T')) return textNode('this');
    return textNode(`{parm#${reader.sequence(10) + 1}}`);
  };

  /** A name in a scope. With template arguments at its end it counts as an expression of parts. */
  const qualified = (...parts: readonly (string | Node)[]): Node => {
    const last = parts.at(-1);
    const isTemplate = typeof last === 'object' && last.kind === 'template';
    return { ...join(...parts), text: isTemplate ? '' : qualifiedName };
  };

  const unresolved = (): Node => {
    const isGlobal = reader.take('gs');
    if (reader.take('sr')) {
      // A scope that is written as names goes on to an E (unresolved-qualifier-level); one of a type is the type.
      const names = /\d/.test(reader.next) ? reader.until(simpleName) : undefined;
      if (names !== undefined) return qualified(...names.flatMap((name) => [name, '::']), simpleName());
      const scope = reader.take('N') ? nestedScope() : type();
      return qualified(scope, '::', simpleName());
    }
    const name = simpleName();
    return isGlobal ? join('::', name) : name;
  };

  const nestedScope = (): Node => join(type(), ...reader.until(() => join('::', simpleName())));

  const simpleName = (): Node => {
    reader.take('on');
    const isDestructor = reader.take('dn');
    const found = isDestructor && !/\d/.test(reader.next) ? type() : reader.names.unqualified();
    const name = isDestructor ? join('~', found) : found;
    return reader.is('I') ? reader.names.template(name, false) : name;
  };

  const literal = (): Node => {
    reader.need('L');
    if (reader.take('_Z') || reader.take('Z')) {
      const found = reader.names.encoding();
      reader.need('E');
      return found;
    }
    const code = reader.next;
    const given = type();
    if (code === 'b' && /^[01]E/.test(reader.text.slice(reader.at))) {
      const value = reader.take('1') ? 'true' : 'false';
      reader.at += value === 'true' ? 1 : 2;
      return textNode(value);
    }
    const isNegative = reader.take('n');
    const value = reader.match(/[\da-z]+/y) ?? '';
    reader.need('E');
    const number = `${isNegative ? '-' : ''}${value}`;
    const suffix = code.length === 1 ? suffixes[code] : undefined;
    if (suffix !== undefined) return textNode(`${number}${suffix}`);
    if (value === '') return join('(', given, ')');
    return join('(', given, ')', code === 'f' || code === 'd' || code === 'e' ? `[${number}]` : number);
  };

  return { expression, literal };
};
