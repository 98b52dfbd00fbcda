/**
 * Notes of moments. Those of a trace are kept in its file and are there for whoever opens it next; those of a recording
 * that is being made, or of a fork, go into its file when that is written.
 *
 *     chronovisor/bookmarks  {action?: 'list' | 'add' | 'edit' | 'remove', id?, moment?, note?}  ->  BookmarksAnswer
 *
 * `add` without a moment is of the present one.
 */

import * as v from 'valibot';
import type { Bookmark } from '../../traces/bookmarks.ts';
import { moment } from '../../traces/time.ts';
import { type BookmarkChange, changeBookmarks, changesOf, listBookmarks } from '../session/bookmarks.ts';
import type { Debugger } from './debugger.ts';
import { badBookmark } from './errors.ts';
import { natural, optional, type RequestRow, request, text } from './request.ts';

export interface BookmarksAnswer {
  /** In the order of moments. */
  readonly bookmarks: readonly Bookmark[];
  /** The one that was added, edited or removed. */
  readonly changed?: Bookmark;
}

const entries = {
  action: optional(v.picklist(['list', 'add', 'edit', 'remove'])),
  id: optional(natural),
  moment: optional(natural),
  note: optional(text),
};
type Arguments = v.InferOutput<v.ObjectSchema<typeof entries, undefined>>;

const changeOf = ({ action, id, moment: asked, note }: Arguments, now: number): BookmarkChange => {
  if (action === 'add') return { kind: 'add', at: moment(asked ?? now), note: note ?? '' };
  if (id == null) throw badBookmark(`${action} without an id`);
  if (action === 'remove') return { kind: 'remove', id };
  return { kind: 'edit', id, ...(asked != null && { at: moment(asked) }), ...(note != null && { note }) };
};

const answerOf = async (session: Debugger, args: Arguments): Promise<BookmarksAnswer> => {
  const { session: recording, timeline } = session.launched('chronovisor/bookmarks').target;
  const change = args.action == null || args.action === 'list' ? undefined : changeOf(args, timeline.now);
  if (recording.kind === 'replay') {
    const changed = change && (await changeBookmarks(recording.file, change));
    return { bookmarks: await listBookmarks(recording.file), ...(changed && { changed }) };
  }
  const { recorder } = recording;
  const { bookmarks } = recorder;
  if (change === undefined) return { bookmarks: bookmarks.list };
  const { changes, bookmark } = changesOf(bookmarks, { start: timeline.start, until: timeline.end }, change);
  recorder.bookmark(changes);
  return { bookmarks: bookmarks.list, changed: bookmark };
};

export const bookmarkRequests: readonly RequestRow[] = [
  request('chronovisor/bookmarks', entries, (session, args) => session.hold(answerOf(session, args))),
];
