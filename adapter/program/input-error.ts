/**
 * The shape of every error that says that something given to us is wrong: a file, an option, a line of a script. It is
 * not for a guest's traps (values) and not for our own bugs (assertions). Each area has its own subclass and, in its own
 * `errors.ts`, one function an error.
 */

export interface Sentence {
  /** What is wrong, naming the thing: "The image kernel.elf is cut off". */
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  /** What the person can do, without the full stop. */
  readonly remedy: string;
}

export class InputError extends Error implements Sentence {
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;

  constructor({ what, expected, found, remedy }: Sentence, options?: ErrorOptions) {
    super(`${what}: expected ${expected}, found ${found}. ${remedy}.`, options);
    this.name = 'InputError';
    this.what = what;
    this.expected = expected;
    this.found = found;
    this.remedy = remedy;
  }
}

/** Text out of a file, made fit for one line of a sentence. */
export const brief = (text: string): string => {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}...` : line;
};

export const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
