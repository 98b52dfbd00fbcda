/**
 * Which values are numbers of 32 bits, sign-extended to 64. Bitwise operations on such, and both orders of comparison, are the same
 * done with 32 bits.
 */

import type { Value, XField } from '../isa/meaning.ts';

/** `holds` answers for the registers that the value is made of. */
export const isSignExtended = (value: Value, holds: (field: XField) => boolean): boolean => {
  switch (value.k) {
    case 'x':
      return holds(value.field);
    case 'imm': // every format has 32 bits at most, and is sign-extended
      return true;
    case 'const':
      return BigInt.asIntN(32, value.value) === BigInt.asIntN(64, value.value);
    case 'binary':
      if (bitwise.has(value.op)) return isSignExtended(value.a, holds) && isSignExtended(value.b, holds);
      return comparisons.has(value.op);
    case 'unary':
      return narrowing.has(value.op);
    case 'load':
      return value.size < 4 || (value.size === 4 && value.signed);
    case 'select':
      return isSignExtended(value.then, holds) && isSignExtended(value.else, holds);
    case 'atomic':
    case 'loadReserved':
      return value.size === 4;
    case 'storeConditional':
      return true;
    default:
      return false;
  }
};

const bitwise: ReadonlySet<string> = new Set(['and', 'or', 'xor']);
const comparisons: ReadonlySet<string> = new Set(['eq', 'ne', 'ltS', 'ltU', 'geS', 'geU']);
const narrowing: ReadonlySet<string> = new Set(['sext8', 'sext16', 'sext32', 'zext8', 'zext16']);
