/**
 * Loads, stores and atomics: aligned and not, across pages, and where nothing is. The base register is set up so that
 * the address is what the generator wants; stored memory is read back into the record.
 */

import { expandCompressed, lengthOf } from '../../../vmm/isa/decode.ts';
import { fields } from '../../../vmm/isa/fields.ts';
import type { CompressedRow, Row } from '../../../vmm/isa/row.ts';
import { rowNamed } from '../../../vmm/isa/table.ts';
import * as layout from '../layout.ts';
import { freeRegister, type Instance, instanceOf, logRegister, logResult, type Slot } from './slot.ts';

/** Where nothing answers: below the ROM, in holes of the board, behind RAM, beyond 56 physical bits. */
export const unmappedAddresses: readonly bigint[] = [
  0n,
  0x10n,
  0x20_0000n,
  0x7ff_fff8n,
  0x1_2000_0000n,
  0x40_0000_0000n,
  0xff_ffff_ffff_fff8n,
  0x100_0000_8060_0000n,
  0x7fff_ffff_ffff_ff00n,
  0x8000_0000_8060_0000n,
  0xffff_ffff_ffff_f000n,
];

export const emitMemory = (slot: Slot, row: Row | CompressedRow): void => {
  const { asm, random, reserved } = slot;
  let instance = instanceOf(slot, row);
  while (instance !== undefined && !basePermits(instance)) instance = instanceOf(slot, row);
  if (instance === undefined) {
    asm.raw(row.match); // all operands zero: the reserved form
    return;
  }
  const access = instance.use.memory[0]!;
  const unmapped = random.oneIn(12) && access.kind !== 'atomic';
  const offset = random.oneIn(6) ? 0xff0 + random.below(0x20) : 0x80 + random.below(0xe00);
  const align = random.below(20) < (access.kind === 'load' || access.kind === 'store' ? 11 : 17);
  const address = layout.regionA + (align ? offset & -access.size : offset);
  setBase(slot, instance, unmapped ? random.pick(unmappedAddresses) : address);
  asm.raw(instance.raw);
  logResult(slot, instance.use);
  if (access.writes) {
    asm.la(reserved.u, address & ~7);
    for (const word of [1, 2] as const) {
      asm.load('ld', reserved.t, word * 8 - 8, reserved.u);
      logRegister(slot, reserved.t, word);
    }
  }
};

/** A base of x0 leaves the address to the immediate: it must be aligned, and not an atomic's (exceptions.ts). */
export const basePermits = ({ raw, use }: Instance): boolean => {
  const word = lengthOf(raw) === 2 ? expandCompressed(raw)! : raw;
  const { rs1, imm } = fields(word, use.row);
  const { kind, size } = use.memory[0]!;
  return rs1 !== 0 || (kind !== 'atomic' && Number(imm) % size === 0);
};

/** The base register such that the access goes to `address`; a number is physical, a bigint virtual. */
export const setBase = ({ asm }: Slot, { raw, use }: Instance, address: number | bigint): void => {
  const word = lengthOf(raw) === 2 ? expandCompressed(raw)! : raw;
  const { rs1, imm } = fields(word, use.row);
  if (rs1 === 0) return;
  if (typeof address === 'bigint') asm.li(rs1, address - imm);
  else asm.la(rs1, address - Number(imm));
};

/** lr, then sc to the same place, once or twice: the reservation serves one sc only. */
export const emitReservation = (slot: Slot): void => {
  const { asm, random, reserved } = slot;
  const width = random.pick(['w', 'd']);
  const base = reserved.u;
  const value = freeRegister(slot);
  const loaded = freeRegister(slot, true);
  const first = freeRegister(slot, true);
  asm.la(base, layout.regionA + ((0x80 + random.below(0xe00)) & -8) + (width === 'w' ? random.below(2) * 4 : 0));
  const sc = (rd: number) =>
    asm.raw(
      (rowNamed(`sc.${width}`)!.match | (rd << 7) | (base << 15) | (value << 20) | (random.below(4) << 25)) >>> 0,
    );
  if (random.oneIn(4)) {
    // The first sc uses the reservation up, whether it stores or not; the second has none.
    asm.op(`lr.${width}`, { rd: reserved.t, rs1: base });
    sc(0);
  } else {
    asm.op(`lr.${width}`, { rd: loaded, rs1: base, aq: random.below(2), rl: random.below(2) });
    logRegister(slot, loaded, 0);
    if (random.oneIn(2)) asm.addi(loaded, loaded, 1);
  }
  sc(first);
  logRegister(slot, first, 1);
  if (random.oneIn(3)) {
    sc(reserved.t);
    logRegister(slot, reserved.t, 3);
  }
  asm.load('ld', reserved.t, 0, base);
  if (width === 'd') logRegister(slot, reserved.t, 2);
  else {
    asm.load('lw', reserved.t, 0, base);
    logRegister(slot, reserved.t, 2);
  }
};
