/** System instructions; answers from Privileged 3.3, 3.1.6.5 and the Zicsr chapter. */

import { describe, expect, test } from 'vitest';
import type { SystemOp } from '../../vmm/isa/meaning.ts';
import { mstatus } from '../../vmm/machine/csr/status.ts';
import type { Hart, Privilege } from '../../vmm/machine/hart.ts';
import { access, at, csrWord, execute, freshHart, freshServices, home, M, S, U } from './system-fixture.ts';

const causeOfTrap = (hart: Hart): bigint | undefined => (hart.count('traps') === 0 ? undefined : hart.get('mcause'));

const checkOp = (
  sentence: string,
  level: Privilege,
  op: SystemOp,
  status: number,
  expected: { outcome: 0 | 1; cause?: bigint; pc?: bigint },
) =>
  test(sentence, () => {
    const hart = at(freshHart(), level);
    hart.setLow('mstatus', status);
    const outcome = execute(hart, op, 0x1234_5673);
    expect({ outcome, cause: causeOfTrap(hart) }).toEqual({ outcome: expected.outcome, cause: expected.cause });
    if (expected.pc !== undefined) expect(hart.get('pc')).toBe(expected.pc);
  });

const next = home + 4n;
const legal = { outcome: 1 } as const;
const illegal = { outcome: 1, cause: 2n } as const;

describe('calls and breakpoints', () => {
  checkOp('ecall in U is cause 8', U, 'ecall', 0, { outcome: 1, cause: 8n });
  checkOp('ecall in S is cause 9', S, 'ecall', 0, { outcome: 1, cause: 9n });
  checkOp('ecall in M is cause 11', M, 'ecall', 0, { outcome: 1, cause: 11n });
  checkOp('ebreak is cause 3', U, 'ebreak', 0, { outcome: 1, cause: 3n });
  test('an illegal instruction leaves its bits in mtval (3.1.16)', () => {
    const hart = freshHart();
    execute(hart, 'illegal', 0xffff_ffff);
    expect([hart.get('mcause'), hart.get('mtval'), hart.get('mepc')]).toEqual([2n, 0xffff_ffffn, home]);
  });
  test('firmware takes an environment call of S, and the next instruction follows', () => {
    const hart = at(freshHart(), S);
    const services = { ...freshServices(), firmware: () => true };
    expect(execute(hart, 'ecall', 0x73, services)).toBe(1);
    expect([hart.get('pc'), hart.count('traps')]).toEqual([next, 0]);
  });
  test('a call that firmware does not take is a trap at the ecall', () => {
    const hart = at(freshHart(), S);
    execute(hart, 'ecall', 0x73, { ...freshServices(), firmware: () => false });
    expect([hart.get('mcause'), hart.get('mepc')]).toEqual([9n, home]);
  });
  test('firmware is not for U', () => {
    const hart = at(freshHart(), U);
    execute(hart, 'ecall', 0x73, { ...freshServices(), firmware: () => true });
    expect(hart.get('mcause')).toBe(8n);
  });
});

describe('who may', () => {
  checkOp('mret in S is illegal', S, 'mret', 0, illegal);
  checkOp('mret in M', M, 'mret', 0, legal);
  checkOp('sret in U is illegal', U, 'sret', 0, illegal);
  checkOp('sret in S', S, 'sret', 0, legal);
  checkOp('sret in S under TSR is illegal (3.1.6.5)', S, 'sret', mstatus.tsr, illegal);
  checkOp('sret in M under TSR is legal (3.1.6.5)', M, 'sret', mstatus.tsr, legal);
  checkOp('wfi in U is illegal', U, 'wfi', 0, illegal);
  checkOp('wfi in S', S, 'wfi', 0, { ...legal, pc: next });
  checkOp('wfi in S under TW is illegal (3.1.6.5)', S, 'wfi', mstatus.tw, illegal);
  checkOp('wfi in M under TW is legal (3.1.6.5)', M, 'wfi', mstatus.tw, { ...legal, pc: next });
  checkOp('sfence.vma in U is illegal', U, 'sfenceVma', 0, illegal);
  checkOp('sfence.vma in S', S, 'sfenceVma', 0, { outcome: 0 });
  checkOp('sfence.vma in S under TVM is illegal (3.1.6.5)', S, 'sfenceVma', mstatus.tvm, illegal);
  checkOp('sfence.vma in M under TVM is legal (3.1.6.5)', M, 'sfenceVma', mstatus.tvm, { outcome: 0 });
});

describe('waiting', () => {
  test('wfi waits when nothing that is enabled is pending (3.3.3)', () => {
    const hart = freshHart();
    execute(hart, 'wfi', 0);
    expect(hart.low('waiting')).toBe(1);
  });
  test('wfi does not wait for what is already pending (3.3.3)', () => {
    const hart = freshHart();
    hart.set('mie', 0x80n);
    hart.set('lines', 0x80n);
    expect(execute(hart, 'wfi', 0)).toBe(0);
    expect(hart.low('waiting')).toBe(0);
  });
});

describe('CSR accesses', () => {
  test('rd and rs1 may be one register: a swap', () => {
    const hart = freshHart();
    hart.set('mscratch', 7n);
    hart.setX(5, 9n);
    execute(hart, 'csrrw', csrWord('csrrw', 'mscratch', 5, 5));
    expect([hart.x(5), hart.get('mscratch')]).toEqual([7n, 9n]);
  });
  test('... also for sstatus', () => {
    const hart = at(freshHart(), S);
    hart.setX(5, 2n);
    execute(hart, 'csrrs', csrWord('csrrs', 'sstatus', 5, 5));
    expect([hart.x(5), hart.low('mstatus')]).toEqual([0x2_0000_0000n, 2]);
  });
  test('csrrc clears the bits of rs1', () => {
    const hart = freshHart();
    hart.set('mscratch', 0xffn);
    expect(access(hart, 'csrrc', 'mscratch', 0x0fn)).toBe(0xffn);
    expect(hart.get('mscratch')).toBe(0xf0n);
  });
  test('immediate forms take the field itself', () => {
    const hart = freshHart();
    execute(hart, 'csrrwi', csrWord('csrrwi', 'mscratch', 0, 31));
    execute(hart, 'csrrci', csrWord('csrrci', 'mscratch', 0, 1));
    expect(hart.get('mscratch')).toBe(30n);
  });
  test('an illegal access writes neither the register nor rd', () => {
    const hart = at(freshHart(), S);
    hart.setX(5, 1n);
    execute(hart, 'csrrw', csrWord('csrrw', 'mscratch', 5, 5));
    expect([hart.x(5), hart.get('mscratch'), hart.get('mcause')]).toEqual([1n, 0n, 2n]);
  });
  test('setting SIE goes on when nothing is pending', () => {
    const hart = at(freshHart(), S);
    expect(execute(hart, 'csrrsi', csrWord('csrrsi', 'sstatus', 0, 2))).toBe(0);
    expect(hart.low('mstatus')).toBe(2);
  });
  test('setting SIE gives way to an interrupt that is pending, which comes after it', () => {
    const hart = at(freshHart(), S);
    hart.set('mideleg', 2n);
    hart.set('mie', 2n);
    hart.set('mip', 2n);
    expect(execute(hart, 'csrrsi', csrWord('csrrsi', 'sstatus', 0, 2))).toBe(1);
    expect(hart.get('pc')).toBe(next);
  });
  test('changing SUM gives way, since another context asks', () => {
    expect(execute(withX6(at(freshHart(), S), 1n << 18n), 'csrrs', csrWord('csrrs', 'sstatus', 0, 6))).toBe(1);
  });
  test('changing MXR or satp gives way, and drops nothing: another set of TLBs serves from then on', () => {
    const services = freshServices();
    const hart = withX6(at(freshHart(), S), 1n << 19n);
    expect(execute(hart, 'csrrs', csrWord('csrrs', 'sstatus', 0, 6), services)).toBe(1);
    expect(execute(hart, 'csrrw', csrWord('csrrw', 'satp', 0, 0), services)).toBe(1);
    expect(services.told).toEqual([]);
  });
  test('changing PMP drops translations', () => {
    const services = freshServices();
    const hart = freshHart();
    access(hart, 'csrrw', 'pmpcfg0', 0x1fn, services);
    access(hart, 'csrrw', 'pmpaddr0', 1n, services);
    expect(services.told).toEqual(['drop 0', 'drop 0']);
  });
  test('sstatus is illegal in U', () => {
    const hart = at(freshHart(), U);
    execute(hart, 'csrrs', csrWord('csrrs', 'sstatus', 5, 0));
    expect(hart.get('mcause')).toBe(2n);
  });
});

const withX6 = (hart: Hart, value: bigint): Hart => {
  hart.setX(6, value);
  return hart;
};
