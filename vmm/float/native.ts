/**
 * The host's own floating point, for the common case in which it cannot be told from the software: rounding is to
 * nearest-even, the inexact flag is already set, and operands and result are normal numbers away from the limits,
 * so no other flag can be raised. Each function returns undefined where that does not hold for its numbers; the
 * caller has seen to the mode and the flag. ECMAScript's number operations are exact IEEE 754 binary64
 * (ECMA-262, "Numeric Types").
 *
 * For binary32 the binary64 result is rounded a second time. For these five operations that is innocuous, because
 * binary64 has more than 2p + 2 bits (Figueroa, "When is double rounding innocuous?", 1995).
 */

export type NativeOperation = (a: bigint, b: bigint) => bigint | undefined;

const doubles = new Float64Array(2);
const doublePatterns = new BigUint64Array(doubles.buffer);
const doubleWords = new Uint32Array(doubles.buffer); // little-endian, as WebAssembly memory is

const singles = new Float32Array(2);
const singlePatterns = new Uint32Array(singles.buffer);

const isNormalDouble = (index: number): boolean => {
  const exponent = (doubleWords[2 * index + 1]! >>> 20) & 0x7ff;
  return exponent !== 0 && exponent !== 0x7ff;
};

const isNormalSingle = (index: number): boolean => {
  const exponent = (singlePatterns[index]! >>> 23) & 0xff;
  return exponent !== 0 && exponent !== 0xff;
};

const binaryDouble =
  (operation: (x: number, y: number) => number): NativeOperation =>
  (a, b) => {
    doublePatterns[0] = a;
    doublePatterns[1] = b;
    if (!isNormalDouble(0) || !isNormalDouble(1)) return undefined;
    doubles[0] = operation(doubles[0]!, doubles[1]!);
    return resultDouble();
  };

const binarySingle =
  (operation: (x: number, y: number) => number): NativeOperation =>
  (a, b) => {
    singlePatterns[0] = Number(BigInt.asUintN(32, a));
    singlePatterns[1] = Number(BigInt.asUintN(32, b));
    if (!isNormalSingle(0) || !isNormalSingle(1)) return undefined;
    singles[0] = operation(singles[0]!, singles[1]!);
    return resultSingle();
  };

/** The least normal exponent is left out: a result there may have been tiny before it was rounded up. */
const resultDouble = (): bigint | undefined => {
  const exponent = (doubleWords[1]! >>> 20) & 0x7ff;
  return exponent >= 2 && exponent <= 0x7fd ? doublePatterns[0]! : undefined;
};

const resultSingle = (): bigint | undefined => {
  const exponent = (singlePatterns[0]! >>> 23) & 0xff;
  return exponent >= 2 && exponent <= 0xfd ? BigInt(singlePatterns[0]!) : undefined;
};

export const nativeDouble = {
  add: binaryDouble((x, y) => x + y),
  sub: binaryDouble((x, y) => x - y),
  mul: binaryDouble((x, y) => x * y),
  div: binaryDouble((x, y) => x / y),
  sqrt: binaryDouble((x) => Math.sqrt(x)),
};

export const nativeSingle = {
  add: binarySingle((x, y) => x + y),
  sub: binarySingle((x, y) => x - y),
  mul: binarySingle((x, y) => x * y),
  div: binarySingle((x, y) => x / y),
  sqrt: binarySingle((x) => Math.sqrt(x)),
};
