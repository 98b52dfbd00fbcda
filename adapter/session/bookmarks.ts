/** Bookmarks in a trace's file: read, and changed by one chunk behind all that is there. */

import { appendBookmarks } from '../../traces/append.ts';
import {
  type Bookmark,
  type BookmarkChanges,
  type Bookmarks,
  bookmarksMax,
  noteLengthMax,
} from '../../traces/bookmarks.ts';
import { openTrace, type Trace } from '../../traces/reader.ts';
import type { Moment } from '../../traces/time.ts';
import { brotli, FileSource } from '../host/files.ts';
import { TailFile } from '../host/tail-file.ts';
import { momentOutside, noSuchBookmark, noteTooLong, readOnlyTrace, tooManyBookmarks } from './errors.ts';

/** What is to be done: a new one, another note or moment for an old one, or one less. */
export type BookmarkChange =
  | { readonly kind: 'add'; readonly at: Moment; readonly note: string }
  | { readonly kind: 'edit'; readonly id: number; readonly at?: Moment; readonly note?: string }
  | { readonly kind: 'remove'; readonly id: number };

export const listBookmarks = (file: string): Promise<readonly Bookmark[]> =>
  withTrace(file, async (trace) => trace.bookmarks().list);

/**
 * @returns the bookmark that was added, edited or removed
 * @throws {InputError} when there is no such bookmark or moment, or the file cannot be written
 */
export const changeBookmarks = (file: string, change: BookmarkChange): Promise<Bookmark> =>
  withTrace(file, async (trace) => {
    const { changes, bookmark } = changesOf(trace.bookmarks(), trace, change);
    await appendBookmarks(tailOf(file, trace), trace.tail, changes, brotli);
    return bookmark;
  });

const tailOf = (file: string, { tail }: Trace): TailFile => {
  try {
    return new TailFile(file, tail.offset);
  } catch (cause) {
    throw readOnlyTrace(file, cause);
  }
};

const withTrace = async <Result>(file: string, act: (trace: Trace) => Promise<Result>): Promise<Result> => {
  const source = new FileSource('the trace', file);
  try {
    return await act(await openTrace(source, brotli));
  } finally {
    source.close();
  }
};

/** What is to be written for a change of the bookmarks of a recording that has these moments. */
export const changesOf = (
  bookmarks: Bookmarks,
  { start, until }: { readonly start: Moment; readonly until: Moment },
  change: BookmarkChange,
): { changes: BookmarkChanges; bookmark: Bookmark } => {
  const known = (id: number): Bookmark => {
    const found = bookmarks.get(id);
    if (found === undefined)
      throw noSuchBookmark(
        id,
        bookmarks.list.map((bookmark) => bookmark.id),
      );
    return found;
  };
  if (change.kind === 'remove') return { changes: { put: [], remove: [change.id] }, bookmark: known(change.id) };
  const old = change.kind === 'edit' ? known(change.id) : undefined;
  if (old === undefined && bookmarks.list.length >= bookmarksMax) throw tooManyBookmarks(bookmarksMax);
  const at = change.at ?? old!.at;
  const note = change.note ?? old!.note;
  if (at < start || at > until) throw momentOutside(at, start, until);
  if (note.length > noteLengthMax) throw noteTooLong(note.length, noteLengthMax);
  const bookmark = { id: old?.id ?? bookmarks.nextId, at, note };
  return { changes: { put: [bookmark], remove: [] }, bookmark };
};
