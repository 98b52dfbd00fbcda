/**
 * A recording that is being made, as far as it has come, as a trace in memory: for replays in other threads, while it goes on.
 * Its bytes are shared between threads, not copied.
 */

import type { ByteSource } from '../../traces/bytes.ts';
import { MemorySink, storedOnly } from '../../traces/memory.ts';
import { TraceWriter } from '../../traces/writer.ts';
import { sharedBytes } from '../host/threads.ts';
import type { LiveSession } from './session.ts';

/** The bytes of the trace. */
export type RecordingCopy = Uint8Array;

/** The session must have kept its images. */
export const copyOf = async ({ header, images, timeline, beginning }: LiveSession): Promise<RecordingCopy> => {
  const sink = new MemorySink();
  const whole = { ...header, images: header.images.map((image) => ({ ...image, embedded: true })) };
  const data = images.map(({ bytes }) => bytes);
  const writer = await TraceWriter.create(sink, whole, data, storedOnly, beginning?.load());
  for (let index = 0; index < timeline.log.count; index += 1) writer.event(timeline.log.get(index));
  writer.end({ reason: 'stopped', at: timeline.end });
  const bytes = sink.bytes();
  const shared = sharedBytes(bytes.length);
  shared.set(bytes);
  return shared;
};

/** What decodes bytes takes none of shared memory, so each piece is copied where it is read. */
export class CopySource implements ByteSource {
  readonly sizeBytes: number;
  readonly #bytes: RecordingCopy;

  constructor(bytes: RecordingCopy) {
    this.#bytes = bytes;
    this.sizeBytes = bytes.length;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(offset, offset + length);
  }
}
