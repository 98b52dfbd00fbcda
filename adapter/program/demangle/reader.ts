/** Where one stands in a mangled name of C++, and what has been seen of it. The grammar is in itanium-names.ts and its like. */

import type { Expressions } from './itanium-expressions.ts';
import type { Names } from './itanium-names.ts';
import type { Types } from './itanium-types.ts';
import type { Node } from './node.ts';

const depthMax = 200;

/** A name is not mangled after all. */
export class Unreadable extends Error {}

/** The parameters of the template whose signature is read: what `T_` means there. */
export interface TemplateScope {
  arguments: readonly Node[] | undefined;
}

/** Where in a mangled name the reader stands, and what it has seen. */
export class Reader {
  readonly text: string;
  at = 0;
  /** What `S_`, `S0_` ... stand for. */
  readonly substitutions: Node[] = [];
  scope: TemplateScope = { arguments: undefined };
  /** Inside the parameters of a lambda, `T_` is what `auto` stands for. */
  inLambda = false;
  #depth = 0;
  /** The parts of the grammar, which refer to one another. */
  names!: Names;
  types!: Types;
  expressions!: Expressions;

  constructor(text: string) {
    this.text = text;
  }

  get next(): string {
    return this.text[this.at] ?? '';
  }
  is(text: string): boolean {
    return this.text.startsWith(text, this.at);
  }
  take(text: string): boolean {
    if (!this.is(text)) return false;
    this.at += text.length;
    return true;
  }
  need(text: string): void {
    if (!this.take(text)) throw new Unreadable();
  }
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }
  needMatch(pattern: RegExp): string {
    const found = this.match(pattern);
    if (found === undefined) throw new Unreadable();
    return found;
  }

  /** Reads what nests, no deeper than names do. */
  nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > depthMax) throw new Unreadable();
    const found = read();
    this.#depth -= 1;
    return found;
  }

  keep(found: Node): Node {
    this.substitutions.push(found);
    return found;
  }

  /** Up to an `E`. */
  until(read: () => Node): readonly Node[] {
    const found: Node[] = [];
    while (!this.take('E')) {
      if (this.at >= this.text.length) throw new Unreadable();
      found.push(read());
    }
    return found;
  }

  /** `_` is 0, `0_` is 1 and so on, in a base. */
  sequence(base: 10 | 36): number {
    const digits = this.match(base === 10 ? /\d{1,6}/y : /[\dA-Z]{1,5}/y);
    this.need('_');
    return digits === undefined ? 0 : Number.parseInt(digits, base) + 1;
  }
}
