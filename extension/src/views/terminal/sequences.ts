/**
 * Takes what a guest printed apart: characters with their moments, and the few controls that a console in a view obeys. All
 * else (titles, links, clipboard, queries, modes) is dropped: it can do nothing here. Broken sequences end where they break.
 */

export type Control =
  | { readonly kind: 'character'; readonly character: string; readonly moment: number }
  | { readonly kind: 'return' | 'newline' | 'backspace' | 'tab' }
  /** To the end of the line, to its beginning, or all of it. */
  | { readonly kind: 'erase'; readonly part: 0 | 1 | 2 }
  /** Columns to the right, or to the left if negative. */
  | { readonly kind: 'move'; readonly columns: number }
  | { readonly kind: 'style'; readonly codes: readonly number[] };

type State = 'text' | 'escape' | 'sequence' | 'string' | 'string-escape' | 'charset';

const esc = 0x1b;
const bell = 0x07;
/** Longer ones are dropped. */
const parametersMax = 64;
const replacement = '\ufffd';

export class SequenceReader {
  readonly #take: (control: Control) => void;
  #state: State = 'text';
  #parameters = '';
  /** A character of several bytes in UTF-8: how many are missing, and its bits so far. */
  #missing = 0;
  #point = 0;
  #least = 0;

  constructor(take: (control: Control) => void) {
    this.#take = take;
  }

  read(byte: number, moment: number): void {
    switch (this.#state) {
      case 'text':
        this.#text(byte, moment);
        return;
      case 'escape':
        this.#state = stateAfterEscape(byte);
        this.#parameters = '';
        return;
      case 'charset':
        this.#state = 'text';
        return;
      case 'sequence':
        this.#sequence(byte);
        return;
      case 'string':
        if (byte === bell) this.#state = 'text';
        else if (byte === esc) this.#state = 'string-escape';
        return;
      case 'string-escape':
        // ESC \ ends a string; any other escape ends it, too, and begins something new.
        this.#state = byte === 0x5c ? 'text' : stateAfterEscape(byte);
        return;
    }
  }

  #text(byte: number, moment: number): void {
    if (this.#missing > 0) {
      if ((byte & 0xc0) === 0x80) {
        this.#point = (this.#point << 6) | (byte & 0x3f);
        this.#missing -= 1;
        if (this.#missing === 0) this.#character(pointText(this.#point, this.#least), moment);
        return;
      }
      this.#missing = 0;
      this.#character(replacement, moment);
    }
    if (byte >= 0x20 && byte < 0x7f) this.#character(String.fromCharCode(byte), moment);
    else if (byte < 0x80) this.#control(byte);
    else this.#begin(byte, moment);
  }

  #begin(byte: number, moment: number): void {
    const length = byte >= 0xf0 && byte < 0xf8 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc2 ? 1 : 0;
    if (length === 0 || byte >= 0xf8) {
      this.#character(replacement, moment);
      return;
    }
    this.#missing = length;
    this.#point = byte & (0x3f >> length);
    this.#least = [0, 0x80, 0x800, 0x1_0000][length]!;
  }

  #character(character: string, moment: number): void {
    this.#take({ kind: 'character', character, moment });
  }

  #control(byte: number): void {
    switch (byte) {
      case 0x08:
        this.#take({ kind: 'backspace' });
        return;
      case 0x09:
        this.#take({ kind: 'tab' });
        return;
      case 0x0a:
        this.#take({ kind: 'newline' });
        return;
      case 0x0d:
        this.#take({ kind: 'return' });
        return;
      case esc:
        this.#state = 'escape';
        return;
    }
  }

  /** Parameters and intermediate bytes until a final one (ECMA-48, 5.4). */
  #sequence(byte: number): void {
    if (byte >= 0x20 && byte < 0x40) {
      if (this.#parameters.length < parametersMax) this.#parameters += String.fromCharCode(byte);
      return;
    }
    this.#state = byte === esc ? 'escape' : 'text';
    if (byte < 0x40 || byte > 0x7e) return;
    if (!/^[\d;:]*$/.test(this.#parameters) || this.#parameters.length === parametersMax) return;
    const numbers = this.#parameters.split(/[;:]/).map((digits) => (digits === '' ? 0 : Number(digits)));
    this.#end(String.fromCharCode(byte), numbers);
  }

  #end(final: string, numbers: readonly number[]): void {
    const [first = 0] = numbers;
    const count = Math.min(Math.max(1, first), 4096);
    if (final === 'm') this.#take({ kind: 'style', codes: numbers });
    else if (final === 'C') this.#take({ kind: 'move', columns: count });
    else if (final === 'D') this.#take({ kind: 'move', columns: -count });
    // Below the last line there is nothing, so "erase below" (J) is the rest of the line.
    else if ((final === 'K' && first <= 2) || (final === 'J' && first === 0)) {
      this.#take({ kind: 'erase', part: first as 0 | 1 | 2 });
    }
  }
}

const stateAfterEscape = (byte: number): State => {
  const character = String.fromCharCode(byte);
  if (character === '[') return 'sequence';
  if (']PX^_'.includes(character)) return 'string';
  return '()*+-./#% '.includes(character) ? 'charset' : 'text';
};

/** What shows for a code point: controls, surrogates and what turns the direction of writing are made visible instead. */
const pointText = (point: number, least: number): string => {
  if (point < least || point > 0x10_ffff || (point >= 0xd800 && point < 0xe000)) return replacement;
  const character = String.fromCodePoint(point);
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(character) ? replacement : character;
};
