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

/** Operands whose results lie at the edges of a format: about the least normal, the greatest number, and integers. */
const edges: readonly (readonly [row: string, first: bigint, second: bigint])[] = [
  ['fmul.s', 0xffff_ffff_3f7f_ffffn, 0xffff_ffff_0080_0000n],
  ['fmul.s', 0xffff_ffff_3f00_0000n, 0xffff_ffff_00ff_ffffn],
  ['fmul.s', 0xffff_ffff_7f7f_ffffn, 0xffff_ffff_3f80_0001n],
  ['fmul.d', 0x3fef_ffff_ffff_ffffn, 0x0010_0000_0000_0000n],
  ['fmul.d', 0x3fe0_0000_0000_0000n, 0x001f_ffff_ffff_ffffn],
  ['fmul.d', 0x7fef_ffff_ffff_ffffn, 0x3ff0_0000_0000_0001n],
  ['fdiv.s', 0xffff_ffff_0080_0000n, 0xffff_ffff_3f80_0001n],
  ['fdiv.d', 0x0010_0000_0000_0000n, 0x3ff0_0000_0000_0001n],
  ['fadd.s', 0xffff_ffff_7f7f_ffffn, 0xffff_ffff_7300_0000n],
  ['fsub.d', 0x0010_0000_0000_0000n, 0x0000_0000_0000_0001n],
  ['fcvt.s.d', 0x380f_ffff_f000_0000n, 0n],
  ['fcvt.s.d', 0x380f_ffff_e800_0000n, 0n],
  ['fcvt.s.d', 0x47ef_ffff_f000_0000n, 0n],
  ['fcvt.w.d', 0x41df_ffff_ffe0_0000n, 0n],
  ['fcvt.wu.s', 0xffff_ffff_bf7f_ffffn, 0n],
  ['fcvt.l.s', 0xffff_ffff_df00_0000n, 0n],
  ['fcvt.lu.d', 0xbfe0_0000_0000_0000n, 0n],
];

/** One of those, with the low bits or the signs changed a little, in any rounding mode. */
export const emitFloatEdge = (slot: Slot): void => {
  const { asm, random, reserved } = slot;
  const { t } = reserved;
  const [name, first, second] = random.pick(edges);
  const [rs1, rs2, rd] = [1, 2, 3];
  for (const [register, value] of [
    [rs1, first],
    [rs2, second],
  ] as const) {
    asm.li(
      t,
      (value + BigInt(random.below(5) === 0 ? random.below(3) - 1 : 0)) ^ (random.oneIn(6) ? 0x8000_0000n : 0n),
    );
    asm.op('fmv.d.x', { rd: register, rs1: t });
  }
  asm.csrImmediate('csrrwi', 0, csr.fflags, 0);
  const isBinary = /^f(mul|div|add|sub)/.test(name);
  const isInteger = /^fcvt\.(w|l)/.test(name);
  const target = isInteger ? t : rd;
  asm.op(name, { rd: target, rs1, ...(isBinary ? { rs2 } : {}), rm: random.below(5) });
  asm.store(isInteger ? 'sd' : 'fsd', target, 0, reserved.log);
  asm.readCsr(t, csr.fcsr);
  logRegister(slot, t, 1);
};
