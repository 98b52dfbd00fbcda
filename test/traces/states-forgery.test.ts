/** States and bookmarks whose checksums are right and whose contents are not. What machines refuse is test/session/states.test.ts. */

import { describe, expect, test } from 'vitest';
import { statePieceBytes } from '../../traces/chunk.ts';
import { packEvents } from '../../traces/codec.ts';
import type { TraceErrorCode } from '../../traces/errors.ts';
import { MemorySource } from '../../traces/memory.ts';
import { encodeMessage } from '../../traces/msgpack.ts';
import { type PlainValue, packPlain } from '../../traces/plain.ts';
import { openTrace } from '../../traces/reader.ts';
import { moment } from '../../traces/time.ts';
import { check, clock, eventsChunk, type Forged, forge, headerChunk, noEvents, plainHeader } from './forge.ts';
import { brotli } from './support.ts';

describe('a state', () => {
  const page = (index: number, count = 1): Forged => {
    const payload = new Uint8Array(count * 4100);
    const view = new DataView(payload.buffer);
    for (let number = 0; number < count; number++) view.setUint32(number * 4, index + number, true);
    return { kind: 'pages', payload, count };
  };
  const record = {
    machine: new Uint8Array(64),
    harts: [new Uint8Array(8)],
    wakeups: [null],
    devices: [{ name: 'uart0', state: null }],
    zeroPages: new Uint8Array(),
    console: new Uint8Array(),
  };
  const state = (payload: PlainValue | Uint8Array = record, rest: Partial<Forged> = {}): Forged => ({
    kind: 'state',
    payload: payload instanceof Uint8Array ? payload : packPlain(payload),
    ...rest,
  });
  const at = (moment: bigint, piece: Forged): Forged => ({
    ...piece,
    first: moment,
    last: piece.kind === 'pages' ? moment : (piece.last ?? 0n),
  });
  const begin = (...pieces: Forged[]) => [headerChunk(), ...pieces, noEvents];
  const refused = (name: string, chunks: readonly Forged[], code: TraceErrorCode, found?: RegExp, version?: number) =>
    test(`is refused that ${name}`, () => check(chunks, code, found, version));

  test('that has none of these faults is read', async () => {
    const bytes = await forge([...begin(page(3, 2), page(9), state())]);
    const [found] = (await openTrace(new MemorySource(bytes), brotli)).states;
    expect([...found!.load().pages()].map(({ index }) => index)).toEqual([3, 4, 9]);
  });
  const version1 = [headerChunk({ ...plainHeader, formatVersion: 1 }), state(), noEvents];
  refused('is in a trace of version 1', version1, 'chunk-kind', undefined, 1);
  refused('is the second to begin with', begin(state(), state()), 'chunk-order', /one state to begin with/);
  refused('has inputs before it and begins the trace', begin(state(record, { count: 1 })), 'state');
  refused('is begun and not ended', begin(page(3)), 'chunk-order', /the rest of a state/);
  refused('has another chunk in it', [headerChunk(), noEvents, page(3), noEvents, state()], 'chunk-order');
  refused(
    'is of two moments',
    [headerChunk(), { ...noEvents, last: 9n }, at(5n, page(3)), at(6n, state())],
    'chunk-order',
  );
  refused('is beyond the run', [headerChunk(), noEvents, at(5n, state())], 'moments');
  refused(
    'is before another one',
    [headerChunk(), { ...noEvents, last: 9n }, at(5n, state()), at(4n, state())],
    'moments',
  );
  refused('has pages behind its record', begin(state(new Uint8Array(statePieceBytes)), page(1)), 'chunk-order');
  refused('has a piece that is elsewhere', begin(state(record, { last: 8n })), 'chunk-order', /the piece from byte 0/);
  refused('has less bytes than pages', begin({ ...page(3), count: 2 }, state()), 'payload', /2 in 4100 bytes/);
  refused('has no page in a chunk of pages', begin({ kind: 'pages' }, state()), 'payload');
  refused('has 64 MiB of pages in a chunk', begin({ ...page(0), plainBytes: 2 ** 26 }, state()), 'chunk-size');
  refused('has a page twice', begin(page(3), page(3), state()), 'payload', /pages from 4 to/);
  refused('has pages that descend', begin(page(3), page(2), state()), 'payload');
  refused('has a page beyond RAM', begin(page(32_768), state()), 'payload', /found page 32768/);
  const ofZeros = Uint8Array.of(0x80, 0x80, 0x02);
  refused('has a zero page beyond RAM', begin(state({ ...record, zeroPages: ofZeros })), 'payload', /page 32768/);
  refused('has more inputs before it than there are', [headerChunk(), noEvents, state(record, { count: 1 })], 'state');
  const packed = packEvents([clock(5), clock(9)], moment(5));
  const events = eventsChunk(packed, { first: 5n, last: 9n, count: 2 });
  refused('has an input of later before it', [headerChunk(), events, at(6n, state(record, { count: 2 }))], 'state');
  refused('has an input of earlier behind it', [headerChunk(), events, at(9n, state(record, { count: 0 }))], 'state');
  refused('has a field more', begin(state({ ...record, extra: 1 })), 'payload', /extra/);
  refused('has a field less', begin(state({ machine: new Uint8Array() })), 'payload');
  refused('has nine harts', begin(state({ ...record, harts: Array(9).fill(new Uint8Array()) })), 'payload');
  refused('has a wake-up before all moments', begin(state({ ...record, wakeups: [-1] })), 'payload');
  refused('has a hundred devices', begin(state({ ...record, devices: Array(100).fill(record.devices[0]) })), 'payload');
  refused('has a megabyte of console', begin(state({ ...record, console: new Uint8Array(2 ** 20) })), 'payload');

  const nested = (levels: number): PlainValue => (levels === 0 ? null : [nested(levels - 1)]);
  const values: [string, Uint8Array, RegExp?][] = [
    ['is nothing', new Uint8Array()],
    ['is of no kind', Uint8Array.of(77), /unknown kind 77/],
    ['goes on behind its value', Uint8Array.of(0, 0)],
    ['ends in the middle', packPlain(record).subarray(0, 50)],
    ['says four thousand million items', Uint8Array.of(8, 0xff, 0xff, 0xff, 0xff, 0x0f), /items in/],
    ['says four thousand million words', Uint8Array.of(7, 0xff, 0xff, 0xff, 0xff, 0x0f), /items in/],
    ['says four thousand million fields', Uint8Array.of(9, 0xff, 0xff, 0xff, 0xff, 0x0f), /items in/],
    ['has bytes beyond its end', Uint8Array.of(6, 99, 1)],
    ['has text that is none', Uint8Array.of(5, 1, 0xff)],
    ['has a bigint of 17 bytes', Uint8Array.of(4, 0, 17, ...new Uint8Array(17)), /bigint of 17 bytes/],
    ['is nested twenty deep', packPlain(nested(20)), /levels/],
  ];
  for (const [name, bytes, found] of values) refused(`${name} as a record`, begin(state(bytes)), 'payload', found);
  test('is refused that has five million values', async () => {
    const list = new Uint8Array(5_000_004);
    list.set([8, 0xc0, 0x96, 0xb1, 0x02]);
    const pieces = [0, 1].map((number) =>
      state(list.subarray(number * statePieceBytes, (number + 1) * statePieceBytes), {
        last: BigInt(number * statePieceBytes),
      }),
    );
    await check(begin(...pieces), 'payload', /values/);
  });
  test("is refused that is larger than any machine's", async () => {
    const piece = brotli.compress(new Uint8Array(statePieceBytes));
    const pieces = Array.from({ length: 18 }, (_, number) => ({
      ...state(piece, { codec: 1, plainBytes: statePieceBytes, last: BigInt(number * statePieceBytes) }),
    }));
    await check(
      begin(...pieces, state(new Uint8Array(1), { last: BigInt(18 * statePieceBytes) })),
      'payload',
      /of state/,
    );
  });
});

describe('bookmarks', () => {
  const chunk = (value: unknown, count = 1): Forged => ({ kind: 'bookmarks', payload: encodeMessage(value), count });
  const refused = (name: string, ...chunks: Forged[]) =>
    test(`are refused that ${name}`, () => check([headerChunk(), noEvents, ...chunks], 'payload'));
  const one = { id: 1, at: 0, note: '' };
  refused('have no list', chunk({ put: [] }, 0));
  refused('have another number of changes', chunk({ put: [one], remove: [] }, 2));
  refused('have id 0', chunk({ put: [{ ...one, id: 0 }], remove: [] }));
  refused('have a moment that is none', chunk({ put: [{ ...one, at: -1 }], remove: [] }));
  refused('have a note that is too long', chunk({ put: [{ ...one, note: 'x'.repeat(5000) }], remove: [] }));
  refused(
    'are twenty thousand',
    ...[0, 1].map((half) => {
      const put = Array.from({ length: 10_000 }, (_, index) => ({ ...one, id: half * 10_000 + index + 1 }));
      return chunk({ put, remove: [] }, 10_000);
    }),
  );
  test('may not stand before the images are complete', () =>
    check([headerChunk(), chunk({ put: [], remove: [] }, 0), noEvents], 'chunk-order'));
});
