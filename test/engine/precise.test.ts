/** Traps are precise: what faults has done nothing (Privileged 3.1.14-16, 4.3), at every size and at every offset around a page's end. */

import { describe, expect, test } from 'vitest';
import { resetHart } from '../../vmm/machine/csr/reset.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { hostOffset } from '../../vmm/machine/memory.ts';
import {
  createBench,
  type Instruction,
  machineTrap,
  openMemory,
  place,
  pte,
  pteOf,
  ramEnd,
  S,
  satpOf,
  set,
  step,
  writeDouble,
} from './fixture.ts';

const code = 0x8010_0000;
const handler = 0x8012_0000;
const [root, middle, last] = [0x8020_0000, 0x8020_1000, 0x8020_2000];
const [present, next] = [0x8030_0000, 0x8031_0000]; // physical pages, not neighbours
const virtual = 0x4000_0000;
const virtualEnd = virtual + 0x1000;

const a0 = 10;
const a1 = 11;
const a2 = 12;
const untouched = 0x5a5a_5a5a_5a5a_5a5an;
const stored = 0x8877_6655_4433_2211n;

const bench = createBench();

/** One machine for all cases: hart 0 as after its reset. */
const fresh = (): Machine => {
  resetHart(bench.harts[0]!, BigInt(code));
  bench.writeRam(ramEnd - 8, new Uint8Array(8));
  set(bench, { mtvec: handler });
  return bench;
};

/** Two pages at `virtual` by their entries, the code's page above them, hart 0 in S. Memory is a pattern. */
const mapped = (first: bigint, second: bigint): Machine => {
  const machine = fresh();
  writeDouble(machine, root + 8, pteOf(middle, pte.v));
  writeDouble(machine, middle, pteOf(last, pte.v));
  writeDouble(machine, last, first);
  writeDouble(machine, last + 8, second);
  writeDouble(machine, last + 16, pteOf(code, pte.rwxad));
  for (const page of [present, next])
    machine.writeRam(
      page,
      Uint8Array.from({ length: 0x1000 }, (_, index) => (index * 7 + page / 0x1_0000) & 0xff),
    );
  set(machine, { ...openMemory, satp: satpOf(root), privilege: S, mtvec: handler, pc: virtual + 0x2000 });
  set(machine, { a1: stored, a2: untouched });
  return machine;
};

const bytesAt = (machine: Machine, address: number, count: number): number[] => [
  ...machine.memory.u8.subarray(hostOffset(address), hostOffset(address) + count),
];

/** The bytes of both pages, as the guest sees them one after the other around their border. */
const aroundEnd = (machine: Machine): number[] => [
  ...bytesAt(machine, present + 0xff0, 16),
  ...bytesAt(machine, next, 16),
];

const run = (machine: Machine, instruction: Instruction, address: number | bigint): void => {
  place(machine, code, instruction);
  set(machine, { a0: address });
  step(machine);
};

const sizes = [1, 2, 4, 8] as const;
const loads = { 1: 'lbu', 2: 'lhu', 4: 'lwu', 8: 'ld' } as const;
const stores = { 1: 'sb', 2: 'sh', 4: 'sw', 8: 'sd' } as const;
const offsets = Array.from({ length: 17 }, (_, index) => index - 8);

const littleEndian = (bytes: readonly number[]): bigint =>
  bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
const storedBytes = (size: number): number[] =>
  Array.from({ length: size }, (_, index) => Number((stored >> BigInt(8 * index)) & 0xffn));

const both = [pteOf(present, pte.rwxad), pteOf(next, pte.rwxad)] as const;

describe('across the end of a page', () => {
  for (const size of sizes) {
    test(`a load of ${size} bytes at every offset takes each part from its page`, () => {
      const machine = mapped(...both);
      for (const offset of offsets) {
        set(machine, { pc: virtual + 0x2000 });
        run(machine, [loads[size], { rd: a2, rs1: a0 }], virtualEnd + offset);
        const expected = aroundEnd(machine).slice(16 + offset, 16 + offset + size);
        expect(machine.harts[0]!.x(a2), `offset ${offset}`).toBe(littleEndian(expected));
      }
    });

    test(`a store of ${size} bytes at every offset puts each part into its page`, () => {
      for (const offset of offsets) {
        const machine = mapped(...both);
        const expected = aroundEnd(machine);
        expected.splice(16 + offset, size, ...storedBytes(size));
        run(machine, [stores[size], { rs1: a0, rs2: a1 }], virtualEnd + offset);
        expect(aroundEnd(machine), `offset ${offset}`).toEqual(expected);
      }
    });

    test(`a store of ${size} bytes whose second page is missing, read-only or nowhere leaves the first as it was`, () => {
      const seconds: readonly (readonly [bigint, bigint])[] = [
        [0n, 15n],
        [pteOf(next, pte.rwxad & ~pte.w), 15n],
        [pteOf(0xc000_0000, pte.rwxad), 7n],
      ];
      for (const [second, cause] of seconds)
        for (const offset of offsets.filter((candidate) => candidate + size > 0)) {
          const machine = mapped(both[0], second);
          const before = aroundEnd(machine);
          run(machine, [stores[size], { rs1: a0, rs2: a1 }], virtualEnd + offset);
          const tval = BigInt(virtualEnd + Math.max(offset, 0));
          expect(machineTrap(machine.harts[0]!)).toEqual({ cause, epc: BigInt(virtual + 0x2000), tval });
          expect(aroundEnd(machine)).toEqual(before);
        }
    });

    test(`a load of ${size} bytes whose second page is missing leaves rd as it was`, () => {
      for (const offset of offsets.filter((candidate) => candidate + size > 0)) {
        const machine = mapped(both[0], 0n);
        run(machine, [loads[size], { rd: a2, rs1: a0 }], virtualEnd + offset);
        const tval = BigInt(virtualEnd + Math.max(offset, 0));
        expect(machineTrap(machine.harts[0]!)).toEqual({ cause: 13n, epc: BigInt(virtual + 0x2000), tval });
        expect(machine.harts[0]!.x(a2)).toBe(untouched);
      }
    });

    test(`a store of ${size} bytes whose first page is missing leaves the second as it was`, () => {
      for (const offset of offsets.filter((candidate) => candidate < 0)) {
        const machine = mapped(0n, both[1]);
        const before = aroundEnd(machine);
        run(machine, [stores[size], { rs1: a0, rs2: a1 }], virtualEnd + offset);
        expect(machineTrap(machine.harts[0]!).tval).toBe(BigInt(virtualEnd + offset));
        expect(aroundEnd(machine)).toEqual(before);
      }
    });

    test(`an access of ${size} bytes across the end of RAM faults at the first byte that is not RAM`, () => {
      for (const offset of offsets.filter((candidate) => candidate + size > 0)) {
        const machine = fresh();
        set(machine, { mtvec: handler, pc: code, a1: stored });
        run(machine, [stores[size], { rs1: a0, rs2: a1 }], ramEnd + offset);
        const tval = BigInt(ramEnd + Math.max(offset, 0));
        expect(machineTrap(machine.harts[0]!)).toEqual({ cause: 7n, epc: BigInt(code), tval });
        expect(bytesAt(machine, ramEnd - 8, 8)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
      }
    });
  }

  test('an access across the end of the address space wraps to its beginning', () => {
    const machine = fresh();
    set(machine, { mtvec: handler, pc: code, a2: untouched });
    run(machine, ['ld', { rd: a2, rs1: a0 }], 0xffff_ffff_ffff_fffcn);
    expect(machineTrap(machine.harts[0]!)).toEqual({ cause: 5n, epc: BigInt(code), tval: 0xffff_ffff_ffff_fffcn });
    expect(machine.harts[0]!.x(a2)).toBe(untouched);
  });

  test('a store whose first part spoils the entry of its second page is made as a whole, and the next one faults', () => {
    // The first page is the second-level table itself; its last entry leads to the second page.
    const machine = mapped(...both);
    const [before, after] = [0x8020_3000, 0x8020_4000];
    writeDouble(machine, middle + 8 * 510, pteOf(before, pte.v));
    writeDouble(machine, middle + 8 * 511, pteOf(after, pte.v));
    writeDouble(machine, before + 8 * 511, pteOf(middle, pte.rwxad));
    writeDouble(machine, after, both[1]);
    const border = virtual + 511 * 0x20_0000;
    set(machine, { a1: -1 });
    place(machine, code + 4, ['sd', { rs1: a0, rs2: a1 }]);
    run(machine, ['sd', { rs1: a0, rs2: a1 }], border - 4);
    expect(bytesAt(machine, middle + 0xffc, 4)).toEqual([255, 255, 255, 255]);
    expect(bytesAt(machine, next, 4)).toEqual([255, 255, 255, 255]);
    step(machine);
    expect(machineTrap(machine.harts[0]!)).toEqual({ cause: 15n, epc: BigInt(virtual + 0x2004), tval: BigInt(border) });
  });
});

const atomics = ['amoadd', 'amoswap', 'amomaxu'].flatMap((name) => [`${name}.w`, `${name}.d`]);

describe('atomic operations that fault', () => {
  for (const name of atomics) {
    test(`${name} on a page without W is a store fault and leaves rd and memory as they were`, () => {
      const machine = mapped(pteOf(present, pte.rwxad & ~pte.w), 0n);
      const before = bytesAt(machine, present, 16);
      run(machine, [name, { rd: a2, rs1: a0, rs2: a1 }], virtual);
      expect(machineTrap(machine.harts[0]!)).toEqual({
        cause: 15n,
        epc: BigInt(virtual + 0x2000),
        tval: BigInt(virtual),
      });
      expect(bytesAt(machine, present, 16)).toEqual(before);
      expect(machine.harts[0]!.x(a2)).toBe(untouched);
    });

    test(`${name} that is misaligned traps as such and leaves rd and memory as they were`, () => {
      const machine = mapped(...both);
      const before = bytesAt(machine, present, 16);
      run(machine, [name, { rd: a2, rs1: a0, rs2: a1 }], virtual + 2);
      expect(machineTrap(machine.harts[0]!).cause).toBe(6n);
      expect(bytesAt(machine, present, 16)).toEqual(before);
      expect(machine.harts[0]!.x(a2)).toBe(untouched);
    });
  }

  test('an atomic operation on a device is a store access fault', () => {
    const machine = fresh();
    set(machine, { mtvec: handler, pc: code, a2: untouched });
    run(machine, ['amoswap.w', { rd: a2, rs1: a0, rs2: a1 }], 0x0200_0000);
    expect(machineTrap(machine.harts[0]!)).toEqual({ cause: 7n, epc: BigInt(code), tval: 0x0200_0000n });
  });

  test('one that is misaligned, at any distance, on a device that was written before', () => {
    const uart = 0x1000_0000;
    const machine = fresh();
    set(machine, { mtvec: handler, pc: code, a2: untouched });
    for (const [name, size] of [
      ['amoadd.w', 4],
      ['amoadd.d', 8],
    ] as const)
      for (let distance = 0; distance < 16; distance += 1) {
        place(machine, code + 4, [name, { rd: a2, rs1: a0, rs2: a1 }]);
        set(machine, { pc: code });
        run(machine, ['sb', { rs1: a0, rs2: a1, imm: BigInt(7 - distance) }], uart + distance);
        step(machine);
        const { cause, tval } = machineTrap(machine.harts[0]!);
        expect({ cause, tval }, `${name} at ${distance}`).toEqual({
          cause: distance % size === 0 ? 7n : 6n,
          tval: BigInt(uart + distance),
        });
        expect(machine.harts[0]!.x(a2)).toBe(untouched);
      }
  });

  test('lr on a device is a load access fault and reserves nothing', () => {
    const machine = fresh();
    set(machine, { mtvec: handler, pc: code, a2: untouched });
    run(machine, ['lr.w', { rd: a2, rs1: a0 }], 0x0200_0000);
    expect(machineTrap(machine.harts[0]!).cause).toBe(5n);
    expect(machine.harts[0]!.get('reservation')).toBe(0xffff_ffff_ffff_ffffn);
  });
});

describe('loads that fault', () => {
  const nowhere = 0xc000_0000;

  /** A load from nowhere into a register leaves every register as it was. */
  const check = (instruction: Instruction, fs = 1n): void => {
    const machine = fresh();
    set(machine, { mtvec: handler, pc: code, a2: untouched, mstatus: fs << 13n, f12: untouched });
    run(machine, instruction, nowhere);
    const hart = machine.harts[0]!;
    expect(machineTrap(hart)).toEqual({ cause: 5n, epc: BigInt(code), tval: BigInt(nowhere) });
    expect([hart.x(a0), hart.x(a2), hart.f(a2)]).toEqual([BigInt(nowhere), untouched, untouched]);
    expect((hart.get('mstatus') >> 13n) & 3n).toBe(fs);
  };

  test('a load into another register leaves it', () => check(['ld', { rd: a2, rs1: a0 }]));
  test('a load into its own base leaves it', () => check(['ld', { rd: a0, rs1: a0 }]));
  test('a load into x0 traps all the same', () => check(['lw', { rd: 0, rs1: a0 }]));
  test('flw leaves the register and mstatus.FS', () => check(['flw', { rd: a2, rs1: a0 }]));
  test('fld leaves the register and mstatus.FS', () => check(['fld', { rd: a2, rs1: a0 }]));
  test('lr leaves the register', () => check(['lr.d', { rd: a2, rs1: a0 }]));
});

describe('x0', () => {
  const inPlace = (name: string): Instruction => [name, { rd: 0, rs1: a0, rs2: a1 }];
  const written: readonly Instruction[] = [
    ['addi', { rd: 0, rs1: a1, imm: 1n }],
    ['lui', { rd: 0, imm: 0x1000n }],
    ['jal', { rd: 0, imm: 4n }],
    ['ld', { rd: 0, rs1: a0 }],
    ['lr.d', { rd: 0, rs1: a0 }],
    inPlace('sc.d'),
    inPlace('amoadd.d'),
    ['csrrs', { rd: 0, rs1: a1, csr: 0x340 }],
    ['csrrw', { rd: 0, rs1: a1, csr: 0x340 }],
    ['csrrs', { rd: 0, rs1: 0, csr: 0x100 }],
    ['csrrs', { rd: 0, rs1: 0, csr: 0xc00 }],
    ['fclass.d', { rd: 0, rs1: 1 }],
    ['fmv.x.d', { rd: 0, rs1: 1 }],
  ];

  test.each(
    written.map((instruction) => [String(typeof instruction === 'number' ? '' : instruction[0]), instruction] as const),
  )('%s to x0 writes nothing, neither at the end of a slice nor within one', (_name, instruction) => {
    const machine = fresh();
    place(machine, code, instruction, ['add', { rd: a2, rs1: 0, rs2: 0 }]);
    set(machine, { mtvec: handler, mstatus: 1n << 13n, a0: present, a1: stored, f1: stored, mcounteren: 7 });
    writeDouble(machine, present, stored);
    for (const slices of [[1, 1], [2]]) {
      set(machine, { pc: code, a2: untouched });
      for (const steps of slices) {
        step(machine, steps);
        expect(machine.harts[0]!.x(0)).toBe(0n);
      }
      expect(machine.harts[0]!.x(a2)).toBe(0n);
    }
  });
});
