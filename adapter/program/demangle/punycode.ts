/** Names beyond ASCII as Rust writes them: Punycode (RFC 3492) with `_` for the hyphen. */

const base = 36;
const [tMin, tMax, skew, damp, biasFirst, codeFirst] = [1, 26, 38, 700, 72, 128];
const lengthMax = 256;

/** The name, or nothing when it is none. */
export const punycode = (text: string): string | undefined => {
  const split = text.lastIndexOf('_');
  const output = [...(split < 0 ? '' : text.slice(0, split))].map((letter) => letter.codePointAt(0)!);
  let [code, bias, index] = [codeFirst, biasFirst, 0];
  for (let at = split + 1; at < text.length; ) {
    const before = index;
    for (let weight = 1, k = base; ; k += base) {
      const digit = digitOf(text[at++]);
      if (digit === undefined) return undefined;
      index += digit * weight;
      const threshold = Math.min(tMax, Math.max(tMin, k - bias));
      if (digit < threshold) break;
      weight *= base - threshold;
      if (weight > 2 ** 31) return undefined;
    }
    const length = output.length + 1;
    bias = adapted(index - before, length, before === 0);
    code += Math.floor(index / length);
    index %= length;
    if (code > 0x10_ffff || (code >= 0xd800 && code < 0xe000) || length > lengthMax) return undefined;
    output.splice(index++, 0, code);
  }
  return String.fromCodePoint(...output);
};

const digitOf = (letter: string | undefined): number | undefined => {
  if (letter === undefined) return undefined;
  if (/[a-z]/.test(letter)) return letter.charCodeAt(0) - 97;
  return /\d/.test(letter) ? Number(letter) + 26 : undefined;
};

/** RFC 3492, 6.1. */
const adapted = (delta: number, length: number, isFirst: boolean): number => {
  let rest = Math.floor(delta / (isFirst ? damp : 2));
  rest += Math.floor(rest / length);
  let k = 0;
  for (; rest > ((base - tMin) * tMax) / 2; k += base) rest = Math.floor(rest / (base - tMin));
  return k + Math.floor(((base - tMin + 1) * rest) / (rest + skew));
};
