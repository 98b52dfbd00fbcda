/**
 * What a person notes about moments of a trace. A chunk of it is a list of changes, so that one more is appended and
 * nothing is written again; what counts is what all of them leave, in the order of the file. No machine ever sees it.
 */

import * as v from 'valibot';
import { integer, momentSchema } from './events.ts';

export const noteLengthMax = 4096;
/** As many as one chunk of changes may have, and as many as there may be in all. */
export const bookmarksMax = 10_000;

const idSchema = integer(1, 0xffff_ffff);
const bookmarkSchema = v.strictObject({
  /** Given once in a trace, and never to another one. */
  id: idSchema,
  at: momentSchema,
  note: v.pipe(v.string(), v.maxLength(noteLengthMax)),
});

export type Bookmark = v.InferOutput<typeof bookmarkSchema>;

const changesSchema = v.strictObject({
  /** New ones, and new notes for old ones. */
  put: v.pipe(v.array(bookmarkSchema), v.maxLength(bookmarksMax)),
  remove: v.pipe(v.array(idSchema), v.maxLength(bookmarksMax)),
});

export type BookmarkChanges = v.InferOutput<typeof changesSchema>;

/** Throws a plain `Error` with a phrase for what was found. */
export const checkBookmarkChanges = (value: unknown): BookmarkChanges => {
  const result = v.safeParse(changesSchema, value, { abortEarly: true });
  if (!result.success) throw new Error(`${v.getDotPath(result.issues[0])}: ${result.issues[0].message}`);
  return result.output;
};

export const countOf = ({ put, remove }: BookmarkChanges): number => put.length + remove.length;

/** The bookmarks that a trace has, after changes in the order in which they were made. */
export class Bookmarks {
  readonly #byId = new Map<number, Bookmark>();
  #lastId = 0;

  /** Throws a plain `Error` when there would be too many. */
  change({ put, remove }: BookmarkChanges): void {
    for (const id of remove) this.#byId.delete(id);
    for (const bookmark of put) {
      this.#byId.set(bookmark.id, bookmark);
      this.#lastId = Math.max(this.#lastId, bookmark.id);
    }
    if (this.#byId.size > bookmarksMax) throw new Error(`more than ${bookmarksMax} bookmarks`);
  }

  /** In the order of moments; of one moment, the older first. */
  get list(): readonly Bookmark[] {
    return [...this.#byId.values()].sort((one, other) => one.at - other.at || one.id - other.id);
  }

  get(id: number): Bookmark | undefined {
    return this.#byId.get(id);
  }

  /** A number that no bookmark of the trace has or had. */
  get nextId(): number {
    return this.#lastId + 1;
  }
}
