/**
 * Lines of a POSIX shell as the words of their simple commands (Shell Command Language, 2.3 and 2.9.1). It runs nothing:
 * variables are what the caller says, and what a command would print is unknown. Redirections are left out.
 */

import { unknown, unknownEnd } from './unknown.ts';

/** The value of a variable; nothing for one that is not known. */
export type LookUp = (name: string) => string | undefined;

/** The commands of a text, in order; the ends of lines, `;`, `&`, `|` and parentheses end one. */
export const shellCommands = (text: string, lookUp: LookUp = () => undefined): string[][] =>
  new ShellReader(text.replace(/\\\r?\n/g, ' '), lookUp).read();

/** How the words would be typed, so that they are these words again. */
export const joinWords = (words: readonly string[]): string =>
  words.map((word) => (/^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');

class ShellReader {
  readonly #text: string;
  readonly #lookUp: LookUp;
  #at = 0;
  readonly #commands: string[][] = [];
  #words: string[] = [];
  /** The word that is being read; absent between words. */
  #word: string | undefined;
  /** The next word is a redirection's and no word of the command. */
  #redirects = false;

  constructor(text: string, lookUp: LookUp) {
    this.#text = text;
    this.#lookUp = lookUp;
  }

  read(): string[][] {
    while (this.#at < this.#text.length) this.#next();
    this.#endCommand();
    return this.#commands;
  }

  #next(): void {
    const letter = this.#text[this.#at]!;
    if (letter === '#' && this.#word === undefined) {
      const end = this.#text.indexOf('\n', this.#at);
      this.#at = end < 0 ? this.#text.length : end;
      return;
    }
    const behind = unknownEnd(this.#text, this.#at);
    if (behind !== undefined) {
      this.#add(this.#text.slice(this.#at, behind));
      this.#at = behind;
      return;
    }
    this.#at += 1;
    if (letter === ' ' || letter === '\t' || letter === '\r') this.#endWord();
    else if ('\n;|()'.includes(letter)) this.#endCommand();
    else if (letter === '&') {
      if (this.#redirects && this.#word === undefined) this.#add('&');
      else this.#endCommand();
    } else if (letter === '<' || letter === '>') this.#redirect();
    else if (letter === '\\') this.#add(this.#text[this.#at++] ?? '');
    else if (letter === "'") this.#quoted("'", (part) => part);
    else if (letter === '"') this.#quoted('"', (part) => this.#expanded(part));
    else if (letter === '`') this.#quoted('`', (part) => unknown(`\`${part}\``));
    else if (letter === '$') this.#variable();
    else this.#add(letter);
  }

  #add(text: string): void {
    this.#word = (this.#word ?? '') + text;
  }

  #endWord(): void {
    if (this.#word !== undefined && !this.#redirects) this.#words.push(this.#word);
    if (this.#word !== undefined) this.#redirects = false;
    this.#word = undefined;
  }

  #endCommand(): void {
    this.#endWord();
    if (this.#words.length > 0) this.#commands.push(this.#words);
    this.#words = [];
    this.#redirects = false;
  }

  /** A number just before it says which descriptor. */
  #redirect(): void {
    if (this.#word !== undefined && /^\d$/.test(this.#word)) this.#word = undefined;
    this.#endWord();
    while (this.#text[this.#at] === '>' || this.#text[this.#at] === '<') this.#at += 1;
    this.#redirects = true;
  }

  #quoted(quote: string, meaning: (part: string) => string): void {
    let end = this.#at;
    while (end < this.#text.length && this.#text[end] !== quote)
      end += quote === '"' && this.#text[end] === '\\' ? 2 : 1;
    this.#add(meaning(this.#text.slice(this.#at, end)));
    this.#at = end + 1;
  }

  /** Outside of quotes the value falls apart into words. */
  #variable(): void {
    const { value, end } = variableAt(this.#text, this.#at, this.#lookUp);
    this.#at = end;
    const parts = value.split(/\s+/);
    if (parts.length === 1) {
      if (value !== '') this.#add(value);
      return;
    }
    for (const [index, part] of parts.entries()) {
      if (index > 0) this.#endWord();
      if (part !== '') this.#add(part);
    }
  }

  /** What stands in double quotes. */
  #expanded(part: string): string {
    let text = '';
    for (let at = 0; at < part.length; ) {
      if (part[at] === '\\' && '$`"\\'.includes(part[at + 1] ?? ' ')) {
        text += part[at + 1];
        at += 2;
      } else if (part[at] === '$') {
        const { value, end } = variableAt(part, at + 1, this.#lookUp);
        text += value;
        at = end;
      } else text += part[at++];
    }
    return text;
  }
}

/** The value of what stands behind a `$`, and where that ends. Arguments of a script are none. */
const variableAt = (text: string, at: number, lookUp: LookUp): { readonly value: string; readonly end: number } => {
  if (text[at] === '(') {
    const end = closing(text, at);
    return { value: unknown(`$${text.slice(at, end)}`), end };
  }
  const named = /\{(\w+)(?::?[-=]([^}]*))?\}|([A-Za-z_]\w*)|([0-9@*#?!$-])/y;
  named.lastIndex = at;
  const found = named.exec(text);
  if (found === null) {
    const end = text[at] === '{' ? Math.max(at + 1, text.indexOf('}', at) + 1) : at;
    return { value: end === at ? '$' : unknown(`$${text.slice(at, end)}`), end };
  }
  const [spelt, braced, instead, plain, special] = found;
  const end = named.lastIndex;
  if (special !== undefined || /^\d+$/.test(braced ?? '')) return { value: instead ?? '', end };
  const value = lookUp((braced ?? plain)!) ?? instead;
  return { value: value ?? unknown(`$${spelt}`), end };
};

/** Behind the parenthesis that closes the one at `at`. */
export const closing = (text: string, at: number): number => {
  const [open, close] = text[at] === '{' ? ['{', '}'] : ['(', ')'];
  let depth = 0;
  for (let index = at; index < text.length; index += 1) {
    if (text[index] === open) depth += 1;
    else if (text[index] === close) {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return text.length;
};
