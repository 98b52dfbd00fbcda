/**
 * The initial state, as data: which machine it was and which images it started from. It says nothing about how a
 * machine is built of it, which is the VMM's, or where an image lies on a disk, which is the adapter's.
 */

import * as v from 'valibot';
import { headerInvalid, imageSizeDiffers, type TraceError } from './errors.ts';
import { bytesSchema, integer } from './events.ts';

/** Bumped whenever a file that an older reader accepts could mean something else. See docs/trace-format.md. */
export const formatVersion = 2;

const mebibyte = 1024 * 1024;
export const imageBytesTotalMax = 4096 * mebibyte;
const imagesMax = 64;
const devicesMax = 8;

const text = (max: number) => v.pipe(v.string(), v.maxLength(max));

const fileName = v.pipe(
  text(255),
  v.regex(/^[^/\\\p{Cc}]+$/u, "an image's name is a file name without folders or control characters"),
);

/** A device in one of the eight virtio-mmio slots. */
const deviceSchema = v.strictObject({
  /** As QEMU's option spells it, without a suffix for the bus: `virtio-blk`, `virtio-rng`. */
  kind: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,32}$/, 'a device kind has lower-case letters, digits and hyphens')),
  slot: integer(0, 7),
  /** The index, in `images`, of what the device's medium holds at the start. */
  image: v.exactOptional(integer(0, imagesMax - 1)),
  readOnly: v.exactOptional(v.boolean()),
});

const machineSchema = v.strictObject({
  board: v.literal('virt'),
  harts: integer(1, 8),
  ramBytes: v.pipe(
    integer(16 * mebibyte, 2048 * mebibyte),
    v.check((bytes) => bytes % 4096 === 0, 'RAM must be whole pages of 4096 bytes'),
  ),
  bios: v.picklist(['none', 'default', 'image']),
  /** `virtual`: the clock is a function of the moment. `host`: it follows `clock` inputs. */
  timePolicy: v.picklist(['virtual', 'host']),
  idlePolicy: v.picklist(['skip', 'wait']),
  timebaseHz: v.literal(10_000_000),
  /** How many steps the guest's clock takes for one tick while the machine is not idle. */
  stepsPerTick: integer(1, 1_000_000_000),
  /** How many steps a hart runs before the next one does. */
  quantumSteps: integer(1, 1_000_000_000),
  /** The kernel's command line. */
  append: text(65_536),
  entropySeed: v.exactOptional(bytesSchema(0, 64)),
  /** What the board's own device tree has as `/chosen/rng-seed`; it has none if the header does not say. */
  rngSeed: v.exactOptional(bytesSchema(1, 64)),
  /** What the real-time clock shows at moment 0, in seconds since 1970; 0 if the header does not say. */
  rtcSeconds: v.exactOptional(integer(0, 2 ** 40)),
  /** Whether virtio-mmio has the legacy interface (version 1), which is QEMU's default. */
  virtioLegacy: v.exactOptional(v.boolean()),
  devices: v.pipe(
    v.array(deviceSchema),
    v.maxLength(devicesMax),
    v.check((devices) => new Set(devices.map(({ slot }) => slot)).size === devices.length, 'two devices in one slot'),
  ),
  /** Steps between two state digests. */
  digestStride: integer(1, Number.MAX_SAFE_INTEGER),
  /** What their hashes of pages are made by; XXH64 if the header does not say. */
  pageHash: v.exactOptional(v.literal('nh')),
});

const imageSchema = v.strictObject({
  role: v.picklist(['bios', 'kernel', 'initrd', 'dtb', 'disk', 'loader']),
  /** The file's base name, so that a trace tells nothing about the computer it was recorded on. */
  name: fileName,
  sizeBytes: integer(0, imageBytesTotalMax),
  digest: v.pipe(
    v.string(),
    v.regex(/^(sha256:[0-9a-f]{64}|xxh64:[0-9a-f]{16})$/, 'a digest is "sha256:" or "xxh64:" and lower-case hex'),
  ),
  /** Whether the trace holds the image's bytes. */
  embedded: v.boolean(),
  /** Physical, where the image is loaded, for roles that have no fixed place. */
  address: v.exactOptional(integer(0, Number.MAX_SAFE_INTEGER)),
});

const headerSchema = v.pipe(
  v.strictObject({
    formatVersion: integer(1, formatVersion),
    /** Product and version: `chronovisor 0.1.0`. */
    createdBy: v.pipe(text(128), v.regex(/^[^\p{Cc}]+$/u, 'the product and its version, in one line')),
    machine: machineSchema,
    images: v.pipe(v.array(imageSchema), v.maxLength(imagesMax)),
    /** Of a trace that is what would have happened otherwise: what it is called, of which file, from when on. */
    fork: v.exactOptional(
      v.strictObject({ name: text(200), parent: v.exactOptional(fileName), at: integer(0, Number.MAX_SAFE_INTEGER) }),
    ),
  }),
  v.check(
    ({ images }) => images.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) <= imageBytesTotalMax,
    'the images together have more than 4 GiB',
  ),
  v.check(
    ({ machine, images }) => machine.devices.every(({ image }) => image === undefined || image < images.length),
    'a device names an image that the header does not list',
  ),
);

export type TraceHeader = v.InferOutput<typeof headerSchema>;
export type MachineConfiguration = TraceHeader['machine'];
export type DeviceConfiguration = MachineConfiguration['devices'][number];
export type ImageDescription = TraceHeader['images'][number];

/** Headers that `checkHeader` gave. They are frozen, so that they stay what they were found to be. */
const valid = new WeakSet<TraceHeader>();

/**
 * A frozen copy; of a header that was checked before, itself.
 *
 * @throws {TraceError} that names the first field that is wrong
 */
export const checkHeader = (value: unknown): TraceHeader => {
  if (valid.has(value as TraceHeader)) return value as TraceHeader;
  const result = v.safeParse(headerSchema, value, { abortEarly: true });
  if (!result.success) throw headerInvalid(v.getDotPath(result.issues[0]) ?? '', result.issues[0].message);
  valid.add(frozen(result.output));
  return result.output;
};

const frozen = <Value>(value: Value): Value => {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
};

/** What is wrong with the data given for an image, if anything. */
export const imageDataProblem = (
  index: number,
  image: ImageDescription,
  data: Uint8Array | undefined,
): TraceError | undefined => {
  const expected = image.embedded ? image.sizeBytes : undefined;
  return data?.length === expected ? undefined : imageSizeDiffers(index, expected ?? -1, data?.length);
};
