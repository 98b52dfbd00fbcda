/**
 * What an expression comes to. Typed operands follow C's conversions (numbers.ts); registers and symbols are 64 bits without
 * sign. It reads registers and memory through its scope and changes nothing.
 */

import { littleEndian } from '../program/dwarf/expression.ts';
import { declare } from '../program/types/declaration.ts';
import { isComposite, sizeOf, stripped, type Type } from '../program/types/type.ts';
import { memberNamed, pathOffset } from '../values/members.ts';
import { rustPointee } from '../values/pointees.ts';
import { sequenceOf } from '../values/sequences.ts';
import {
  bytesOf,
  elementOf,
  elementType,
  lengthOf,
  numberValue,
  type ReadMemory,
  settled,
  targetOf,
  type Value,
} from '../values/value.ts';
import { castValue } from './cast.ts';
import { noValue, type Spot, unknownMember, unknownName } from './errors.ts';
import type { Node, TypeName } from './node.ts';
import {
  binaryFloat,
  binaryNumber,
  compare,
  floatValue,
  isFloat,
  literalValue,
  truthValue,
  unaryNumber,
} from './numbers.ts';
import { floatOf, numberFrom, truthOf } from './operands.ts';
import { compareTexts } from './texts.ts';
import { arrayOf, boolType, charType, integerType, pointerTo, typeNamed } from './types.ts';

/** Where names get their values, at one moment and in one frame. */
export interface Scope {
  readonly register: (name: string) => bigint | undefined;
  /** A field of a register: `PPN` of `satp`. */
  readonly field?: (register: string, field: string) => bigint | undefined;
  /** A variable or constant of the source, innermost first; `path` is its name with what it is in. */
  readonly variable: (path: readonly string[], file: string | undefined) => Value | undefined;
  /** The address of a symbol. */
  readonly symbol: (name: string) => bigint | undefined;
  /** A type by its name with its tag: `struct buffer`, `u64`, `ns::Class`. */
  readonly type: (name: string) => Type | undefined;
  readonly read: ReadMemory;
}

/** @throws {ExpressionError} when a part of it has no value */
export const evaluateExpression = (node: Node, scope: Scope): Value => {
  const evaluate = (part: Node): Value => evaluateExpression(part, scope);
  const { spot } = node;
  switch (node.kind) {
    case 'number':
      return literalValue(node.value, node.base, node.suffix);
    case 'float':
      return floatValue(node.value);
    case 'character':
      return numberValue(BigInt(node.value), charType);
    case 'text':
      return { type: arrayOf(charType, node.bytes.length + 1), bytes: Uint8Array.from([...node.bytes, 0]) };
    case 'truth':
      return numberValue(node.value ? 1n : 0n, boolType);
    case 'null':
      return numberValue(0n, pointerTo(undefined));
    case 'register':
      return registerValue(node.name, spot, scope);
    case 'name':
      return named(node, scope);
    case 'unary':
      return unary(node, scope);
    case 'binary':
      return binary(node, scope);
    case 'choice':
      return evaluate(truthOf(evaluate(node.condition), spot, scope.read) ? node.yes : node.no);
    case 'member':
      return member(node, scope);
    case 'index':
      return indexed(evaluate(node.object), evaluateToInteger(node.index, scope), spot, scope.read);
    case 'slice':
      return sliced(node, scope);
    case 'cast':
      return castValue(evaluate(node.operand), typeOf(node.type, scope), spot, scope.read);
    case 'sizeof': {
      const type = 'kind' in node.of ? settled(evaluate(node.of), scope.read).type : typeOf(node.of, scope);
      const isUntyped = 'kind' in node.of && type === undefined;
      const size = isUntyped ? 8 : sizeOf(type);
      if (size === undefined) throw noValue(spot, 'a type without a size');
      return numberValue(BigInt(size), undefined, true);
    }
    case 'offsetof':
      return numberValue(BigInt(offsetIn(node.type, node.steps, scope)), undefined, true);
    case 'container': {
      const type = typeOf(node.type, scope);
      const offset = offsetIn(node.type, node.steps, scope);
      const at = evaluateToInteger(node.pointer, scope) - BigInt(offset);
      return numberValue(at, pointerTo(type));
    }
  }
};

/** The number that an expression comes to, as 64 bits. */
export const evaluateToNumber = (node: Node, scope: Scope): bigint =>
  BigInt.asUintN(64, evaluateToInteger(node, scope));

const evaluateToInteger = (node: Node, scope: Scope): bigint =>
  numberFrom(evaluateExpression(node, scope), node.spot, scope.read);

const typeOf = (name: TypeName, scope: Scope): Type | undefined => typeNamed(name, scope.type);

const offsetIn = (name: TypeName, steps: readonly (string | number)[], scope: Scope): number => {
  const type = typeOf(name, scope);
  const offset = pathOffset(type, steps);
  if (offset === undefined) throw unknownMember({ ...name.spot, text: steps.join('.') }, declare(type));
  return offset;
};

const registerValue = (name: string, spot: Spot, scope: Scope): Value => {
  const value = scope.register(name);
  if (value === undefined) throw noValue(spot, 'not saved by the functions that were called');
  return numberValue(value);
};

const named = ({ path, file, spot }: Extract<Node, { kind: 'name' }>, scope: Scope): Value => {
  const variable = scope.variable(path, file);
  if (variable !== undefined) return variable;
  const name = path.join('::');
  const value = file === undefined ? (scope.register(name) ?? scope.symbol(name)) : undefined;
  if (value === undefined) throw unknownName(spot);
  return numberValue(value);
};

/** As many pointers are followed as lead to something with members: `.` does what `->` does. */
const pointersMax = 8;

const member = ({ object, name, spot }: Extract<Node, { kind: 'member' }>, scope: Scope): Value => {
  const register = registerNamed(object, scope);
  if (register !== undefined) {
    const field = scope.field?.(register, name);
    if (field === undefined) throw unknownMember({ ...spot, text: name }, `the register ${register}`);
    return numberValue(field);
  }
  let value = evaluateExpression(object, scope);
  for (let depth = 0; depth < pointersMax && stripped(value.type)?.kind === 'pointer'; depth++) {
    value = targetOf(value, scope.read);
  }
  const found = memberNamed(value, name, scope.read) ?? staticMember(value.type, name, scope);
  if (found === undefined) throw unknownMember({ ...spot, text: name }, declare(value.type));
  return found;
};

const basesMax = 1000;

/** A variable that belongs to a class, or to one of its bases, and to no object. */
const staticMember = (type: Type | undefined, name: string, scope: Scope): Value | undefined => {
  const classes = [stripped(type)];
  for (const one of classes) {
    if (!isComposite(one) || classes.length > basesMax) continue;
    const found = one.name === undefined ? undefined : scope.variable([one.name, name], undefined);
    if (found !== undefined) return found;
    classes.push(...one.bases.map((base) => stripped(base.type)));
  }
  return undefined;
};

/** A register that a name means, when no variable of the source is nearer. */
const registerNamed = (node: Node, scope: Scope): string | undefined => {
  if (node.kind === 'register') return node.name;
  if (node.kind !== 'name' || node.path.length !== 1 || node.file !== undefined) return undefined;
  const name = node.path[0]!;
  if (scope.register(name) === undefined || scope.variable(node.path, undefined) !== undefined) return undefined;
  return name;
};

/** What a pointer or array has at each index; nothing for other values. */
const pointee = ({ type }: Value): { readonly type: Type | undefined } | undefined => {
  const found = stripped(type);
  if (found?.kind === 'pointer') return { type: found.target };
  return found?.kind === 'array' ? { type: elementType(found) } : undefined;
};

const indexed = (given: Value, index: bigint, spot: Spot, read: ReadMemory): Value => {
  const object = sequenceOf(settled(given, read), read) ?? settled(given, read);
  const target = pointee(object);
  if (target === undefined) throw noValue(spot, 'neither an array nor a pointer');
  const length = lengthOf(object);
  if (object.address === undefined && stripped(object.type)?.kind === 'array') {
    if (index < 0n || (length !== undefined && index >= BigInt(length))) throw noValue(spot, 'outside its array');
    return elementOf(object, Number(index));
  }
  const size = BigInt(sizeOf(target.type) ?? 1);
  return { type: target.type, address: BigInt.asUintN(64, numberFrom(object, spot, read) + index * size) };
};

const countMax = 2n ** 31n;

const sliced = ({ object, first, end, spot }: Extract<Node, { kind: 'slice' }>, scope: Scope): Value => {
  const value = evaluateExpression(object, scope);
  const whole = sequenceOf(settled(value, scope.read), scope.read) ?? value;
  const from = first === undefined ? 0n : evaluateToInteger(first, scope);
  const length = lengthOf(whole);
  if (end === undefined && length === undefined) throw noValue(spot, 'a slice without an end of something endless');
  const to = end === undefined ? BigInt(length!) : evaluateToInteger(end, scope);
  const count = to > from ? to - from : 0n;
  if (count > countMax) throw noValue(spot, `a slice of ${count} elements`);
  if (whole.bytes !== undefined && stripped(whole.type)?.kind === 'array') {
    const size = sizeOf(elementType(whole.type)) ?? 1;
    const bytes = whole.bytes.subarray(Number(from) * size, Number(to) * size);
    return { type: arrayOf(elementType(whole.type), Number(count)), bytes };
  }
  const start = indexed(whole, from, spot, scope.read);
  return { ...start, type: arrayOf(start.type, Number(count)) };
};

const unary = ({ operator, operand, spot }: Extract<Node, { kind: 'unary' }>, scope: Scope): Value => {
  const { read } = scope;
  const value = settled(evaluateExpression(operand, scope), read);
  switch (operator) {
    case '&':
      if (value.bits !== undefined || value.address === undefined) {
        throw noValue(spot, value.missing ?? 'a value that is not in memory');
      }
      return numberValue(value.address, pointerTo(value.type));
    case '*': {
      if (pointee(value) !== undefined) return indexed(value, 0n, spot, read);
      const found = rustPointee(value, read);
      if (found !== undefined) return found;
      // What a register or number points to has no type; a word is most often what is meant.
      return { type: integerType(8, false), address: BigInt.asUintN(64, numberFrom(value, spot, read)) };
    }
    case '!':
      return truthValue(!truthOf(value, spot, read));
    default:
      if (isFloat(value) && operator !== '~') {
        const found = floatOf(value, spot, read);
        return floatValue(operator === '-' ? -found : found, value.type);
      }
      return unaryNumber(operator, { value, number: numberFrom(value, spot, read) });
  }
};

const binary = (node: Extract<Node, { kind: 'binary' }>, scope: Scope): Value => {
  const { operator, spot } = node;
  const { read } = scope;
  const truth = (part: Node): boolean => truthOf(evaluateExpression(part, scope), part.spot, read);
  if (operator === '&&') return truthValue(truth(node.left) && truth(node.right));
  if (operator === '||') return truthValue(truth(node.left) || truth(node.right));
  const a = settled(evaluateExpression(node.left, scope), read);
  const b = settled(evaluateExpression(node.right, scope), read);
  const texts = compareTexts(node, a, b, read);
  if (texts !== undefined) return truthValue(compare(operator, texts) ?? false);
  if (isFloat(a) || isFloat(b)) {
    const found = binaryFloat(operator, a, b, floatOf(a, node.left.spot, read), floatOf(b, node.right.spot, read));
    if (found === undefined) throw noValue(spot, `${operator} of floating-point numbers`);
    return found;
  }
  const x = numberFrom(a, node.left.spot, read);
  const y = numberFrom(b, node.right.spot, read);
  const [inA, inB] = [pointee(a), pointee(b)];
  if ((operator === '+' || operator === '-') && (inA ?? inB) !== undefined) {
    const size = BigInt(sizeOf((inA ?? inB)!.type) ?? 1) || 1n;
    if (inA !== undefined && inB !== undefined) {
      if (operator === '+') throw noValue(spot, 'a sum of two pointers');
      return numberValue(BigInt.asIntN(64, x - y) / size, integerType(8, true));
    }
    if (inA === undefined) {
      if (operator === '-') throw noValue(spot, 'a number less a pointer');
      return numberValue(y + x * size, pointerTo(inB!.type));
    }
    return numberValue(operator === '+' ? x + y * size : x - y * size, pointerTo(inA.type));
  }
  if ((operator === '/' || operator === '%') && y === 0n) throw noValue(spot, 'a division by zero');
  return binaryNumber(operator, { value: a, number: x }, { value: b, number: y });
};

/** The bits of a value that is no larger than a register, for what shows numbers. */
export const bitsOf = (value: Value, read: ReadMemory): bigint | undefined => {
  const bytes = bytesOf(value, read);
  return typeof bytes === 'string' || bytes.length > 8 ? undefined : littleEndian(bytes);
};
