/** Casts: numbers to other types of numbers, classes to what they are made of, and memory seen as another type. */

import { isComposite, stripped, type Type } from '../program/types/type.ts';
import { baseNamed } from '../values/members.ts';
import { sequenceOf } from '../values/sequences.ts';
import { bytesOf, numberValue, type ReadMemory, settled, targetOf, type Value } from '../values/value.ts';
import { noValue, type Spot } from './errors.ts';
import { floatValue } from './numbers.ts';
import { floatOf, numberFrom, truthOf } from './operands.ts';

/** @throws {ExpressionError} when the value cannot be had, or none of the type can be made of it */
export const castValue = (given: Value, type: Type | undefined, spot: Spot, read: ReadMemory): Value => {
  const value = settled(given, read);
  const to = stripped(type);
  if (to?.kind === 'pointer' && to.flavour !== 'pointer') return castValue(value, to.target, spot, read);
  if (to?.kind === 'base' && to.encoding === 'float') return { ...floatValue(floatOf(value, spot, read), type), type };
  if (to?.kind === 'base' && to.encoding === 'boolean') {
    return numberValue(truthOf(value, spot, read) ? 1n : 0n, type);
  }
  if (to?.kind === 'pointer') return pointerCast(value, to.target, type, spot, read);
  if (to?.kind === 'base' || to?.kind === 'enumeration') return numberValue(numberFrom(value, spot, read), type);
  if (isComposite(to)) {
    const base = baseNamed(value, to, read);
    if (base !== undefined) return base;
  }
  // As C++ debuggers have it: memory seen as another type.
  if (value.address !== undefined) return { type, address: value.address };
  const bytes = bytesOf(value, read);
  if (typeof bytes === 'string') throw noValue(spot, bytes);
  if (type === undefined) throw noValue(spot, 'of the type void');
  return { type, bytes };
};

/** A pointer to a class becomes one to its base where that lies in it. */
const pointerCast = (
  value: Value,
  target: Type | undefined,
  type: Type | undefined,
  spot: Spot,
  read: ReadMemory,
): Value => {
  const to = stripped(target);
  if (isComposite(to) && stripped(value.type)?.kind === 'pointer') {
    const base = baseNamed(targetOf(value, read), to, read);
    if (base?.address !== undefined) return numberValue(base.address, type);
  }
  const sequence = sequenceOf(value, read);
  return numberValue(numberFrom(sequence ?? value, spot, read), type);
};
