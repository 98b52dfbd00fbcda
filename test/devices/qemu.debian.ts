/**
 * Compares registers with QEMU's devices, access by access, through its qtest protocol: no guest runs, we read and
 * write physical addresses. Needs qemu-system-riscv64.
 */
import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { Clint } from '../../vmm/devices/clint.ts';
import type { Device } from '../../vmm/devices/device.ts';
import { Disk } from '../../vmm/devices/disk.ts';
import { Finisher } from '../../vmm/devices/finisher.ts';
import { FwCfg } from '../../vmm/devices/fw_cfg.ts';
import { Plic } from '../../vmm/devices/plic.ts';
import { Uart } from '../../vmm/devices/uart.ts';
import { VirtioBlk } from '../../vmm/devices/virtio/blk.ts';
import { VirtioMmio } from '../../vmm/devices/virtio/mmio.ts';
import { platformRow } from '../../vmm/machine/platform.ts';
import { FakeBoard } from './board.ts';

interface Access {
  readonly address: number;
  readonly sizeBytes: 1 | 2 | 4 | 8;
  /** Absent: a read. */
  readonly value?: bigint;
}

const letters = { 1: 'b', 2: 'w', 4: 'l', 8: 'q' } as const;

/** Runs accesses on a fresh QEMU; the values of the reads. */
const onQemu = (accesses: readonly Access[], options: readonly string[] = []): Promise<bigint[]> =>
  new Promise((resolve, reject) => {
    const board = ['-M', 'virt', '-smp', '2', '-m', '128M', '-display', 'none', '-serial', 'null', '-monitor', 'none'];
    const qtest = ['-S', '-qtest', 'stdio', '-qtest-log', '/dev/null'];
    const qemu = spawn('qemu-system-riscv64', [...board, '-bios', 'none', ...qtest, ...options], { stdio: 'pipe' });
    let answers = '';
    qemu.on('error', reject);
    qemu.on('exit', (code) => reject(new Error(`QEMU ended with code ${code} after "${answers}"`)));
    qemu.stdout.on('data', (chunk: Buffer) => {
      answers += chunk.toString('latin1');
      const lines = answers.split('\n').slice(0, -1);
      if (lines.length < accesses.length) return;
      qemu.kill();
      resolve(lines.flatMap((line) => (line.startsWith('OK 0x') ? [BigInt(line.slice(3))] : [])));
    });
    for (const { address, sizeBytes, value } of accesses) {
      const at = `0x${address.toString(16)}`;
      const command =
        value === undefined ? `read${letters[sizeBytes]} ${at}` : `write${letters[sizeBytes]} ${at} ${value}`;
      qemu.stdin.write(`${command}\n`);
    }
  });

const onOurs = (device: Device, base: number, accesses: readonly Access[]): bigint[] =>
  accesses.flatMap(({ address, sizeBytes, value }) => {
    if (value === undefined) return [BigInt.asUintN(sizeBytes * 8, device.read(address - base, sizeBytes))];
    device.write(address - base, sizeBytes, value);
    return [];
  });

const check = async (device: Device, accesses: readonly Access[], options: readonly string[] = []) => {
  const base = platformRow(device.name).base;
  const found = onOurs(device, base, accesses);
  const expected = await onQemu(accesses, options);
  const reads = accesses.filter((access) => access.value === undefined);
  const named = (values: bigint[]) =>
    values.map((value, at) => `${at} 0x${reads[at]?.address.toString(16)}: 0x${value.toString(16)}`);
  expect(named(found)).toEqual(named(expected));
};

/** Pseudo-random but the same every time: xorshift32. */
const random = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
};

describe('as on QEMU', () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) {
    test(`the serial port answers a random history (${seed})`, async () => {
      const pick = random(seed);
      const base = platformRow('uart0').base;
      const accesses = Array.from({ length: 400 }, (): Access => {
        const address = base + pick(8);
        // MCR without loopback: there QEMU announces a character by a timer, and we at once.
        if (pick(2) === 0) return { address, sizeBytes: 1 };
        return { address, sizeBytes: 1, value: BigInt(pick(256) & (address === base + 4 ? 0xef : 0xff)) };
      });
      await check(new Uart('uart0', new FakeBoard().context), accesses);
    });
  }

  test('the serial port answers Linux’s probe for a 16550A', async () => {
    const base = platformRow('uart0').base;
    const put = (register: number, value: number): Access => ({
      address: base + register,
      sizeBytes: 1,
      value: BigInt(value),
    });
    const get = (register: number): Access => ({ address: base + register, sizeBytes: 1 });
    const ierTest = [get(1), put(1, 0), get(1), put(1, 0x0f), get(1), put(1, 0)];
    const loopTest = [get(4), put(4, 0x1a), get(6), put(4, 0x08)];
    const fifoTest = [put(3, 0xbf), put(2, 0), put(3, 0), put(2, 1), get(2), put(3, 0), get(7), put(7, 0x5a), get(7)];
    const startUp = [put(2, 7), put(2, 0), get(5), get(0), get(2), get(6), put(3, 3), put(1, 2), get(2), get(2)];
    await check(new Uart('uart0', new FakeBoard().context), [...ierTest, ...loopTest, ...fifoTest, ...startUp]);
  });

  test('the interrupt controller keeps what is written to it', async () => {
    const base = platformRow('plic').base;
    const pick = random(5);
    const offsets = [
      4, 8, 0x28, 0x180, 0x1000, 0x2000, 0x2004, 0x2008, 0x2080, 0x2180, 0x20_0000, 0x20_3000, 0x20_0004,
    ];
    const accesses = Array.from({ length: 300 }, (): Access => {
      const offset = offsets[pick(offsets.length)]!;
      const address = base + offset;
      if (pick(2) === 0) return { address, sizeBytes: 4 };
      // Source 0 and sources that do not exist are bits that QEMU keeps and we do not.
      const keep = offset >= 0x2000 && offset < 0x20_0000 && offset % 0x80 === 0 ? 0xffff_fffe : 0xffff_ffff;
      return { address, sizeBytes: 4, value: BigInt(((pick(0x1_0000) << 16) | pick(0x1_0000)) >>> 0) & BigInt(keep) };
    });
    await check(new Plic('plic', new FakeBoard().context, 2), accesses);
  });

  test('msip and mtimecmp answer the same once they are written', async () => {
    const base = platformRow('clint').base;
    const put = (offset: number, sizeBytes: 4 | 8, value: bigint): Access => ({
      address: base + offset,
      sizeBytes,
      value,
    });
    const get = (offset: number, sizeBytes: 4 | 8): Access => ({ address: base + offset, sizeBytes });
    const clint = new Clint('clint', new FakeBoard().context, 2, { timerChanged: () => {} });
    await check(clint, [
      put(0x4000, 8, 0x0123_4567_89ab_cdefn),
      put(0x4008, 4, 0xffff_0000n),
      put(0x400c, 4, 0x7fn),
      ...[0x4000, 0x4004, 0x4008, 0x400c].map((offset) => get(offset, 4)),
      get(0x4000, 8),
      get(0x4008, 8),
      put(0, 4, 0xffff_ffffn),
      ...[0, 4, 8].map((offset) => get(offset, 4)),
    ]);
  });

  test('the finisher reads zero', () =>
    check(new Finisher('finisher', new FakeBoard().context), [
      { address: platformRow('finisher').base, sizeBytes: 4 },
    ]));

  test('firmware configuration gives signature, kind and harts', async () => {
    const base = platformRow('fw_cfg').base;
    const item = (key: number, sizeBytes: number): Access[] => [
      { address: base + 8, sizeBytes: 2, value: BigInt(key << 8) },
      ...Array.from({ length: sizeBytes }, (): Access => ({ address: base, sizeBytes: 1 })),
    ];
    const wide: Access[] = [item(0, 0)[0]!, { address: base, sizeBytes: 4 }, { address: base + 16, sizeBytes: 8 }];
    const device = new FwCfg('fw_cfg', new FakeBoard().context, { harts: 2, ramBytes: 128 * 2 ** 20, files: [] });
    await check(device, [...item(0, 6), ...item(1, 4), ...item(5, 2), ...wide]);
  });

  for (const legacy of [true, false]) {
    const options = ['-global', `virtio-mmio.force-legacy=${legacy}`];
    const disk = [
      '-drive',
      'driver=null-co,size=1M,read-zeroes=on,if=none,id=x',
      '-device',
      'virtio-blk-device,drive=x',
    ];
    const base = platformRow('virtio7').base; // the slot that a device without a bus gets

    test(`an empty ${legacy ? 'legacy' : 'modern'} slot answers`, () => {
      const at = platformRow('virtio0').base;
      return check(
        new VirtioMmio('virtio0', new FakeBoard().context, { legacy }),
        [0, 4, 8, 0xc, 0x10, 0x34, 0x70, 0x100].map((offset) => ({ address: at + offset, sizeBytes: 4 })),
        options,
      );
    });

    test(`a ${legacy ? 'legacy' : 'modern'} disk answers to its setting up`, async () => {
      const put = (offset: number, value: number): Access => ({
        address: base + offset,
        sizeBytes: 4,
        value: BigInt(value >>> 0),
      });
      const get = (offset: number): Access => ({ address: base + offset, sizeBytes: 4 });
      const backend = new VirtioBlk(new Disk(new Uint8Array(2 ** 20)), { readOnly: false, serial: '' });
      const queue = legacy
        ? [put(0x28, 4096), put(0x38, 8), put(0x3c, 4096), get(0x40), put(0x40, 0x8_0001), get(0x40)]
        : [
            get(0x44),
            put(0x38, 8),
            put(0x80, 0x8000_1000),
            put(0x90, 0x8000_2000),
            put(0xa0, 0x8000_3000),
            put(0x44, 1),
            get(0x44),
          ];
      await check(
        new VirtioMmio('virtio7', new FakeBoard().context, { legacy, backend }),
        [
          ...[0, 4, 8, 0xc, 0x70].map(get),
          put(0x70, 0),
          put(0x70, 1),
          put(0x70, 3),
          get(0x70),
          put(0x24, 0),
          put(0x20, 0),
          put(0x70, 0x0b),
          get(0x70),
          put(0x30, 1),
          ...(legacy ? [get(0x34)] : []), // QEMU's modern transport answers the same, but for queue 0 only when set up
          put(0x30, 0),
          get(0x34),
          ...queue,
          put(0x70, 0x0f),
          get(0x70),
          get(0x60),
          get(0x100),
          get(0x104),
          { address: base + 0x100, sizeBytes: 2 },
          put(0x70, 0),
          get(0x70),
        ],
        [...options, ...disk],
      );
    });
  }
});
