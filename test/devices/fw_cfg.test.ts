import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FwCfg } from '../../vmm/devices/fw_cfg.ts';
import { accesses, doubleWords, histories } from './acts.ts';
import { checkSaveAnywhere, FakeBoard, ramBase } from './board.ts';

const file = (name: string, text: string) => ({ name, bytes: new TextEncoder().encode(text) });
const config = { harts: 2, ramBytes: 0x800_0000, files: [file('opt/zwei', 'second'), file('opt/eins', 'first')] };

const make = () => {
  const board = new FakeBoard();
  const device = new FwCfg('fw_cfg', board.context, config);
  const select = (key: number) => device.write(8, 2, BigInt(((key & 0xff) << 8) | (key >>> 8)));
  const item = (key: number, sizeBytes: number) => {
    select(key);
    return Buffer.from(Array.from({ length: sizeBytes }, () => Number(device.read(0, 1))));
  };
  /** Does a DMA request; returns its control field afterwards. */
  const transfer = (control: number, sizeBytes: number, address: bigint): number => {
    const view = board.view();
    view.setUint32(0x100, control);
    view.setUint32(0x104, sizeBytes);
    view.setBigUint64(0x108, address);
    device.write(0x14, 4, BigInt(Buffer.from(Uint8Array.of(0x80, 0, 1, 0)).readUInt32LE(0)));
    return view.getUint32(0x100);
  };
  return { board, device, select, item, transfer };
};

describe('firmware configuration', () => {
  test('the signature is item 0', () => expect(make().item(0, 4).toString()).toBe('QEMU'));
  test('the signature keeps its order in a wide read', () => {
    const { device, select } = make();
    select(0);
    expect(device.read(0, 4)).toBe(BigInt(Buffer.from('QEMU').readUInt32LE(0)));
  });
  test('both interfaces are announced', () => expect([...make().item(1, 4)]).toEqual([3, 0, 0, 0]));
  test('the number of harts is an item', () => expect([...make().item(5, 2)]).toEqual([2, 0]));
  test('the directory lists files by name with their keys', () => {
    const directory = make().item(0x19, 4 + 2 * 64);
    const entry = (at: number) => [
      directory.readUInt32BE(at),
      directory.readUInt16BE(at + 4),
      directory.toString('latin1', at + 8, at + 16),
    ];
    expect([directory.readUInt32BE(0), entry(4), entry(68)]).toEqual([2, [5, 0x20, 'opt/eins'], [6, 0x21, 'opt/zwei']]);
  });
  test('a file is read by its key, with zeros behind', () =>
    expect(make().item(0x21, 8).toString()).toBe('second\0\0'));
  test('an unknown item reads zero', () => expect([...make().item(0x99, 2)]).toEqual([0, 0]));
  test('the DMA register reads as its signature', () => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(make().device.read(0x10, 8));
    expect(bytes.toString()).toBe('QEMU CFG');
  });
  test('DMA selects and reads', () => {
    const { board, transfer } = make();
    expect(transfer((0x20 << 16) | 0x0a, 5, BigInt(ramBase + 0x200))).toBe(0);
    expect(Buffer.from(board.ram.subarray(0x200, 0x206)).toString()).toBe('first\0');
  });
  test('DMA skips', () => {
    const { board, transfer } = make();
    transfer((0x21 << 16) | 0x0c, 3, 0n);
    transfer(0x02, 3, BigInt(ramBase + 0x200));
    expect(Buffer.from(board.ram.subarray(0x200, 0x203)).toString()).toBe('ond');
  });
  test('DMA to a place that is not RAM, and writing, are errors', () => {
    const { transfer } = make();
    expect([transfer((0x20 << 16) | 0x0a, 5, 0n), transfer((0x20 << 16) | 0x18, 5, BigInt(ramBase))]).toEqual([1, 1]);
  });
  test('the device saved anywhere goes on the same', () => {
    const act = accesses([0, 0, 8, 8, 0x10, 0x14], doubleWords);
    fc.assert(
      fc.property(histories(act), ([acts, at]) =>
        checkSaveAnywhere((board) => new FwCfg('fw_cfg', board.context, config), acts, at),
      ),
    );
  });
});
