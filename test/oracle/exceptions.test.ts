/**
 * Oracle, the rest: what the random programs leave out because QEMU departs from the specification there (see
 * exceptions.ts), put to our machine alone with the specification's answer.
 */

import { expect, test } from 'vitest';
import { csr } from '../../vmm/isa/csr-names.ts';
import { Assembler, Label } from './assembler.ts';
import * as layout from './layout.ts';
import { runImage } from './ours.ts';

const [t0, t1, t2, a0] = [5, 6, 7, 10];
const nowhere = 0x20_0000n;
const table = layout.tablesBase;

interface Outcome {
  readonly a0: bigint;
  readonly cause: bigint;
  readonly tval: bigint;
  readonly mstatus: bigint;
}

/** Runs the snippet in machine mode with the lower modes free to reach all memory; a trap ends it. */
const run = (emit: (asm: Assembler) => void): Outcome => {
  const asm = new Assembler(layout.codeBase);
  const handler = new Label();
  asm.la(t0, handler);
  asm.writeCsr(csr.mtvec, t0);
  asm.addi(t0, 0, -1);
  asm.writeCsr(csr.pmpaddr0, t0);
  asm.csrImmediate('csrrwi', 0, csr.pmpcfg0, 0x1f);
  emit(asm);
  asm.align(4);
  asm.bind(handler);
  asm.li(t0, BigInt(layout.finisher));
  asm.li(t1, BigInt(layout.finisherReset));
  asm.store('sw', t1, 0, t0);
  asm.flushLiterals();
  const hart = runImage(asm.finish(), 10_000).harts[0]!;
  return { a0: hart.x(a0), cause: hart.get('mcause'), tval: hart.get('mtval'), mstatus: hart.get('mstatus') };
};

const check = (emit: (asm: Assembler) => void, expected: Partial<Outcome>): void => {
  expect(run(emit)).toMatchObject(expected);
};

const writeAndReadBack = (number: number, value: bigint) => (asm: Assembler) => {
  asm.li(t0, value);
  asm.writeCsr(number, t0);
  asm.readCsr(a0, number);
};

const entry = (asm: Assembler, address: number, value: bigint) => {
  asm.li(t0, BigInt(address));
  asm.li(t1, value);
  asm.store('sd', t1, 0, t0);
};

const pointer = (address: number | bigint, bits: bigint): bigint => ((BigInt(address) >> 12n) << 10n) | bits;

/** Sv39 on: RAM at its own address for the supervisor, and what the caller put at entry 4 of the table. */
const enterSupervisor = (asm: Assembler, mstatus: bigint) => {
  const landing = new Label();
  entry(asm, table + 2 * 8, pointer(layout.codeBase, 0xcfn));
  asm.li(t0, (8n << 60n) | BigInt(table / 4096));
  asm.writeCsr(csr.satp, t0);
  asm.op('sfence.vma');
  asm.la(t0, landing);
  asm.writeCsr(csr.mepc, t0);
  asm.li(t0, mstatus | 0x800n);
  asm.writeCsr(csr.mstatus, t0);
  asm.op('mret');
  asm.bind(landing);
};

test('mepc has no bit 0', () => {
  check(writeAndReadBack(csr.mepc, 0x8000_0003n), { a0: 0x8000_0002n });
});

test('sepc has no bit 0', () => {
  check(writeAndReadBack(csr.sepc, 0x8000_0003n), { a0: 0x8000_0002n });
});

test('mstatus.MPP does not take the value 2', () => {
  const { a0: mstatus } = run(writeAndReadBack(csr.mstatus, 2n << 11n));
  expect((mstatus >> 11n) & 3n).not.toBe(2n);
});

test('mret to a lower mode clears MPRV', () => {
  const { mstatus, cause } = run((asm) => {
    const landing = new Label();
    asm.la(t0, landing);
    asm.writeCsr(csr.mepc, t0);
    asm.li(t0, 0x2_0000n);
    asm.writeCsr(csr.mstatus, t0);
    asm.op('mret');
    asm.bind(landing);
    asm.op('ecall');
  });
  expect({ cause, mprv: (mstatus >> 17n) & 1n }).toEqual({ cause: 8n, mprv: 0n });
});

for (const [pending, first] of [
  [0x222n, 9n],
  [0x22n, 1n],
  [0x220n, 9n],
  [0x20n, 5n],
] as const)
  test(`of the interrupts 0x${pending.toString(16)} the first taken is ${first}`, () => {
    check(
      (asm) => {
        asm.li(t0, pending);
        asm.writeCsr(csr.mip, t0);
        asm.writeCsr(csr.mie, t0);
        asm.csrImmediate('csrrsi', 0, csr.mstatus, 8);
      },
      { cause: (1n << 63n) | first },
    );
  });

test('setting no bits of a read-only register by way of a register other than x0 is illegal', () => {
  check(
    (asm) => {
      asm.addi(t0, 0, 0);
      asm.csr('csrrs', a0, csr.mhartid, t0);
    },
    { cause: 2n },
  );
});

test('ctzw of a low word of 0 is 32', () => {
  check(
    (asm) => {
      asm.li(t0, 0x20_0000_0000_0000n);
      asm.op('ctzw', { rd: a0, rs1: t0 });
    },
    { a0: 32n },
  );
});

test('a page-table entry where there is no memory is an access fault of the access', () => {
  check(
    (asm) => {
      entry(asm, table + 4 * 8, pointer(nowhere, 1n));
      enterSupervisor(asm, 0n);
      asm.li(t2, 0x1_0000_0000n);
      asm.load('ld', a0, 0, t2);
    },
    { cause: 5n, tval: 0x1_0000_0000n },
  );
});

test('the supervisor never executes a user page, also after SUM let it load from there', () => {
  check(
    (asm) => {
      entry(asm, table + 4 * 8, pointer(layout.codeBase, 0xdfn));
      enterSupervisor(asm, 0x4_0000n);
      asm.li(t2, 0x1_0000_0000n);
      asm.load('ld', a0, 0, t2);
      asm.op('jalr', { rs1: t2 });
    },
    { cause: 12n, tval: 0x1_0000_0000n },
  );
});

test('an AMO where nothing answers is a store/AMO access fault', () => {
  check(
    (asm) => {
      asm.li(t2, nowhere);
      asm.op('amoadd.d', { rd: a0, rs1: t2, rs2: t0 });
    },
    { cause: 7n, tval: nowhere },
  );
});

test('a misaligned load where nothing answers tells an address within the access', () => {
  const { cause, tval } = run((asm) => {
    asm.li(t2, nowhere + 3n);
    asm.load('ld', a0, 0, t2);
  });
  expect([4n, 5n]).toContain(cause);
  expect(tval - nowhere).toBeGreaterThanOrEqual(3n);
  expect(tval - nowhere).toBeLessThan(11n);
});

test('environment calls from machine mode cannot be delegated', () => {
  check(writeAndReadBack(csr.medeleg, 0xffff_ffff_ffff_ffffn), { a0: 0xb3ffn });
});

test('only the supervisor interrupts can be delegated', () => {
  check(writeAndReadBack(csr.mideleg, 0xffff_ffff_ffff_ffffn), { a0: 0x222n });
});

test('a pmpaddr holds bits 55:2 of an address', () => {
  check(writeAndReadBack(csr.pmpaddr0 + 3, 0xffff_ffff_ffff_ffffn), { a0: (1n << 54n) - 1n });
});

test('the counter enables are 32 bits wide', () => {
  check(writeAndReadBack(csr.mcounteren, 0xffff_ffff_ffff_ffffn), { a0: 0xffff_ffffn });
});
