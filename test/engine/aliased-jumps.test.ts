/** Where indirect jumps went is kept by 128 KiB of RAM: those of other code are no targets here (jit/region.ts). */

import { expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import { type Assembler, Label } from '../oracle/assembler.ts';
import { createSmallGuest, emitEnd, physical, s0, s1, t1, t2, zero } from './small-guest.ts';

/** Not the t0 of the ABI: a jump there is a return. */
const t0 = 28;
const stubs = physical.code + 0x2_0000;
const stubCount = 400;

const emit = (asm: Assembler, at: number): void => {
  const one = new Label();
  const two = new Label();
  const begin = new Label();
  asm.li(s1, BigInt(stubCount));
  asm.li(t0, BigInt(at + 0x400));
  const again = new Label();
  const back = new Label();
  asm.la(t2, back);
  asm.bind(again);
  asm.op('jalr', { rs1: t0 }); // to a stub, which is no more than a jump back
  asm.bind(back);
  asm.addi(t0, t0, 2);
  asm.addi(s1, s1, -1);
  asm.branch('bne', s1, zero, again);
  asm.la(t0, one);
  asm.la(t1, two);
  asm.li(s0, 0n);
  asm.jal(zero, begin);
  for (let index = 0; index < 900; index += 1) asm.addi(s0, s0, 1); // code that is never come to
  asm.bind(begin);
  asm.bind(one);
  asm.addi(s0, s0, 1);
  asm.op('jalr', { rs1: t1 });
  asm.bind(two);
  asm.addi(s0, s0, 2);
  asm.op('jalr', { rs1: t0 });
  emitEnd(asm);
};

const instructionsWith = (at: number): number => {
  const machine = createSmallGuest({
    emit: (asm) => {
      emit(asm, at);
      return undefined;
    },
    prepare: (made) => {
      const code = new Uint8Array(2 * 0x400 + 2 * stubCount);
      for (let byte = 0; byte < code.length; byte += 2) code.set([0x82, 0x83], byte); // c.jr t2
      made.writeRam(at, code);
    },
    result: 0n,
    steps: 0,
  });
  machine.engine.translating = true;
  for (let portion = 0; portion < 40; portion += 1) machine.run(moment(machine.now + 20_000));
  const { instructions, regions } = machine.engine.counters;
  expect(regions).toBeGreaterThan(0);
  return instructions / regions;
};

test('a region has no code that only jumps of other code would go to', () => {
  const apart = instructionsWith(stubs + 0x3000);
  const aliased = instructionsWith(stubs);
  expect(aliased).toBeLessThan(apart + 20);
});
