/** Accesses of eight bytes to devices whose registers have four: the board makes two of one, the lower address first. */

import { describe, expect, test } from 'vitest';
import type { Device } from '../../vmm/devices/device.ts';
import { nothing } from '../../vmm/devices/shape.ts';
import { Bus } from '../../vmm/machine/bus.ts';
import { platformRow } from '../../vmm/machine/platform.ts';

const recorder = (name: string) => {
  const seen: string[] = [];
  const device: Device = {
    name,
    read: (offset, sizeBytes) => {
      seen.push(`read ${offset} ${sizeBytes}`);
      return BigInt(0x1000 + offset);
    },
    write: (offset, sizeBytes, value) => {
      seen.push(`write ${offset} ${sizeBytes} 0x${value.toString(16)}`);
    },
    save: () => null,
    shape: nothing,
    restore: () => {},
  };
  return { device, seen };
};

describe('as on QEMU', () => {
  for (const name of ['rtc', 'virtio0', 'virtio7']) {
    test(`eight bytes of ${name} are two accesses of four`, () => {
      const { device, seen } = recorder(name);
      const bus = new Bus([device], new Uint8Array(16));
      const { base } = platformRow(name);
      expect(bus.read(base + 8, 8)).toBe(0x100c_0000_1008n);
      expect(bus.write(base + 0x80, 8, 0x1122_3344_5566_7788n)).toBe(true);
      expect(seen).toEqual(['read 8 4', 'read 12 4', 'write 128 4 0x55667788', 'write 132 4 0x11223344']);
      expect(bus.accesses).toEqual([{ name, reads: 1, writes: 1 }]);
    });
  }

  test('eight bytes of the timer compare are one access', () => {
    const { device, seen } = recorder('clint');
    const bus = new Bus([device], new Uint8Array(16));
    bus.write(platformRow('clint').base + 0x4000, 8, 5n);
    expect(seen).toEqual(['write 16384 8 0x5']);
  });
});
