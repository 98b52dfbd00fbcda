/** Code in the last 32 MiB of 2 GiB of RAM, whose places in linear memory are negative as 32-bit numbers. */

import { expect, test } from 'vitest';
import type { Machine } from '../../vmm/machine/machine.ts';
import { createBench, place, set, step } from './fixture.ts';

const ramBytes = 2 ** 31;
const code = 0x8000_0000 + ramBytes - 0x1_0000;
const patch = 0x8010_0000;

const run = (translated: boolean): Machine => {
  const machine = createBench({ ramBytes });
  machine.engine.translating = translated;
  if (translated) machine.engine.translateEagerly();
  // A function that adds 1 to a2; the caller calls it, changes the instruction, and calls it again.
  place(machine, code, ['addi', { rd: 12, rs1: 12, imm: 1n }], ['jalr', { rs1: 1 }]);
  place(
    machine,
    patch,
    ['addi', { rd: 9, imm: 20n }],
    ['jalr', { rd: 1, rs1: 10 }],
    ['addi', { rd: 9, rs1: 9, imm: -1n }],
    ['bne', { rs1: 9, imm: -8n }],
    ['sw', { rs1: 10, rs2: 11 }],
    ['addi', { rd: 9, imm: 20n }],
    ['jal', { imm: -20n }],
  );
  // addi a2, a2, 2
  set(machine, { pc: patch, a0: code, a1: 0x0026_0613n });
  step(machine, 2000);
  return machine;
};

test('code that changes there is not run as it was', () => {
  // 20 calls that add 1, then 18 rounds of 103 steps with 20 that add 2, then 9 more.
  for (const translated of [false, true]) expect(run(translated).harts[0]!.x(12)).toBe(758n);
});
