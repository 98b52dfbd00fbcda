/** What can be wrong with what is asked of a recording, each as one function and one sentence. */

import { brief, InputError, type Sentence } from '../program/input-error.ts';

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

export const notAForkOf = (name: string, known: readonly string[]) =>
  new SessionError({
    what: 'There is no such fork',
    expected: known.length === 0 ? 'a trace that has forks' : `one of ${known.map(brief).join(', ')}`,
    found: `"${brief(name)}"`,
    remedy: 'Give the name of a fork, or of its file',
  });

export const noSuchBookmark = (id: number, known: readonly number[]) =>
  new SessionError({
    what: `The trace has no bookmark ${id}`,
    expected: known.length === 0 ? 'a trace that has bookmarks' : `one of ${known.slice(0, 20).join(', ')}`,
    found: `${id}`,
    remedy: 'Give the number of one that "chronovisor bookmark TRACE list" shows',
  });

export const noteTooLong = (length: number, longest: number) =>
  new SessionError({
    what: 'The note is too long for a bookmark',
    expected: `up to ${longest} characters`,
    found: `${length}`,
    remedy: 'Make it shorter',
  });

export const tooManyBookmarks = (most: number) =>
  new SessionError({
    what: 'The trace has too many bookmarks',
    expected: `at most ${most}`,
    found: 'one more',
    remedy: 'Remove some first',
  });

export const readOnlyTrace = (file: string, cause: unknown) =>
  new SessionError({
    what: `Bookmarks cannot be kept in the trace ${brief(file)}`,
    expected: 'a file that may be written',
    found: brief(cause instanceof Error ? cause.message.replace(/,? open '.*/, '') : String(cause)),
    remedy: 'Make it writable, or copy it',
  });
