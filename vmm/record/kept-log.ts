/** A recording, or a part of one, that is kept in memory: inputs and digests in the order in which a trace has them. */

import { noPages, type StateDigest } from '../../traces/digest.ts';
import type { InputEvent } from '../../traces/events.ts';
import type { Moment } from '../../traces/time.ts';
import type { RecordSink } from './recorder.ts';

export type LogEntry = { readonly event: InputEvent } | { readonly digest: StateDigest };

/** What was recorded since a fork. */
export class KeptLog implements RecordSink {
  readonly entries: LogEntry[] = [];
  #digests = 0;

  event(event: InputEvent): void {
    this.entries.push({ event });
  }
  /** The first one's pages are those that changed since the machine was made, and not since the digest before. */
  digest(digest: StateDigest): void {
    const isFirst = this.#digests === 0;
    this.#digests += 1;
    this.entries.push({ digest: isFirst ? { ...digest, pages: noPages } : digest });
  }
  state(): void {}
  bookmarks(): void {}
  flush(): void {}
  end(): void {}
}

/** Gives entries to a trace's writer. */
export const writeEntries = (writer: Pick<RecordSink, 'event' | 'digest'>, entries: Iterable<LogEntry>): void => {
  for (const entry of entries) {
    if ('event' in entry) writer.event(entry.event);
    else writer.digest(entry.digest);
  }
};

/** The past up to a moment, of which so many inputs have been applied. */
export function* pastEntries(
  inputs: { get(index: number): InputEvent },
  cursor: number,
  digests: Iterable<StateDigest>,
  until: Moment,
  digestStride: number,
): Generator<LogEntry> {
  let next = 0;
  let last = -1;
  for (const digest of digests) {
    if (digest.at > until) break;
    // That of a recording's end is none that a longer recording has.
    if (digest.at % digestStride !== 0 || digest.at === last) continue;
    last = digest.at;
    for (; next < cursor && inputs.get(next).at < digest.at; next += 1) yield { event: inputs.get(next) };
    yield { digest };
  }
  for (; next < cursor; next += 1) yield { event: inputs.get(next) };
}
