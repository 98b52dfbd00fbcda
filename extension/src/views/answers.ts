/** The shapes of what the adapter says of questions, bookmarks and forks, checked: it may be of another version than the views. */

import * as v from 'valibot';
import type { AnswerBody, Bookmark, Fork } from './requests.ts';

const item = v.object({
  moment: v.exactOptional(v.number()),
  hart: v.exactOptional(v.number()),
  label: v.string(),
  detail: v.exactOptional(v.string()),
  place: v.exactOptional(v.string()),
  count: v.exactOptional(v.number()),
});

const id = v.union([v.number(), v.string()]);

export const askAnswer = v.object({ id });

export const answerBody = v.object({
  id,
  items: v.array(item),
  progress: v.exactOptional(v.number()),
  done: v.boolean(),
  cancelled: v.exactOptional(v.boolean()),
  error: v.exactOptional(v.string()),
}) satisfies v.GenericSchema<unknown, AnswerBody>;

export const bookmarksAnswer = v.object({
  bookmarks: v.array(v.object({ id: v.number(), at: v.number(), note: v.string() })) satisfies v.GenericSchema<
    unknown,
    Bookmark[]
  >,
});

export const forksAnswer = v.object({
  forks: v.array(
    v.object({
      ...{ id: v.number(), name: v.string() },
      ...{ parent: v.exactOptional(v.number()), at: v.exactOptional(v.number()) },
    }),
  ) satisfies v.GenericSchema<unknown, Fork[]>,
  /** The one that is debugged. */
  current: v.number(),
});
