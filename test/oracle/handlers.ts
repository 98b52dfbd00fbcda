/**
 * The code around a block that depends on which registers it reserves: the entry, which loads all the others, and the
 * trap handlers, which log the trap and resume at the next slot.
 */

import { csr } from '../../vmm/isa/csr-names.ts';
import { type Assembler, Label } from './assembler.ts';
import { context, type Reserved } from './context.ts';
import * as layout from './layout.ts';

/** In `t` when the supervisor's handler gives up to machine mode, having written the record itself. */
const handedOver = 0x5e5;

/** Loads every register from the pool, the reserved ones last, and enters the block in its home mode. */
export const emitStart = (asm: Assembler, { log, t, u }: Reserved): void => {
  asm.la(u, layout.contextBase);
  asm.load('ld', t, context.alias, u);
  asm.readCsr(log, csr.mepc);
  asm.op('add', { rd: log, rs1: log, rs2: t });
  asm.writeCsr(csr.mepc, log);
  asm.load('ld', log, context.poolPointer, u);
  asm.op('sub', { rd: log, rs1: log, rs2: t });
  for (let register = 0; register < 32; register += 1) asm.load('fld', register, register * 8, log);
  asm.load('ld', t, 256, log);
  asm.op('andi', { rd: t, rs1: t, imm: 0x1fn }); // any flags, rounding to nearest
  asm.writeCsr(csr.fcsr, t);
  for (let register = 1; register < 32; register += 1)
    if (register !== log && register !== t && register !== u) asm.load('ld', register, 248 + register * 8, log);
  asm.load('ld', log, context.cursor, u);
  asm.load('ld', t, context.alias, u);
  asm.op('add', { rd: log, rs1: log, rs2: t });
  asm.load('ld', t, context.mstatus, u);
  asm.writeCsr(csr.mstatus, t);
  asm.addi(t, 0, 0);
  asm.addi(u, 0, 0);
  asm.op('mret');
};

/**
 * A table whose entries all go to the handler, and leave in the first word of region A by which of them the hart came.
 * `t` is kept, as the machine's handler looks at it.
 */
export const emitVectors = (asm: Assembler, { t, u }: Reserved, vectors: Label, tvec: number, handler: Label): void => {
  const scratch = tvec === csr.mtvec ? csr.mscratch : csr.sscratch;
  const common = new Label();
  asm.align(128);
  asm.bind(vectors);
  for (let cause = 0; cause < 16; cause += 1) asm.jal(u, common);
  asm.bind(common);
  asm.writeCsr(scratch, t);
  asm.la(t, layout.regionA);
  asm.op('amoadd.d', { rs1: t, rs2: u });
  asm.la(u, handler);
  asm.writeCsr(tvec, u);
  asm.readCsr(t, scratch);
  asm.jal(0, handler);
};

/** `log` from the block's alias to the physical address. */
const emitPhysical = (asm: Assembler, log: number, u: number): void => {
  asm.op('slli', { rd: log, rs1: log, shamt: 34 });
  asm.op('srli', { rd: log, rs1: log, shamt: 34 });
  asm.addi(u, 0, 1);
  asm.op('slli', { rd: u, rs1: u, shamt: 31 });
  asm.op('or', { rd: log, rs1: log, rs2: u });
};

/** From `log` at this slot's record, physical, to `t` the next slot's address and `log` its record, in the alias. */
const emitNextSlot = (asm: Assembler, { log, t, u }: Reserved, end: Label): void => {
  asm.la(u, layout.contextBase);
  asm.store('sd', log, context.cursor, u);
  asm.load('ld', t, context.iterationLog, u);
  asm.op('sub', { rd: t, rs1: log, rs2: t });
  asm.op('srli', { rd: t, rs1: t, shamt: 2 });
  asm.load('ld', log, context.slotBytes, u);
  asm.branch('bgeu', t, log, end);
  asm.load('ld', log, context.slotTable, u);
  asm.op('add', { rd: t, rs1: t, rs2: log });
  asm.load('ld', t, 8, t);
  asm.load('ld', log, context.alias, u);
  asm.op('add', { rd: t, rs1: t, rs2: log });
};

export const emitMachineHandler = (asm: Assembler, reserved: Reserved, blockEnd: Label): void => {
  const { log, t, u } = reserved;
  const logged = new Label();
  const end = new Label();
  emitPhysical(asm, log, u);
  asm.addi(u, 0, handedOver);
  asm.branch('beq', t, u, logged);
  for (const [index, number] of [csr.mcause, csr.mepc, csr.mtval, csr.mstatus].entries()) {
    asm.readCsr(t, number);
    asm.store('sd', t, index * 8, log);
  }
  asm.bind(logged);
  asm.csrImmediate('csrrwi', 0, csr.mie, 0);
  asm.csrImmediate('csrrwi', 0, csr.mip, 0);
  emitNextSlot(asm, reserved, end);
  asm.writeCsr(csr.mepc, t);
  asm.load('ld', t, context.cursor, u);
  asm.addi(t, t, layout.recordBytes);
  asm.op('add', { rd: log, rs1: log, rs2: t });
  asm.load('ld', t, context.mstatus, u);
  asm.writeCsr(csr.mstatus, t);
  asm.op('sfence.vma');
  asm.op('mret');
  asm.bind(end);
  asm.load('ld', t, context.cursor, u);
  asm.addi(t, t, layout.recordBytes);
  asm.store('sd', t, context.cursor, u);
  asm.jal(0, blockEnd);
};

export const emitSupervisorHandler = (asm: Assembler, reserved: Reserved): void => {
  const { log, t, u } = reserved;
  const handOver = new Label();
  emitPhysical(asm, log, u);
  for (const [index, number] of [csr.scause, csr.sepc, csr.stval, csr.sstatus].entries()) {
    asm.readCsr(t, number);
    if (number === csr.scause) asm.addi(t, t, layout.supervisorMark);
    asm.store('sd', t, index * 8, log);
  }
  asm.csrImmediate('csrrwi', 0, csr.sie, 0);
  asm.op('sfence.vma');
  emitNextSlot(asm, reserved, handOver);
  asm.writeCsr(csr.sepc, t);
  asm.load('ld', t, context.sstatus, u);
  asm.branch('beq', t, 0, handOver);
  asm.writeCsr(csr.sstatus, t);
  asm.load('ld', t, context.cursor, u);
  asm.addi(t, t, layout.recordBytes);
  asm.op('add', { rd: log, rs1: log, rs2: t });
  asm.op('sret');
  asm.bind(handOver);
  asm.load('ld', log, context.cursor, u);
  asm.addi(t, 0, handedOver);
  asm.op('ecall');
};
