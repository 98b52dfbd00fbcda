/**
 * The history index of a trace in the user's folder of caches, where a debug session or a question has left it for whoever
 * opens the trace next. It can be made again: what is damaged, or of another version, counts as not there. How it comes about
 * is background-history.ts's.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { packSegment, type Segment, unpackSegment } from '../../vmm/history/segment.ts';
import { FileCache } from '../host/file-cache.ts';
import type { ReplaySession } from '../session/session.ts';

export interface KeptIndexOptions {
  /** The folder of caches; nothing is kept when there is none. */
  readonly cacheFolder?: string | undefined;
  /** Where a developer reads what went wrong. */
  readonly log?: (line: string) => void;
}

/** What an index is of. */
type Recorded = Pick<ReplaySession, 'trace' | 'header'>;

/** Before it is compressed: damage does not make it larger, and what would be is not kept. */
const unpackedBytesMax = 2 ** 30;

export class KeptIndex {
  readonly #files: FileCache | undefined;
  readonly #key: string;
  readonly #log: (line: string) => void;

  constructor(recorded: Recorded, { cacheFolder, log }: KeptIndexOptions) {
    this.#log = log ?? (() => {});
    this.#files =
      cacheFolder === undefined
        ? undefined
        : new FileCache(join(cacheFolder, 'history'), {
            extension: '.history',
            filesMax: 64,
            bytesMax: 2 ** 28,
            ...(log && { log }),
          });
    this.#key = keyOf(recorded);
  }

  /** Nothing when none was kept. */
  read(): readonly Segment[] {
    return this.#files?.read(this.#key, unpack) ?? [];
  }

  /** Keeps segments that are the whole history, unless they are too large. */
  write(segments: readonly Segment[]): void {
    if (this.#files === undefined) return;
    const bytes = pack(segments);
    if (bytes === undefined) this.#log(`an index of more than ${unpackedBytesMax} bytes is not kept`);
    else this.#files.write(this.#key, bytes);
  }
}

/** What was recorded, wherever the file is and whatever was added to it later. */
const keyOf = ({ trace, header }: Recorded): string => {
  const { digests, until, events } = trace;
  const last = digests.count === 0 ? undefined : digests.get(digests.count - 1);
  const parts = [header.machine, header.images, until, events.count, last];
  const text = JSON.stringify(parts, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
};

/** Each segment behind its length; nothing when that is too much. */
const pack = (segments: readonly Segment[]): Uint8Array | undefined => {
  // Events are most of it, and some gigabytes of them could not even be copied.
  if (segments.reduce((sum, { events }) => sum + events.length, 0) > unpackedBytesMax) return undefined;
  const parts = segments.flatMap((segment) => {
    const bytes = packSegment(segment);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    return [length, bytes];
  });
  if (parts.reduce((sum, { length }) => sum + length, 0) > unpackedBytesMax) return undefined;
  return brotliCompressSync(Buffer.concat(parts), { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } });
};

/** Nothing when the file is damaged or of another version. */
const unpack = (file: Buffer): Segment[] | undefined => {
  try {
    const bytes = brotliDecompressSync(file, { maxOutputLength: unpackedBytesMax });
    const segments: Segment[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = bytes.readUInt32LE(at);
      segments.push(unpackSegment(bytes.subarray(at + 4, at + 4 + length)));
      at += 4 + length;
    }
    return segments;
  } catch {
    return undefined;
  }
};
