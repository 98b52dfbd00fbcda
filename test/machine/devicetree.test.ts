import { describe, expect, test } from 'vitest';
import { amendDeviceTree, DeviceTreeError, readDeviceTree } from '../../vmm/machine/devicetree/reader.ts';
import { writeDeviceTree } from '../../vmm/machine/devicetree/writer.ts';
import { type DeviceTreeConfig, deviceTree, isaString } from '../../vmm/machine/devicetree.ts';

/** A reader of its own for the test: a map from "/path:property" to the value's bytes. */
const properties = (dtb: Uint8Array): Map<string, Uint8Array> => {
  const view = new DataView(dtb.buffer, dtb.byteOffset, dtb.byteLength);
  const text = (at: number) => Buffer.from(dtb.subarray(at, dtb.indexOf(0, at))).toString('latin1');
  const found = new Map<string, Uint8Array>();
  const path: string[] = [];
  const strings = view.getUint32(12);
  for (let at = view.getUint32(8); ; ) {
    const token = view.getUint32(at);
    at += 4;
    if (token === 1) {
      const name = text(at);
      path.push(name);
      at += (name.length + 4) & ~3;
    } else if (token === 2) {
      path.pop();
    } else if (token === 3) {
      const length = view.getUint32(at);
      found.set(
        `${path.join('/') || '/'}:${text(strings + view.getUint32(at + 4))}`,
        dtb.subarray(at + 8, at + 8 + length),
      );
      at += (8 + length + 3) & ~3;
    } else if (token === 9) {
      return found;
    } else throw new Error(`token ${token} at ${at}`);
  }
};

const cells = (bytes: Uint8Array | undefined): number[] | undefined =>
  bytes && Array.from({ length: bytes.length / 4 }, (_, index) => Buffer.from(bytes).readUInt32BE(index * 4));
const strings = (bytes: Uint8Array | undefined) =>
  bytes && Buffer.from(bytes).toString('latin1').split('\0').slice(0, -1);

const config: DeviceTreeConfig = {
  harts: 2,
  ramBytes: 0x1000_0000,
  bootargs: 'console=ttyS0 quiet',
  initrd: { start: 0x8820_0000, end: 0x8830_0000 },
};

describe('the board’s device tree', () => {
  const found = properties(deviceTree(config));
  const checkCells = (name: string, expected: number[] | undefined) => expect(cells(found.get(name))).toEqual(expected);
  const checkStrings = (name: string, expected: string[]) => expect(strings(found.get(name))).toEqual(expected);

  test('memory is what the machine has', () => checkCells('/memory@80000000:reg', [0, 0x8000_0000, 0, 0x1000_0000]));
  test('the console is the serial port', () => checkStrings('/chosen:stdout-path', ['/soc/serial@10000000']));
  test('the command line is passed on', () => checkStrings('/chosen:bootargs', ['console=ttyS0 quiet']));
  test('the RAM disk is passed on', () => {
    checkCells('/chosen:linux,initrd-start', [0, 0x8820_0000]);
    checkCells('/chosen:linux,initrd-end', [0, 0x8830_0000]);
  });
  test('no seed is made up', () => checkCells('/chosen:rng-seed', undefined));
  test('a window is two cells of address and two of size', () =>
    checkCells('/soc/plic@c000000:reg', [0, 0x0c00_0000, 0, 0x60_0000]));
  test('the PLIC drives external interrupts of M and S of each hart', () =>
    checkCells('/soc/plic@c000000:interrupts-extended', [0x20, 11, 0x20, 9, 0x21, 11, 0x21, 9]));
  test('the CLINT drives software and timer interrupts of each hart', () =>
    checkCells('/soc/clint@2000000:interrupts-extended', [0x20, 3, 0x20, 7, 0x21, 3, 0x21, 7]));
  test('the last virtio slot has source 8', () => checkCells('/soc/virtio_mmio@10008000:interrupts', [8]));
  test('interrupts-extended names the interrupt controllers of the harts', () =>
    checkCells('/cpus/cpu@1/interrupt-controller:phandle', [0x21]));
  test('the clock ticks at 10 MHz', () => checkCells('/cpus:timebase-frequency', [10_000_000]));
  test('extensions are listed and spelt in one string', () => {
    checkStrings('/cpus/cpu@0:riscv,isa', ['rv64imafdc_zicntr_zicsr_zifencei_zba_zbb_zbs_sstc']);
    expect(strings(found.get('/cpus/cpu@0:riscv,isa-extensions'))?.[0]).toBe('i');
    expect(isaString().startsWith('rv64imafdc_')).toBe(true);
  });
  test('there is a node for each hart and no more', () =>
    expect([...found.keys()].filter((name) => /^\/cpus\/cpu@\d+:reg$/.test(name))).toHaveLength(2));
  test('a seed that is given is passed on', () => {
    const seeded = properties(deviceTree({ ...config, rngSeed: Uint8Array.of(1, 2, 3, 4) }));
    expect(cells(seeded.get('/chosen:rng-seed'))).toEqual([0x0102_0304]);
  });
  test('the same configuration gives the same bytes', () => expect(deviceTree(config)).toEqual(deviceTree(config)));
});

describe('a tree that a person gave', () => {
  const plain = deviceTree({ harts: 1, ramBytes: 0x800_0000, bootargs: 'old' });
  test('reads and writes back to the same bytes', () => expect(writeDeviceTree(readDeviceTree(plain))).toEqual(plain));
  test('gets a new command line and RAM disk and keeps the rest', () => {
    const amended = properties(
      amendDeviceTree(plain, { bootargs: 'new', initrd: { start: 0x8400_0000, end: 0x8400_1000 } }),
    );
    expect([
      strings(amended.get('/chosen:bootargs')),
      cells(amended.get('/chosen:linux,initrd-end')),
      strings(amended.get('/chosen:stdout-path')),
      cells(amended.get('/cpus:timebase-frequency')),
    ]).toEqual([['new'], [0, 0x8400_1000], ['/soc/serial@10000000'], [10_000_000]]);
  });
  test('every truncation and every flipped byte gives a tree or an error that says what', () => {
    const damaged = function* () {
      for (let length = 0; length < plain.length; length++) yield plain.subarray(0, length);
      for (let at = 0; at < plain.length; at++) {
        const copy = plain.slice();
        copy[at]! ^= 0x81;
        yield copy;
      }
    };
    const wrong: unknown[] = [];
    for (const bytes of damaged()) {
      try {
        readDeviceTree(bytes);
      } catch (error) {
        if (!(error instanceof DeviceTreeError)) wrong.push(error);
      }
    }
    expect(wrong).toEqual([]);
  });
  test('something else is refused with its magic number', () =>
    expect(() => readDeviceTree(new Uint8Array(64).fill(0x7f))).toThrow(
      /expected the magic number 0xd00dfeed, found 0x7f7f7f7f/,
    ));
});
