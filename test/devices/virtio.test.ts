import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Disk } from '../../vmm/devices/disk.ts';
import { VirtioBlk } from '../../vmm/devices/virtio/blk.ts';
import { VirtioMmio } from '../../vmm/devices/virtio/mmio.ts';
import { VirtioRng } from '../../vmm/devices/virtio/rng.ts';
import { accesses, histories, words } from './acts.ts';
import { type Act, checkSaveAnywhere, FakeBoard } from './board.ts';
import { buffersAt, Driver, descriptorFlags, indirectAt, queueSize, reg } from './driver.ts';

const sectors = 64;
const image = () => Uint8Array.from({ length: sectors * 512 }, (_, index) => (index >>> 9) + index);

interface Setup {
  readonly legacy?: boolean;
  readonly readOnly?: boolean;
  readonly features?: number;
}

const makeBlk = (board: FakeBoard, { legacy = false, readOnly = false }: Setup = {}) =>
  new VirtioMmio('virtio0', board.context, {
    legacy,
    backend: new VirtioBlk(new Disk(image()), { readOnly, serial: 'disk-0' }),
  });

const setUp = (setup: Setup = {}) => {
  const board = new FakeBoard();
  const device = makeBlk(board, setup);
  const driver = new Driver(device, board);
  driver.start(setup.features);
  return { board, device, driver };
};
type Bench = ReturnType<typeof setUp>;

const headerAt = buffersAt;
const statusAt = buffersAt + 16;
const dataAt = buffersAt + 0x1000;

const header = ({ board }: Bench, type: number, sector: bigint) => {
  board.view().setUint32(headerAt, type, true);
  board.view().setBigUint64(headerAt + 8, sector, true);
  board.ram[statusAt] = 0xff;
};

/** One request with `dataBytes` of data in the direction of its type, to its end. */
const request = (
  bench: Bench,
  type: number,
  sector: bigint,
  dataBytes: number,
  writable = type === 0 || type === 8,
) => {
  header(bench, type, sector);
  bench.driver.chain([
    [headerAt, 16, false],
    ...(dataBytes > 0 ? [[dataAt, dataBytes, writable] as const] : []),
    [statusAt, 1, true],
  ]);
  bench.driver.offer(0);
  bench.driver.notify();
  bench.board.settle(bench.device);
  return bench.board.ram[statusAt];
};
const data = ({ board }: Bench, sizeBytes: number) => board.ram.slice(dataAt, dataAt + sizeBytes);

describe('the transport', () => {
  test('an empty slot is a virtio device of ID 0', () => {
    const board = new FakeBoard();
    const driver = new Driver(new VirtioMmio('virtio0', board.context, { legacy: true }), board);
    expect([driver.get(reg.magic), driver.get(reg.version), driver.get(reg.deviceId)]).toEqual([0x7472_6976, 1, 0]);
  });
  test('a driver that accepts what was not offered gets no FEATURES_OK', () => {
    const { driver } = setUp();
    driver.put(reg.status, 0);
    driver.put(reg.driverFeatures, 1 << 20);
    driver.put(reg.status, 0x0b);
    expect(driver.get(reg.status)).toBe(0x03);
  });
  test('a driver that knows only the low feature word is served, as xv6 is', () => {
    const { driver } = setUp();
    driver.put(reg.status, 0);
    driver.put(reg.driverFeatures, 0);
    driver.put(reg.status, 0x0b);
    expect(driver.get(reg.status)).toBe(0x0b);
  });
  test('version 1 is offered in the second feature word of the modern transport alone', () => {
    const second = (legacy: boolean) => {
      const { driver } = setUp({ legacy });
      driver.put(reg.deviceFeaturesSel, 1);
      return driver.get(reg.deviceFeatures);
    };
    expect([second(false), second(true)]).toEqual([1, 0]);
  });
  test('queues beyond the last have no size', () => {
    const { driver } = setUp();
    driver.put(reg.queueSel, 1);
    expect(driver.get(reg.queueNumMax)).toBe(0);
  });
  test('the legacy page frame number reads back', () => {
    const { driver } = setUp({ legacy: true });
    expect(driver.get(reg.queuePfn)).toBe(0x8_0001);
  });
  test('a reset forgets the request under way', () => {
    const bench = setUp();
    header(bench, 0, 0n);
    bench.driver.chain([
      [headerAt, 16, false],
      [dataAt, 512, true],
      [statusAt, 1, true],
    ]);
    bench.driver.offer(0);
    bench.driver.notify();
    const asked = bench.board.wakeMoment;
    bench.driver.put(reg.status, 0);
    expect([asked === undefined, bench.board.wakeMoment, bench.driver.get(reg.status)]).toEqual([false, undefined, 0]);
  });
});

for (const legacy of [false, true]) {
  describe(`a disk on the ${legacy ? 'legacy' : 'modern'} transport`, () => {
    test('reads sectors, later, with an interrupt that is acknowledged', () => {
      const bench = setUp({ legacy });
      expect(request(bench, 0, 3n, 1024)).toBe(0);
      expect(data(bench, 1024)).toEqual(image().subarray(3 * 512, 5 * 512));
      expect(bench.board.now).toBeGreaterThan(0);
      expect([bench.driver.usedIndex(), bench.driver.used(0)]).toEqual([1, [0, 1025]]);
      expect([bench.board.line(), bench.driver.get(reg.interruptStatus)]).toEqual([true, 1]);
      bench.driver.put(reg.interruptAck, 1);
      expect(bench.board.line()).toBe(false);
    });
    test('reads back what was written', () => {
      const bench = setUp({ legacy });
      bench.board.ram.fill(0xa5, dataAt, dataAt + 4096);
      expect(request(bench, 1, 6n, 4096)).toBe(0);
      bench.board.ram.fill(0, dataAt, dataAt + 8192);
      expect(request(bench, 0, 5n, 5120)).toBe(0);
      expect(data(bench, 512)).toEqual(image().subarray(5 * 512, 6 * 512));
      expect(
        data(bench, 4608)
          .subarray(512)
          .every((byte) => byte === 0xa5),
      ).toBe(true);
      expect(data(bench, 5120).subarray(4608)).toEqual(image().subarray(14 * 512, 15 * 512));
    });
  });
}

describe('requests of the disk', () => {
  const check = (
    name: string,
    [type, sector, dataBytes]: readonly [number, bigint, number],
    expected: number,
    setup: Setup = {},
  ) => test(name, () => expect(request(setUp(setup), type, sector, dataBytes)).toBe(expected));

  check('the last sector can be read', [0, 63n, 512], 0);
  check('a range that goes beyond the end fails', [0, 63n, 1024], 1);
  check('a sector number near 2^64 fails', [0, 2n ** 64n - 1n, 512], 1);
  check('a length that is no whole number of sectors fails', [0, 0n, 100], 1);
  check('writing to a read-only disk fails', [1, 0n, 512], 1, { readOnly: true });
  check('a flush succeeds', [4, 0n, 0], 0);
  check('an unknown type is unsupported', [99, 0n, 0], 2);
  test('the ID is the serial number', () => {
    const bench = setUp();
    expect(request(bench, 8, 0n, 20)).toBe(0);
    expect(Buffer.from(data(bench, 7)).toString('latin1')).toBe('disk-0\0');
  });
  test('write zeroes leaves zeros', () => {
    const bench = setUp();
    bench.board.view().setBigUint64(dataAt, 1n, true);
    bench.board.view().setUint32(dataAt + 8, 16, true);
    expect(request(bench, 13, 0n, 16, false)).toBe(0);
    request(bench, 0, 1n, 17 * 512);
    expect(data(bench, 16 * 512).every((byte) => byte === 0)).toBe(true);
    expect(data(bench, 17 * 512).subarray(16 * 512)).toEqual(image().subarray(17 * 512, 18 * 512));
  });
  test('the capacity is in sectors', () => {
    const { device } = setUp();
    expect([device.read(0x100, 8), device.read(0x100, 4), device.read(0x100, 1)]).toEqual([64n, 64n, 64n]);
  });
  test('a request that is asked for before its moment is served: no step would bring the moment nearer', () => {
    const bench = setUp();
    header(bench, 0, 1n);
    bench.driver.chain([
      [headerAt, 16, false],
      [dataAt, 512, true],
      [statusAt, 1, true],
    ]);
    bench.driver.offer(0);
    bench.driver.notify();
    bench.device.wake();
    expect([bench.board.ram[statusAt], bench.board.wakeMoment]).toEqual([0, undefined]);
  });
  test('several requests are served in order, each at its own moment', () => {
    const bench = setUp();
    header(bench, 0, 2n);
    bench.driver.chain([
      [headerAt, 16, false],
      [dataAt, 512, true],
      [statusAt, 1, true],
    ]);
    bench.driver.descriptor(3, headerAt, 16, descriptorFlags.next, 4);
    bench.driver.descriptor(4, statusAt, 1, descriptorFlags.write);
    bench.driver.offer(3);
    bench.driver.offer(0);
    bench.driver.offer(3);
    bench.driver.notify();
    expect(bench.board.settle(bench.device)).toBe(3);
    expect([0, 1, 2].map((index) => bench.driver.used(index)[0])).toEqual([3, 0, 3]);
  });
});

describe('queues', () => {
  test('an indirect table holds a chain', () => {
    const bench = setUp({ features: 1 << 28 });
    header(bench, 0, 9n);
    bench.driver.chain(
      [
        [headerAt, 16, false],
        [dataAt, 100, true],
        [dataAt + 100, 412, true],
        [statusAt, 1, true],
      ],
      indirectAt,
    );
    bench.driver.descriptor(0, indirectAt, 64, descriptorFlags.indirect);
    bench.driver.offer(0);
    bench.driver.notify();
    bench.board.settle(bench.device);
    expect([bench.board.ram[statusAt], data(bench, 512)]).toEqual([0, image().subarray(9 * 512, 10 * 512)]);
  });
  test('a driver that wants no interrupts gets none', () => {
    const bench = setUp();
    bench.driver.setDriverFlags(1);
    request(bench, 0, 0n, 512);
    expect([bench.driver.usedIndex(), bench.board.line()]).toEqual([1, false]);
  });
  test('with event index the driver is interrupted at the index that it named', () => {
    const bench = setUp({ features: 1 << 29 });
    bench.driver.setUsedEvent(1);
    request(bench, 0, 0n, 512);
    const first = bench.board.line();
    request(bench, 0, 0n, 512);
    expect([first, bench.board.line(), bench.driver.availableEvent()]).toEqual([false, true, 2]);
  });
  test('indices go on beyond 65535', () => {
    const bench = setUp();
    for (let count = 0; count < 0x1_0003; count++) request(bench, 4, 0n, 0);
    expect(bench.driver.usedIndex()).toBe(3);
  });
});

describe('a driver that breaks the rules is told that the device needs a reset', () => {
  const check = (name: string, prepare: (bench: Bench) => void, setup: Setup = {}) =>
    test(name, () => {
      const bench = setUp(setup);
      header(bench, 0, 0n);
      prepare(bench);
      bench.driver.notify();
      bench.board.settle(bench.device);
      expect([bench.driver.get(reg.status) & 0x40, bench.driver.get(reg.interruptStatus), bench.board.line()]).toEqual([
        0x40,
        2,
        true,
      ]);
      bench.driver.start();
      expect(bench.driver.get(reg.status)).toBe(0x0f);
    });

  check('after a loop of descriptors', ({ driver }) => {
    driver.descriptor(0, headerAt, 16, descriptorFlags.next, 1);
    driver.descriptor(1, headerAt, 16, descriptorFlags.next, 0);
    driver.offer(0);
  });
  check('after a head outside the table', ({ driver }) => driver.offer(queueSize));
  check('after a next outside the table', ({ driver }) => {
    driver.descriptor(0, headerAt, 16, descriptorFlags.next, 999);
    driver.offer(0);
  });
  check('after more requests than the queue holds', ({ driver }) => driver.setAvailableIndex(queueSize + 1));
  check('after a buffer outside RAM', ({ driver }) => {
    driver.descriptor(0, 0x4000_0000, 16, descriptorFlags.next, 1);
    driver.descriptor(1, statusAt, 1, descriptorFlags.write);
    driver.offer(0);
  });
  check('after rings outside RAM', ({ driver }) => driver.put(reg.driver + 4, 0xffff_ffff));
  check('after a readable descriptor behind a writable one', ({ driver }) => {
    driver.chain([
      [statusAt, 1, true],
      [headerAt, 16, false],
    ]);
    driver.offer(0);
  });
  check('after an indirect descriptor that was not negotiated', ({ driver }) => {
    driver.descriptor(0, indirectAt, 64, descriptorFlags.indirect);
    driver.offer(0);
  });
  check(
    'after an indirect descriptor in an indirect table',
    ({ driver }) => {
      driver.descriptor(0, indirectAt, 16, descriptorFlags.indirect, 0, indirectAt);
      driver.descriptor(0, indirectAt, 16, descriptorFlags.indirect);
      driver.offer(0);
    },
    { features: 1 << 28 },
  );
  check('after a request without a header', ({ driver }) => {
    driver.chain([[statusAt, 1, true]]);
    driver.offer(0);
  });
});

describe('the entropy device', () => {
  test('fills what it is given with the bytes from outside', () => {
    const board = new FakeBoard();
    const device = new VirtioMmio('virtio1', board.context, { legacy: false, backend: new VirtioRng() });
    const driver = new Driver(device, board);
    driver.start();
    board.entropyCounter = 7;
    driver.chain([
      [dataAt, 3, true],
      [dataAt + 10, 3, true],
    ]);
    driver.offer(0);
    driver.notify();
    const before = [...board.ram.slice(dataAt, dataAt + 3)];
    board.settle(device);
    expect([before, [...board.ram.slice(dataAt, dataAt + 13)], driver.used(0)]).toEqual([
      [0, 0, 0],
      [7, 8, 9, 0, 0, 0, 0, 0, 0, 0, 10, 11, 12],
      [0, 6],
    ]);
  });
  test('a huge buffer gets no more than 4096 bytes', () => {
    const board = new FakeBoard();
    const device = new VirtioMmio('virtio1', board.context, { legacy: false, backend: new VirtioRng() });
    const driver = new Driver(device, board);
    driver.start();
    driver.chain([[dataAt, 0xffff_ffff, true]]);
    driver.offer(0);
    driver.notify();
    board.settle(device);
    expect(driver.used(0)).toEqual([0, 4096]);
  });
});

describe('whatever the guest does', () => {
  const offsets = Object.values(reg).filter((offset) => offset < 0x100);
  const registers = accesses([...offsets, reg.desc + 4, reg.device + 4, 0x100, 0x104], words, [4]);
  const good: fc.Arbitrary<Act> = fc
    .tuple(fc.constantFrom(0, 1, 4, 8, 13, 77), fc.nat(70), fc.constantFrom(0, 16, 512, 1024, 4096))
    .map(([type, sector, dataBytes]) => ({
      kind: 'other' as const,
      run: (device, board) => {
        const driver = new Driver(device as VirtioMmio, board);
        driver.start((1 << 28) | (1 << 29));
        header({ board, driver, device: device as VirtioMmio }, type, BigInt(sector));
        driver.chain([
          [headerAt, 16, false],
          [dataAt, dataBytes, type === 0],
          [statusAt, 1, true],
        ]);
        driver.setAvailableIndex(0);
        driver.offer(0);
        driver.notify();
      },
    }));
  const scribble: fc.Arbitrary<Act> = fc.tuple(fc.nat(0x6fff), words).map(([at, value]) => ({
    kind: 'other' as const,
    run: (_, board) => board.view().setUint32(at, Number(value), true),
  }));
  const pass: Act = {
    kind: 'other',
    run: (_, board) => {
      board.now += 3000;
    },
  };
  const act = fc.oneof(
    { weight: 5, arbitrary: registers },
    { weight: 5, arbitrary: good },
    scribble,
    fc.constant(pass),
  );

  for (const legacy of [false, true]) {
    test(`the ${legacy ? 'legacy' : 'modern'} device survives it and, saved anywhere, goes on the same`, () => {
      fc.assert(
        fc.property(histories(act, 40), ([acts, at]) =>
          checkSaveAnywhere((board) => makeBlk(board, { legacy }), acts, at),
        ),
      );
    });
  }
});
