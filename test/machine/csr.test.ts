/** What CSRs hold and who may access them; answers from the Privileged specification's sentences. */

import { describe, expect, test } from 'vitest';
import { csrRows } from '../../vmm/machine/csr.ts';
import type { Hart, Privilege } from '../../vmm/machine/hart.ts';
import { access, at, freshHart, freshServices, illegal, M, type Outcome, readOf, S, U } from './system-fixture.ts';

const ones = 0xffff_ffff_ffff_ffffn;

/** After `value` is written in M, the register reads `reads`. */
const checkWarl = (sentence: string, csr: string, value: bigint, reads: bigint, before?: (hart: Hart) => void) =>
  test(sentence, () => {
    const hart = freshHart();
    before?.(hart);
    access(hart, 'csrrw', csr, value);
    expect(readOf(hart, csr)).toBe(reads);
  });

const checkAccess = (
  sentence: string,
  level: Privilege,
  csr: string | number,
  kind: 'read' | 'write',
  outcome: 'legal' | 'illegal',
  before?: (hart: Hart) => void,
) =>
  test(sentence, () => {
    const hart = freshHart();
    before?.(hart);
    at(hart, level);
    const result: Outcome = kind === 'read' ? readOf(hart, csr) : access(hart, 'csrrs', csr, 0n);
    if (outcome === 'illegal') expect(result).toEqual(illegal);
    else expect(typeof result).toBe('bigint');
  });

describe('values', () => {
  checkWarl(
    'mstatus keeps only fields that exist, SXL and UXL read 64 bits, FS dirty sets SD (3.1.6)',
    'mstatus',
    ones,
    0x8000_000a_007e_79aan,
  );
  checkWarl(
    'MPP refuses the reserved level 2 and keeps the old one (3.1.6.1)',
    'mstatus',
    2n << 11n,
    0xa_0000_0800n,
    (hart) => hart.setLow('mstatus', 1 << 11),
  );
  checkWarl('sstatus shows and changes only its own fields (4.1.1)', 'sstatus', ones, 0x8000_0002_000c_6122n);
  checkWarl('misa says RV64 IMAFDC with S and U, and cannot be changed (3.1.1)', 'misa', 0n, 0x8000_0000_0014_112dn);
  checkWarl('medeleg has no bit for an environment call from M (3.1.8)', 'medeleg', ones, 0xb3ffn);
  checkWarl('mideleg has the three interrupts of S (3.1.8)', 'mideleg', ones, 0x222n);
  checkWarl('mie has six interrupts (3.1.9)', 'mie', ones, 0xaaan);
  checkWarl('mip lets M write the three interrupts of S only (3.1.9)', 'mip', ones, 0x222n);
  checkWarl('mtvec takes mode 1 (3.1.7)', 'mtvec', 0x8000_0001n, 0x8000_0001n);
  checkWarl('mtvec ignores a write with a reserved mode (3.1.7)', 'mtvec', 0x9000_0002n, 0x8000_0000n, (hart) =>
    hart.set('mtvec', 0x8000_0000n),
  );
  checkWarl('mepc has no bit 0 (3.1.14)', 'mepc', ones, ones - 1n);
  checkWarl('sepc has no bit 0 (4.1.7)', 'sepc', 3n, 2n);
  checkWarl('mcause holds any value (3.1.15)', 'mcause', ones, ones);
  checkWarl('satp takes Sv57 with a 16-bit ASID (4.1.11)', 'satp', 0xafff_ffff_ffff_ffffn, 0xafff_ffff_ffff_ffffn);
  checkWarl('satp ignores a write with an unsupported mode (4.1.11)', 'satp', 0xb000_0000_0000_0001n, 5n, (hart) =>
    hart.set('satp', 5n),
  );
  checkWarl('menvcfg has FIOM and STCE (3.1.18)', 'menvcfg', ones, 0x8000_0000_0000_0001n);
  checkWarl('senvcfg has FIOM (4.1.10)', 'senvcfg', ones, 1n);
  checkWarl('mcounteren has 32 bits (3.1.11)', 'mcounteren', ones, 0xffff_ffffn);
  checkWarl('mcountinhibit has CY and IR (3.1.12)', 'mcountinhibit', ones, 5n);
  checkWarl('hpmcounters are read-only zero (3.1.10)', 'mhpmcounter3', ones, 0n);
  checkWarl('pmpaddr holds 54 bits (3.7.1)', 'pmpaddr3', ones, 0x003f_ffff_ffff_ffffn);
  checkWarl('pmpcfg bits 5 and 6 are zero (3.7.1)', 'pmpcfg0', 0x7fn, 0x1fn);
  checkWarl('pmpcfg drops the reserved W without R (3.7.1)', 'pmpcfg0', 0x1an, 0x18n);
  checkWarl('a locked pmpcfg byte stays, its neighbours change (3.7.1)', 'pmpcfg0', 0x0f0fn, 0x0f99n, (hart) =>
    hart.set('pmpcfg0', 0x99n),
  );
  checkWarl('a locked entry keeps its address (3.7.1)', 'pmpaddr0', 7n, 1n, (hart) => {
    hart.set('pmpcfg0', 0x99n);
    hart.set('pmpaddr0', 1n);
  });
  checkWarl('a locked TOR entry keeps the address below it (3.7.1)', 'pmpaddr0', 7n, 1n, (hart) => {
    hart.set('pmpcfg0', 0x8900n);
    hart.set('pmpaddr0', 1n);
  });
  checkWarl('fcsr has eight bits (F, 11.2)', 'fcsr', ones, 0xffn, (hart) => hart.setLow('mstatus', 1 << 13));
});

describe('windows', () => {
  test('sie shows and changes only delegated interrupts (4.1.3)', () => {
    const hart = freshHart();
    hart.set('mideleg', 0x22n);
    hart.set('mie', 0x888n);
    access(hart, 'csrrw', 'sie', ones);
    expect(readOf(hart, 'sie')).toBe(0x22n);
    expect(readOf(hart, 'mie')).toBe(0x8aan);
  });
  test('sip changes SSIP only, and only when it is delegated (4.1.3)', () => {
    const hart = freshHart();
    access(hart, 'csrrw', 'sip', ones);
    expect(readOf(hart, 'mip')).toBe(0n);
    hart.set('mideleg', 0x222n);
    access(hart, 'csrrw', 'sip', ones);
    expect(readOf(hart, 'mip')).toBe(2n);
  });
  test('csrrs on mip reads SEIP of the controller but does not store it (3.1.9)', () => {
    const hart = freshHart();
    hart.set('lines', 0x200n);
    expect(access(hart, 'csrrs', 'mip', 2n)).toBe(0x200n);
    hart.set('lines', 0n);
    expect(readOf(hart, 'mip')).toBe(2n);
  });
  test('with STCE, STIP in mip is read-only and shows the comparison (Sstc)', () => {
    const hart = freshHart();
    const services = freshServices();
    access(hart, 'csrrw', 'mip', 0x20n);
    access(hart, 'csrrw', 'menvcfg', 1n << 63n, services);
    expect(services.told).toEqual(['timer 0']);
    expect(readOf(hart, 'mip')).toBe(0n);
    access(hart, 'csrrs', 'mip', 0x20n);
    expect(readOf(hart, 'mip')).toBe(0n);
  });
  test('writing stimecmp tells the machine (Sstc)', () => {
    const hart = freshHart();
    const services = freshServices();
    access(hart, 'csrrw', 'stimecmp', 77n, services);
    expect(services.told).toEqual(['timer 0']);
    expect(readOf(hart, 'stimecmp')).toBe(77n);
  });
  test('writing fflags makes FS dirty, reading does not (3.1.6.6)', () => {
    const hart = freshHart();
    hart.setLow('mstatus', 1 << 13);
    readOf(hart, 'fflags');
    expect(hart.low('mstatus')).toBe(1 << 13);
    access(hart, 'csrrw', 'fflags', 0x3fn);
    expect(hart.low('mstatus')).toBe(3 << 13);
    expect(readOf(hart, 'fcsr')).toBe(0x1fn);
  });
});

describe('counters', () => {
  test('a written counter is read back by the next instruction (3.1.10)', () => {
    const hart = freshHart();
    const services = freshServices();
    access(hart, 'csrrw', 'minstret', 1000n, services);
    services.stepCount += 1;
    expect(readOf(hart, 'minstret', services)).toBe(1000n);
    services.stepCount += 9;
    expect(readOf(hart, 'instret', services)).toBe(1009n);
  });
  test('traps are cycles but retire nothing (3.1.10)', () => {
    const hart = freshHart();
    hart.setCount('traps', 30);
    expect(readOf(hart, 'mcycle')).toBe(100n);
    expect(readOf(hart, 'minstret')).toBe(70n);
  });
  test('an inhibited counter stands still and goes on from where it stood (3.1.12)', () => {
    const hart = freshHart();
    const services = freshServices();
    access(hart, 'csrrw', 'mcountinhibit', 1n, services);
    services.stepCount = 500;
    expect(readOf(hart, 'mcycle', services)).toBe(100n);
    expect(readOf(hart, 'minstret', services)).toBe(500n);
    access(hart, 'csrrw', 'mcountinhibit', 0n, services);
    services.stepCount = 511;
    expect(readOf(hart, 'mcycle', services)).toBe(110n);
  });
  test('time is the clock of the machine (Zicntr)', () => {
    expect(readOf(freshHart(), 'time')).toBe(5000n);
  });
});

describe('access', () => {
  checkAccess('S may not read mstatus (2.1)', S, 'mstatus', 'read', 'illegal');
  checkAccess('U may not read sstatus (2.1)', U, 'sstatus', 'read', 'illegal');
  checkAccess('M may read sstatus (2.1)', M, 'sstatus', 'read', 'legal');
  checkAccess(
    'writing a read-only register is illegal, even with no bits to set (2.1)',
    M,
    'mhartid',
    'write',
    'illegal',
  );
  checkAccess('csrrs with x0 reads a read-only register (Zicsr)', M, 'mhartid', 'read', 'legal');
  checkAccess('a number without a register is illegal (2.1)', M, 0x5c0, 'read', 'illegal');
  checkAccess('pmpcfg1 does not exist on RV64 (3.7.1)', M, 0x3a1, 'read', 'illegal');
  checkAccess('mseccfg does not exist without Smepmp', M, 'mseccfg', 'read', 'illegal');
  checkAccess('triggers do not exist', M, 'tselect', 'read', 'illegal');
  checkAccess('fcsr is illegal while FS is off (3.1.6.6)', M, 'fcsr', 'read', 'illegal');
  checkAccess('satp is illegal in S under TVM (3.1.6.5)', S, 'satp', 'read', 'illegal', (hart) =>
    hart.setLow('mstatus', 1 << 20),
  );
  checkAccess('satp is legal in M under TVM (3.1.6.5)', M, 'satp', 'read', 'legal', (hart) =>
    hart.setLow('mstatus', 1 << 20),
  );
  checkAccess('cycle is illegal in S without mcounteren (3.1.11)', S, 'cycle', 'read', 'illegal');
  checkAccess('cycle is legal in S with mcounteren.CY (3.1.11)', S, 'cycle', 'read', 'legal', (hart) =>
    hart.set('mcounteren', 1n),
  );
  checkAccess('cycle is illegal in U with mcounteren alone (3.1.11)', U, 'cycle', 'read', 'illegal', (hart) =>
    hart.set('mcounteren', 1n),
  );
  checkAccess('cycle is legal in U with both (4.1.5)', U, 'cycle', 'read', 'legal', (hart) => {
    hart.set('mcounteren', 1n);
    hart.set('scounteren', 1n);
  });
  checkAccess('stimecmp is illegal in S without STCE (Sstc)', S, 'stimecmp', 'read', 'illegal', (hart) =>
    hart.set('mcounteren', 2n),
  );
  checkAccess('stimecmp is illegal in S without mcounteren.TM (Sstc)', S, 'stimecmp', 'read', 'illegal', (hart) =>
    hart.set('menvcfg', 1n << 63n),
  );
  checkAccess('stimecmp is legal in S with both (Sstc)', S, 'stimecmp', 'read', 'legal', (hart) => {
    hart.set('mcounteren', 2n);
    hart.set('menvcfg', 1n << 63n);
  });
});

test('every register can be read in M at reset except those of floating point', () => {
  const unreadable = csrRows.filter((row) => typeof readOf(freshHart(), row.name) !== 'bigint').map((row) => row.name);
  expect(unreadable).toEqual(['fflags', 'frm', 'fcsr']);
});
