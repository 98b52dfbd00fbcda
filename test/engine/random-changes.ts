/** How random programs (random-code.ts) change their code and the tables that map it. Not a test. */

import { encode } from '../../vmm/isa/encode.ts';
import { type Assembler, Label } from '../oracle/assembler.ts';
import type { Random } from '../oracle/random.ts';
import { register, temporaries, values } from './random-words.ts';

const [a, b, c] = temporaries;

/** The next instruction, any other, or where this call comes back to. */
export const emitPatch = (asm: Assembler, random: Random, patches: readonly Label[]): void => {
  const where = random.pick(['next', 'any', 'caller', 'caller']);
  const next = new Label();
  const rd = random.pick(values);
  asm.op('andi', { rd: a, rs1: random.pick(values), imm: 0x7ffn });
  asm.op('slli', { rd: a, rs1: a, shamt: 20 });
  asm.li(b, BigInt(encode('addi', { rd, rs1: rd })));
  asm.op('or', { rd: a, rs1: a, rs2: b });
  if (where === 'caller') asm.load('ld', c, 0, register.stack);
  else asm.la(c, where === 'next' ? next : random.pick(patches));
  if (random.oneIn(2)) asm.op('xor', { rd: c, rs1: c, rs2: register.alias });
  if (random.oneIn(3)) asm.op('amoswap.w', { rd: b, rs1: c, rs2: a });
  else asm.store('sw', a, 0, c);
  asm.bind(next);
  asm.addi(rd, rd, 1);
};

/** Swaps two entries of a table: a page of code, at times that of the caller, and its twin (random-machine.ts). */
export const emitRemap = (asm: Assembler, random: Random): void => {
  const own = new Label();
  const ownRoot = random.below(2) * 0x1000;
  const where = random.pick(['any', 'here', 'caller', 'caller']);
  if (where === 'any') asm.li(b, BigInt(ownRoot + random.pick([0, 64]) * 8 + 8 * random.below(6)));
  else {
    if (where === 'caller') asm.load('ld', b, 0, register.stack);
    else asm.la(b, own);
    asm.bind(own);
    asm.op('srli', { rd: b, rs1: b, shamt: 12 });
    asm.op('andi', { rd: b, rs1: b, imm: 0x5fn });
    asm.op('slli', { rd: b, rs1: b, shamt: 3 });
    asm.li(a, BigInt(ownRoot));
    asm.op('add', { rd: b, rs1: b, rs2: a });
  }
  asm.op('add', { rd: b, rs1: b, rs2: register.window });
  asm.load('ld', a, 0, b);
  asm.load('ld', c, 8 * 128, b); // the spare entry: the twin
  asm.store('sd', a, 8 * 128, b);
  if (random.oneIn(2)) asm.store('sd', c, 0, b);
  else asm.op('amoswap.d', { rd: a, rs1: b, rs2: c });
};
