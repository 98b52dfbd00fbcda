/** The signatures of the floating-point functions, from the names of the helpers. */

import type { FloatHelperName } from '../../float/helpers.ts';
import type { Signature } from '../../wasm/module.ts';

const one = ['sqrt', 'class', 'w', 'wu', 'l', 'lu', 's', 'd'];
const fused = ['madd', 'msub', 'nmsub', 'nmadd'];
const unrounded = ['min', 'max', 'eq', 'lt', 'le', 'class'];

/** How many operands a helper has; and whether a rounding mode (i32) follows them. */
export const shapeOf = (name: FloatHelperName): { readonly operands: 1 | 2 | 3; readonly rounds: boolean } => {
  const operation = name.split('.')[0]!;
  return {
    operands: one.includes(operation) ? 1 : fused.includes(operation) ? 3 : 2,
    rounds: !unrounded.includes(operation),
  };
};

/** `(hart: i32, operands: i64..., mode: i32 if it rounds) -> i64`. */
export const signatureOf = (name: FloatHelperName): Signature => {
  const { operands, rounds } = shapeOf(name);
  const patterns = Array.from({ length: operands }, () => 'i64' as const);
  return { parameters: ['i32', ...patterns, ...(rounds ? (['i32'] as const) : [])], results: ['i64'] };
};
