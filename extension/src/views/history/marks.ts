/** Bookmarks and forks of the active session, as the adapter has them; asked for anew when the session or they change. */

import * as v from 'valibot';
import { bookmarksAnswer, forksAnswer } from '../answers.ts';
import { type Asked, ask, type Bookmark, type Fork, refusalOf } from '../requests.ts';
import type { Mark } from '../timeline/lanes.ts';

export class Marks {
  bookmarks: readonly Bookmark[] = [];
  forks: readonly Fork[] = [];
  currentFork: number | undefined;
  /** Why there are none: the adapter's sentence. */
  bookmarkProblem: string | undefined;
  forkProblem: string | undefined;
  readonly #session: () => Asked | undefined;
  readonly #changed: () => void;

  constructor(session: () => Asked | undefined, changed: () => void) {
    this.#session = session;
    this.#changed = changed;
  }

  async refresh(): Promise<void> {
    await Promise.all([this.#refreshBookmarks(), this.#refreshForks()]);
    this.#changed();
  }

  async #refreshBookmarks(): Promise<void> {
    const session = this.#session();
    [this.bookmarks, this.bookmarkProblem] = [[], undefined];
    if (session === undefined) return;
    try {
      const answer = await ask(session, 'chronovisor/bookmarks', { action: 'list' });
      const { bookmarks } = v.parse(bookmarksAnswer, answer);
      this.bookmarks = [...bookmarks].sort((one, other) => one.at - other.at);
    } catch (error) {
      this.bookmarkProblem = refusalOf(error);
    }
  }

  async #refreshForks(): Promise<void> {
    const session = this.#session();
    [this.forks, this.currentFork, this.forkProblem] = [[], undefined, undefined];
    if (session === undefined) return;
    try {
      const { forks, current } = v.parse(forksAnswer, await ask(session, 'chronovisor/forks', {}));
      [this.forks, this.currentFork] = [forks, current];
    } catch (error) {
      this.forkProblem = refusalOf(error);
    }
  }

  /** As the timeline has them. */
  get all(): readonly Mark[] {
    return [
      ...this.bookmarks.map(({ at, note }): Mark => ({ kind: 'bookmark', moment: at, words: note })),
      ...this.forks.flatMap(({ at, name }): Mark[] =>
        at === undefined ? [] : [{ kind: 'fork', moment: at, words: name }],
      ),
    ];
  }
}
