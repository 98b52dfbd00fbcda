import { describe, expect, test } from 'vitest';
import { ramBase } from '../../vmm/machine/memory.ts';
import { assignVirtioSlots, platform, platformRow } from '../../vmm/machine/platform.ts';

describe('the platform table', () => {
  test('rows are in order of address and do not overlap, and RAM is above them all', () => {
    const wrong = platform.filter((row, index) => row.base + row.sizeBytes > (platform[index + 1]?.base ?? ramBase));
    expect(wrong).toEqual([]);
  });
  test('names are unique', () => expect(new Set(platform.map((row) => row.name)).size).toBe(platform.length));
  test('no two devices share a source', () => {
    const sources = platform.flatMap((row) => row.source ?? []);
    expect(new Set(sources).size).toBe(sources.length);
  });
  test('virtio slots are 0x1000 apart from 0x10001000 with sources 1 to 8', () =>
    expect(
      [0, 1, 2, 3, 4, 5, 6, 7].map((slot) => [platformRow(`virtio${slot}`).base, platformRow(`virtio${slot}`).source]),
    ).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((slot) => [0x1000_1000 + 0x1000 * slot, 1 + slot])));
});

describe('virtio slots', () => {
  const check = (wanted: (number | undefined)[], expected: (number | undefined)[]) =>
    expect(assignVirtioSlots(wanted)).toEqual(expected);
  test('devices that name no bus fill the slots from the last', () => check([undefined, undefined], [7, 6]));
  test('a device that names its bus gets it', () => check([0, undefined], [0, 7]));
  test('a named slot that is taken is refused', () => check([7, undefined, 6, 7], [7, 6, undefined, undefined]));
  test('a ninth device finds no slot', () => check(new Array(9).fill(undefined), [7, 6, 5, 4, 3, 2, 1, 0, undefined]));
});
