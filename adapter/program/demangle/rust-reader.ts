/**
 * Passing through a name of Rust's present scheme and writing as one reads: numbers, identifiers, and going back to what was
 * written before (The rustc book, "v0 Symbol Format"). What the letters mean is rust-v0.ts's.
 */

import { punycode } from './punycode.ts';

const textMax = 16_384;
const depthMax = 200;

export class Unreadable extends Error {}

/** Passing through a name, and the text that is made of it. */
export class V0Reader {
  readonly #text: string;
  at = 0;
  #out = '';
  #depth = 0;
  /** Work that back references repeat is bounded by the text that it makes, and where that is none, by this. */
  #steps = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text that was made. */
  take(): string {
    const out = this.#out;
    this.#out = '';
    return out;
  }

  say(text: string): void {
    this.#out += text;
    if (this.#out.length > textMax) throw new Unreadable();
  }

  /** Reads what says nothing. */
  silently(read: () => void): void {
    const before = this.#out;
    read();
    this.#out = before;
  }

  get next(): string {
    return this.#text[this.at] ?? '';
  }
  is(letter: string): boolean {
    if (this.next !== letter) return false;
    this.at += 1;
    return true;
  }
  letter(): string {
    const found = this.next;
    if (found === '') throw new Unreadable();
    this.at += 1;
    return found;
  }

  nested(read: () => void): void {
    this.#depth += 1;
    this.#steps += 1;
    if (this.#depth > depthMax || this.#steps > textMax) throw new Unreadable();
    read();
    this.#depth -= 1;
  }

  /** `_` is 0, `0_` is 1. */
  base62(): bigint {
    let value = 0n;
    if (this.is('_')) return 0n;
    for (;;) {
      const letter = this.letter();
      if (letter === '_') return value + 1n;
      const digit = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'.indexOf(letter);
      if (digit < 0 || value > 1n << 64n) throw new Unreadable();
      value = value * 62n + BigInt(digit);
    }
  }
  optional62(tag: string): bigint {
    return this.is(tag) ? this.base62() + 1n : 0n;
  }

  identifier(): { readonly name: string; readonly disambiguator: bigint } {
    const disambiguator = this.optional62('s');
    const isPunycode = this.is('u');
    const digits = /^(?:0|[1-9]\d{0,4})/.exec(this.#text.slice(this.at, this.at + 5))?.[0];
    if (digits === undefined) throw new Unreadable();
    this.at += digits.length;
    this.is('_');
    const name = this.#text.slice(this.at, this.at + Number(digits));
    if (name.length < Number(digits)) throw new Unreadable();
    this.at += name.length;
    return { name: isPunycode ? (punycode(name) ?? `punycode{${name}}`) : name, disambiguator };
  }

  /** Goes back to where something was written before. */
  again(read: () => void): void {
    const here = this.at - 1;
    const target = Number(this.base62());
    if (target >= here) throw new Unreadable();
    const after = this.at;
    this.at = target;
    this.nested(read);
    this.at = after;
  }

  list(read: () => void, separator = ', '): number {
    let count = 0;
    for (; !this.is('E'); count++) {
      if (count > 0) this.say(separator);
      read();
    }
    return count;
  }

  hexDigits(): string {
    const digits = /^[\da-f]*_/.exec(this.#text.slice(this.at))?.[0];
    if (digits === undefined) throw new Unreadable();
    this.at += digits.length;
    return digits.slice(0, -1);
  }

  hex(): bigint {
    return BigInt(`0x${this.hexDigits() || '0'}`);
  }
}
