/**
 * Types as expressions have them: `unsigned long *`, `struct page *[4]`, `ns::Box<short, 6> &` of C and C++; `*const u8`,
 * `&mut [u32; 4]` of Rust. Whether a name is a type is asked of the program; it finds no type itself.
 */

import { badExpression } from './errors.ts';
import type { TypeLayer, TypeName } from './node.ts';
import type { Reader } from './reader.ts';

const tags = new Set(['struct', 'union', 'enum', 'class']);
const typeWords = new Set(['unsigned', 'signed', 'long', 'short', 'int', 'char', 'void', 'float', 'double', '_Bool']);
/** Of Rust, and those of C++ that C has not. */
const builtIn = new Set(
  'u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 bool str __int128 size_t uintptr_t'.split(' '),
);
const qualifiers = new Set(['const', 'volatile', 'restrict', 'mut']);
const arrayMax = 2 ** 31;

export class TypeParser {
  readonly #reader: Reader;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** @throws {ExpressionError} when no type is here */
  need(): TypeName {
    const type = this.#rust() ?? this.#c();
    if (type === undefined) throw this.#reader.unexpected('a type');
    return type;
  }

  /** `(unsigned long *)`, when that is what comes next. */
  inParentheses(): TypeName | undefined {
    const reader = this.#reader;
    if (!reader.is('(')) return undefined;
    const back = reader.next;
    reader.next += 1;
    const type = this.#c();
    if (type !== undefined && reader.take(')')) return type;
    reader.next = back;
    return undefined;
  }

  /** The name of a type with arguments, `Box<short, 6>`, when that comes next and something behind it. */
  instanceBefore(operator: string): string | undefined {
    const reader = this.#reader;
    const { text, start } = reader;
    const name = /^(?:[A-Za-z_]\w*::)*[A-Za-z_]\w*\s*</.exec(text.slice(start))?.[0];
    if (name === undefined) return undefined;
    let depth = 1;
    let end = start + name.length;
    for (; end < text.length && depth > 0; end++) {
      if (text[end] === '<') depth += 1;
      else if (text[end] === '>' && text[end - 1] !== '-') depth -= 1;
    }
    const found = text.slice(start, end);
    const follows = text.slice(end).trimStart().startsWith(operator);
    if (depth > 0 || !follows || reader.names.isType?.(found) !== true) return undefined;
    reader.skipTo(end);
    return found;
  }

  /** Rust puts what a type is made of before it. */
  #rust(): TypeName | undefined {
    const reader = this.#reader;
    const { start } = reader;
    const isPointer = reader.is('*') || reader.is('&');
    if (isPointer) {
      const layer = reader.is('*') ? '*' : '&';
      reader.next += 1;
      while (reader.token?.kind === 'name' && qualifiers.has(reader.token.text)) reader.next += 1;
      const inner = this.need();
      return { ...inner, layers: [...inner.layers, layer], spot: reader.spot(start) };
    }
    if (!reader.take('[')) return undefined;
    const inner = this.need();
    reader.need(';', 'a semicolon');
    const count = this.#count();
    reader.need(']', 'a closing bracket');
    return { ...inner, layers: [...inner.layers, count], spot: reader.spot(start) };
  }

  #count(): number {
    const { token } = this.#reader;
    if (token?.kind !== 'number') throw this.#reader.unexpected('a number');
    if (token.value > arrayMax)
      throw badExpression(this.#reader.text, `at most ${arrayMax}`, token.text, token.start + 1);
    this.#reader.next += 1;
    return Number(token.value);
  }

  #c(): TypeName | undefined {
    const reader = this.#reader;
    const { start, next: back } = reader;
    const name = this.#cName();
    if (name === undefined) {
      reader.next = back;
      return undefined;
    }
    const layers: TypeLayer[] = [];
    for (;;) {
      if (reader.take('*')) layers.push('*');
      else if (reader.take('&')) layers.push('&');
      else if (reader.token?.kind === 'name' && qualifiers.has(reader.token.text)) reader.next += 1;
      else break;
    }
    // The last dimension is the innermost.
    const counts: number[] = [];
    while (reader.is('[') && reader.following?.kind === 'number') {
      reader.next += 1;
      counts.push(this.#count());
      reader.need(']', 'a closing bracket');
    }
    return { name, layers: [...layers, ...counts.reverse()], spot: reader.spot(start) };
  }

  #cName(): string | undefined {
    const reader = this.#reader;
    const words: string[] = [];
    for (;;) {
      const { token } = reader;
      if (token?.kind !== 'name') break;
      const last = words.at(-1);
      if (qualifiers.has(token.text)) {
        reader.next += 1;
        continue;
      }
      if (typeWords.has(token.text) && (last === undefined || typeWords.has(last))) words.push(token.text);
      else if (last === undefined && tags.has(token.text)) words.push(token.text);
      else if (last === undefined || tags.has(last)) {
        const name = this.#programName(last !== undefined);
        if (name === undefined) break;
        words.push(name);
        continue;
      } else break;
      reader.next += 1;
    }
    const isTagAlone = words.length === 1 && tags.has(words[0]!);
    return words.length === 0 || isTagAlone ? undefined : words.join(' ');
  }

  /** The name of a type of the program, with what it is in. Behind `struct` any name is meant to be one. */
  #programName(tagged: boolean): string | undefined {
    const reader = this.#reader;
    const instance = this.instanceBefore('');
    if (instance !== undefined) return instance;
    const path = [reader.token!.text];
    for (let ahead = reader.next + 1; ; ahead += 2) {
      const back = reader.next;
      reader.next = ahead;
      const more = reader.is('::') && reader.following?.kind === 'name' ? reader.following.text : undefined;
      reader.next = back;
      if (more === undefined) break;
      path.push(more);
    }
    const name = path.join('::');
    // In C a structure and a variable may share a name: the variable is what is meant.
    const isOwn = reader.names.isType?.(name) === true && reader.names.isVariable?.(name) !== true;
    const isType = tagged || isOwn || (path.length === 1 && builtIn.has(name));
    if (!isType) return undefined;
    reader.next += 2 * path.length - 1;
    return name;
  }
}
