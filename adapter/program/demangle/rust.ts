/**
 * Names of Rust as compilers mangle them: the present scheme (rust-v0.ts), and the older one, which looks like C++ with a hash at
 * its end. The hash is left out. Bounded as names of C++ are.
 */

import { demangleV0 } from './rust-v0.ts';

const nameBytesMax = 16_384;

export const demangleRust = (mangled: string): string | undefined => {
  if (mangled.length > nameBytesMax) return undefined;
  return /^_?_?R[A-Z]/.test(mangled) ? demangleV0(mangled) : demangleLegacy(mangled);
};

// biome-ignore format: a table
const legacyEscapes: Readonly<Record<string, string>> = {
  SP: '@', BP: '*', RF: '&', LT: '<', GT: '>', LP: '(', RP: ')', C: ',',
};

/** `_ZN`, names with their lengths, the last of them a hash of 16 digits after `h`. */
const demangleLegacy = (mangled: string): string | undefined => {
  const parts: string[] = [];
  let at = /^_{0,2}ZN/.exec(mangled)?.[0].length;
  if (at === undefined) return undefined;
  while (mangled[at] !== 'E') {
    const digits = /^[1-9]\d{0,4}/.exec(mangled.slice(at, at + 5))?.[0];
    if (digits === undefined) return undefined;
    at += digits.length;
    const part = mangled.slice(at, at + Number(digits));
    if (part.length < Number(digits)) return undefined;
    parts.push(part);
    at += part.length;
  }
  if (!/^(?:\.[\w.]+)?$/.test(mangled.slice(at + 1))) return undefined;
  const hash = parts.pop();
  if (hash === undefined || parts.length === 0 || !/^h[\da-f]{16}$/.test(hash)) return undefined;
  const texts = parts.map(unescaped);
  return texts.includes(undefined) ? undefined : texts.join('::');
};

const unescaped = (part: string): string | undefined => {
  if (!/^[\w$.]*$/.test(part)) return undefined;
  const begun = part.startsWith('_$') ? part.slice(1) : part;
  let isBroken = false;
  const text = begun.replaceAll('..', '::').replace(/\$(\w*)\$/g, (_, code: string) => {
    const unicode = /^u([\da-f]{1,6})$/.exec(code);
    if (unicode !== null && Number.parseInt(unicode[1]!, 16) <= 0x10_ffff) {
      return String.fromCodePoint(Number.parseInt(unicode[1]!, 16));
    }
    if (legacyEscapes[code] === undefined) isBroken = true;
    return legacyEscapes[code] ?? '';
  });
  return isBroken ? undefined : text;
};
