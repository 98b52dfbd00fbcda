/**
 * What a machine was at a moment, small enough to keep many: enough to prove that a replay is the recording, and to
 * name what differs when it is not. Computing one is the VMM's; this is its shape and how a chunk of them is packed.
 */

import * as v from 'valibot';
import { ColumnReader, ColumnWriter } from './columns.ts';
import { bytesSchema, momentSchema, nameSchema, word64 } from './events.ts';
import { packPages, unpackPages } from './page-indices.ts';

const stateBytesMax = 65_536;

/** Pages of RAM with something about each: columns, since there are thousands of them in a digest. */
export interface PageHashes {
  /** Of the pages of 4 KiB, from RAM's start, ascending. */
  readonly indices: Uint32Array;
  /** The low half of each page's hash. */
  readonly hashes: Uint32Array;
}

export const noPages: PageHashes = { indices: new Uint32Array(), hashes: new Uint32Array() };

/** RAM has 2 GiB at most. */
const pagesMax = 524_288;

/** That the indices ascend is seen where they are packed, and so is in what is unpacked. */
const isPageHashes = (value: unknown): value is PageHashes => {
  const { indices, hashes } = value as Partial<PageHashes>;
  if (!(indices instanceof Uint32Array && hashes instanceof Uint32Array)) return false;
  return indices.length === hashes.length && (indices.at(-1) ?? 0) < pagesMax;
};

const digestSchema = v.strictObject({
  at: momentSchema,
  /** The canonical bytes of the state that no hart owns, about 1 KiB. */
  machine: bytesSchema(0, stateBytesMax),
  /** The canonical bytes of each hart's state, about 1 KiB each, so that a divergence can name the register. */
  harts: v.pipe(v.array(bytesSchema(0, stateBytesMax)), v.maxLength(8)),
  /** One hash of all of RAM. */
  ram: word64,
  /** The pages whose hash differs from the digest before (from zeros, in the first), in ascending order. */
  pages: v.custom<PageHashes>(isPageHashes, 'pages have indices below 2^19 and a hash each'),
  devices: v.pipe(v.array(v.strictObject({ name: nameSchema, hash: word64 })), v.maxLength(64)),
});

export type StateDigest = v.InferOutput<typeof digestSchema>;

/** A copy that shares no state bytes with `value`. Throws a plain `Error` with a phrase for what was found. */
export const checkDigest = (value: unknown): StateDigest => {
  const result = v.safeParse(digestSchema, value, { abortEarly: true });
  if (!result.success) throw new Error(`${v.getDotPath(result.issues[0])}: ${result.issues[0].message}`);
  return result.output;
};

/** One digest as it stands in the file. Field by field as `StateDigest`; see docs/trace-format.md. */
const packedSchema = v.strictTuple([
  momentSchema,
  v.instance(Uint8Array), //            machine, XOR
  v.array(v.instance(Uint8Array)), //   harts, XOR
  v.instance(Uint8Array), //            ram: u64
  v.instance(Uint8Array), //            page indices: LEB128, distance from the page before
  v.instance(Uint8Array), //            page hashes: u32 each
  v.array(v.string()), //               devices: names
  v.instance(Uint8Array), //            devices: u64 each
]);

export const packDigests = (digests: readonly StateDigest[]): unknown =>
  digests.map((digest, index) => {
    const before = digests[index - 1];
    const ram = new ColumnWriter();
    const devices = new ColumnWriter();
    const { indices, hashes } = digest.pages;
    ram.u64(digest.ram);
    for (const { hash } of digest.devices) devices.u64(hash);
    return [
      digest.at,
      xor(digest.machine, before?.machine),
      digest.harts.map((hart, number) => xor(hart, before?.harts[number])),
      ram.take(),
      packPages(indices),
      new Uint8Array(hashes.buffer, hashes.byteOffset, hashes.byteLength),
      digest.devices.map(({ name }) => name),
      devices.take(),
    ];
  });

/** Throws a plain `Error` with a phrase for what was found. */
export const unpackDigests = (payload: unknown): StateDigest[] => {
  const digests: StateDigest[] = [];
  for (const packed of v.parse(v.array(packedSchema), payload)) {
    const [at, machine, harts, ramBytes, indexBytes, hashBytes, names, deviceBytes] = packed;
    const before = digests.at(-1);
    const ram = new ColumnReader(ramBytes);
    const hashesOfDevices = new ColumnReader(deviceBytes);
    const digest = checkDigest({
      at,
      machine: xor(machine, before?.machine),
      harts: harts.map((hart, number) => xor(hart, before?.harts[number])),
      ram: ram.u64(),
      pages: {
        indices: Uint32Array.from(unpackPages(indexBytes, pagesMax)),
        hashes: new Uint32Array(new Uint8Array(hashBytes).buffer),
      },
      devices: names.map((name) => ({ name, hash: hashesOfDevices.u64() })),
    });
    if (!(ram.done && hashesOfDevices.done)) throw new Error('more bytes than the digest has parts');
    digests.push(digest);
  }
  return digests;
};

/** Its own inverse. Registers that did not change become zeros, which compress to nothing. */
const xor = (bytes: Uint8Array, before: Uint8Array | undefined): Uint8Array => {
  const result = Uint8Array.from(bytes);
  const common = Math.min(bytes.length, before?.length ?? 0);
  for (let index = 0; index < common; index++) result[index]! ^= before![index]!;
  return result;
};
