/** What can be wrong with what is asked of a recording, each as one function and one sentence. */

import { InputError, type Sentence } from '../program/input-error.ts';

export class SessionError extends InputError {
  constructor(sentence: Sentence) {
    super(sentence);
    this.name = 'SessionError';
  }
}

export const momentOutside = (moment: number, start: number, end: number) =>
  new SessionError({
    what: 'The recording does not have this moment',
    expected: `a moment from ${start} to ${end}`,
    found: `${moment}`,
    remedy: 'Give a moment that it has; "chronovisor info" says which',
  });
