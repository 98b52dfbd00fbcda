import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type BootImage, bootImage } from '../../adapter/boot/boot.ts';
import {
  describeMachine,
  hostPolicy,
  type RunPolicy,
  traceHeader,
  virtualPolicy,
} from '../../adapter/boot/configuration.ts';
import { BootError } from '../../adapter/boot/errors.ts';
import type { MachineOptions } from '../../adapter/boot/machine-options.ts';
import { InputError } from '../../adapter/program/input-error.ts';
import type { MachineConfiguration } from '../../traces/header.ts';
import { readDeviceTree } from '../../vmm/machine/devicetree/reader.ts';
import type { MachineImage } from '../../vmm/machine/machine.ts';
import { buildElf } from '../program/elf-builder.ts';

const mebibyte = 2 ** 20;
const options: MachineOptions = {
  harts: 1,
  ramBytes: 128 * mebibyte,
  bios: 'default',
  kernel: undefined,
  initrd: undefined,
  dtb: undefined,
  append: '',
  devices: [],
  loaders: [],
  virtioLegacy: true,
  console: { kind: 'none' },
  noReboot: false,
  clockSeconds: undefined,
  stepsPerTick: undefined,
};
const configure = (changes: Partial<MachineOptions>): MachineConfiguration =>
  describeMachine({ ...options, ...changes }, virtualPolicy, () => new Uint8Array()).configuration;

const boot = (
  bios: 'none' | 'default' | 'image',
  images: readonly BootImage[],
  changes: Partial<MachineOptions> = {},
) => bootImage({ ...configure(changes), bios }, images);

const raw = (sizeBytes: number): Uint8Array => new Uint8Array(sizeBytes).fill(0x13);
const kernel = (bytes: Uint8Array): BootImage => ({ role: 'kernel', name: 'kernel', bytes });
const firmware = (bytes: Uint8Array): BootImage => ({ role: 'bios', name: 'fw.bin', bytes });
const initrd = (bytes: Uint8Array): BootImage => ({ role: 'initrd', name: 'i.gz', bytes });
const elfAt = (at: bigint, entry = at, memoryBytes = 4n): Uint8Array =>
  buildElf({ entry, segments: [{ at, bytes: Uint8Array.of(0x13, 0, 0, 0), memoryBytes }] });
const linux = (sizeBytes: number, memoryBytes: number): Uint8Array => {
  const bytes = raw(sizeBytes);
  new DataView(bytes.buffer).setBigUint64(0x10, BigInt(memoryBytes), true);
  new DataView(bytes.buffer).setUint32(0x38, 0x0543_5352, true);
  return bytes;
};

/** Where the ROM's words send a hart: start, device tree, next stage, its mode. */
const romOf = ({ rom }: MachineImage) => {
  const view = new DataView(rom.buffer, rom.byteOffset);
  const word = (at: number): number => Number(view.getBigUint64(at, true));
  return { start: word(0x18), dtb: word(0x20), next: word(0x38), mode: word(0x40) };
};
const placed = ({ placements }: MachineImage): [number, number][] =>
  placements.map(({ address, bytes }) => [address, bytes.length]);
const treeAt = 0x87e0_0000;

describe('without firmware', () => {
  test('a raw kernel lies at the start of RAM and is jumped to', () => {
    const image = boot('none', [kernel(raw(100))]);
    expect(placed(image)[0]).toEqual([0x8000_0000, 100]);
    expect(romOf(image)).toMatchObject({ start: 0x8000_0000, dtb: treeAt });
    expect(image.supervisorStart).toBeUndefined();
  });
  test('an ELF lies where it says and the start of RAM is jumped to, as QEMU does', () => {
    const image = boot('none', [kernel(elfAt(0x8000_0000n, 0x8000_0002n))]);
    expect(romOf(image).start).toBe(0x8000_0000);
  });
  test('an ELF that leaves the start of RAM empty begins at its entry', () => {
    const image = boot('none', [kernel(elfAt(0x8010_0000n, 0x8010_0002n))]);
    expect(romOf(image).start).toBe(0x8010_0002);
  });
});

describe('with firmware', () => {
  test('a raw kernel lies 2 MiB into RAM and the firmware is told so', () => {
    const image = boot('image', [firmware(raw(270_000)), kernel(raw(100))]);
    expect(placed(image).slice(0, 2)).toEqual([
      [0x8000_0000, 270_000],
      [0x8020_0000, 100],
    ]);
    expect(romOf(image)).toEqual({ start: 0x8000_0000, dtb: treeAt, next: 0x8020_0000, mode: 1 });
  });
  test('a raw kernel lies behind firmware that is larger than 2 MiB', () =>
    expect(romOf(boot('image', [firmware(raw(2 * mebibyte + 1)), kernel(raw(4))])).next).toBe(0x8040_0000));
  test('the memory that an ELF firmware takes counts, not its file', () =>
    expect(romOf(boot('image', [firmware(elfAt(0x8000_0000n, 0x8000_0000n, 0x20_0001n)), kernel(raw(4))])).next).toBe(
      0x8040_0000,
    ));
  test('an ELF kernel is entered at its lowest address, as QEMU does', () =>
    expect(romOf(boot('image', [firmware(raw(4)), kernel(elfAt(0x8030_0000n, 0x8030_0002n))])).next).toBe(0x8030_0000));
  test('none is needed behind it', () => expect(romOf(boot('image', [firmware(raw(4))])).next).toBe(0));
});

describe('with the SBI of the VMM', () => {
  test('a Linux image lies 2 MiB into RAM and starts in S-mode there', () => {
    const image = boot('default', [kernel(linux(1000, 5000))]);
    expect(placed(image)[0]).toEqual([0x8020_0000, 1000]);
    expect(image.supervisorStart).toEqual({ pc: 0x8020_0000n, deviceTree: treeAt });
    expect(image.rom.length).toBe(0);
  });
  test('a compressed image is the same as a plain one', () =>
    expect(boot('default', [kernel(gzipSync(linux(1000, 5000)))]).placements).toEqual(
      boot('default', [kernel(linux(1000, 5000))]).placements,
    ));
  test('an ELF kernel may lie at the start of RAM', () =>
    expect(boot('default', [kernel(elfAt(0x8000_0000n))]).supervisorStart?.pc).toBe(0x8000_0000n));
});

describe('the device tree', () => {
  const chosen = (image: MachineImage): Record<string, string> => {
    const tree = readDeviceTree(image.placements.at(-1)!.bytes);
    const node = tree.children.find(({ name }) => name === 'chosen')!;
    return Object.fromEntries(
      node.properties.map(([name, value]) => [name, Buffer.from(value as Uint8Array).toString('latin1')]),
    );
  };
  test('says the command line and where the initial RAM disk is', () => {
    const image = boot('default', [kernel(raw(4)), initrd(raw(100))], { append: 'quiet' });
    expect(chosen(image)).toMatchObject({
      bootargs: 'quiet\0',
      'linux,initrd-start': '\0\0\0\0\x84\x20\0\0',
      'linux,initrd-end': '\0\0\0\0\x84\x20\0\x64',
    });
    expect(placed(image)[1]).toEqual([0x8420_0000, 100]);
  });
  test('that a person gives keeps its nodes and says the same', () => {
    const own = boot('default', [kernel(raw(4))], { harts: 2 }).placements.at(-1)!.bytes;
    const image = boot('default', [kernel(raw(4)), { role: 'dtb', name: 'my.dtb', bytes: own }], { append: 'quiet' });
    expect(chosen(image)).toMatchObject({ bootargs: 'quiet\0' });
    const cpus = readDeviceTree(image.placements.at(-1)!.bytes).children.find(({ name }) => name === 'cpus')!;
    expect(cpus.children.map(({ name }) => name)).toContain('cpu@1');
  });
});

test('disks are given to their slots and not to RAM', () => {
  const configuration = configure({
    devices: [
      { kind: 'virtio-rng', slot: 7 },
      { kind: 'virtio-blk', slot: 2, file: 'fs.img', readOnly: true },
    ],
    kernel: 'k',
  });
  expect(configuration.devices).toEqual([
    { kind: 'virtio-rng', slot: 7 },
    { kind: 'virtio-blk', slot: 2, image: 1, readOnly: true },
  ]);
  const image = bootImage(configuration, [kernel(raw(4)), { role: 'disk', name: 'fs.img', bytes: raw(512) }]);
  expect([...image.disks.keys()]).toEqual([2]);
  expect(image.placements.length).toBe(2);
});

test('what lies where does not depend on the name of a file but on its bytes', () => {
  const hello = readFileSync(join(import.meta.dirname, '../guests/bare/hello.elf'));
  expect(placed(boot('none', [{ role: 'kernel', name: 'hello.txt', bytes: gzipSync(hello) }]))).toEqual(
    placed(boot('none', [kernel(hello)])),
  );
});

test("a trace's header lists the images with their digests and without their folders", () => {
  const described = describeMachine(
    { ...options, kernel: '/home/me/kernel', loaders: [{ file: 'b.bin', address: 0x8100_0000 }] },
    virtualPolicy,
    () => raw(1),
  );
  expect(traceHeader(described, 'chronovisor 0.1.0', true).images).toEqual([
    {
      role: 'kernel',
      name: 'kernel',
      sizeBytes: 1,
      digest: 'sha256:ab897fbdedfa502b2d839b6a56100887dccdc507555c282e59589e06300a62e2',
      embedded: true,
    },
    expect.objectContaining({ role: 'loader', name: 'b.bin', address: 0x8100_0000 }),
  ]);
});

test('the command line says how many steps a tick has', () =>
  expect(configure({ stepsPerTick: 100 }).stepsPerTick).toBe(100));

describe("the device tree's seed for random numbers", () => {
  const seedOf = (policy: RunPolicy, changes: Partial<MachineOptions> = {}) =>
    describeMachine({ ...options, ...changes }, policy, () => raw(1)).configuration.rngSeed;

  test('is 32 bytes and the same for each run', () => {
    expect(seedOf(virtualPolicy)).toHaveLength(32);
    expect(seedOf(virtualPolicy)).toEqual(seedOf(virtualPolicy));
  });
  test('is another one with another --seed, and each time with the time of the host', () => {
    expect(seedOf({ ...virtualPolicy, entropySeed: raw(3) })).not.toEqual(seedOf(virtualPolicy));
    expect(seedOf(hostPolicy(0))).not.toEqual(seedOf(hostPolicy(0)));
  });
  test('is not put into a tree that a person gives', () =>
    expect(seedOf(virtualPolicy, { dtb: 'own.dtb' })).toBeUndefined());
  test('is in the tree that the guest gets, and in none when the header has none', () => {
    const { rngSeed, ...unseeded } = configure({});
    const treeOf = (configuration: MachineConfiguration) =>
      bootImage(configuration, [kernel(raw(4))]).placements.at(-1)!.bytes;
    const has = (tree: Uint8Array): boolean => Buffer.from(tree).includes(Buffer.from(rngSeed!));
    expect([treeOf({ ...unseeded, rngSeed: rngSeed! }), treeOf(unseeded)].map(has)).toEqual([true, false]);
  });
});

const checkError = (start: () => unknown, sentence: string): void => {
  let found: unknown;
  try {
    start();
  } catch (error) {
    found = error;
  }
  expect(found).toBeInstanceOf(BootError);
  expect((found as BootError).message).toBe(sentence);
};

describe('a machine that cannot start says why', () => {
  test('when it has no kernel', () =>
    checkError(
      () => boot('none', []),
      'There is nothing to start: expected a kernel for M-mode, found -bios none and no -kernel. ' +
        'Name one with -kernel FILE, or firmware with -bios FILE.',
    ));
  test('when RAM is too small for the kernel', () =>
    checkError(
      () => boot('default', [kernel(linux(100, 20 * mebibyte))], { ramBytes: 16 * mebibyte }),
      'The kernel kernel does not fit in RAM: expected addresses from 0x80000000 to 0x80ffffff, ' +
        'found 0x80200000 to 0x815fffff. Give the machine more RAM with -m, or make the image smaller.',
    ));
  test('when RAM is too small for the initial RAM disk', () =>
    checkError(
      () => boot('default', [kernel(raw(4)), initrd(raw(8 * mebibyte))], { ramBytes: 16 * mebibyte }),
      'The initial RAM disk i.gz does not fit in RAM: expected addresses from 0x80000000 to 0x80ffffff, ' +
        'found 0x80a00000 to 0x811fffff. Give the machine more RAM with -m, or make the image smaller.',
    ));
  test('when the kernel reaches into the initial RAM disk', () =>
    checkError(
      () => boot('default', [kernel(linux(100, 9 * mebibyte)), initrd(raw(100))], { ramBytes: 16 * mebibyte }),
      'The kernel kernel and the initial RAM disk i.gz overlap: expected each to have addresses of its own, ' +
        'found 0x80200000 to 0x80afffff and 0x80a00000 to 0x80a00063. ' +
        'Give the machine more RAM with -m, or link one of them for other addresses.',
    ));
  test('when firmware and kernel lie at the same place', () =>
    checkError(
      () => boot('image', [firmware(raw(4)), kernel(elfAt(0x8000_0000n))]),
      'The firmware fw.bin and segment 0 of the kernel kernel overlap: expected each to have addresses of its own, ' +
        'found 0x80000000 to 0x80000003 and 0x80000000 to 0x80000003. ' +
        'Give the machine more RAM with -m, or link one of them for other addresses.',
    ));
  test('when the kernel is linked for addresses that are not RAM', () =>
    checkError(
      () => boot('none', [kernel(elfAt(0xffff_ffff_8000_0000n))]),
      'Segment 0 of the kernel kernel does not fit in RAM: expected addresses from 0x80000000 to 0x87ffffff, ' +
        'found 0xffffffff80000000 to 0xffffffff80000003. Link it for the board, whose RAM begins at 0x80000000.',
    ));
  test('when the kernel is for another architecture', () => {
    const bytes = raw(100);
    new DataView(bytes.buffer).setUint32(0x38, 0x644d_5241, true);
    checkError(
      () => boot('default', [kernel(bytes)]),
      'The file kernel cannot be used: expected an ELF, a Linux Image or raw RISC-V code, ' +
        'found a Linux Image for AArch64. Build the kernel with ARCH=riscv.',
    );
  });
  test('when the kernel does not decompress', () =>
    checkError(
      () => boot('default', [kernel(gzipSync(raw(1000)).subarray(0, 20))]),
      'The file kernel does not decompress: expected whole gzip data of at most 1073741824 bytes, ' +
        'found unexpected end of file. Copy or build it again; "gzip -t" checks it.',
    ));
  test('when the kernel is empty', () =>
    checkError(
      () => boot('default', [kernel(raw(0))]),
      'The file kernel is empty: expected an image, found 0 bytes. Build it again.',
    ));
  test('when its clock is to go by steps and follow that of the host', () =>
    checkError(
      () => describeMachine({ ...options, stepsPerTick: 100 }, hostPolicy(0), () => raw(1)),
      "The guest's clock cannot go by steps and follow the host's: expected -icount with virtual time, " +
        "found -icount, and the host's time. Leave one of them out: -icount, or the host's time.",
    ));
  test('when the device tree is its source', () =>
    checkError(
      () => boot('default', [kernel(raw(4)), { role: 'dtb', name: 'a.dts', bytes: Buffer.from('/dts-v1/;') }]),
      'The file a.dts cannot be used: expected a compiled device tree, which begins with d0 0d fe ed, found 2f 64 74 73. ' +
        'Compile it first: dtc -I dts -O dtb.',
    ));
});

test('whatever an image holds, a machine starts or an error says what is wrong with it', () => {
  let seed = 3;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 0x1_0000_0000) * below);
  };
  const images = [elfAt(0x8000_0000n), linux(200, 1000), gzipSync(linux(200, 1000)), raw(64)];
  for (let round = 0; round < 3000; round++) {
    const bytes = Uint8Array.from(images[round % images.length]!.subarray(0, random(300)));
    for (let flips = random(6); flips > 0; flips--) if (bytes.length > 0) bytes[random(bytes.length)] = random(256);
    try {
      boot(round % 2 === 0 ? 'none' : 'default', [kernel(bytes)]);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
});
