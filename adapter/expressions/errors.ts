/** What is said of an expression that is wrong or has no value, each as one function and one sentence. */

import { brief, InputError, type Sentence } from '../program/input-error.ts';

/** An expression that cannot be understood, or that has no value where it is asked for. */
export class ExpressionError extends InputError {
  constructor(sentence: Sentence) {
    super(sentence);
    this.name = 'ExpressionError';
  }
}

/** A part of an expression as it was written, and the column where it begins, counted from 1. */
export interface Spot {
  readonly text: string;
  readonly column: number;
}

const at = ({ text, column }: Spot): string => `${brief(text)} (column ${column})`;

export const badExpression = (text: string, expected: string, found: string, column: number) =>
  new ExpressionError({
    what: `The expression "${brief(text)}" cannot be understood`,
    expected,
    found: `${found === '' ? 'its end' : brief(found)} (column ${column})`,
    remedy: 'Write it as in C or Rust: names, $registers, numbers, operators, casts, members, indices and slices',
  });

export const callRefused = (text: string, column: number) =>
  new ExpressionError({
    what: `The expression "${brief(text)}" calls a function`,
    expected: 'an expression without calls, since a call would run the guest and change it',
    found: `( (column ${column})`,
    remedy: 'Look at what the function would look at, or set a breakpoint in it',
  });

export const unknownName = (spot: Spot) =>
  new ExpressionError({
    what: `Nothing is called ${brief(spot.text)}`,
    expected: 'a variable, a register such as $a0, or a symbol of the program',
    found: at(spot),
    remedy: 'Check the spelling; symbols need a program that is an ELF with its symbol table',
  });

export const unknownMember = (spot: Spot, type: string) =>
  new ExpressionError({
    what: `Nothing is called ${brief(spot.text)} in ${brief(type)}`,
    expected: 'one of its members',
    found: at(spot),
    remedy: 'Check the spelling and the type',
  });

export const unknownType = (spot: Spot) =>
  new ExpressionError({
    what: `No type is called ${brief(spot.text)}`,
    expected: 'a type of the program or of the language',
    found: at(spot),
    remedy: 'Check the spelling; types need debug information',
  });

export const noValue = (spot: Spot, why: string) =>
  new ExpressionError({
    what: `${brief(spot.text)} has no value here`,
    expected: 'a value that can be read at this moment',
    found: `${brief(why)} (column ${spot.column})`,
    remedy: 'Ask in another frame or at another moment',
  });
