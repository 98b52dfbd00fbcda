/**
 * A trace that was cut, flipped, shuffled or spliced is either an incomplete but true prefix, or a `TraceError`; never
 * wrong silently, never another kind of error.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { appendBookmarks } from '../../traces/append.ts';
import { chunkHeaderBytes, preambleBytes } from '../../traces/chunk.ts';
import { TraceError } from '../../traces/errors.ts';
import { MemorySink, MemorySource } from '../../traces/memory.ts';
import { type OpenOptions, openTrace } from '../../traces/reader.ts';
import { moment } from '../../traces/time.ts';
import { brotli, contentsOf, record, tinyWithStates as tiny } from './support.ts';

let bytes: Uint8Array;
let other: Uint8Array;

beforeAll(async () => {
  bytes = await record(tiny);
  other = await record({ ...tiny, events: tiny.events.map((event) => ({ ...event, at: moment(event.at + 1) })) });
});

/** Reads all that can be read; what fails must fail as a `TraceError`. */
const readAll = async (damaged: Uint8Array, options: OpenOptions = {}) => {
  try {
    const trace = await openTrace(new MemorySource(damaged), brotli, options);
    const states = trace.states.map((state) => contentsOf(state.load()));
    const bookmarks = trace.bookmarks().list;
    return { trace, events: [...trace.events], digests: [...trace.digests], states, bookmarks, image: trace.image(0) };
  } catch (error) {
    if (error instanceof TraceError) return error;
    throw error;
  }
};

const refuses = async (damaged: Uint8Array, code?: TraceError['code']) => {
  const result = await readAll(damaged);
  expect(result).toBeInstanceOf(TraceError);
  if (code !== undefined) expect(result).toMatchObject({ code });
};

/** Nothing is there that was not recorded, and nothing is missing before `until`. */
const isTruePrefix = (result: Exclude<Awaited<ReturnType<typeof readAll>>, TraceError>) => {
  const { trace, events, digests, states, bookmarks, image } = result;
  expect(events).toEqual(tiny.events.slice(0, events.length));
  expect(digests).toEqual(tiny.digests.slice(0, digests.length));
  expect(states).toEqual([tiny.begins!, ...tiny.states!].slice(0, states.length).map(contentsOf));
  expect([[], ...tiny.bookmarks!.map(({ put }) => put)]).toContainEqual(bookmarks);
  expect(tiny.events.slice(events.length).every(({ at }) => at >= trace.until)).toBe(true);
  expect(Math.max(0, ...events.map(({ at }) => at), ...digests.map(({ at }) => at))).toBeLessThanOrEqual(trace.until);
  expect(Buffer.compare(image!, tiny.images[0]!)).toBe(0);
};

/** Where each chunk lies, by the lengths in the headers. */
const chunksOf = (file: Uint8Array): { start: number; end: number }[] => {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const chunks = [];
  for (let start = preambleBytes; start < file.length; ) {
    const end = start + chunkHeaderBytes + view.getUint32(start + 8, true);
    chunks.push({ start, end });
    start = end;
  }
  return chunks;
};

const assemble = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));
const parts = (file: Uint8Array): Uint8Array[] => [
  file.subarray(0, preambleBytes),
  ...chunksOf(file).map(({ start, end }) => file.subarray(start, end)),
];

/** Numerical Recipes' linear congruential generator, so that a failure can be repeated. */
const randomNumbers = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

describe('a trace that is cut off', () => {
  test('opens as a true prefix or is refused, at every length', async () => {
    let opened = 0;
    for (let length = 0; length < bytes.length; length++) {
      const result = await readAll(bytes.slice(0, length));
      if (result instanceof TraceError) {
        expect(['empty', 'not-a-trace', 'cut-off']).toContain(result.code);
        expect(opened, `refused at ${length} what was opened shorter`).toBe(0);
        continue;
      }
      opened++;
      expect(result.trace).toMatchObject({ complete: false, end: undefined });
      // The bytes of a torn chunk change nothing, and comparing everything takes its time.
      if (result.trace.tornBytes < 2) isTruePrefix(result);
      const intact = chunksOf(bytes).findLast(({ end }) => end <= length)!;
      expect(result.trace.tornBytes).toBe(length - intact.end);
    }
    expect(opened).toBeGreaterThan(200);
  });

  test('is refused while its images are not all there', async () => {
    const [, , image] = parts(bytes);
    await refuses(bytes.slice(0, bytes.indexOf(image![0]!) + 60), 'cut-off');
  });
});

describe('a trace with flipped bits', () => {
  const flip = (offset: number, bit: number): Uint8Array => {
    const damaged = bytes.slice();
    damaged[offset]! ^= 1 << bit;
    return damaged;
  };

  test('is refused, 1,000 times', async () => {
    const random = randomNumbers(1);
    for (let count = 0; count < 1000; count++) await refuses(flip(random(bytes.length), random(8)));
  });

  test('is refused for each bit of each chunk header', async () => {
    const headers = chunksOf(bytes).map(({ start }) => start);
    for (const start of [0, ...headers]) {
      const length = start === 0 ? preambleBytes : chunkHeaderBytes;
      for (let bit = 0; bit < length * 8; bit++) await refuses(flip(start + (bit >> 3), bit & 7));
    }
  });

  test('gives a true prefix or is refused in salvage mode, 1,000 times', async () => {
    const random = randomNumbers(2);
    let salvaged = 0;
    for (let count = 0; count < 1000; count++) {
      const result = await readAll(flip(random(bytes.length), random(8)), { salvage: true });
      if (result instanceof TraceError) continue;
      salvaged++;
      expect(result.trace.damage).toBeInstanceOf(TraceError);
      expect(result.trace.complete).toBe(false);
      isTruePrefix(result);
    }
    expect(salvaged).toBeGreaterThan(100);
  });

  test('names the chunk, its place, both checksums and what can be done', async () => {
    const { start } = chunksOf(bytes).at(-1)!;
    const error = (await readAll(flip(start + chunkHeaderBytes + 3, 0))) as TraceError;
    expect(error.message).toMatch(
      new RegExp(`contents of chunk \\d+ \\(\\w+\\) at byte ${start} .*checksum [0-9a-f]+, found [0-9a-f]+.*salvage`),
    );
  });

  test('is refused with stretches of zeros or noise in it, 300 times', async () => {
    const random = randomNumbers(3);
    for (let count = 0; count < 300; count++) {
      const damaged = bytes.slice();
      const offset = random(bytes.length);
      const noise = Array.from({ length: 1 + random(300) }, () => (count % 2 === 0 ? 0 : random(256)));
      for (const [index, value] of noise.entries()) if (offset + index < bytes.length) damaged[offset + index] = value;
      if (Buffer.compare(damaged, bytes) !== 0) await refuses(damaged);
    }
  });
});

describe('a trace whose chunks were shuffled', () => {
  const each = async (shuffle: (list: Uint8Array[], index: number) => void, last: number) => {
    for (let index = 1; index < last; index++) {
      const list = parts(bytes);
      shuffle(list, index);
      await refuses(assemble(list));
    }
  };

  test('is refused when any chunk but the last is missing', () =>
    each((list, index) => list.splice(index, 1), parts(bytes).length - 1));

  test('is refused when any chunk is repeated', () =>
    each((list, index) => list.splice(index, 0, list[index]!), parts(bytes).length));

  test('is refused when any two neighbours change places', () =>
    each((list, index) => list.splice(index, 2, list[index + 1]!, list[index]!), parts(bytes).length - 1));

  test('is refused when a chunk comes from another trace', () => {
    const others = parts(other);
    return each((list, index) => {
      if (Buffer.compare(list[index]!, others[index]!) === 0) list.splice(index, 1);
      else list[index] = others[index]!;
    }, parts(bytes).length - 1);
  });

  test('names the chunk that was expected and the one that was found', async () => {
    const list = parts(bytes);
    list.splice(4, 1);
    await expect(openTrace(new MemorySource(assemble(list)), brotli)).rejects.toMatchObject({
      code: 'chunk-order',
      expected: 'chunk 3',
      found: 'chunk 4',
    });
  });

  test('is refused when something follows the end', () => refuses(assemble([bytes, Uint8Array.of(0)]), 'trailing'));

  test('is complete in salvage mode although something follows the end', async () => {
    const { complete, tornBytes } = await openTrace(new MemorySource(assemble([bytes, Uint8Array.of(0, 0)])), brotli, {
      salvage: true,
    });
    expect({ complete, tornBytes }).toEqual({ complete: true, tornBytes: 2 });
  });
});

describe('a source that fails', () => {
  const failing = async (read: (offset: number, length: number) => Uint8Array) =>
    openTrace({ sizeBytes: bytes.length, read }, brotli);

  test('is named when it throws', () =>
    expect(
      failing(() => {
        throw new Error('EIO: i/o error');
      }),
    ).rejects.toMatchObject({ code: 'unreadable', message: expect.stringContaining('EIO') }));

  test('is named when it gives less than was asked for', () =>
    expect(failing((offset, length) => bytes.subarray(offset, offset + length - 1))).rejects.toMatchObject({
      code: 'unreadable',
    }));

  test('is noticed when the file changes after it was opened', async () => {
    const changing = bytes.slice();
    const trace = await openTrace(new MemorySource(changing), brotli);
    changing.fill(0x55, preambleBytes);
    expect(() => trace.events.get(0)).toThrow(TraceError);
    expect(() => trace.image(0)).toThrow(TraceError);
  });
});

describe('what follows the end', () => {
  const finished = async (): Promise<Uint8Array> => record({ ...tiny, bookmarks: [] });
  const appended = async (note: string): Promise<Uint8Array> => {
    const sink = new MemorySink();
    const file = await finished();
    const { tail } = await openTrace(new MemorySource(file), brotli);
    await appendBookmarks(sink, tail, { put: [{ id: 1, at: moment(7), note }], remove: [] }, brotli);
    return assemble([file, sink.bytes()]);
  };

  test('may be a bookmark, which is read', async () => {
    const trace = await openTrace(new MemorySource(await appended('here')), brotli);
    expect(trace.complete).toBe(true);
    expect(trace.bookmarks().list).toEqual([{ id: 1, at: 7, note: 'here' }]);
  });

  test('may be a bookmark that was torn anywhere, which takes nothing away', async () => {
    const whole = await finished();
    const file = await appended('here');
    for (let length = whole.length; length < file.length; length++) {
      const trace = await openTrace(new MemorySource(file.slice(0, length)), brotli);
      expect(trace).toMatchObject({ complete: true, end: tiny.end, tornBytes: length - whole.length });
      expect(trace.tail.offset).toBe(whole.length);
      expect(trace.bookmarks().list).toEqual([]);
    }
  });

  test('is refused when a bit of the bookmark is flipped', async () => {
    const [start, file] = [(await finished()).length, await appended('here')];
    for (let bit = start * 8; bit < file.length * 8; bit++) {
      const damaged = file.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      await refuses(damaged);
    }
  });

  test('is refused when it is anything else', async () => {
    const file = await finished();
    for (const junk of [[0], [8, 9], [8, 0, 1], [5, 0, 0, 0], new Array(100).fill(0)])
      await refuses(assemble([file, Uint8Array.from(junk)]), 'trailing');
  });
});
