/** A write from outside the harts, between LR and SC, makes the SC fail (A extension, "Load-Reserved/Store-Conditional"). */

import { expect, test } from 'vitest';
import { createBench, M, openMemory, place, set, step } from './fixture.ts';

const code = 0x8000_1000;
const reserved = 0x8000_2000;

/** What SC gives when `write` happens between LR and it: 0 for success. */
const outcome = (write: (writeRam: (address: number) => void) => void): bigint => {
  const machine = createBench();
  place(machine, code, ['lr.d', { rd: 10, rs1: 5 }], ['sc.d', { rd: 11, rs1: 5, rs2: 6 }]);
  set(machine, { ...openMemory, privilege: M, pc: code, t0: reserved, t1: 7 });
  step(machine);
  write((address) => void machine.writeRam(address, Uint8Array.of(1)));
  step(machine);
  return machine.harts[0]!.x(11);
};

test('SC succeeds when nobody wrote', () => expect(outcome(() => {})).toBe(0n));
test('SC succeeds when something else was written', () => expect(outcome((write) => write(reserved + 8))).toBe(0n));
test('SC fails when its first byte was written', () => expect(outcome((write) => write(reserved))).toBe(1n));
test('SC fails when its last byte was written', () => expect(outcome((write) => write(reserved + 7))).toBe(1n));
