/** Entering traps and returning from them; answers from Privileged 3.1.6.1, 3.1.7, 3.1.8 and 3.3.2. */

import { describe, expect, test } from 'vitest';
import type { HartField } from '../../vmm/engine/layout.ts';
import { mstatus } from '../../vmm/machine/csr/status.ts';
import type { Hart, Privilege } from '../../vmm/machine/hart.ts';
import { cause, enterTrap, returnFromTrap } from '../../vmm/machine/trap.ts';
import { at, freshHart, home, M, S, U } from './system-fixture.ts';

const interruptFlag = 1n << 63n;

interface Case {
  readonly from: Privilege;
  readonly code: number;
  readonly tval?: bigint;
  readonly interrupt?: boolean;
  readonly before?: Partial<Record<HartField, bigint>>;
  readonly after: Partial<Record<HartField, bigint>>;
}

const checkEntry = (sentence: string, { from, code, tval = 0n, interrupt = false, before = {}, after }: Case) =>
  test(sentence, () => {
    const hart = prepare(from, before);
    enterTrap(hart, code, tval, interrupt);
    checkFields(hart, after);
  });

const checkReturn = (
  sentence: string,
  from: Privilege,
  instruction: 'mret' | 'sret',
  before: Partial<Record<HartField, bigint>>,
  after: Partial<Record<HartField, bigint>>,
) =>
  test(sentence, () => {
    const hart = prepare(from, before);
    returnFromTrap(hart, instruction);
    checkFields(hart, after);
  });

const narrow = new Set<HartField>(['privilege', 'waiting']); // 32-bit fields

const prepare = (from: Privilege, before: Partial<Record<HartField, bigint>>): Hart => {
  const hart = at(freshHart(), from);
  for (const [name, value] of Object.entries(before)) {
    const field = name as HartField;
    if (narrow.has(field)) hart.setLow(field, Number(value));
    else hart.set(field, value);
  }
  return hart;
};

const checkFields = (hart: Hart, after: Partial<Record<HartField, bigint>>): void => {
  const found = Object.fromEntries(
    Object.keys(after).map((name) => {
      const field = name as HartField;
      return [field, narrow.has(field) ? BigInt(hart.low(field)) : hart.get(field)];
    }),
  );
  expect(found).toEqual(after);
};

const bits = (...values: number[]): bigint => BigInt(values.reduce((all, value) => all | value, 0) >>> 0);

describe('entering', () => {
  checkEntry('an exception that is not delegated goes to M (3.1.8)', {
    from: U,
    code: cause.ecallFromUser,
    before: { mtvec: 0x8000_0000n },
    after: { privilege: 3n, mcause: 8n, mepc: home, pc: 0x8000_0000n, mtval: 0n, sepc: 0n },
  });
  checkEntry('a delegated exception of U goes to S (3.1.8)', {
    from: U,
    code: cause.loadPageFault,
    tval: 0xffff_ffff_0000_0123n,
    before: { medeleg: 1n << 13n, stvec: 0xffff_ffff_8000_0000n },
    after: {
      privilege: 1n,
      scause: 13n,
      sepc: home,
      stval: 0xffff_ffff_0000_0123n,
      pc: 0xffff_ffff_8000_0000n,
      mepc: 0n,
    },
  });
  checkEntry('a delegated exception of M stays in M (3.1.8)', {
    from: M,
    code: cause.illegalInstruction,
    before: { medeleg: 1n << 2n },
    after: { privilege: 3n, mcause: 2n, scause: 0n },
  });
  checkEntry('an interrupt sets the top bit of the cause (3.1.15)', {
    from: S,
    code: 7,
    interrupt: true,
    after: { privilege: 3n, mcause: interruptFlag | 7n },
  });
  checkEntry('mideleg decides for interrupts, not medeleg (3.1.8)', {
    from: U,
    code: 5,
    interrupt: true,
    before: { mideleg: 1n << 5n },
    after: { privilege: 1n, scause: interruptFlag | 5n },
  });
  checkEntry('a vectored interrupt goes to BASE + 4 x cause (3.1.7)', {
    from: U,
    code: 9,
    interrupt: true,
    before: { mideleg: 1n << 9n, stvec: 0x8000_1001n },
    after: { pc: 0x8000_1024n },
  });
  checkEntry('a vectored exception goes to BASE (3.1.7)', {
    from: U,
    code: 8,
    before: { mtvec: 0x8000_1001n },
    after: { pc: 0x8000_1000n },
  });
  checkEntry('BASE + 4 x cause carries into the upper half', {
    from: U,
    code: 11,
    interrupt: true,
    before: { mtvec: 0xffff_fffdn },
    after: { pc: 0x1_0000_0028n },
  });
  checkEntry('M stacks MIE and the privilege (3.1.6.1)', {
    from: S,
    code: 2,
    before: { mstatus: bits(mstatus.mie, mstatus.sie) },
    after: { mstatus: bits(mstatus.mpie, mstatus.sie, 1 << 11) },
  });
  checkEntry('S stacks SIE and the privilege (3.1.6.1)', {
    from: S,
    code: 2,
    before: { medeleg: 4n, mstatus: bits(mstatus.mie, mstatus.sie) },
    after: { mstatus: bits(mstatus.mie, mstatus.spie, mstatus.spp) },
  });
  checkEntry('a trap from U clears SPP, and SPIE when SIE was off (3.1.6.1)', {
    from: U,
    code: 8,
    before: { medeleg: 0x100n, mstatus: bits(mstatus.spie, mstatus.spp) },
    after: { mstatus: 0n },
  });
  checkEntry('a trap ends waiting, and keeps the reservation (3.3.2, 3.3.3)', {
    from: S,
    code: 7,
    interrupt: true,
    before: { waiting: 1n, reservation: 0x8000_0040n },
    after: { waiting: 0n, reservation: 0x8000_0040n },
  });
  test('each trap is counted', () => {
    const hart = freshHart();
    enterTrap(hart, 2, 0n, false);
    enterTrap(hart, 3, 0n, true);
    expect(hart.count('traps')).toBe(2);
  });
});

describe('returning', () => {
  for (const instruction of ['mret', 'sret'] as const) {
    const reserved = { reservation: 0x8000_0040n };
    checkReturn(`${instruction} ends the reservation, as on QEMU (3.3.2)`, M, instruction, reserved, {
      reservation: 0xffff_ffff_ffff_ffffn,
    });
  }
  checkReturn(
    'mret unstacks MPIE and MPP, and leaves MPIE 1 and MPP U (3.1.6.1)',
    M,
    'mret',
    { mstatus: bits(mstatus.mpie, 1 << 11), mepc: 0xffff_ffff_8000_0002n },
    { mstatus: bits(mstatus.mie, mstatus.mpie), privilege: 1n, pc: 0xffff_ffff_8000_0002n },
  );
  checkReturn(
    'mret clears MIE when MPIE was off',
    M,
    'mret',
    { mstatus: bits(mstatus.mie) },
    { mstatus: bits(mstatus.mpie), privilege: 0n },
  );
  checkReturn(
    'mret to M keeps MPRV (3.1.6.3)',
    M,
    'mret',
    { mstatus: bits(mstatus.mprv, mstatus.mpp) },
    { mstatus: bits(mstatus.mprv, mstatus.mpie), privilege: 3n },
  );
  checkReturn(
    'mret to S clears MPRV (3.1.6.3)',
    M,
    'mret',
    { mstatus: bits(mstatus.mprv, 1 << 11) },
    { mstatus: bits(mstatus.mpie), privilege: 1n },
  );
  checkReturn(
    'sret unstacks SPIE and SPP, and leaves SPIE 1 and SPP U (3.1.6.1)',
    S,
    'sret',
    { mstatus: bits(mstatus.spie, mstatus.spp), sepc: 0x42n },
    { mstatus: bits(mstatus.sie, mstatus.spie), privilege: 1n, pc: 0x42n },
  );
  checkReturn(
    'sret in M goes to SPP and clears MPRV (3.1.6.3)',
    M,
    'sret',
    { mstatus: bits(mstatus.mprv) },
    { mstatus: bits(mstatus.spie), privilege: 0n },
  );
});
