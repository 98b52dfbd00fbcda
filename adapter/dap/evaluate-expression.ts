/**
 * What an expression comes to. Typed operands follow C's conversions; registers and symbols are 64 bits without sign; a
 * number as it was typed takes the type of what it meets, so that `count - 1` is of count's type and `1 << 40` is no
 * overflow. It reads registers and memory through its scope and changes nothing.
 */

import { littleEndian } from '../program/dwarf/expression.ts';
import { type BaseType, type PointerType, sizeOf, stripped, type Type } from '../program/types/type.ts';
import { noValue, unknownName } from './errors.ts';
import type { BinaryOperator, Node, TypeName } from './expression.ts';
import {
  bytesOf,
  elementOf,
  elementType,
  lengthOf,
  memberNamed,
  numberOf,
  numberValue,
  type ReadMemory,
  targetOf,
  type Value,
} from './value.ts';

/** Where names get their values, at one moment and in one frame. */
export interface Scope {
  readonly register: (name: string) => bigint | undefined;
  /** A variable or constant of the source, innermost first. */
  readonly variable: (name: string, file: string | undefined) => Value | undefined;
  /** The address of a symbol. */
  readonly symbol: (name: string) => bigint | undefined;
  /** A type by its name with its tag: `struct buffer`, `u64`. */
  readonly type: (name: string) => Type | undefined;
  readonly read: ReadMemory;
}

/** @throws {DapError} when a part of it has no value */
export const evaluateExpression = (node: Node, scope: Scope): Value => {
  const evaluate = (part: Node): Value => evaluateExpression(part, scope);
  switch (node.kind) {
    case 'number':
      return numberValue(node.value, undefined, true);
    case 'float':
      return floatValue(node.value);
    case 'register': {
      const value = scope.register(node.name);
      if (value === undefined) throw noValue(`$${node.name}`, 'not saved by the functions that were called');
      return numberValue(value);
    }
    case 'name':
      return named(node.name, node.file, scope);
    case 'unary':
      return unary(node, scope);
    case 'binary':
      return binary(node.operator, node.left, node.right, scope);
    case 'choice':
      return evaluate(truth(evaluate(node.condition), scope) ? node.yes : node.no);
    case 'member': {
      const object = evaluate(node.object);
      const isPointer = stripped(object.type)?.kind === 'pointer';
      const found = memberNamed(isPointer ? targetOf(object, scope.read) : object, node.name);
      if (found === undefined) throw unknownName(node.name);
      return found;
    }
    case 'index':
      return indexed(evaluate(node.object), number(evaluate(node.index), scope), scope);
    case 'slice': {
      const object = evaluate(node.object);
      const [first, end] = [number(evaluate(node.first), scope), number(evaluate(node.end), scope)];
      const from = indexed(object, first, scope);
      const count = Number(end > first ? end - first : 0n);
      const type: Type = {
        kind: 'array',
        element: from.type,
        dimensions: [{ lowerBound: 0, count }],
        sizeBytes: undefined,
      };
      return { ...from, type };
    }
    case 'cast':
      return cast(evaluate(node.operand), typeNamed(node.type, scope), scope);
    case 'sizeof': {
      const type = 'kind' in node.of ? evaluate(node.of).type : typeNamed(node.of, scope);
      const isUntyped = 'kind' in node.of && type === undefined;
      const size = isUntyped ? 8 : sizeOf(type);
      if (size === undefined) throw noValue('sizeof', 'a type without a size');
      return numberValue(BigInt(size), undefined, true);
    }
  }
};

/** The number that an expression comes to, as 64 bits. */
export const evaluateToNumber = (node: Node, scope: Scope): bigint =>
  BigInt.asUintN(64, number(evaluateExpression(node, scope), scope));

const named = (name: string, file: string | undefined, scope: Scope): Value => {
  const variable = scope.variable(name, file);
  if (variable !== undefined) return variable;
  const value = file === undefined ? (scope.register(name) ?? scope.symbol(name)) : undefined;
  if (value === undefined) throw unknownName(file === undefined ? name : `${file}::${name}`);
  return numberValue(value);
};

const floatType: BaseType = { kind: 'base', name: 'double', sizeBytes: 8, encoding: 'float', signed: true };
const integerType = (size: number, signed: boolean): BaseType => ({
  kind: 'base',
  name: `${signed ? '' : 'unsigned '}${size <= 4 ? 'int' : 'long'}`,
  sizeBytes: size,
  encoding: signed ? 'signed' : 'unsigned',
  signed,
});

const floatValue = (value: number): Value => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return { type: floatType, bytes };
};

const isFloat = ({ type }: Value): boolean => {
  const found = stripped(type);
  return found?.kind === 'base' && found.encoding === 'float';
};

const float = (value: Value, scope: Scope): number => {
  if (!isFloat(value)) return Number(number(value, scope));
  const bytes = bytesOf(value, scope.read);
  if (typeof bytes === 'string') throw noValue('This', bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return bytes.length === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
};

/** An array or function counts as its address. */
const number = (value: Value, scope: Scope): bigint => {
  if (isFloat(value)) return BigInt(Math.trunc(float(value, scope)) || 0);
  const kind = stripped(value.type)?.kind;
  if ((kind === 'array' || kind === 'function') && value.address !== undefined) return value.address;
  if (kind === 'structure' || kind === 'union' || kind === 'class') throw noValue('This', 'a structure, not a number');
  const found = numberOf(value, scope.read);
  if (typeof found === 'string') throw noValue('This', found);
  return found;
};

const truth = (value: Value, scope: Scope): boolean =>
  isFloat(value) ? float(value, scope) !== 0 : number(value, scope) !== 0n;

const truthValue = (value: boolean): Value => numberValue(value ? 1n : 0n, undefined, true);

/** What a pointer or array has at each index; nothing for other values. */
const pointee = ({ type }: Value): { readonly type: Type | undefined } | undefined => {
  const found = stripped(type);
  if (found?.kind === 'pointer') return { type: found.target };
  return found?.kind === 'array' ? { type: elementType(found) } : undefined;
};

const pointerTo = (target: Type | undefined): PointerType => ({
  kind: 'pointer',
  flavour: 'pointer',
  name: undefined,
  sizeBytes: 8,
  target,
});

const indexed = (object: Value, index: bigint, scope: Scope): Value => {
  const target = pointee(object);
  if (target === undefined) throw noValue('This', 'neither an array nor a pointer');
  const length = lengthOf(object);
  if (object.address === undefined && object.bytes !== undefined && stripped(object.type)?.kind === 'array') {
    if (index < 0n || (length !== undefined && index >= BigInt(length)))
      throw noValue('This element', 'outside its array');
    return elementOf(object, Number(index));
  }
  const size = BigInt(sizeOf(target.type) ?? 1);
  return { type: target.type, address: BigInt.asUintN(64, number(object, scope) + index * size) };
};

const unary = ({ operator, operand }: Extract<Node, { kind: 'unary' }>, scope: Scope): Value => {
  const value = evaluateExpression(operand, scope);
  switch (operator) {
    case '&':
      if (value.bits !== undefined || value.address === undefined) {
        throw noValue('&', value.missing ?? 'a value that is not in memory');
      }
      return numberValue(value.address, pointerTo(value.type));
    case '*': {
      if (pointee(value) !== undefined) return indexed(value, 0n, scope);
      // What a register or number points to has no type; a word is most often what is meant.
      return { type: integerType(8, false), address: BigInt.asUintN(64, number(value, scope)) };
    }
    case '!':
      return truthValue(!truth(value, scope));
    case '+':
      return value;
    case '-':
    case '~': {
      if (operator === '-' && isFloat(value)) return floatValue(-float(value, scope));
      const found = number(value, scope);
      const kind = promoted(kindOf(value));
      return numberValue(operator === '-' ? -found : ~found, kind.type, kind.literal);
    }
  }
};

/** How a number takes part in arithmetic. Without a type it is 64 bits without sign. */
interface NumberKind {
  readonly size: number;
  readonly signed: boolean;
  readonly literal: boolean;
  readonly type: Type | undefined;
}

const kindOf = (value: Value): NumberKind => {
  const found = stripped(value.type);
  if (found?.kind === 'base' || found?.kind === 'enumeration') {
    return { size: found.sizeBytes ?? 4, signed: found.signed, literal: false, type: found };
  }
  return { size: 8, signed: false, literal: value.literal === true, type: undefined };
};

const promoted = (kind: NumberKind): NumberKind => {
  if (kind.type === undefined) return kind;
  if (kind.size < 4) return { size: 4, signed: true, literal: false, type: integerType(4, true) };
  return { ...kind, type: integerType(kind.size, kind.signed) };
};

/** C's usual arithmetic conversions (C11 6.3.1.8), where a literal gives way and an untyped operand wins. */
const common = (left: Value, right: Value): NumberKind => {
  const [a, b] = [promoted(kindOf(left)), promoted(kindOf(right))];
  if (a.literal && b.literal) return a;
  if (a.literal) return b;
  if (b.literal) return a;
  if (a.type === undefined) return a;
  if (b.type === undefined) return b;
  if (a.size !== b.size) return a.size > b.size ? a : b;
  return a.signed ? b : a;
};

const compare = (operator: string, sign: number): boolean | undefined => {
  switch (operator) {
    case '==':
      return sign === 0;
    case '!=':
      return sign !== 0;
    case '<':
      return sign < 0;
    case '>':
      return sign > 0;
    case '<=':
      return sign <= 0;
    case '>=':
      return sign >= 0;
    default:
      return undefined;
  }
};

const binary = (operator: BinaryOperator, left: Node, right: Node, scope: Scope): Value => {
  const a = evaluateExpression(left, scope);
  if (operator === '&&') return truthValue(truth(a, scope) && truth(evaluateExpression(right, scope), scope));
  if (operator === '||') return truthValue(truth(a, scope) || truth(evaluateExpression(right, scope), scope));
  const b = evaluateExpression(right, scope);
  if (isFloat(a) || isFloat(b)) return floats(operator, float(a, scope), float(b, scope));
  const [inA, inB] = [pointee(a), pointee(b)];
  if ((operator === '+' || operator === '-') && (inA !== undefined || inB !== undefined)) {
    return pointers(operator, a, b, scope);
  }
  const kind = common(a, b);
  const size = operator === '<<' || operator === '>>' ? kindOf(a).size : kind.size;
  // Two literals are 64 bits without sign to shifts, and signed to whatever depends on it.
  const signed = kind.signed || (kind.literal && operator !== '>>');
  const width = 8 * Math.max(size, 4);
  const cut = (value: bigint) => (signed ? BigInt.asIntN(width, value) : BigInt.asUintN(width, value));
  const [x, y] = [cut(number(a, scope)), cut(number(b, scope))];
  const compared = compare(operator, x < y ? -1 : x > y ? 1 : 0);
  if (compared !== undefined) return truthValue(compared);
  const shifts = operator === '<<' || operator === '>>';
  const own = shifts ? promoted(kindOf(a)) : kind;
  return numberValue(cut(arithmetic(operator, x, y)), own.type, own.literal);
};

const arithmetic = (operator: BinaryOperator, x: bigint, y: bigint): bigint => {
  switch (operator) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return x * y;
    case '/':
    case '%':
      if (y === 0n) throw noValue('This', 'a division by zero');
      return operator === '/' ? x / y : x % y;
    case '&':
      return x & y;
    case '|':
      return x | y;
    case '^':
      return x ^ y;
    case '<<':
      return x << (y & 63n);
    case '>>':
      return x >> (y & 63n);
    default:
      throw new Error(`${operator} is no arithmetic`);
  }
};

const floats = (operator: BinaryOperator, x: number, y: number): Value => {
  const compared = compare(operator, x < y ? -1 : x > y ? 1 : x === y ? 0 : Number.NaN);
  if (compared !== undefined) return truthValue(compared);
  if (operator === '+') return floatValue(x + y);
  if (operator === '-') return floatValue(x - y);
  if (operator === '*') return floatValue(x * y);
  if (operator === '/') return floatValue(x / y);
  throw noValue(operator, 'floating-point numbers');
};

const pointers = (operator: '+' | '-', a: Value, b: Value, scope: Scope): Value => {
  const [inA, inB] = [pointee(a), pointee(b)];
  const [x, y] = [number(a, scope), number(b, scope)];
  const size = BigInt(sizeOf((inA ?? inB)?.type) ?? 1) || 1n;
  if (inA !== undefined && inB !== undefined) return numberValue((x - y) / size, integerType(8, true));
  if (inA === undefined) return numberValue(y + x * size, pointerTo(inB?.type));
  return numberValue(operator === '+' ? x + y * size : x - y * size, pointerTo(inA.type));
};

const cast = (value: Value, type: Type | undefined, scope: Scope): Value => {
  const to = stripped(type);
  if (to?.kind === 'base' && to.encoding === 'float') {
    const found = float(value, scope);
    if (to.sizeBytes !== 4) return { ...floatValue(found), type };
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, found, true);
    return { type, bytes };
  }
  if (to?.kind === 'base' && to.encoding === 'boolean') return numberValue(truth(value, scope) ? 1n : 0n, type);
  if (to?.kind === 'base' || to?.kind === 'enumeration' || to?.kind === 'pointer') {
    return numberValue(number(value, scope), type);
  }
  // As C++ debuggers have it: memory seen as another type.
  if (value.address !== undefined) return { type, address: value.address };
  const bytes = bytesOf(value, scope.read);
  if (typeof bytes === 'string') throw noValue('This', bytes);
  return { type, bytes };
};

const plainTypes: Readonly<Record<string, BaseType>> = {
  char: { kind: 'base', name: 'char', sizeBytes: 1, encoding: 'character', signed: false },
  float: { kind: 'base', name: 'float', sizeBytes: 4, encoding: 'float', signed: true },
  double: floatType,
  _Bool: { kind: 'base', name: '_Bool', sizeBytes: 1, encoding: 'boolean', signed: false },
};

/** C's own integer types, in any order of their words. */
const builtIn = (name: string): Type | undefined => {
  const plain = plainTypes[name];
  if (plain !== undefined) return plain;
  const words = name.split(' ');
  if (words.some((word) => !/^(unsigned|signed|long|short|int|char)$/.test(word))) return undefined;
  const sizeBytes = words.includes('char') ? 1 : words.includes('short') ? 2 : words.includes('long') ? 8 : 4;
  const signed = !words.includes('unsigned');
  const encoding = sizeBytes === 1 ? 'character' : signed ? 'signed' : 'unsigned';
  return { kind: 'base', name, sizeBytes, encoding, signed };
};

const typeNamed = ({ name, pointers: depth }: TypeName, scope: Scope): Type | undefined => {
  let type = name === 'void' ? undefined : (builtIn(name) ?? scope.type(name));
  if (type === undefined && name !== 'void') throw unknownName(name);
  for (let level = 0; level < depth; level++) type = pointerTo(type);
  return type;
};

/** The bits of a value that is no larger than a register, for what shows numbers. */
export const bitsOf = (value: Value, read: ReadMemory): bigint | undefined => {
  const bytes = bytesOf(value, read);
  return typeof bytes === 'string' || bytes.length > 8 ? undefined : littleEndian(bytes);
};
