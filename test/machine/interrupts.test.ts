/** Which interrupt is due; answers from Privileged 3.1.6.1, 3.1.9, 4.1.3. */

import { describe, expect, test } from 'vitest';
import { mstatus } from '../../vmm/machine/csr/status.ts';
import type { Privilege } from '../../vmm/machine/hart.ts';
import { pendingInterrupt, readMip, wakesWaiting } from '../../vmm/machine/interrupts.ts';
import { at, freshHart, M, S, U } from './system-fixture.ts';

interface Setting {
  readonly level: Privilege;
  readonly mip?: bigint;
  readonly lines?: bigint;
  readonly mie?: bigint;
  readonly mideleg?: bigint;
  readonly status?: number;
}

const hartWith = ({ level, mip = 0n, lines = 0n, mie = 0xaaan, mideleg = 0x222n, status = 0 }: Setting) => {
  const hart = at(freshHart(), level);
  hart.set('mip', mip);
  hart.set('lines', lines);
  hart.set('mie', mie);
  hart.set('mideleg', mideleg);
  hart.setLow('mstatus', status);
  return hart;
};

const check = (sentence: string, setting: Setting, due: number) =>
  test(sentence, () => expect(pendingInterrupt(hartWith(setting))).toBe(due));

const none = -1;
const all = 0xaaan;
const bothEnabled = mstatus.sie | mstatus.mie;

describe('which interrupt is due', () => {
  check('nothing pending, nothing due', { level: U }, none);
  check('pending but not enabled in mie is not due', { level: U, mip: 2n, mie: 0n }, none);
  check("M's interrupts come first, external before the others", { level: U, lines: all }, 11);
  check("after M's external comes its software", { level: U, lines: all, mie: 0x2aan }, 3);
  check("after M's software comes its timer", { level: U, lines: all, mie: 0x2a2n }, 7);
  check("after M's timer comes S's external", { level: U, lines: all, mie: 0x222n }, 9);
  check("after S's external comes its software", { level: U, lines: all, mie: 0x022n }, 1);
  check("after S's software comes its timer", { level: U, lines: all, mie: 0x020n }, 5);
  check('in M without MIE nothing is due', { level: M, lines: all, status: mstatus.sie }, none);
  check("in M with MIE M's are due", { level: M, lines: all, status: bothEnabled }, 11);
  check('in M, what is delegated to S is never due', { level: M, lines: 0x222n, status: bothEnabled }, none);
  check(
    "in M, S's interrupts that are not delegated are due",
    { level: M, lines: 0x20n, mideleg: 0n, status: mstatus.mie },
    5,
  );
  check("in S without SIE, S's are not due", { level: S, lines: 0x222n, status: mstatus.mie }, none);
  check("in S with SIE, S's are due", { level: S, lines: 0x20n, status: mstatus.sie }, 5);
  check("in S, M's are due whatever MIE is", { level: S, lines: 0x80n }, 7);
  check("in U, S's are due whatever SIE is", { level: U, lines: 0x20n }, 5);
  check(
    'not delegated and for M comes before delegated of higher rank',
    { level: S, lines: 0x220n, mideleg: 0x200n, status: mstatus.sie },
    5,
  );
});

test('mip is what software has set and what comes from outside', () => {
  expect(readMip(hartWith({ level: M, mip: 2n, lines: 0x80n }))).toBe(0x82);
});
test('wfi wakes for what mie enables, whatever the global enables (3.3.3)', () => {
  expect(wakesWaiting(hartWith({ level: M, lines: 0x20n }))).toBe(true);
  expect(wakesWaiting(hartWith({ level: U, lines: 0x20n, mie: 0x80n }))).toBe(false);
});
