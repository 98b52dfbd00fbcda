/**
 * The lines with which a makefile starts QEMU, variables expanded. It reads a makefile as GNU make does: assignments,
 * conditionals, includes, rules (GNU make manual, 3 to 7); it builds nothing and runs nothing.
 */

import { posix } from 'node:path';
import { expand, type MakeVariable } from './make-expand.ts';
import { qemuWords } from './qemu-words.ts';
import { shellCommands } from './shell-words.ts';
import { hasUnknown } from './unknown.ts';

export interface MakeLine {
  /** The target whose recipe it is in. */
  readonly target: string;
  /** The file that the line is in, and where, from 1. */
  readonly file: string;
  readonly line: number;
  /** The words behind the program's name; some may hold an unknown. */
  readonly words: readonly string[];
}

/** `read` gives the text of a makefile that is included; nothing where it cannot be read. */
export const makeLines = async (
  file: string,
  text: string,
  read: (file: string) => Promise<string | undefined>,
): Promise<MakeLine[]> => {
  const reader = new MakeReader(read);
  await reader.take(file, text);
  return reader.lines();
};

interface RecipeLine {
  readonly target: string;
  readonly prerequisites: string;
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

interface Rule {
  readonly target: string;
  readonly prerequisites: string;
}

const includesMax = 30;
const recipesMax = 5_000;

class MakeReader {
  readonly #read: (file: string) => Promise<string | undefined>;
  readonly #variables = new Map<string, MakeVariable>();
  readonly #recipes: RecipeLine[] = [];
  #included = 0;

  constructor(read: (file: string) => Promise<string | undefined>) {
    this.#read = read;
  }

  async take(file: string, text: string): Promise<void> {
    const conditions = new Conditions((part) => this.#expand(part));
    let rule: Rule | undefined;
    let defined: { name: string; lines: string[] } | undefined;
    for (const { line, text: whole } of logicalLines(text)) {
      const bare = whole.trim();
      if (defined !== undefined) {
        if (bare === 'endef') {
          this.#variables.set(defined.name, { value: defined.lines.join('\n'), simple: false });
          defined = undefined;
        } else defined.lines.push(whole);
        continue;
      }
      const isRecipe = whole.startsWith('\t') && rule !== undefined;
      const plain = isRecipe ? bare : uncommented(whole).trim();
      if (conditions.take(plain) || !conditions.active || plain === '') continue;
      if (isRecipe) {
        if (this.#recipes.length < recipesMax) this.#recipes.push({ ...rule!, file, line, text: bare });
        continue;
      }
      const definition = /^define\s+(\S+)/.exec(plain);
      if (definition !== null) defined = { name: definition[1]!, lines: [] };
      else if (/^-?s?include\s/.test(plain)) await this.#include(file, plain.replace(/^\S+\s+/, ''));
      else if (!this.#assign(plain)) rule = ruleOf(plain) ?? rule;
    }
  }

  lines(): MakeLine[] {
    return this.#recipes.flatMap(({ target, prerequisites, file, line, text }) => {
      const needed = this.#expand(prerequisites).split('|')[0]!.trim();
      const name = this.#expand(target).trim();
      const automatic = new Map([
        ['@', name],
        ['<', needed.split(/\s+/)[0] ?? ''],
        ['^', needed],
        ['+', needed],
      ]);
      const recipe = expand(text, this.#variables, automatic).replace(/^[@+\s-]*/, '');
      return shellCommands(recipe).flatMap((command) => {
        const words = qemuWords(command);
        return words === undefined ? [] : [{ target: name, file, line, words }];
      });
    });
  }

  #expand(text: string): string {
    return expand(text, this.#variables);
  }

  #assign(text: string): boolean {
    const found = /^(?:(?:override|export|private)\s+)*([^\s:#=+?!]+)\s*(:{0,3}=|\?=|\+=|!=)\s*([\s\S]*)$/.exec(text);
    if (found === null) return false;
    const [, spelt, operator, value] = found as unknown as [string, string, string, string];
    const name = this.#expand(spelt);
    const before = this.#variables.get(name);
    if (operator === '?=' && before !== undefined) return true;
    if (operator === '+=' && before !== undefined) {
      const more = before.simple ? this.#expand(value) : value;
      this.#variables.set(name, { value: `${before.value} ${more}`.trim(), simple: before.simple });
    } else if (operator === '!=') this.#variables.set(name, { value: `$(shell ${value})`, simple: false });
    else if (operator.startsWith(':')) this.#variables.set(name, { value: this.#expand(value), simple: true });
    else this.#variables.set(name, { value, simple: false });
    return true;
  }

  async #include(from: string, names: string): Promise<void> {
    for (const name of this.#expand(names).split(/\s+/)) {
      if (name === '' || hasUnknown(name) || /[*?[]/.test(name) || name.endsWith('.d')) continue;
      this.#included += 1;
      if (this.#included > includesMax) return;
      const file = posix.join(posix.dirname(from), name);
      const text = await this.#read(file);
      if (text !== undefined) await this.take(file, text);
    }
  }
}

/** Lines with their continuations, and where they begin. */
function* logicalLines(text: string): Generator<{ readonly line: number; readonly text: string }> {
  const physical = text.split(/\r?\n/);
  for (let index = 0; index < physical.length; ) {
    const line = index + 1;
    let whole = physical[index++]!;
    while (/(^|[^\\])(\\\\)*\\$/.test(whole) && index < physical.length) {
      whole = `${whole.slice(0, -1).trimEnd()} ${physical[index++]!.trim()}`;
    }
    yield { line, text: whole };
  }
}

const uncommented = (text: string): string => text.replace(/(^|[^\\])#.*$/, '$1');

/** The first of its targets; a rule with a pattern has no name of its own. */
const ruleOf = (text: string): Rule | undefined => {
  const found = /^([^:=]+):{1,2}(?!=)\s*([^;]*)/.exec(text);
  if (found === null) return undefined;
  return { target: found[1]!.trim().split(/\s+/)[0]!, prerequisites: found[2]! };
};

/** Which lines count: `ifdef`, `ifndef`, `ifeq`, `ifneq`, `else`, `endif`, one in another. An unknown equals nothing. */
class Conditions {
  readonly #open: { outer: boolean; active: boolean; done: boolean }[] = [];
  readonly #expand: (text: string) => string;

  constructor(expandText: (text: string) => string) {
    this.#expand = expandText;
  }

  get active(): boolean {
    return this.#open.at(-1)?.active ?? true;
  }

  /** Whether the line is a conditional's. */
  take(text: string): boolean {
    const found = /^(else|endif|ifdef|ifndef|ifeq|ifneq)\b\s*(.*)$/.exec(text);
    if (found === null) return false;
    const [, word, rest] = found as unknown as [string, string, string];
    const top = this.#open.at(-1);
    if (word === 'endif') this.#open.pop();
    else if (word === 'else') {
      if (top === undefined) return true;
      const nested = /^(ifdef|ifndef|ifeq|ifneq)\b\s*(.*)$/.exec(rest);
      const holds = !top.done && (nested === null || this.#holds(nested[1]!, nested[2]!));
      top.active = top.outer && holds;
      top.done ||= holds;
    } else {
      const outer = this.active;
      const holds = outer && this.#holds(word, rest);
      this.#open.push({ outer, active: holds, done: holds });
    }
    return true;
  }

  #holds(word: string, rest: string): boolean {
    if (word === 'ifdef') return this.#expand(`$(${rest.trim()})`) !== '';
    if (word === 'ifndef') return this.#expand(`$(${rest.trim()})`) === '';
    const equal = this.#equal(rest.trim());
    return word === 'ifeq' ? equal : !equal;
  }

  #equal(text: string): boolean {
    const sides = text.startsWith('(') ? splitPair(text.slice(1, text.lastIndexOf(')'))) : quotedPair(text);
    const [one, other] = sides.map((side) => this.#expand(side).trim());
    return !hasUnknown(one ?? '') && !hasUnknown(other ?? '') && one === other;
  }
}

/** At the first comma that is in no parentheses. */
const splitPair = (text: string): readonly [string, string] => {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '(' || text[at] === '{') depth += 1;
    else if (text[at] === ')' || text[at] === '}') depth -= 1;
    else if (text[at] === ',' && depth === 0) return [text.slice(0, at), text.slice(at + 1)];
  }
  return [text, ''];
};

const quotedPair = (text: string): readonly [string, string] => {
  const found = /^(["'])(.*?)\1\s*(["'])(.*?)\3$/.exec(text);
  return [found?.[2] ?? text, found?.[4] ?? ''];
};
