/** Whatever is written is read back the same, whole or in part, at once or sought. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Compression } from '../../traces/bytes.ts';
import { MemorySink, MemorySource, storedOnly } from '../../traces/memory.ts';
import { openTrace } from '../../traces/reader.ts';
import { moment } from '../../traces/time.ts';
import { TraceWriter } from '../../traces/writer.ts';
import { brotli, digestAt, header, imagesData, type Recording, record, recordings, small } from './support.ts';

const check = async (recording: Recording, compression: Compression = brotli) => {
  const bytes = await record(recording, compression);
  const trace = await openTrace(new MemorySource(bytes), compression);
  expect(trace.header).toEqual(recording.header);
  expect([...trace.events]).toEqual(recording.events);
  expect([...trace.digests]).toEqual(recording.digests);
  expect(trace.end).toEqual(recording.end);
  expect(trace.complete).toBe(recording.end !== undefined);
  expect(recording.images.map((image, index) => sameBytes(trace.image(index), image))).not.toContain(false);
  const { fileBytes, ...parts } = trace.sizes;
  expect(Object.values(parts).reduce((sum, size) => sum + size, 0)).toBe(fileBytes);
  return trace;
};

describe('round trip', () => {
  test('a small recording with every input kind is read back', async () => {
    const trace = await check(small);
    expect(trace.until).toBe(2 ** 40 + 30);
  });

  test('a recording that nothing compresses is read back', async () => {
    await check(small, storedOnly);
  });

  test('a recording that was not ended is read back as incomplete', async () => {
    const { end: _, ...unended } = small;
    const trace = await check(unended);
    expect(trace.until).toBe(2 ** 40 + 20);
    expect(trace.tornBytes).toBe(0);
  });

  test('any recording is read back', () =>
    fc.assert(fc.asyncProperty(recordings.map(legal), async (recording) => void (await check(recording)))));

  test('any index and any moment is found without reading what comes before', () =>
    fc.assert(
      fc.asyncProperty(recordings.map(legal), fc.nat(1200), async (recording, at) => {
        const { events } = await openTrace(new MemorySource(await record(recording)), brotli);
        const expected = recording.events.findIndex((event) => event.at >= at);
        expect(events.indexOf(moment(at))).toBe(expected < 0 ? recording.events.length : expected);
        for (const index of [...recording.events.keys()].reverse()) {
          expect(events.get(index)).toEqual(recording.events[index]);
        }
      }),
    ));
});

describe('the writer', () => {
  const create = async () => {
    const sink = new MemorySink();
    return { sink, writer: await TraceWriter.create(sink, header, imagesData(), brotli) };
  };

  test('writes the header and the images before anything happens', async () => {
    const { sink, writer } = await create();
    expect(sink.flushedBytes).toBe(writer.bytesWritten);
    expect((await openTrace(new MemorySource(sink.bytes()), brotli)).image(0)).toEqual(imagesData()[0]);
  });

  test('leaves out the zeros of a disk', async () => {
    const { writer } = await create();
    expect(writer.imageBytes).toBeLessThan(6000);
  });

  test('spends a few bytes on a clock sample', async () => {
    const { writer } = await create();
    const before = writer.eventBytes;
    for (let index = 1; index <= 10_000; index++) {
      writer.event({ at: moment(index * 997), kind: 'clock', ticks: index * 50 + (index % 7) });
    }
    writer.flush(moment(9_970_000));
    expect((writer.eventBytes - before) / 10_000).toBeLessThan(3);
  });

  test('keeps its own copy of bytes that are overwritten later', async () => {
    const { sink, writer } = await create();
    const bytes = Uint8Array.of(1, 2, 3);
    writer.event({ at: moment(1), kind: 'serial', bytes });
    const digest = digestAt(2);
    writer.digest(digest);
    bytes.fill(0);
    digest.machine.fill(0);
    writer.flush(moment(3));
    const trace = await openTrace(new MemorySource(sink.bytes()), brotli);
    expect(trace.events.get(0)).toMatchObject({ bytes: Uint8Array.of(1, 2, 3) });
    expect(trace.digests.get(0)).toEqual(digestAt(2));
  });

  test('writes nothing when nothing happened since the last flush', async () => {
    const { writer } = await create();
    writer.flush(moment(7));
    const before = writer.bytesWritten;
    writer.flush(moment(7));
    expect(writer.bytesWritten).toBe(before);
  });

  test('asserts that time does not run backwards', async () => {
    const { writer } = await create();
    writer.event({ at: moment(5), kind: 'clock', ticks: 1 });
    expect(() => writer.event({ at: moment(4), kind: 'clock', ticks: 1 })).toThrow(/assertion/);
  });

  test('asserts that no input lies before the digest that it follows', async () => {
    const { writer } = await create();
    writer.digest(digestAt(5));
    writer.event({ at: moment(5), kind: 'clock', ticks: 1 });
    expect(() => writer.event({ at: moment(4), kind: 'clock', ticks: 1 })).toThrow(/assertion/);
  });

  test.each([20, 48, 50])('appends nothing more once the sink has failed after %i bytes of a chunk', async (room) => {
    const { sink, writer } = await create();
    const append = sink.append.bind(sink);
    let left = room;
    sink.append = (bytes) => {
      append(bytes.subarray(0, left));
      if (bytes.length > left) throw new Error('ENOSPC: no space left on device');
      left -= bytes.length;
    };
    writer.event({ at: moment(1), kind: 'serial', bytes: Uint8Array.of(1, 2, 3) });
    expect(() => writer.flush(moment(2))).toThrow('no space left');
    sink.append = append;
    expect(() => writer.end({ at: moment(3), reason: 'error' })).toThrow('no space left');
    const trace = await openTrace(new MemorySource(sink.bytes()), brotli);
    expect(trace).toMatchObject({ complete: false, tornBytes: room, until: 0 });
  });

  test('says in a sentence that the disk is full', async () => {
    const sink = new MemorySink();
    sink.append = () => {
      throw new Error('ENOSPC: no space left on device');
    };
    await expect(TraceWriter.create(sink, header, imagesData(), brotli)).rejects.toMatchObject({
      name: 'TraceError',
      code: 'unwritable',
      message: expect.stringContaining('no space left'),
    });
  });
});

/** `toEqual` takes seconds for a few megabytes. */
const sameBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;

/** No input may bear the moment of a digest after which it is written: generated digests move out of the way. */
const legal = (recording: Recording): Recording => {
  const taken = new Set(recording.events.map(({ at }) => at));
  return { ...recording, digests: recording.digests.filter(({ at }) => !taken.has(at)) };
};
