/** Files whose checksums are right and whose contents are not: written by a faulty program, or by an enemy. */
import { describe, expect, test } from 'vitest';
import { packEvents } from '../../traces/codec.ts';
import { packDigests } from '../../traces/digest.ts';
import { MemorySource } from '../../traces/memory.ts';
import { encodeMessage } from '../../traces/msgpack.ts';
import { openTrace } from '../../traces/reader.ts';
import { moment } from '../../traces/time.ts';
import { check, clock, eventsChunk, type Forged, headerChunk, noEvents, plainHeader } from './forge.ts';
import { brotli, digestAt, header } from './support.ts';

describe('a file that is not a trace of this version', () => {
  test('an ELF is refused by its first bytes', () =>
    expect(
      openTrace(new MemorySource(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0)), brotli),
    ).rejects.toMatchObject({ code: 'not-a-trace', found: '7f 45 4c 46 02 01 01 00' }));

  test('an empty file is refused as empty', () =>
    expect(openTrace(new MemorySource(new Uint8Array()), brotli)).rejects.toMatchObject({ code: 'empty' }));

  test('a version from the future is named, with the one that is supported', () =>
    check([headerChunk(), noEvents], 'version-newer', /version 2 or older, found version 7\. Upgrade/, 7));

  test('version 0 is refused', () => check([headerChunk(), noEvents], 'version-unknown', undefined, 0));
});

describe('lengths that a chunk declares', () => {
  const gibibytes = 0xffff_fff0;
  test('are refused above the limit before anything is read', () =>
    check([headerChunk(), { kind: 'events', storedBytes: gibibytes, plainBytes: 1 }], 'chunk-size'));
  test('are refused when they would decompress to too much', () =>
    check([headerChunk(), { kind: 'events', codec: 1, plainBytes: gibibytes }], 'chunk-size'));
  test('are refused when stored and uncompressed differ without compression', () =>
    check([headerChunk(), { kind: 'events', plainBytes: 1 }], 'chunk-size'));
  test('must be those that the decompressor finds, not more', () =>
    check(
      [headerChunk(), noEvents, eventsChunk(brotli.compress(new Uint8Array(10_000)), { codec: 1, plainBytes: 9 })],
      'codec',
    ));
  test('must be those that the decompressor finds, not less', () =>
    check(
      [headerChunk(), noEvents, eventsChunk(brotli.compress(new Uint8Array(10)), { codec: 1, plainBytes: 5000 })],
      'codec',
      /5000 bytes, found 10 bytes/,
    ));
});

describe('chunks', () => {
  test('of an unknown kind are refused', () => check([headerChunk(), { kind: 99 }], 'chunk-kind'));
  test('of an unknown compression are refused', () => check([headerChunk(), { kind: 'events', codec: 2 }], 'codec'));
  test('may not precede the header', () => check([noEvents, headerChunk()], 'chunk-order'));
  test('may not be a second header', () => check([headerChunk(), headerChunk(), noEvents], 'chunk-order'));
  test('of images may not follow events', () =>
    check([headerChunk(), noEvents, { kind: 'image', payload: Uint8Array.of(1) }], 'chunk-order'));
  test('may not end a trace that did not begin', () => check([headerChunk(), { kind: 'end' }], 'chunk-order'));
  test('may not have moments beyond 2^53', () =>
    check([headerChunk(), { kind: 'events', first: 2n ** 53n, last: 2n ** 53n }], 'payload'));
});

describe('moments', () => {
  const packed = packEvents([clock(5), clock(9)], moment(5));
  test('may not run backwards from one chunk to the next', () =>
    check(
      [headerChunk(), { ...noEvents, last: 6n }, eventsChunk(packed, { first: 5n, last: 9n, count: 2 })],
      'moments',
    ));
  test('may not lie beyond what the chunk declares', () =>
    check([headerChunk(), eventsChunk(packed, { first: 5n, last: 8n, count: 2 })], 'moments'));
  test('may not overflow', () =>
    check(
      [headerChunk(), eventsChunk(packed, { first: 2n ** 53n - 2n, last: 2n ** 53n - 1n, count: 2 })],
      'payload',
      /2\^53/,
    ));
  test('of inputs may not lie before that of a digest before them', () =>
    check(
      [
        headerChunk(),
        { ...noEvents, last: 6n },
        { kind: 'digests', payload: encodeMessage(packDigests([digestAt(6)])), first: 6n, last: 6n, count: 1 },
        eventsChunk(packed, { first: 5n, last: 9n, count: 2 }),
      ],
      'moments',
    ));
  test('of digests may not lie beyond the events', () =>
    check(
      [
        headerChunk(),
        noEvents,
        { kind: 'digests', payload: encodeMessage(packDigests([digestAt(5)])), first: 5n, last: 5n, count: 1 },
      ],
      'moments',
    ));
});

describe('the header', () => {
  const machine = plainHeader.machine;
  const { board: _, ...boardless } = machine;
  const cases: [string, unknown, RegExp][] = [
    ['is not a map', 5, /Object/],
    ['has nine harts', { ...plainHeader, machine: { ...machine, harts: 9 } }, /machine\.harts/],
    ['has a part of a page of RAM', { ...plainHeader, machine: { ...machine, ramBytes: 2 ** 24 + 1 } }, /pages/],
    ['has an unknown field', { ...plainHeader, extra: 1 }, /extra/],
    ['lacks a field', { ...plainHeader, machine: boardless }, /board/],
    ['names a folder', { ...plainHeader, images: [{ ...header.images[2], name: '../x' }] }, /folders/],
    ['has 5 GiB of images', { ...plainHeader, images: [{ ...header.images[2], sizeBytes: 5 * 2 ** 30 }] }, /sizeBytes/],
    [
      'has two devices in a slot',
      { ...plainHeader, machine: { ...machine, devices: [1, 2].map(() => ({ kind: 'virtio-rng', slot: 3 })) } },
      /slot/,
    ],
    [
      'has a device with an image that is not there',
      { ...plainHeader, machine: { ...machine, devices: [{ kind: 'virtio-blk', slot: 3, image: 0 }] } },
      /image/,
    ],
  ];
  for (const [name, value, found] of cases) {
    test(`is refused when it ${name}`, () => check([headerChunk(value), noEvents], 'header', found));
  }
});

describe('image data', () => {
  const mebibyte = 1024 * 1024;
  const images = [{ ...header.images[0]!, sizeBytes: mebibyte + 4 }, header.images[2]!];
  const piece = (first: number, last: number, length: number): Forged => ({
    kind: 'image',
    first: BigInt(first),
    last: BigInt(last),
    payload: new Uint8Array(length).fill(1),
  });
  const refused = (...pieces: Forged[]) =>
    check([headerChunk({ ...plainHeader, images }), ...pieces, noEvents], 'image');

  test('may not be of an image that the header does not list', () => refused(piece(2, 0, 4)));
  test('may not be of an image that is not embedded', () => refused(piece(1, 0, 70)));
  test('may not start between two pieces', () => refused(piece(0, 4, 4)));
  test('may not lie beyond the end', () => refused(piece(0, 2 * mebibyte, 4)));
  test('may not reach beyond the end', () => refused(piece(0, mebibyte, 5)));
  test('may not be shorter than its piece', () => refused(piece(0, mebibyte, 3)));
  test('may not be there twice', () => refused(piece(0, mebibyte, 4), piece(0, mebibyte, 4)));
});

describe('the contents of events and digests', () => {
  const good = packEvents([clock(0)], moment(0)) as Record<string, unknown>;
  const deep = Uint8Array.from({ length: 100_000 }, () => 0x91);
  const cases: [string, unknown][] = [
    ['are no MessagePack', Uint8Array.of(0xc1)],
    ['are nested a hundred thousand deep', deep],
    ['declare four thousand million items', Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff)],
    ['declare four thousand million keys', Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff)],
    ['declare a string beyond the end', Uint8Array.of(0xdb, 0xff, 0xff, 0xff, 0xff)],
    ['have an extension type', Uint8Array.of(0xd6, 0xff, 0, 0, 0, 0)],
    [
      'have a million values',
      Uint8Array.from({ length: 1_000_005 }, (_, at) => [0xdd, 0, 0xf, 0x42, 0x40][at] ?? 0xc0),
    ],
    ['go on after the value', Uint8Array.of(0xc0, 0xc0)],
    ['are nothing', Uint8Array.of()],
    ['have another shape', { kinds: 1 }],
    ['have an unknown kind', { ...good, kinds: Uint8Array.of(200) }],
    ['have fewer events than declared', { ...good, kinds: Uint8Array.of(), moments: Uint8Array.of(), columns: {} }],
    ['have no column for a field', { ...good, columns: {} }],
    ['have a column that ends early', { ...good, columns: { 'clock.ticks': Uint8Array.of() } }],
    ['have a column that goes on', { ...good, columns: { 'clock.ticks': Uint8Array.of(1, 1) } }],
    ['have a negative clock', { ...good, columns: { 'clock.ticks': Uint8Array.of(0x41) } }],
    ['have a number that never ends', { ...good, moments: new Uint8Array(20).fill(0xff) }],
    [
      'have bytes beyond the end',
      { ...good, kinds: Uint8Array.of(1), columns: { 'serial.bytes': Uint8Array.of(9, 1) } },
    ],
    [
      'name a text that is not there',
      { ...good, kinds: Uint8Array.of(5), columns: { 'power.action': Uint8Array.of(0) } },
    ],
    [
      'name an action that does not exist',
      { ...good, kinds: Uint8Array.of(5), texts: ['explode'], columns: { 'power.action': Uint8Array.of(0) } },
    ],
  ];
  for (const [name, payload] of cases) {
    test(`are refused when they ${name}`, () => check([headerChunk(), eventsChunk(payload)], 'payload'));
  }

  test('are refused when a digest has a page twice', async () => {
    const [digest] = packDigests([digestAt(0)]) as unknown[][];
    digest![4] = Uint8Array.of(0xff, 0xff, 0x7f);
    await check([headerChunk(), noEvents, { kind: 'digests', count: 1, payload: encodeMessage([digest]) }], 'payload');
  });

  test('are refused when the end has an unknown reason', () =>
    check([headerChunk(), noEvents, { kind: 'end', payload: encodeMessage({ at: 0, reason: 'tired' }) }], 'payload'));
});
