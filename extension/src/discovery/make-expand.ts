/**
 * Expansion of a makefile's text as GNU make does it (GNU make manual, chapters 6 and 8), as far as no program must be run.
 * What only make or a shell could say stays as an unknown.
 */

import { closing } from './shell-words.ts';
import { unknown } from './unknown.ts';

export interface MakeVariable {
  readonly value: string;
  /** Its value was expanded when it was set (`:=`). */
  readonly simple: boolean;
}

export type MakeVariables = ReadonlyMap<string, MakeVariable>;

const depthMax = 40;
const lengthMax = 65_536;

/** `automatic`: `@`, `<`, `^` and the like, where there is a rule. */
export const expand = (
  text: string,
  variables: MakeVariables,
  automatic: ReadonlyMap<string, string> = new Map(),
  depth = 0,
): string => {
  if (depth > depthMax) return unknown(text);
  const again = (part: string): string => expand(part, variables, automatic, depth + 1);
  const lookUp = (name: string): string => {
    const given = automatic.get(name);
    if (given !== undefined) return given;
    if (name === 'CURDIR' || name === 'PWD') return '.';
    if (name === 'MAKE') return unknown('$(MAKE)');
    const found = variables.get(name);
    if (found === undefined) return '';
    return found.simple ? found.value : again(found.value);
  };
  let result = '';
  for (let at = 0; at < text.length && result.length < lengthMax; ) {
    const letter = text[at]!;
    const next = text[at + 1];
    if (letter !== '$' || next === undefined) {
      result += letter;
      at += 1;
    } else if (next === '$') {
      result += '$';
      at += 2;
    } else if (next === '(' || next === '{') {
      const end = closing(text, at + 1);
      result += reference(text.slice(at + 2, end - 1), again, lookUp);
      at = end;
    } else {
      result += lookUp(next);
      at += 2;
    }
  }
  return result;
};

/** What stands between parentheses: a variable, one with a substitution, or a call of a function. */
const reference = (inside: string, again: (text: string) => string, lookUp: (name: string) => string): string => {
  const call = /^([a-z][a-z-]*)[ \t]+([\s\S]*)$/.exec(inside);
  if (call !== null) {
    const [, name, rest] = call as unknown as [string, string, string];
    return callOf(name, rest, again) ?? unknown(`$(${inside})`);
  }
  const name = again(inside);
  const substitution = /^([^:=]+):([^=]*)=(.*)$/.exec(name);
  if (substitution === null) return lookUp(name.trim());
  const [, variable, from, to] = substitution as unknown as [string, string, string, string];
  const [pattern, replacement] = from.includes('%') ? [from, to] : [`%${from}`, `%${to}`];
  return patternSubstitute(pattern, replacement, lookUp(variable));
};

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');
const eachWord = (text: string, change: (word: string) => string): string => words(text).map(change).join(' ');

/** The result of one of make's functions, as far as it is one of text alone. */
const callOf = (name: string, rest: string, again: (text: string) => string): string | undefined => {
  const given = argumentsOf(rest);
  const argument = (index: number): string => again(given[index] ?? '');
  switch (name) {
    case 'strip':
      return words(again(rest)).join(' ');
    case 'subst':
      return argument(2).replaceAll(argument(0), argument(1));
    case 'patsubst':
      return patternSubstitute(argument(0).trim(), argument(1).trim(), argument(2));
    case 'addprefix':
      return eachWord(argument(1), (word) => argument(0) + word);
    case 'addsuffix':
      return eachWord(argument(1), (word) => word + argument(0));
    case 'notdir':
      return eachWord(again(rest), (word) => word.slice(word.lastIndexOf('/') + 1));
    case 'dir':
      return eachWord(again(rest), (word) => word.slice(0, word.lastIndexOf('/') + 1) || './');
    case 'basename':
      return eachWord(again(rest), (word) => word.replace(/\.[^./]*$/, ''));
    case 'firstword':
      return words(again(rest))[0] ?? '';
    case 'lastword':
      return words(again(rest)).at(-1) ?? '';
    case 'word':
      return words(argument(1))[Number(argument(0)) - 1] ?? '';
    case 'abspath':
    case 'realpath':
      return again(rest).trim();
    case 'wildcard':
      return /[*?[]/.test(again(rest)) ? undefined : again(rest).trim();
    case 'if':
      return argument(0).trim() === '' ? argument(2) : argument(1);
    case 'or':
      return given.map((_, index) => argument(index).trim()).find((value) => value !== '') ?? '';
    case 'and':
      return given.every((_, index) => argument(index).trim() !== '') ? argument(given.length - 1).trim() : '';
    case 'shell':
      return rest.trim() === 'pwd' ? '.' : undefined;
    case 'info':
    case 'warning':
    case 'error':
    case 'eval':
      return '';
    default:
      return undefined;
  }
};

/** Separated by commas that are in no parentheses. */
const argumentsOf = (text: string): string[] => {
  const found: string[] = [];
  let begin = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '$' && (text[at + 1] === '(' || text[at + 1] === '{')) at = closing(text, at + 1) - 1;
    else if (text[at] === ',') {
      found.push(text.slice(begin, at));
      begin = at + 1;
    }
  }
  return [...found, text.slice(begin)];
};

const patternSubstitute = (pattern: string, replacement: string, text: string): string => {
  const at = pattern.indexOf('%');
  if (at < 0) return eachWord(text, (word) => (word === pattern ? replacement : word));
  const [before, after] = [pattern.slice(0, at), pattern.slice(at + 1)];
  return eachWord(text, (word) => {
    if (word.length < pattern.length - 1 || !word.startsWith(before) || !word.endsWith(after)) return word;
    return replacement.replace('%', () => word.slice(before.length, word.length - after.length));
  });
};
