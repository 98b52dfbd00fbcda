/** Floating-point registers for people: a double, or the single that is NaN-boxed in it (F extension, "NaN Boxing"). */

const box = 0xffff_ffffn;
const view = new DataView(new ArrayBuffer(8));

const doubleOf = (bits: bigint): number => {
  view.setBigUint64(0, bits);
  return view.getFloat64(0);
};
const singleOf = (bits: bigint): number => {
  view.setUint32(0, Number(bits & 0xffff_ffffn));
  return view.getFloat32(0);
};

/** `1.5 (0x3ff8000000000000)`, `1.5f (0xffffffff3fc00000)`. */
export const floatText = (bits: bigint): string => {
  const value = bits >> 32n === box ? `${numberText(singleOf(bits))}f` : numberText(doubleOf(bits));
  return `${value} (0x${bits.toString(16).padStart(16, '0')})`;
};

/** The bits of a value as a person types it: `1.5` is a double, `1.5f` a NaN-boxed single; undefined when it is neither. */
export const parseFloatText = (text: string): bigint | undefined => {
  const match = /^\s*([-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|Infinity|NaN))(f?)\s*$/.exec(text);
  if (match === null) return undefined;
  const value = Number(match[1]);
  if (match[2] === 'f') {
    view.setFloat32(0, value);
    return (box << 32n) | BigInt(view.getUint32(0));
  }
  view.setFloat64(0, value);
  return view.getBigUint64(0);
};

const numberText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));
