/**
 * The table of floating-point helpers that instruction rows name and engines call: one entry a mnemonic, without
 * its `f` or `fcvt.`. Conversions are spelt TO.FROM, as in `fcvt.TO.FROM`.
 *
 * Operands are rs1, rs2 and rs3, those that an operation does not have being ignored; `rm` is resolved to 0-4 and
 * ignored where nothing rounds. Single-precision operands and results are 32-bit patterns: checking and making NaN
 * boxes is the rows' work. Operands may be signed bigints; results are unsigned, at most 64 bits.
 */
import { add, div, mul, sqrt, sub } from './arithmetic.ts';
import { classify, eq, le, lt, max, min } from './compare.ts';
import { fromInteger, type IntegerFormat, l, lu, toFormat, toInteger, w, wu } from './convert.ts';
import { binary64 as d, type FloatFlags, type Format, NX, binary32 as s } from './format.ts';
import { madd, msub, nmadd, nmsub } from './fused.ts';
import { type NativeOperation, nativeDouble, nativeSingle } from './native.ts';
import { RNE } from './round.ts';

export type { FloatFlags } from './format.ts';

export const floatHelperNames = [
  ...(['add.s', 'sub.s', 'mul.s', 'div.s', 'sqrt.s', 'madd.s', 'msub.s', 'nmsub.s', 'nmadd.s'] as const),
  ...(['add.d', 'sub.d', 'mul.d', 'div.d', 'sqrt.d', 'madd.d', 'msub.d', 'nmsub.d', 'nmadd.d'] as const),
  ...(['min.s', 'max.s', 'eq.s', 'lt.s', 'le.s', 'class.s'] as const),
  ...(['min.d', 'max.d', 'eq.d', 'lt.d', 'le.d', 'class.d'] as const),
  ...(['w.s', 'wu.s', 'l.s', 'lu.s', 's.w', 's.wu', 's.l', 's.lu', 's.d'] as const),
  ...(['w.d', 'wu.d', 'l.d', 'lu.d', 'd.w', 'd.wu', 'd.l', 'd.lu', 'd.s'] as const),
] as const;

export type FloatHelperName = (typeof floatHelperNames)[number];

export type FloatHelper = (context: FloatFlags, a: bigint, b: bigint, c: bigint, rm: number) => bigint;

type Rounding2 = (format: Format, context: FloatFlags, a: bigint, b: bigint, rm: number) => bigint;
type Rounding3 = (format: Format, context: FloatFlags, a: bigint, b: bigint, c: bigint, rm: number) => bigint;
type Comparing = (format: Format, context: FloatFlags, a: bigint, b: bigint) => bigint;

/** Natively where that gives the same answer (see native.ts), in software otherwise. */
const rounding2 =
  (format: Format, native: NativeOperation, software: Rounding2): FloatHelper =>
  (context, a, b, _c, rm) => {
    if (rm === RNE && (context.flags & NX) !== 0) {
      const result = native(a, b);
      if (result !== undefined) return result;
    }
    return software(format, context, a, b, rm);
  };

/** The operand is given twice, so that the native test of both operands is a test of it alone. */
const squareRoot = (format: Format, native: NativeOperation): FloatHelper => {
  const helper = rounding2(format, native, (_format, context, a, _b, rm) => sqrt(format, context, a, rm));
  return (context, a, _b, c, rm) => helper(context, a, a, c, rm);
};

const rounding3 =
  (format: Format, software: Rounding3): FloatHelper =>
  (context, a, b, c, rm) =>
    software(format, context, a, b, c, rm);

const comparing =
  (format: Format, compare: Comparing): FloatHelper =>
  (context, a, b) =>
    compare(format, context, a, b);

const classifying =
  (format: Format): FloatHelper =>
  (_context, a) =>
    classify(format, a);

const toInt =
  (to: IntegerFormat, from: Format): FloatHelper =>
  (context, a, _b, _c, rm) =>
    toInteger(from, to, context, a, rm);

const fromInt =
  (to: Format, from: IntegerFormat): FloatHelper =>
  (context, a, _b, _c, rm) =>
    fromInteger(to, from, context, a, rm);

const between =
  (to: Format, from: Format): FloatHelper =>
  (context, a, _b, _c, rm) =>
    toFormat(from, to, context, a, rm);

// biome-ignore format: a table that pairs the two formats
export const floatHelpers: Record<FloatHelperName, FloatHelper> = {
  'add.s':   rounding2(s, nativeSingle.add, add),  'add.d':   rounding2(d, nativeDouble.add, add),
  'sub.s':   rounding2(s, nativeSingle.sub, sub),  'sub.d':   rounding2(d, nativeDouble.sub, sub),
  'mul.s':   rounding2(s, nativeSingle.mul, mul),  'mul.d':   rounding2(d, nativeDouble.mul, mul),
  'div.s':   rounding2(s, nativeSingle.div, div),  'div.d':   rounding2(d, nativeDouble.div, div),
  'sqrt.s':  squareRoot(s, nativeSingle.sqrt),     'sqrt.d':  squareRoot(d, nativeDouble.sqrt),
  'madd.s':  rounding3(s, madd),                   'madd.d':  rounding3(d, madd),
  'msub.s':  rounding3(s, msub),                   'msub.d':  rounding3(d, msub),
  'nmsub.s': rounding3(s, nmsub),                  'nmsub.d': rounding3(d, nmsub),
  'nmadd.s': rounding3(s, nmadd),                  'nmadd.d': rounding3(d, nmadd),
  'min.s':   comparing(s, min),                    'min.d':   comparing(d, min),
  'max.s':   comparing(s, max),                    'max.d':   comparing(d, max),
  'eq.s':    comparing(s, eq),                     'eq.d':    comparing(d, eq),
  'lt.s':    comparing(s, lt),                     'lt.d':    comparing(d, lt),
  'le.s':    comparing(s, le),                     'le.d':    comparing(d, le),
  'class.s': classifying(s),                       'class.d': classifying(d),
  'w.s':     toInt(w, s),                          'w.d':     toInt(w, d),
  'wu.s':    toInt(wu, s),                         'wu.d':    toInt(wu, d),
  'l.s':     toInt(l, s),                          'l.d':     toInt(l, d),
  'lu.s':    toInt(lu, s),                         'lu.d':    toInt(lu, d),
  's.w':     fromInt(s, w),                        'd.w':     fromInt(d, w),
  's.wu':    fromInt(s, wu),                       'd.wu':    fromInt(d, wu),
  's.l':     fromInt(s, l),                        'd.l':     fromInt(d, l),
  's.lu':    fromInt(s, lu),                       'd.lu':    fromInt(d, lu),
  's.d':     between(s, d),                        'd.s':     between(d, s),
};
