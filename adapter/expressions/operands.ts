/** Values as operands: the number, the floating-point number or the truth that one stands for. */

import { stripped } from '../program/types/type.ts';
import { floatNumber } from '../values/numbers.ts';
import { bytesOf, numberOf, type ReadMemory, settled, type Value } from '../values/value.ts';
import { noValue, type Spot } from './errors.ts';
import { isFloat } from './numbers.ts';

/** An array or function counts as its address. */
export const numberFrom = (given: Value, spot: Spot, read: ReadMemory): bigint => {
  const value = settled(given, read);
  if (isFloat(value)) {
    const number = floatOf(value, spot, read);
    if (!Number.isFinite(number)) throw noValue(spot, `${number}, which is no whole number`);
    return BigInt(Math.trunc(number));
  }
  const kind = stripped(value.type)?.kind;
  if ((kind === 'array' || kind === 'function') && value.address !== undefined) return value.address;
  if (kind === 'structure' || kind === 'union' || kind === 'class') throw noValue(spot, 'a structure, not a number');
  const found = numberOf(value, read);
  if (typeof found === 'string') throw noValue(spot, found);
  return found;
};

export const floatOf = (given: Value, spot: Spot, read: ReadMemory): number => {
  const value = settled(given, read);
  if (!isFloat(value)) return Number(numberFrom(value, spot, read));
  const bytes = bytesOf(value, read);
  if (typeof bytes === 'string') throw noValue(spot, bytes);
  return floatNumber(bytes);
};

export const truthOf = (value: Value, spot: Spot, read: ReadMemory): boolean =>
  isFloat(value) ? floatOf(value, spot, read) !== 0 : numberFrom(value, spot, read) !== 0n;
