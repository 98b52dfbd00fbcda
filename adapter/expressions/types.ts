/** Types as expressions name and make them: C's and Rust's own, pointers and arrays of others. */

import type { ArrayType, BaseType, PointerType, Type } from '../program/types/type.ts';
import { unknownType } from './errors.ts';
import type { TypeName } from './node.ts';

const base = (name: string, sizeBytes: number, encoding: BaseType['encoding'], signed: boolean): BaseType => ({
  kind: 'base',
  name,
  sizeBytes,
  encoding,
  signed,
});

export const doubleType = base('double', 8, 'float', true);
export const floatType = base('float', 4, 'float', true);
/** Without a sign, as the psABI of RISC-V has it. */
export const charType = base('char', 1, 'character', false);
export const boolType = base('bool', 1, 'boolean', false);

/** C's integer type of a size, at least an int. */
export const integerType = (sizeBytes: number, signed: boolean): BaseType => {
  const name = sizeBytes > 8 ? '__int128' : sizeBytes > 4 ? 'long' : 'int';
  return base(signed ? name : `unsigned ${name}`, Math.max(4, sizeBytes), signed ? 'signed' : 'unsigned', signed);
};

export const pointerTo = (target: Type | undefined): PointerType => ({
  kind: 'pointer',
  flavour: 'pointer',
  name: undefined,
  sizeBytes: 8,
  target,
});

export const arrayOf = (element: Type | undefined, count: number): ArrayType => ({
  kind: 'array',
  element,
  dimensions: [{ lowerBound: 0, count }],
  sizeBytes: undefined,
});

const own: Readonly<Record<string, BaseType>> = {
  char: charType,
  float: floatType,
  double: doubleType,
  'long double': base('long double', 16, 'float', true),
  _Bool: base('_Bool', 1, 'boolean', false),
  bool: boolType,
  size_t: base('size_t', 8, 'unsigned', false),
  uintptr_t: base('uintptr_t', 8, 'unsigned', false),
  __int128: integerType(16, true),
  f32: base('f32', 4, 'float', true),
  f64: base('f64', 8, 'float', true),
  usize: base('usize', 8, 'unsigned', false),
  isize: base('isize', 8, 'signed', true),
};

/** C's own integer types, in any order of their words, and Rust's. */
const builtIn = (name: string): Type | undefined => {
  const found = Object.hasOwn(own, name) ? own[name] : undefined;
  if (found !== undefined) return found;
  const rust = /^([iu])(8|16|32|64|128)$/.exec(name);
  if (rust !== null) {
    const signed = rust[1] === 'i';
    return base(name, Number(rust[2]) / 8, signed ? 'signed' : 'unsigned', signed);
  }
  const words = name.split(' ');
  if (words.some((word) => !/^(unsigned|signed|long|short|int|char)$/.test(word))) return undefined;
  const sizeBytes = words.includes('char') ? 1 : words.includes('short') ? 2 : words.includes('long') ? 8 : 4;
  const signed = !words.includes('unsigned');
  return base(name, sizeBytes, sizeBytes === 1 ? 'character' : signed ? 'signed' : 'unsigned', signed);
};

const cWords = /^(?:unsigned|signed|long|short|int|char|float|double|_Bool)\b/;

/**
 * The type that a name means; undefined is `void`. What C calls by its own words is the language's, the rest the program's first.
 * @throws {ExpressionError} when there is none
 */
export const typeNamed = (
  { name, layers, spot }: TypeName,
  find: (name: string) => Type | undefined,
): Type | undefined => {
  const found = cWords.test(name) ? builtIn(name) : (find(name) ?? builtIn(name));
  if (found === undefined && name !== 'void') throw unknownType({ ...spot, text: name });
  let type: Type | undefined = found;
  for (const layer of layers) {
    if (layer === '*') type = pointerTo(type);
    else if (layer === '&') type = { ...pointerTo(type), flavour: 'reference' };
    else type = arrayOf(type, layer);
  }
  return type;
};
