/** Types and template arguments of the Itanium C++ ABI (5.1.5 to 5.1.8). */

import { join, type Node, node, textNode } from './node.ts';
import { type Reader, Unreadable } from './reader.ts';

// biome-ignore format: a table
const builtIn: Readonly<Record<string, string>> = {
  v: 'void', w: 'wchar_t', b: 'bool', c: 'char', a: 'signed char', h: 'unsigned char', s: 'short', t: 'unsigned short',
  i: 'int', j: 'unsigned int', l: 'long', m: 'unsigned long', x: 'long long', y: 'unsigned long long', n: '__int128',
  o: 'unsigned __int128', f: 'float', d: 'double', e: 'long double', g: '__float128', z: '...',
};
// biome-ignore format: a table
const builtInD: Readonly<Record<string, string>> = {
  Dd: 'decimal64', De: 'decimal128', Df: 'decimal32', Dh: 'half', Di: 'char32_t', Ds: 'char16_t', Du: 'char8_t', Da: 'auto',
  Dc: 'decltype(auto)', Dn: 'decltype(nullptr)',
};

export type Types = ReturnType<typeof typesOf>;

export const typesOf = (reader: Reader) => {
  const type = (): Node => reader.nested(readType);

  const readType = (): Node => {
    const { next } = reader;
    const plain = builtIn[next];
    if (plain !== undefined) {
      reader.at += 1;
      return textNode(plain);
    }
    switch (next) {
      case 'r':
      case 'V':
      case 'K':
        return qualified();
      case 'P':
      case 'R':
      case 'O':
        reader.at += 1;
        return reader.keep(node('pointer', { P: '*', R: '&', O: '&&' }[next], type()));
      case 'C':
      case 'G':
        reader.at += 1;
        return reader.keep(join(type(), next === 'C' ? ' _Complex' : ' _Imaginary'));
      case 'F':
        return reader.keep(functionType(''));
      case 'A':
        return reader.keep(arrayType());
      case 'M': {
        reader.at += 1;
        const around = type();
        return reader.keep(node('member-pointer', '', around, type()));
      }
      case 'T':
        return parameterType();
      case 'u': {
        reader.at += 1;
        const name = reader.names.sourceName();
        return reader.keep(reader.is('I') ? reader.names.template(name, false) : name);
      }
      case 'U': {
        if (reader.is('Ul') || reader.is('Ut')) break;
        reader.at += 1;
        const name = reader.names.sourceName();
        const vendor = reader.is('I') ? reader.names.template(name, false) : name;
        return reader.keep(join(type(), ' ', vendor));
      }
      case 'D':
        return dType();
      case 'S': {
        if (reader.is('St')) break;
        const found = reader.names.substitution();
        // Most abbreviations stand for themselves and are kept nowhere.
        return reader.is('I') ? reader.keep(reader.names.template(found, false)) : found;
      }
    }
    return reader.keep(reader.names.name(false).found);
  };

  const qualified = (): Node => {
    const cv = reader.needMatch(/r?V?K?/y);
    const text =
      (cv.includes('K') ? ' const' : '') +
      (cv.includes('V') ? ' volatile' : '') +
      (cv.includes('r') ? ' __restrict' : '');
    if (reader.is('F') || reader.is('Do') || reader.is('Dx')) return reader.keep(functionType(text));
    return reader.keep(node('qualified', text, type()));
  };

  const functionType = (qualifiers: string): Node => {
    let noexcept = '';
    if (reader.take('Do')) noexcept = ' noexcept';
    reader.take('Dx');
    reader.need('F');
    reader.take('Y');
    const result = type();
    const parameters: Node[] = [];
    let reference = '';
    while (!reader.take('E')) {
      if (reader.is('RE')) reference = ' &';
      else if (reader.is('OE')) reference = ' &&';
      if (reference !== '') {
        reader.at += 1;
        reader.need('E');
        break;
      }
      parameters.push(type());
    }
    return node('function', `${qualifiers}${reference}${noexcept}`, result, ...parameters);
  };

  const arrayType = (): Node => {
    reader.need('A');
    const count = reader.match(/\d+/y);
    const dimension =
      count !== undefined ? textNode(count) : reader.is('_') ? undefined : reader.expressions.expression();
    reader.need('_');
    const element = type();
    return dimension === undefined ? node('array', '', element) : node('array', '', element, dimension);
  };

  const dType = (): Node => {
    const code = reader.text.slice(reader.at, reader.at + 2);
    const plain = builtInD[code];
    if (plain !== undefined) {
      reader.at += 2;
      return textNode(plain);
    }
    reader.at += 2;
    switch (code) {
      case 'Dp':
        return reader.keep(node('expansion', '', type()));
      case 'Dt':
      case 'DT': {
        const inside = reader.expressions.expression();
        reader.need('E');
        return reader.keep(join('decltype (', inside, ')'));
      }
      case 'Dv': {
        const count = reader.match(/\d+/y);
        const size = count === undefined ? reader.expressions.expression() : textNode(count);
        reader.need('_');
        return reader.keep(join(type(), ' __vector(', size, ')'));
      }
      case 'DF': {
        const bits = reader.needMatch(/\d+/y);
        const suffix = reader.needMatch(/[_xb]/y);
        return textNode(suffix === 'b' ? 'std::bfloat16_t' : `_Float${bits}${suffix === 'x' ? 'x' : ''}`);
      }
      case 'Do':
      case 'Dx':
        reader.at -= 2;
        return reader.keep(functionType(''));
      default:
        throw new Unreadable();
    }
  };

  const parameterType = (): Node => {
    if (/^T[sue]/.test(reader.text.slice(reader.at, reader.at + 2))) {
      reader.at += 2;
      return reader.keep(reader.names.name(false).found);
    }
    const found = reader.keep(templateParameter());
    return reader.is('I') && !reader.inLambda ? reader.keep(reader.names.template(found, false)) : found;
  };

  const templateParameter = (): Node => {
    reader.need('T');
    if (reader.take('L')) {
      reader.sequence(10);
      reader.need('_');
    }
    const index = reader.sequence(10);
    if (reader.inLambda) return textNode(`auto:${index + 1}`);
    const { scope } = reader;
    // What is known already stays so: a later template's arguments are not meant.
    const known = scope.arguments?.[index];
    return { ...node('parameter', `T${index}`), resolve: () => known ?? scope.arguments?.[index] };
  };

  const templateArguments = (): readonly Node[] => {
    if (!reader.take('I')) reader.need('J');
    return reader.until(templateArgument);
  };

  const templateArgument = (): Node =>
    reader.nested(() => {
      if (reader.take('X')) {
        const found = reader.expressions.expression();
        reader.need('E');
        return found;
      }
      if (reader.is('L')) return reader.expressions.literal();
      if (reader.is('J') || reader.is('I')) return node('pack', '', ...templateArguments());
      return type();
    });

  return { type, templateArguments, templateArgument, templateParameter };
};
