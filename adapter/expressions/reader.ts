/** Passing through the words of an expression, one after another. It knows no grammar. */

import { badExpression, type Spot } from './errors.ts';
import { type Token, tokensOf } from './tokens.ts';

/** Which names mean something where the expression is for. */
export interface Names {
  /** The address of a symbol. */
  readonly symbol: (name: string) => bigint | undefined;
  /** Whether a name may be a variable or a constant of the source there; a path as it is written, `ns::name`. */
  readonly isVariable?: (name: string) => boolean;
  readonly isType?: (name: string) => boolean;
}

/** Where in the words the parser stands; shared with the parser of types. */
export class Reader {
  readonly text: string;
  readonly names: Names;
  readonly #tokens: readonly Token[];
  next = 0;

  constructor(text: string, names: Names) {
    this.text = text;
    this.names = names;
    this.#tokens = tokensOf(text);
  }

  get token(): Token | undefined {
    return this.#tokens[this.next];
  }
  /** The word after the present one. */
  get following(): Token | undefined {
    return this.#tokens[this.next + 1];
  }

  is(operator: string, token = this.token): boolean {
    return token?.kind === 'operator' && token.text === operator;
  }

  take(operator: string): boolean {
    if (!this.is(operator)) return false;
    this.next += 1;
    return true;
  }

  need(operator: string, expected: string): void {
    if (!this.take(operator)) throw this.unexpected(expected);
  }

  /** The next word, when it is a name. */
  takeName(): string | undefined {
    const { token } = this;
    if (token?.kind !== 'name') return undefined;
    this.next += 1;
    return token.text;
  }

  needName(expected: string): string {
    const name = this.takeName();
    if (name === undefined) throw this.unexpected(expected);
    return name;
  }

  unexpected(expected: string) {
    return badExpression(this.text, expected, this.token?.text ?? '', this.start + 1);
  }

  /** Where the next word begins. */
  get start(): number {
    return this.token?.start ?? this.text.length;
  }

  /** What was read since a place. */
  spot(start: number): Spot {
    const end = this.#tokens[this.next - 1]?.end ?? this.text.length;
    return { text: this.text.slice(start, Math.max(start, end)), column: start + 1 };
  }

  /** Passes the words up to an offset in the text. */
  skipTo(end: number): void {
    while (this.token !== undefined && this.token.start < end) this.next += 1;
  }
}
