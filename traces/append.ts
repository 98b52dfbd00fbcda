/** Adds bookmarks behind a trace that is there already, whoever wrote it: one chunk, and nothing before it is touched. */

import { type BookmarkChanges, checkBookmarkChanges, countOf } from './bookmarks.ts';
import type { ByteSink, Compression } from './bytes.ts';
import { loadXxh64 } from './checksum.ts';
import { compressChunk } from './chunk.ts';
import { unwritable } from './errors.ts';
import { encodeMessage } from './msgpack.ts';
import type { TraceTail } from './reader.ts';

/**
 * @param sink begins at the tail's offset; what stood behind that is gone
 * @throws {TraceError} when the sink fails
 */
export const appendBookmarks = async (
  sink: ByteSink,
  { offset, ordinal, check }: TraceTail,
  changes: BookmarkChanges,
  compression: Compression,
): Promise<void> => {
  const checked = checkBookmarkChanges(changes);
  const span = { first: 0, last: 0, count: countOf(checked) };
  const place = { kind: 'bookmarks', ordinal, span, checkBefore: check } as const;
  const { header, stored } = compressChunk(place, encodeMessage(checked), compression, await loadXxh64());
  try {
    sink.append(header);
    sink.append(stored);
    sink.flush();
    sink.close();
  } catch (cause) {
    throw unwritable(offset, cause);
  }
};
