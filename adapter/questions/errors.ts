/** What can be wrong with a question, each as one function and one sentence. */

import { brief, InputError, plural, type Sentence } from '../program/input-error.ts';

export class QuestionError extends InputError {
  constructor(sentence: Sentence) {
    super(sentence);
    this.name = 'QuestionError';
  }
}

export const unknownQuestion = (name: string, known: readonly string[]) =>
  new QuestionError({
    what: `There is no question ${brief(name) === '' ? 'without a name' : `"${brief(name)}"`}`,
    expected: `one of ${known.join(', ')}`,
    found: brief(name) === '' ? 'nothing' : brief(name),
    remedy: 'Ask one of these',
  });

export const badQuestionArguments = (name: string, field: string, problem: string) =>
  new QuestionError({
    what: `The arguments of ${name} are not valid${field === '' ? '' : ` at "${brief(field)}"`}`,
    expected: 'what docs/questions.md says',
    found: brief(problem),
    remedy: 'Correct them',
  });

export const momentOutside = (at: number, start: number, end: number) =>
  new QuestionError({
    what: 'The recording does not come to the moment that is asked from',
    expected: `a moment from ${start} to ${end}`,
    found: `${at}`,
    remedy: 'Ask from one of these',
  });

export const notInMemory = (text: string, why: string | undefined) =>
  new QuestionError({
    what: `${brief(text)} is not in memory`,
    expected: 'a variable, a part of one, or an address, that is in RAM at the moment that is asked from',
    found: brief(why ?? 'a value that is computed, or one in a register'),
    remedy: 'Ask for what it is computed from, or from another moment',
  });

export const notInRam = (text: string, address: bigint) =>
  new QuestionError({
    what: `${brief(text)} is not in RAM`,
    expected: 'an address that is mapped to RAM at the moment that is asked from',
    found: `nothing at 0x${address.toString(16)}`,
    remedy: 'Ask from a moment at which it is mapped',
  });

export const tooLarge = (text: string, sizeBytes: number, most: number) =>
  new QuestionError({
    what: `${brief(text)} is too large to ask for its writers`,
    expected: `1 to ${most} bytes`,
    found: plural(sizeBytes, 'byte'),
    remedy: 'Ask for a part of it',
  });

export const notOfMemory = (text: string, register: string) =>
  new QuestionError({
    what: `${brief(text)} is not about memory alone`,
    expected: 'variables that have one place all the time, and what they point to',
    found: brief(register),
    remedy: 'Ask with a place: executed PLACE --if EXPRESSION',
  });

export const unknownCause = (text: string, known: readonly string[]) =>
  new QuestionError({
    what: 'There is no such cause of traps',
    expected: `a number, perhaps with i before it for an interrupt, or one of ${known.join(', ')}`,
    found: brief(text),
    remedy: 'Give one of these',
  });

export const notPrinted = (what: string, total: number) =>
  new QuestionError({
    what: `The console never had ${brief(what)}`,
    expected: `a text that was printed, or a number below ${total}`,
    found: brief(what),
    remedy: "Look at the console's output",
  });

export const noFunction = (name: string) =>
  new QuestionError({
    what: `There is no function ${brief(name)}`,
    expected: 'a function or a symbol of code, of a program that is known',
    found: brief(name),
    remedy: 'Look for its name with the request chronovisor/symbols',
  });
