/** A trace written again with something else in it, by the product's own writer: every checksum is right. */

import { brotli } from '../../adapter/host/files.ts';
import type { StateDigest } from '../../traces/digest.ts';
import type { TraceEnd } from '../../traces/end.ts';
import type { InputEvent } from '../../traces/events.ts';
import type { MachineConfiguration, TraceHeader } from '../../traces/header.ts';
import { MemorySink, MemorySource } from '../../traces/memory.ts';
import { openTrace } from '../../traces/reader.ts';
import type { TraceState } from '../../traces/states.ts';
import { TraceWriter } from '../../traces/writer.ts';

/** What stands in a trace, in arrays that may be changed. */
export interface Parts {
  header: TraceHeader;
  images: (Uint8Array | undefined)[];
  events: InputEvent[];
  digests: StateDigest[];
  end: TraceEnd;
  begins?: TraceState;
  /** Not at its beginning. */
  states: TraceState[];
}

export const partsOf = async (file: Uint8Array): Promise<Parts> => {
  const { header, events, digests, end, image, states } = await openTrace(new MemorySource(file), brotli);
  const images = header.images.map((_, index) => image(index));
  const all = states.map((state) => state.load());
  const begins = states[0]?.begins === true ? all.shift() : undefined;
  const parts = { header, images, events: [...events], digests: [...digests], end: end!, states: all };
  return begins === undefined ? parts : { ...parts, begins };
};

/** Digests and events in the order of moments; of one moment the digest comes first, and the end's comes last. */
export const traceOf = async ({ header, images, events, digests, end, begins, states }: Parts): Promise<Uint8Array> => {
  const sink = new MemorySink();
  const writer = await TraceWriter.create(sink, header, images, brotli, begins);
  const [before, atEnd] = [digests.filter(({ at }) => at !== end.at), digests.filter(({ at }) => at === end.at)];
  const waiting = [...events];
  const waitingStates = [...states];
  const writeEvents = (until: number): void => {
    for (;;) {
      const [event, state] = [waiting[0], waitingStates[0]];
      if (state !== undefined && state.at < until && state.cursor <= events.length - waiting.length) {
        writer.state(waitingStates.shift()!);
      } else if (event !== undefined && event.at < until) writer.event(waiting.shift()!);
      else return;
    }
  };
  for (const digest of before) {
    writeEvents(digest.at);
    writer.digest(digest);
  }
  writeEvents(Number.POSITIVE_INFINITY);
  for (const digest of atEnd) writer.digest(digest);
  writer.end(end);
  return sink.bytes();
};

/** Changes what the header says of the machine. */
export const machine =
  (changes: Partial<MachineConfiguration>) =>
  (parts: Parts): void => {
    parts.header = { ...parts.header, machine: { ...parts.header.machine, ...changes } };
  };
