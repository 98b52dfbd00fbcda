/**
 * What a machine was at a moment, small enough to keep many: enough to prove that a replay is the recording, and to
 * name what differs when it is not. Computing one is the VMM's; this is its shape and how a chunk of them is packed.
 */

import * as v from 'valibot';
import { ColumnReader, ColumnWriter } from './columns.ts';
import { bytesSchema, momentSchema, nameSchema, word64 } from './events.ts';

const stateBytesMax = 65_536;

export interface PageHash {
  /** Of the 4 KiB page of RAM, from RAM's start. */
  readonly index: number;
  /** 32 bits. */
  readonly hash: number;
}

/** RAM has 2 GiB at most. */
const pagesMax = 524_288;

/** By hand rather than by a schema an entry, as there are thousands of them in each digest. */
const isPageList = (value: unknown): value is readonly PageHash[] => {
  if (!Array.isArray(value)) return false;
  let next = 0;
  for (const { index, hash } of value as PageHash[]) {
    if (!(Number.isInteger(index) && index >= next && index < pagesMax)) return false;
    if (!(Number.isInteger(hash) && hash >= 0 && hash <= 0xffff_ffff)) return false;
    next = index + 1;
  }
  return true;
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
  pages: v.custom<readonly PageHash[]>(isPageList, 'pages have ascending indices below 2^19 and 32-bit hashes'),
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
    const [ram, indices, hashes, devices] = [1, 2, 3, 4].map(() => new ColumnWriter()) as [
      ColumnWriter,
      ColumnWriter,
      ColumnWriter,
      ColumnWriter,
    ];
    ram.u64(digest.ram);
    let next = 0;
    for (const page of digest.pages) {
      indices.unsigned(page.index - next);
      hashes.u32(page.hash);
      next = page.index + 1;
    }
    for (const { hash } of digest.devices) devices.u64(hash);
    return [
      digest.at,
      xor(digest.machine, before?.machine),
      digest.harts.map((hart, number) => xor(hart, before?.harts[number])),
      ram.take(),
      indices.take(),
      hashes.take(),
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
    const pages: PageHash[] = [];
    const indices = new ColumnReader(indexBytes);
    const hashes = new ColumnReader(hashBytes);
    for (let next = 0; !indices.done; ) {
      const index = next + indices.unsigned();
      pages.push({ index, hash: hashes.u32() });
      next = index + 1;
    }
    const ram = new ColumnReader(ramBytes);
    const hashesOfDevices = new ColumnReader(deviceBytes);
    const digest = checkDigest({
      at,
      machine: xor(machine, before?.machine),
      harts: harts.map((hart, number) => xor(hart, before?.harts[number])),
      ram: ram.u64(),
      pages,
      devices: names.map((name) => ({ name, hash: hashesOfDevices.u64() })),
    });
    if (!(hashes.done && ram.done && hashesOfDevices.done)) throw new Error('more bytes than the digest has parts');
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
