/** Traces whose checksums are right and whose chunks a test makes as it likes. Not a test. */

import { expect } from 'vitest';
import { loadXxh64 } from '../../traces/checksum.ts';
import { type ChunkHeader, checkOfPreamble, chunkKinds, encodeChunk, encodePreamble } from '../../traces/chunk.ts';
import { TraceError, type TraceErrorCode } from '../../traces/errors.ts';
import type { InputEvent } from '../../traces/events.ts';
import { formatVersion } from '../../traces/header.ts';
import { MemorySource } from '../../traces/memory.ts';
import { encodeMessage } from '../../traces/msgpack.ts';
import { openTrace } from '../../traces/reader.ts';
import { moment } from '../../traces/time.ts';
import { brotli, header } from './support.ts';

export type Forged = Partial<Omit<ChunkHeader, 'kind'>> & {
  kind: keyof typeof chunkKinds | number;
  payload?: Uint8Array;
};

export const forge = async (chunks: readonly Forged[], version: number = formatVersion): Promise<Uint8Array> => {
  const xxh64 = await loadXxh64();
  const preamble = encodePreamble(version, xxh64);
  let check = checkOfPreamble(preamble, xxh64);
  const parts = [preamble];
  for (const [ordinal, { kind, payload = new Uint8Array(), ...rest }] of chunks.entries()) {
    const encoded = encodeChunk(
      {
        codec: 0,
        ordinal,
        storedBytes: payload.length,
        plainBytes: payload.length,
        first: 0n,
        last: 0n,
        count: 0,
        ...rest,
        kind: typeof kind === 'number' ? kind : chunkKinds[kind],
      },
      payload,
      check,
      xxh64,
    );
    check = encoded.check;
    parts.push(encoded.header, encoded.stored);
  }
  return Uint8Array.from(Buffer.concat(parts));
};

export const plainHeader = { ...header, machine: { ...header.machine, devices: [] }, images: [] };
export const headerChunk = (value: unknown = plainHeader): Forged => ({
  kind: 'header',
  payload: encodeMessage(value),
});
export const noEvents: Forged = { kind: 'events' };
export const eventsChunk = (payload: unknown, rest: Partial<Forged> = {}): Forged => ({
  kind: 'events',
  payload: payload instanceof Uint8Array ? payload : encodeMessage(payload),
  count: 1,
  ...rest,
});
export const clock = (at: number): InputEvent => ({ at: moment(at), kind: 'clock', ticks: 1 });

/** Reads everything; expects one kind of refusal and a sentence of four parts. */
export const check = async (chunks: readonly Forged[], code: TraceErrorCode, found?: RegExp, version?: number) => {
  const bytes = await forge(chunks, version);
  const error = await (async () => {
    const trace = await openTrace(new MemorySource(bytes), brotli);
    for (const state of trace.states) [...state.load().pages()];
    trace.bookmarks();
    return [[...trace.events], [...trace.digests], trace.header.images.map((_, index) => trace.image(index))];
  })().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TraceError);
  expect(error).toMatchObject({ code });
  expect((error as TraceError).message).toMatch(/^[^\n]+: expected [^\n]+, found [^\n]+\. [^\n]+\.$/);
  if (found !== undefined) expect((error as TraceError).message).toMatch(found);
};
