/**
 * From what a command line asks for to what a trace's header says: the machine's configuration and its images. The files
 * are read by whoever calls; nothing is placed or started here.
 */

import {
  checkHeader,
  type DeviceConfiguration,
  formatVersion,
  type MachineConfiguration,
  type TraceHeader,
} from '../../traces/header.ts';
import { timebaseHz } from '../../vmm/machine/platform.ts';
import { randomBytes, sha256 } from '../host/hashes.ts';
import { basename } from '../host/paths.ts';
import type { BootImage, ImageRole } from './boot.ts';
import { twoClocks } from './errors.ts';
import type { MachineOptions } from './machine-options.ts';

/** What is decided about a run besides the machine. */
export interface RunPolicy {
  readonly time: MachineConfiguration['timePolicy'];
  readonly idle: MachineConfiguration['idlePolicy'];
  readonly digestStride: number;
  /** Steps of all harts to a tick of 100 ns. */
  readonly stepsPerTick: number;
  /** Steps of a hart before the next one has its turn. */
  readonly quantumSteps: number;
  /** From which `/chosen/rng-seed` is made and, with `virtual` time, a device's random bytes; with `host` time those come from outside. */
  readonly entropySeed: Uint8Array;
  /** What the real-time clock shows at the start, if the command line does not say: seconds since 1970. */
  readonly clockSeconds: number;
}

/**
 * A run with this policy and without outside input is the same each time. 100 steps a tick is a thousand million a second, about
 * as fast as the guest really goes, so that its clock feels right; it is QEMU's rate with `-icount shift=0`, too. A digest takes some milliseconds, and 500 million steps
 * half a second.
 */
export const virtualPolicy: RunPolicy = {
  time: 'virtual',
  idle: 'skip',
  digestStride: 500_000_000,
  stepsPerTick: 100,
  quantumSteps: 10_000,
  entropySeed: new TextEncoder().encode('chronovisor'),
  clockSeconds: Date.UTC(2026, 0, 1) / 1000,
};

/**
 * The guest's clock follows the host's. It goes by itself only a little between two looks at the host's clock, so that it
 * never has to wait for that.
 */
export const hostPolicy = (clockSeconds: number): RunPolicy => ({
  ...virtualPolicy,
  time: 'host',
  idle: 'wait',
  stepsPerTick: 1000,
  entropySeed: randomBytes(32),
  clockSeconds,
});

export interface MachineDescription {
  readonly configuration: MachineConfiguration;
  /** In the order of the header's list, which devices refer to by number. */
  readonly images: readonly BootImage[];
}

const purposes: Readonly<Record<ImageRole, string>> = {
  bios: 'the firmware',
  kernel: 'the kernel',
  initrd: 'the initial RAM disk',
  dtb: 'the device tree',
  disk: 'the disk image',
  loader: 'the file to load',
};

/** `read` gives the bytes of a file that the command line names, for each image, in order; `purpose` is how an error calls it. */
export const describeMachine = (
  options: MachineOptions,
  policy: RunPolicy,
  read: (purpose: string, file: string) => Uint8Array,
): MachineDescription => {
  const images: BootImage[] = [];
  const add = (role: ImageRole, file: string | undefined, address?: number): void => {
    if (file === undefined) return;
    images.push({
      role,
      name: imageName(file),
      bytes: read(purposes[role], file),
      ...(address === undefined ? {} : { address }),
    });
  };
  const { bios } = options;
  if (typeof bios === 'object') add('bios', bios.file);
  add('kernel', options.kernel);
  add('initrd', options.initrd);
  add('dtb', options.dtb);
  const devices = options.devices.map((device): DeviceConfiguration => {
    if (device.kind === 'virtio-rng') return { kind: device.kind, slot: device.slot };
    add('disk', device.file);
    return { kind: device.kind, slot: device.slot, image: images.length - 1, readOnly: device.readOnly };
  });
  for (const { file, address } of options.loaders) add('loader', file, address);
  const configuration: MachineConfiguration = {
    board: 'virt',
    harts: options.harts,
    ramBytes: options.ramBytes,
    bios: typeof bios === 'object' ? 'image' : bios,
    timePolicy: policy.time,
    idlePolicy: policy.idle,
    timebaseHz,
    stepsPerTick: stepsPerTickOf(options, policy),
    quantumSteps: policy.quantumSteps,
    append: options.append,
    ...(policy.time === 'host' ? {} : { entropySeed: policy.entropySeed }),
    ...(options.dtb === undefined ? { rngSeed: rngSeedFrom(policy.entropySeed) } : {}),
    rtcSeconds: Math.floor(options.clockSeconds ?? policy.clockSeconds),
    virtioLegacy: options.virtioLegacy,
    devices,
    digestStride: policy.digestStride,
    pageHash: 'nh',
  };
  return { configuration, images };
};

/**
 * 32 bytes, as QEMU's board has: without them Linux has no random numbers until it has made its own, and stirs anew for each
 * one that is asked for before, which is a tenth of its boot.
 */
const rngSeedFrom = (seed: Uint8Array): Uint8Array => {
  const digits = sha256().update('rng-seed').update(seed).digest('hex');
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number(`0x${digits.slice(2 * index, 2 * index + 2)}`),
  );
};

/** @throws {BootError} when the clock is to follow the host's and the steps, too */
const stepsPerTickOf = ({ stepsPerTick }: MachineOptions, policy: RunPolicy): number => {
  if (stepsPerTick !== undefined && policy.time === 'host') throw twoClocks();
  return stepsPerTick ?? policy.stepsPerTick;
};

/**
 * The header of a trace of this machine. `embedded`: the trace holds the images, else only their digests.
 * @throws {TraceError} when something is beyond what a trace can say
 */
export const traceHeader = (
  { configuration, images }: MachineDescription,
  createdBy: string,
  embedded: boolean,
): TraceHeader =>
  checkHeader({
    formatVersion,
    createdBy,
    machine: configuration,
    images: images.map(({ role, name, bytes, address }) => ({
      role,
      name,
      sizeBytes: bytes.length,
      digest: imageDigest(bytes),
      embedded,
      ...(address === undefined ? {} : { address }),
    })),
  });

/** As a header spells it: `sha256:` and 64 hexadecimal digits. */
export const imageDigest = (bytes: Uint8Array): string => {
  const hash = sha256();
  // In pieces, since Node takes no more than 2 GiB at once.
  for (let at = 0; at < bytes.length; at += hashedAtOnceBytes) hash.update(bytes.subarray(at, at + hashedAtOnceBytes));
  return `sha256:${hash.digest('hex')}`;
};

const hashedAtOnceBytes = 2 ** 26;

const imageName = (file: string): string =>
  basename(file.replaceAll('\\', '/'))
    .replace(/\p{Cc}/gu, '?')
    .slice(-255) || 'image';
