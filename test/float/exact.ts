/**
 * A second, slow and independent meaning of every helper, for the tests to compare with: exact rational arithmetic,
 * and rounding by its definition, as a search for the two neighbours among all patterns. It shares nothing with
 * vmm/float/, neither code nor method. It knows all five rounding modes.
 *
 * Every finite number is a whole number of units, a unit being the format's least positive number.
 */
import type { FloatHelperName } from '../../vmm/float/helpers.ts';

export type Outcome = { result: bigint; flags: number };

type Parameters = { width: number; fraction: bigint; unitLog: bigint; infinity: bigint };
const parameters: Record<string, Parameters> = {
  s: { width: 32, fraction: 23n, unitLog: -149n, infinity: 0x7f80_0000n },
  d: { width: 64, fraction: 52n, unitLog: -1074n, infinity: 0x7ff0_0000_0000_0000n },
};

const [NX, UF, OF, DZ, NV] = [1, 2, 4, 8, 16];
const up = (rm: number, negative: boolean) => (rm === 3 && !negative) || (rm === 2 && negative);

/** An exact result: is it above, at or below a quarter count of units? (Quarters are needed to detect tininess.) */
type Exact = { negative: boolean; compare: (quarters: bigint) => number };

const rational = (numerator: bigint, denominator: bigint): Exact => ({
  negative: numerator < 0n !== denominator < 0n,
  compare: (quarters) => sign(magnitude(numerator) * 4n - quarters * magnitude(denominator)),
});

const root = (square: bigint): Exact => ({
  negative: false,
  compare: (quarters) => sign(square * 16n - quarters * quarters),
});

const sign = (value: bigint) => (value > 0n ? 1 : value < 0n ? -1 : 0);
const magnitude = (value: bigint) => (value < 0n ? -value : value);

const isNaNPattern = (f: Parameters, x: bigint) => (x & (2n ** BigInt(f.width - 1) - 1n)) > f.infinity;
const isSignalling = (f: Parameters, x: bigint) => isNaNPattern(f, x) && ((x >> (f.fraction - 1n)) & 1n) === 0n;
const isNegative = (f: Parameters, x: bigint) => x >> BigInt(f.width - 1) === 1n;
const isInfinite = (f: Parameters, x: bigint) => (x & (2n ** BigInt(f.width - 1) - 1n)) === f.infinity;
const canonical = (f: Parameters) => f.infinity | (1n << (f.fraction - 1n));

/** The units of a pattern without its sign; infinity's are those of the power of two that follows the last number. */
const unitsOfMagnitude = (f: Parameters, pattern: bigint): bigint => {
  const exponent = pattern >> f.fraction;
  const fraction = pattern & (2n ** f.fraction - 1n);
  return exponent === 0n ? fraction : (fraction + 2n ** f.fraction) * 2n ** (exponent - 1n);
};

const units = (f: Parameters, pattern: bigint): bigint => {
  const count = unitsOfMagnitude(f, pattern & (2n ** BigInt(f.width - 1) - 1n));
  return isNegative(f, pattern) ? -count : count;
};

const roundExact = (f: Parameters, exact: Exact, rm: number): Outcome => {
  // The last pattern whose number is not above the exact one.
  let below = 0n;
  for (let bit = BigInt(f.width - 2); bit >= 0n; bit--) {
    const candidate = below + 2n ** bit;
    if (candidate <= f.infinity && exact.compare(4n * unitsOfMagnitude(f, candidate)) >= 0) below = candidate;
  }
  const withSign = (pattern: bigint) => pattern + (exact.negative ? 2n ** BigInt(f.width - 1) : 0n);
  const outward = rm === 0 || rm === 4 || up(rm, exact.negative);
  const overflowed = { result: withSign(outward ? f.infinity : f.infinity - 1n), flags: OF! | NX! };
  if (below === f.infinity) return overflowed;

  const lower = 4n * unitsOfMagnitude(f, below);
  if (exact.compare(lower) === 0) return { result: withSign(below), flags: 0 };
  const upper = 4n * unitsOfMagnitude(f, below + 1n);
  const half = exact.compare((lower + upper) / 2n);
  const isNearerUpper = half > 0 || (half === 0 && (rm === 4 || (below & 1n) === 1n));
  const chosen = (rm === 0 || rm === 4 ? isNearerUpper : up(rm, exact.negative)) ? below + 1n : below;
  if (chosen === f.infinity) return overflowed;

  // With an unbounded exponent, the number before the least normal one is half a unit below it.
  const normal = 4n * 2n ** f.fraction;
  const reachesNormal =
    exact.compare(normal) >= 0 ||
    (up(rm, exact.negative) && exact.compare(normal - 2n) > 0) ||
    ((rm === 0 || rm === 4) && exact.compare(normal - 1n) >= 0);
  return { result: withSign(chosen), flags: NX! | (reachesNormal ? 0 : UF!) };
};

const fused = (
  f: Parameters,
  a: bigint,
  b: bigint,
  c: bigint,
  minusProduct: boolean,
  minusAddend: boolean,
  rm: number,
) => {
  const one = 2n ** -f.unitLog;
  const nan = { result: canonical(f), flags: [a, b, c].some((x) => isSignalling(f, x)) ? NV! : 0 };
  const isZero = (x: bigint) => !isInfinite(f, x) && units(f, x) === 0n;
  if ((isInfinite(f, a) && isZero(b)) || (isZero(a) && isInfinite(f, b))) return { ...nan, flags: NV! };
  if ([a, b, c].some((x) => isNaNPattern(f, x))) return nan;
  const productNegative = (isNegative(f, a) !== isNegative(f, b)) !== minusProduct;
  const addendNegative = isNegative(f, c) !== minusAddend;
  const signed = (negative: boolean, pattern: bigint) => pattern + (negative ? 2n ** BigInt(f.width - 1) : 0n);
  const isProductInfinite = isInfinite(f, a) || isInfinite(f, b);
  if (isProductInfinite && isInfinite(f, c) && productNegative !== addendNegative) return { ...nan, flags: NV! };
  if (isProductInfinite) return { result: signed(productNegative, f.infinity), flags: 0 };
  if (isInfinite(f, c)) return { result: signed(addendNegative, f.infinity), flags: 0 };
  const product = units(f, a) * units(f, b) * (minusProduct ? -1n : 1n);
  const total = product + units(f, c) * one * (minusAddend ? -1n : 1n);
  if (total !== 0n) return roundExact(f, rational(total, one), rm);
  return { result: signed(productNegative === addendNegative ? productNegative : rm === 2, 0n), flags: 0 };
};

const divide = (f: Parameters, a: bigint, b: bigint, rm: number): Outcome => {
  const negative = isNegative(f, a) !== isNegative(f, b);
  const signed = (pattern: bigint) => pattern + (negative ? 2n ** BigInt(f.width - 1) : 0n);
  if (isNaNPattern(f, a) || isNaNPattern(f, b)) {
    return { result: canonical(f), flags: isSignalling(f, a) || isSignalling(f, b) ? NV! : 0 };
  }
  const isInvalid = isInfinite(f, a) ? isInfinite(f, b) : !isInfinite(f, b) && units(f, a) === 0n && units(f, b) === 0n;
  if (isInvalid) return { result: canonical(f), flags: NV! };
  if (isInfinite(f, a)) return { result: signed(f.infinity), flags: 0 };
  if (isInfinite(f, b) || units(f, a) === 0n) return { result: signed(0n), flags: 0 };
  if (units(f, b) === 0n) return { result: signed(f.infinity), flags: DZ! };
  return roundExact(f, rational(units(f, a) * 2n ** -f.unitLog, units(f, b)), rm);
};

const squareRoot = (f: Parameters, a: bigint, rm: number): Outcome => {
  if (isNaNPattern(f, a)) return { result: canonical(f), flags: isSignalling(f, a) ? NV! : 0 };
  if (!isInfinite(f, a) && units(f, a) === 0n) return { result: a, flags: 0 };
  if (isNegative(f, a)) return { result: canonical(f), flags: NV! };
  if (isInfinite(f, a)) return { result: a, flags: 0 };
  return roundExact(f, root(units(f, a) * 2n ** -f.unitLog), rm);
};

const compare = (f: Parameters, operation: string, a: bigint, b: bigint): Outcome => {
  const isNaNPresent = isNaNPattern(f, a) || isNaNPattern(f, b);
  const signals = isSignalling(f, a) || isSignalling(f, b);
  if (operation === 'min' || operation === 'max') {
    const flags = signals ? NV! : 0;
    if (isNaNPattern(f, a)) return { result: isNaNPattern(f, b) ? canonical(f) : b, flags };
    if (isNaNPattern(f, b)) return { result: a, flags };
    const isALess = units(f, a) < units(f, b) || (units(f, a) === units(f, b) && isNegative(f, a) && !isNegative(f, b));
    return { result: isALess === (operation === 'min') ? a : b, flags };
  }
  if (isNaNPresent) return { result: 0n, flags: signals || operation !== 'eq' ? NV! : 0 };
  const [x, y] = [units(f, a), units(f, b)];
  return { result: (operation === 'eq' ? x === y : operation === 'lt' ? x < y : x <= y) ? 1n : 0n, flags: 0 };
};

const classify = (f: Parameters, a: bigint): Outcome => {
  const count = magnitude(units(f, a));
  const kind = isNaNPattern(f, a)
    ? isSignalling(f, a)
      ? 8n
      : 9n
    : [
        isInfinite(f, a),
        !isInfinite(f, a) && count >= 2n ** f.fraction,
        count !== 0n && count < 2n ** f.fraction,
        count === 0n,
      ].indexOf(true);
  return { result: 2n ** (typeof kind === 'bigint' ? kind : BigInt(isNegative(f, a) ? kind : 7 - kind)), flags: 0 };
};

const integerRange = (name: string): [bigint, bigint] =>
  ({
    w: [-(2n ** 31n), 2n ** 31n - 1n],
    wu: [0n, 2n ** 32n - 1n],
    l: [-(2n ** 63n), 2n ** 63n - 1n],
    lu: [0n, 2n ** 64n - 1n],
  })[name] as [bigint, bigint];

const toInteger = (f: Parameters, to: string, a: bigint, rm: number): Outcome => {
  const [least, greatest] = integerRange(to);
  const extend = (value: bigint) => BigInt.asUintN(64, to.startsWith('w') ? BigInt.asIntN(32, value) : value);
  if (isNaNPattern(f, a)) return { result: extend(greatest), flags: NV! };
  const one = 2n ** -f.unitLog;
  const count = units(f, a); // of infinity, more than any integer
  const floor = (count - (((count % one) + one) % one)) / one;
  const rest = count - floor * one;
  const isUp = [
    2n * rest > one || (2n * rest === one && floor % 2n !== 0n),
    count < 0n,
    false,
    true,
    2n * rest > one || (2n * rest === one && count > 0n),
  ][rm];
  const rounded = rest !== 0n && isUp ? floor + 1n : floor;
  if (rounded < least) return { result: extend(least), flags: NV! };
  if (rounded > greatest) return { result: extend(greatest), flags: NV! };
  return { result: extend(rounded), flags: rest === 0n ? 0 : NX! };
};

const fromInteger = (f: Parameters, from: string, a: bigint, rm: number): Outcome => {
  const bits = from.startsWith('w') ? 32 : 64;
  const value = from.endsWith('u') ? BigInt.asUintN(bits, a) : BigInt.asIntN(bits, a);
  return value === 0n ? { result: 0n, flags: 0 } : roundExact(f, rational(value * 2n ** -f.unitLog, 1n), rm);
};

const convert = (to: Parameters, from: Parameters, a: bigint, rm: number): Outcome => {
  if (isNaNPattern(from, a)) return { result: canonical(to), flags: isSignalling(from, a) ? NV! : 0 };
  const negativeBit = isNegative(from, a) ? 2n ** BigInt(to.width - 1) : 0n;
  if (isInfinite(from, a)) return { result: negativeBit + to.infinity, flags: 0 };
  if (units(from, a) === 0n) return { result: negativeBit, flags: 0 };
  return roundExact(to, rational(units(from, a) * 2n ** -to.unitLog, 2n ** -from.unitLog), rm);
};

/** What the helper of that name should return and raise. */
export const exact = (name: FloatHelperName, a: bigint, b: bigint, c: bigint, rm: number): Outcome => {
  const [operation, suffix] = name.split('.') as [string, string];
  const format = parameters[suffix];
  if (format === undefined) return fromInteger(parameters[operation]!, suffix, a, rm);
  if (parameters[operation]) return convert(parameters[operation], format, a, rm);
  const one = (format.infinity >> 1n) & ~(2n ** (format.fraction - 1n) - 1n) & ~(2n ** (format.fraction - 1n));
  switch (operation) {
    case 'add':
      return fused(format, one, a, b, false, false, rm);
    case 'sub':
      return fused(format, one, a, b, false, true, rm);
    case 'mul':
      // A zero addend of the product's own sign changes nothing.
      return fused(
        format,
        a,
        b,
        isNegative(format, a) !== isNegative(format, b) ? 2n ** BigInt(format.width - 1) : 0n,
        false,
        false,
        rm,
      );
    case 'madd':
      return fused(format, a, b, c, false, false, rm);
    case 'msub':
      return fused(format, a, b, c, false, true, rm);
    case 'nmsub':
      return fused(format, a, b, c, true, false, rm);
    case 'nmadd':
      return fused(format, a, b, c, true, true, rm);
    case 'div':
      return divide(format, a, b, rm);
    case 'sqrt':
      return squareRoot(format, a, rm);
    case 'class':
      return classify(format, a);
    case 'w':
    case 'wu':
    case 'l':
    case 'lu':
      return toInteger(format, operation, a, rm);
    default:
      return compare(format, operation, a, b);
  }
};
