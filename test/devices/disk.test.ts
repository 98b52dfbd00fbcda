import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Disk } from '../../vmm/devices/disk.ts';

const image = (sizeBytes: number) => Uint8Array.from({ length: sizeBytes }, (_, index) => index * 7);

describe('a disk', () => {
  test('fills its last sector up with zeros', () => {
    const disk = new Disk(image(700));
    expect([disk.sectors, [...disk.read(1, 1).slice(186, 190)]]).toEqual([
      2,
      [(698 * 7) & 0xff, (699 * 7) & 0xff, 0, 0],
    ]);
  });
  test('does not change its base image', () => {
    const base = image(8192);
    new Disk(base).write(3, new Uint8Array(512).fill(1));
    expect(base).toEqual(image(8192));
  });
  test('shares unchanged chunks between saved states', () => {
    const disk = new Disk(new Uint8Array(4 * 2 ** 20));
    disk.write(0, new Uint8Array(512).fill(1));
    disk.write(4096, new Uint8Array(512).fill(2));
    const before = disk.save() as { chunks: unknown[] };
    disk.write(4096, new Uint8Array(512).fill(3));
    const after = disk.save() as { chunks: unknown[] };
    expect([after.chunks[0] === before.chunks[0], after.chunks[1] === before.chunks[1]]).toEqual([true, false]);
  });
  test('a block that is again as in the base image is no longer state', () => {
    const disk = new Disk(image(65536));
    const old = disk.read(9, 2);
    disk.write(9, new Uint8Array(1024));
    disk.write(9, old);
    expect(disk.save()).toEqual({ chunks: [] });
  });
  test('behaves as an array of bytes, and a saved state is not changed by later writes', () => {
    const sectors = 40;
    const write = fc.record({ zero: fc.boolean(), sector: fc.nat(sectors - 1), count: fc.nat(20), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(write), fc.array(write), (first, second) => {
        const base = image(sectors * 512);
        const disk = new Disk(base);
        const model = base.slice();
        const apply = (writes: typeof first) => {
          for (const { zero, sector, count, value } of writes) {
            const size = Math.min(count, sectors - sector);
            model.fill(zero ? 0 : value, sector * 512, (sector + size) * 512);
            if (zero) disk.zero(sector, size);
            else disk.write(sector, new Uint8Array(size * 512).fill(value));
          }
        };
        apply(first);
        const saved = disk.save();
        const atSave = model.slice();
        apply(second);
        expect(Buffer.compare(disk.read(0, sectors), model)).toBe(0);
        const other = new Disk(base);
        other.restore(saved);
        expect(Buffer.compare(other.read(0, sectors), atSave)).toBe(0);
      }),
    );
  });
});
