import { describe, expect, test } from 'vitest';
import { nextMode, placeDeviceTree, placeInitrd, placeKernel, resetRom } from '../../vmm/machine/resetrom.ts';

const mebibyte = 0x10_0000;

describe('the boot ROM', () => {
  test('holds the words that QEMU 7.2 puts there for 512 MiB and a kernel behind OpenSBI', () => {
    const rom = resetRom({
      start: 0x8000_0000,
      dtb: 0x9fe0_0000,
      nextAddress: 0x8020_0000,
      nextMode: nextMode.supervisor,
    });
    // As printed by the monitor's `xp /22xw 0x1000`.
    expect([...new Uint32Array(rom.buffer)].map((word) => word.toString(16).padStart(8, '0'))).toEqual(
      `00000297 02828613 f1402573 0202b583 0182b283 00028067 80000000 00000000 9fe00000 00000000
       4942534f 00000000 00000002 00000000 80200000 00000000 00000001 00000000 00000000 00000000
       00000000 00000000`.split(/\s+/),
    );
  });
});

describe('places in RAM', () => {
  const check = (found: number, expected: number) => expect(found.toString(16)).toBe(expected.toString(16));
  test('the device tree sits 2 MiB below the end of 128 MiB', () =>
    check(placeDeviceTree(128 * mebibyte, 5000), 0x87e0_0000));
  test('the device tree of 2 GiB stays below 3 GiB', () => check(placeDeviceTree(2048 * mebibyte, 5000), 0xbfe0_0000));
  test('the RAM disk sits 128 MiB behind the kernel when RAM is large', () =>
    check(placeInitrd(512 * mebibyte, 0x8020_0000), 0x8820_0000));
  test('the RAM disk sits half of RAM behind the kernel when RAM is small', () =>
    check(placeInitrd(64 * mebibyte, 0x8020_0000), 0x8220_0000));
  test('a kernel without firmware starts RAM', () => check(placeKernel(undefined), 0x8000_0000));
  test('a kernel behind firmware starts at the next 2 MiB', () => check(placeKernel(0x8003_5000), 0x8020_0000));
  test('firmware that ends on a boundary leaves no gap', () => check(placeKernel(0x8020_0000), 0x8020_0000));
});
