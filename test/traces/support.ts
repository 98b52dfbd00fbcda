/** What the tests of traces share: real Brotli, a small machine, a small recording, generators of everything. */
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import fc from 'fast-check';
import type { BookmarkChanges } from '../../traces/bookmarks.ts';
import type { Compression } from '../../traces/bytes.ts';
import type { StateDigest } from '../../traces/digest.ts';
import type { TraceEnd } from '../../traces/end.ts';
import type { InputEvent } from '../../traces/events.ts';
import { formatVersion, type TraceHeader } from '../../traces/header.ts';
import { MemorySink } from '../../traces/memory.ts';
import type { TraceState } from '../../traces/states.ts';
import { type Moment, moment } from '../../traces/time.ts';
import { TraceWriter } from '../../traces/writer.ts';

export const brotli: Compression = {
  compress: (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  decompress: (bytes, sizeBytes) => brotliDecompressSync(bytes, { maxOutputLength: Math.max(sizeBytes, 1) }),
};

export const header: TraceHeader = {
  formatVersion,
  createdBy: 'chronovisor 0.1.0',
  machine: {
    board: 'virt',
    harts: 2,
    ramBytes: 128 * 1024 * 1024,
    bios: 'default',
    timePolicy: 'host',
    idlePolicy: 'wait',
    timebaseHz: 10_000_000,
    stepsPerTick: 10,
    quantumSteps: 10_000,
    append: 'console=ttyS0',
    entropySeed: Uint8Array.of(1, 2, 3),
    devices: [{ kind: 'virtio-blk', slot: 0, image: 1, readOnly: true }],
    digestStride: 10_000_000,
  },
  images: [
    {
      role: 'kernel',
      name: 'Image',
      sizeBytes: 5000,
      digest: `sha256:${'0'.repeat(64)}`,
      embedded: true,
      address: 0x8020_0000,
    },
    {
      role: 'disk',
      name: 'root.img',
      sizeBytes: 3 * 1024 * 1024 + 17,
      digest: 'xxh64:0123456789abcdef',
      embedded: true,
    },
    { role: 'initrd', name: 'initrd.gz', sizeBytes: 70, digest: 'xxh64:0123456789abcdef', embedded: false },
  ],
};

/** The disk's middle is a hole of zeros. */
export const imagesData = (): (Uint8Array | undefined)[] => {
  const disk = new Uint8Array(3 * 1024 * 1024 + 17);
  disk.fill(7, 0, 600);
  disk[disk.length - 1] = 9;
  return [Uint8Array.from({ length: 5000 }, (_, index) => (index * index) >> 3), disk, undefined];
};

export const digestAt = (at: number): StateDigest => ({
  at: moment(at),
  machine: new Uint8Array(100).fill(at),
  harts: [new Uint8Array(200).fill(at + 1), new Uint8Array(200).fill(at + 2)],
  ram: BigInt.asUintN(64, BigInt(at) * 0x1234_5678_9abcn),
  pages: { indices: Uint32Array.of(0, 300), hashes: Uint32Array.of(at % 0x1_0000_0000, 0xffff_ffff) },
  devices: [{ name: 'uart0', hash: 0xffff_ffff_ffff_ffffn }],
});

export const events: InputEvent[] = [
  { at: moment(0), kind: 'clock', ticks: 5 },
  { at: moment(10), kind: 'serial', bytes: new TextEncoder().encode('ls\r') },
  { at: moment(10), kind: 'entropy', device: 'virtio-rng', bytes: Uint8Array.of(1, 2, 3, 4) },
  { at: moment(11), kind: 'disk', device: 'virtio-blk', sector: 77, bytes: new Uint8Array(512).fill(3) },
  { at: moment(2 ** 40), kind: 'setRegister', hart: 1, register: 'a0', value: 0xffff_ffff_ffff_ffffn },
  { at: moment(2 ** 40), kind: 'setMemory', address: 0x8000_0000, bytes: Uint8Array.of(0) },
  { at: moment(2 ** 40 + 9), kind: 'clock', ticks: 2 ** 50 },
  { at: moment(2 ** 40 + 9), kind: 'clock', ticks: 1 },
  { at: moment(2 ** 40 + 10), kind: 'power', action: 'shutdown' },
];

export const digests: StateDigest[] = [digestAt(5), digestAt(12), digestAt(2 ** 40 + 20)];

export interface Recording {
  header: TraceHeader;
  images: readonly (Uint8Array | undefined)[];
  events: readonly InputEvent[];
  digests: readonly StateDigest[];
  end?: TraceEnd;
  /** A state that the trace begins at, and those in the middle, ascending. */
  begins?: TraceState;
  states?: readonly TraceState[];
  bookmarks?: readonly BookmarkChanges[];
  /** Flush after every so many events and digests. */
  flushEvery: number;
}

export const small: Recording = {
  header,
  images: imagesData(),
  events,
  digests,
  end: { at: moment(2 ** 40 + 30), reason: 'poweroff', exitCode: 3 },
  flushEvery: 3,
};

/** The same with one small image: short enough to be damaged everywhere. */
export const tiny: Recording = {
  ...small,
  header: { ...header, machine: { ...header.machine, devices: [] }, images: header.images.slice(0, 1) },
  images: small.images.slice(0, 1),
};

/** The present version's: what the first one had, and what came with this one. */
export const stateAt = (at: number, cursor: number, pages: readonly number[]): TraceState => ({
  at: moment(at),
  cursor,
  record: {
    machine: new Uint8Array(64).fill(at),
    harts: [new Uint8Array(300).fill(1), new Uint8Array(300).fill(2)],
    wakeups: [null, at + 5],
    devices: [
      { name: 'uart0', state: { backlog: Uint8Array.of(1, 2), divisor: 12, flag: true, none: null } },
      { name: 'clint', state: { words: Uint32Array.of(7, 0xffff_ffff), list: [2n ** 64n - 1n, -5n, 'text', -3] } },
    ],
  },
  zeroPages: [3, 900],
  console: new TextEncoder().encode('login: '),
  *pages() {
    for (const index of pages) yield { index, bytes: new Uint8Array(4096).fill(index) };
  },
});

export const tinyWithStates: Recording = {
  ...tiny,
  events: [...tiny.events, { at: moment(2 ** 40 + 12), kind: 'schedule', hart: 1, steps: 77 }],
  begins: stateAt(0, 0, [1, 2, 4]),
  states: [stateAt(11, 4, []), stateAt(2 ** 40 + 20, 10, [0, 32_767])],
  bookmarks: [
    {
      put: [
        { id: 1, at: moment(3), note: 'here it begins' },
        { id: 2, at: moment(11), note: 'a note that goes' },
      ],
      remove: [],
    },
    { put: [{ id: 1, at: moment(4), note: 'here it begins, \u00e9' }], remove: [2] },
  ],
};

/** What a state is, with its pages. */
export const contentsOf = ({ pages, ...rest }: TraceState) => ({
  ...rest,
  pages: [...pages()].map(({ index, bytes }) => ({ index, text: Buffer.from(bytes).toString('latin1') })),
});

/** Records in the order of moments; where an event and a digest share one, the event comes first. */
export const record = async (recording: Recording, compression: Compression = brotli): Promise<Uint8Array> => {
  const sink = new MemorySink();
  const writer = await TraceWriter.create(sink, recording.header, recording.images, compression, recording.begins);
  const all = [
    ...recording.events.map((event) => ({ at: event.at, write: () => writer.event(event) })),
    ...recording.digests.map((digest) => ({ at: digest.at, write: () => writer.digest(digest) })),
    ...(recording.states ?? []).map((state) => ({ at: state.at, write: () => writer.state(state) })),
  ].sort((a, b) => a.at - b.at);
  for (const [index, { at, write }] of all.entries()) {
    write();
    if (index % recording.flushEvery === recording.flushEvery - 1) writer.flush(at);
  }
  for (const changes of recording.bookmarks ?? []) writer.bookmarks(changes);
  if (recording.end !== undefined) writer.end(recording.end);
  else writer.abandon(all.at(-1)?.at ?? moment(0));
  return sink.bytes();
};

const bytes = (min: number, max: number) => fc.uint8Array({ minLength: min, maxLength: max });
const name = fc.stringMatching(/^[!-~]{1,32}$/);
const natural = fc.oneof(fc.nat(1000), fc.maxSafeNat());
const word = fc.bigInt(0n, 0xffff_ffff_ffff_ffffn);

/** One generator an input kind, without the moment. */
const inputs = fc.oneof(
  fc.record({ kind: fc.constant('serial' as const), bytes: bytes(1, 300) }),
  fc.record({ kind: fc.constant('clock' as const), ticks: natural }),
  fc.record({ kind: fc.constant('entropy' as const), device: name, bytes: bytes(1, 40) }),
  fc.record({ kind: fc.constant('disk' as const), device: name, sector: natural, bytes: bytes(1, 600) }),
  fc.record({ kind: fc.constant('power' as const), action: fc.constantFrom('shutdown', 'reset', 'stop') }),
  fc.record({ kind: fc.constant('setRegister' as const), hart: fc.nat(7), register: name, value: word }),
  fc.record({ kind: fc.constant('setMemory' as const), address: natural, bytes: bytes(1, 40) }),
  fc.record({ kind: fc.constant('schedule' as const), hart: fc.nat(7), steps: fc.integer({ min: 1, max: 10 ** 9 }) }),
);

const pages = fc
  .uniqueArray(fc.nat(524_287), { maxLength: 20 })
  .chain((indices) =>
    fc
      .array(fc.nat(0xffff_ffff), { minLength: indices.length, maxLength: indices.length })
      .map((hashes) => ({ indices: Uint32Array.from(indices).sort(), hashes: Uint32Array.from(hashes) })),
  );

const digest = fc.record({
  machine: bytes(0, 60),
  harts: fc.array(bytes(0, 60), { maxLength: 8 }),
  ram: word,
  pages,
  devices: fc.array(fc.record({ name, hash: word }), { maxLength: 4 }),
});

const stamped = <Item extends object>(item: fc.Arbitrary<Item>, maxLength: number) =>
  fc
    .array(fc.tuple(natural, item), { maxLength })
    .map((list) => list.sort(([a], [b]) => a - b).map(([at, value]) => ({ at: moment(at) as Moment, ...value })));

export const recordings: fc.Arbitrary<Recording> = fc.record({
  header: fc.constant({ ...header, machine: { ...header.machine, devices: [] }, images: [] }),
  images: fc.constant([]),
  events: stamped(inputs, 60),
  digests: stamped(digest, 8),
  flushEvery: fc.integer({ min: 1, max: 30 }),
});
