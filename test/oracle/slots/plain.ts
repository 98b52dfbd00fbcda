/**
 * Instructions whose whole effect is in registers: arithmetic, floating point, fences and hints.
 */

import { csr } from '../../../vmm/isa/csr-names.ts';
import type { CompressedRow, Row } from '../../../vmm/isa/row.ts';
import { instanceOf, logRegister, logResult, refreshOperands, type Slot } from './slot.ts';

export const emitPlain = (slot: Slot, row: Row | CompressedRow): void => {
  const { asm, random, reserved } = slot;
  const instance = instanceOf(slot, row);
  if (instance === undefined) {
    emitReservedEncoding(slot, row);
    return;
  }
  const { raw, use } = instance;
  if (random.below(3) !== 0) refreshOperands(slot, use);
  // QEMU counts beyond a low word of zero (exceptions.ts).
  if (row.name === 'ctzw')
    for (const register of use.xRead) asm.op('ori', { rd: register, rs1: register, imm: 0x400n });
  if (use.row.usesFloat) {
    if (random.oneIn(3)) asm.csrImmediate('csrrwi', 0, csr.frm, random.below(random.oneIn(4) ? 8 : 5));
    if (random.oneIn(2)) asm.csrImmediate('csrrwi', 0, csr.fflags, 0);
  }
  asm.raw(raw);
  logResult(slot, use);
  if (use.row.usesFloat) {
    asm.readCsr(reserved.t, csr.fcsr);
    logRegister(slot, reserved.t, 1);
  }
};

/** A compressed encoding that its row's operands reserve: an illegal instruction. */
const emitReservedEncoding = (slot: Slot, row: Row | CompressedRow): void => {
  const { asm, random } = slot;
  let raw: number;
  do raw = row.match | (random.next() & ~row.mask & 0xffff);
  while ('expand' in row && row.expand(raw) !== undefined);
  asm.raw(raw);
};

/** A floating-point instruction with mstatus.FS Off, Initial or Clean; what FS is afterwards is logged. */
export const emitFloatState = (slot: Slot, row: Row): void => {
  const { asm, random, reserved, home } = slot;
  const { t, u } = reserved;
  const status = home.privilege === 3 ? csr.mstatus : csr.sstatus;
  const instance = instanceOf(slot, row)!;
  asm.li(t, 0x6000n);
  asm.csr('csrrc', 0, status, t);
  const fs = random.below(3);
  if (fs > 0) {
    asm.li(u, BigInt(fs) << 13n);
    asm.csr('csrrs', 0, status, u);
  }
  asm.raw(instance.raw);
  asm.csr('csrrs', u, status, t);
  logResult(slot, instance.use);
  logRegister(slot, u, 1);
};
