/** The words of an expression: numbers, characters, texts, names, operators, each with where it begins. */

import { badExpression } from './errors.ts';

export type Token = { readonly text: string; readonly start: number; readonly end: number } & (
  | { readonly kind: 'number'; readonly value: bigint; readonly base: number; readonly suffix: string }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'character'; readonly value: number }
  | { readonly kind: 'string'; readonly bytes: Uint8Array }
  /** What stands before `::` and is no name of a language: `sched/core.c`. */
  | { readonly kind: 'file' }
  | { readonly kind: 'name' }
  | { readonly kind: 'operator' }
);

/** Long enough for any condition that a person writes, short enough that no nesting can exhaust the stack. */
export const textMax = 1000;

const pattern = new RegExp(
  [
    String.raw`(?<float>\d+\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)(?:[fF](?:32|64)?)?(?!\w)`,
    String.raw`(?<number>0[xX][\da-fA-F_]+?|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*?)(?<suffix>[uU]?[lL]{0,2}|[lL]{1,2}[uU]|[iu](?:8|16|32|64|128|size))(?!\w)`,
    String.raw`'(?<character>\\(?:x[\da-fA-F]{1,2}|[0-7]{1,3}|.)|[^'\\])'`,
    String.raw`'(?<quoted>[^']+)'(?=\s*::)`,
    String.raw`"(?<string>(?:\\.|[^"\\])*)"`,
    String.raw`(?<file>[A-Za-z_][\w./]*\.\w+)(?=\s*::)`,
    String.raw`(?<name>\$?[A-Za-z_][\w$@]*)`,
    String.raw`(?<operator>\|\||&&|->|::|\.\.|[=!<>]=|<<|>>|[-+*/%&|^~!<>()[\].?:;,])`,
  ]
    .map((part) => `(?:${part})`)
    .join('|'),
  'y',
);
/** After a dot, `0.1` is a member of a member of a tuple. */
const tupleMember = /\d+/y;

/** @throws {ExpressionError} that says where the text is wrong */
export const tokensOf = (text: string): readonly Token[] => {
  if (text.length > textMax) throw badExpression(text, `at most ${textMax} characters`, `${text.length}`, textMax);
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += /^\s*/.exec(text.slice(at))![0].length;
    if (at === text.length) return tokens;
    const afterDot = tokens.at(-1)?.text === '.';
    const tuple = afterDot ? matchAt(tupleMember, text, at) : undefined;
    const found = tuple ?? matchAt(pattern, text, at);
    if (found === undefined) throw badExpression(text, 'a name, a number or an operator', text.slice(at), at + 1);
    const place = { text: found[0], start: at, end: at + found[0].length };
    tokens.push(tuple === undefined ? tokenOf(found, place) : { ...place, kind: 'name' });
    at = place.end;
  }
};

const matchAt = (wanted: RegExp, text: string, at: number): RegExpExecArray | undefined => {
  wanted.lastIndex = at;
  return wanted.exec(text) ?? undefined;
};

const tokenOf = (found: RegExpExecArray, place: { text: string; start: number; end: number }): Token => {
  const { float, number, suffix, character, quoted, string, file, name } = found.groups!;
  if (float !== undefined) return { ...place, kind: 'float', value: Number(float) };
  if (number !== undefined) return { ...place, kind: 'number', suffix: suffix!.toLowerCase(), ...numberOf(number) };
  if (character !== undefined) return { ...place, kind: 'character', value: bytesOf(character)[0] ?? 0 };
  if (string !== undefined) return { ...place, kind: 'string', bytes: bytesOf(string) };
  if (quoted !== undefined || file !== undefined) return { ...place, kind: 'file', text: (quoted ?? file)! };
  return { ...place, kind: name === undefined ? 'operator' : 'name' };
};

const numberOf = (text: string): { value: bigint; base: number } => {
  const digits = text.replaceAll('_', '');
  const base = /^0x/i.test(digits) ? 16 : /^0b/i.test(digits) ? 2 : /^0o?[0-7]+$/i.test(digits) ? 8 : 10;
  // An octal number of C has nothing but its zero before it.
  const spelt = base === 8 ? `0o${digits.replace(/^0o?/i, '')}` : digits;
  return { value: BigInt.asUintN(64, /^0[xbo]$/i.test(spelt) ? 0n : BigInt(spelt)), base };
};

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  e: '\x1b', // biome-ignore format: a table
};

/** The bytes of a text with C's escapes. */
const bytesOf = (text: string): Uint8Array => {
  const bytes: number[] = [];
  for (const [part] of text.matchAll(/\\x[\da-fA-F]{1,2}|\\[0-7]{1,3}|\\.|[^\\]+/gs)) {
    if (/^\\x./.test(part)) bytes.push(Number.parseInt(part.slice(2), 16));
    else if (/^\\[0-7]/.test(part)) bytes.push(Number.parseInt(part.slice(1), 8) & 0xff);
    else bytes.push(...Buffer.from(part.startsWith('\\') ? (escapes[part[1]!] ?? part[1]!) : part));
  }
  return Uint8Array.from(bytes);
};

/** A number as a person writes it, also negative; undefined when it is none. */
export const parseNumber = (text: string): bigint | undefined => {
  const match = /^\s*(-?)(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)\s*$/.exec(text.slice(0, 100));
  if (match === null) return undefined;
  const value = BigInt(match[2]!);
  return BigInt.asUintN(64, match[1] === '-' ? -value : value);
};
