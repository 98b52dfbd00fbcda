/**
 * Branches and jumps: taken or not, forward, backward, far, and to where nothing can be fetched. `t` says which way
 * the hart came: 1, + 2 when not taken, + 8 by way of the backward landing, + 64 by way of the far one.
 */

import { expandCompressed, lengthOf } from '../../../vmm/isa/decode.ts';
import { encode } from '../../../vmm/isa/encode.ts';
import { fields } from '../../../vmm/isa/fields.ts';
import type { CompressedRow, Row } from '../../../vmm/isa/row.ts';
import { Label } from '../assembler.ts';
import { unmappedAddresses } from './memory.ts';
import { freeRegister, instanceOf, logRegister, logResult, refreshOperands, type Slot } from './slot.ts';

export const emitControl = (slot: Slot, row: Row | CompressedRow): void => {
  const instance = instanceOf(slot, row);
  if (instance === undefined) {
    slot.asm.raw(row.match);
    return;
  }
  const { raw, use } = instance;
  const word = lengthOf(raw) === 2 ? expandCompressed(raw)! : raw;
  if (slot.random.below(3) !== 0) refreshOperands(slot, use);
  if (use.row.name === 'jalr') emitIndirect(slot, raw, fields(word, use.row));
  else emitDirect(slot, row, raw);
  logResult(slot, use);
  logRegister(slot, slot.reserved.t, 1);
};

const emitIndirect = (slot: Slot, raw: number, operands: { readonly rs1: number; readonly imm: bigint }): void => {
  const { asm, random, reserved } = slot;
  const { rs1 } = operands;
  const imm = Number(operands.imm);
  const landing = new Label();
  const after = new Label();
  const backward = random.oneIn(3);
  asm.addi(reserved.t, 0, 1);
  if (backward) {
    const over = new Label();
    asm.jal(0, over);
    asm.bind(landing);
    asm.addi(reserved.t, reserved.t, 8);
    asm.jal(0, after);
    asm.bind(over);
  }
  if (rs1 !== 0) {
    if (random.oneIn(8)) asm.li(rs1, random.pick(unmappedAddresses) - operands.imm);
    else {
      asm.la(rs1, landing);
      // Bit 0 of the sum is cleared by jalr ("Unconditional Jumps").
      asm.addi(rs1, rs1, imm === -2048 ? 2047 : -imm);
      asm.addi(rs1, rs1, (imm === -2048 ? 1 : 0) + random.below(2));
    }
  }
  asm.raw(raw);
  asm.addi(reserved.t, reserved.t, 2);
  asm.bind(after);
  if (!backward) asm.bind(landing);
};

const emitDirect = (slot: Slot, row: Row | CompressedRow, raw: number): void => {
  const { asm, random, reserved } = slot;
  const after = new Label();
  asm.addi(reserved.t, 0, 1);
  const way = random.below('expand' in row ? 2 : 3);
  if (way === 0) {
    emitTransfer(slot, row, raw, after);
    asm.addi(reserved.t, reserved.t, 2);
    for (let padding = random.below(12); padding > 0; padding -= 1) asm.half(0x0001);
  } else if (way === 1) {
    const landing = new Label();
    const over = new Label();
    asm.jal(0, over);
    asm.bind(landing);
    asm.addi(reserved.t, reserved.t, 8);
    asm.jal(0, after);
    for (let padding = random.below(12); padding > 0; padding -= 1) asm.half(0x0001);
    asm.bind(over);
    emitTransfer(slot, row, raw, landing);
    asm.addi(reserved.t, reserved.t, 2);
  } else {
    asm.la(reserved.u, after);
    emitTransfer(slot, row, raw, slot.stub);
    asm.addi(reserved.t, reserved.t, 2);
  }
  asm.bind(after);
};

/** The instruction under test with its random offset replaced by the one to `target`. */
const emitTransfer = ({ asm }: Slot, row: Row | CompressedRow, raw: number, target: Label): void => {
  if ('meaning' in row) {
    if (row.immediate === 'J') asm.jal((raw >>> 7) & 31, target);
    else asm.branchWord((raw & 0x01ff_f07f) >>> 0, target);
  } else if (row.name === 'c.j') asm.compressedTransfer('c.j', row.match, target);
  else asm.compressedTransfer('c.branch', raw & 0b111_000_111_00000_11, target);
};

/** Changes the code just ahead, twice, and runs it after each fence.i ("Zifencei"). */
export const emitCodeChange = (slot: Slot): void => {
  const { asm, random, reserved } = slot;
  const { t, u } = reserved;
  const rd = freeRegister(slot);
  const target = new Label();
  const over = new Label();
  const variants = [0, 1].map(() =>
    random.oneIn(2)
      ? encode('addi', { rd, rs1: rd, imm: BigInt(random.below(4096) - 2048) })
      : encode('xori', { rd, rs1: freeRegister(slot), imm: BigInt(random.below(4096) - 2048) }),
  );
  asm.jal(0, over);
  if (random.oneIn(2)) asm.half(0x0001);
  asm.bind(target);
  asm.word(variants[1]!);
  asm.op('jalr', { rs1: u });
  asm.bind(over);
  for (const [index, variant] of variants.entries()) {
    const back = new Label();
    asm.la(u, target);
    asm.li(t, BigInt(variant));
    asm.store('sw', t, 0, u);
    asm.op('fence.i');
    asm.la(u, back);
    asm.jal(0, target);
    asm.bind(back);
    logRegister(slot, rd, index === 0 ? 0 : 1);
  }
};
