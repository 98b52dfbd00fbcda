/**
 * The fixed part of a generated program: the reset code and the dispatcher, which runs each block its number of times.
 * It holds no test instruction.
 */

import { csr } from '../../vmm/isa/csr-names.ts';
import { type Assembler, Label } from './assembler.ts';
import { context, descriptorBytes, type Reserved } from './context.ts';
import { emitMachineHandler, emitStart, emitSupervisorHandler, emitVectors } from './handlers.ts';
import * as layout from './layout.ts';

export interface Descriptor {
  readonly entry: Label;
  readonly slotTable: Label;
  readonly slots: number;
  /** mstatus before the mret into the block; its MPP is the block's home mode. */
  readonly mstatus: bigint;
  /** sstatus with which the supervisor's handler returns; 0 where the block's home is machine mode. */
  readonly sstatus: bigint;
  readonly alias: number;
  readonly satp: bigint;
  readonly medeleg: bigint;
  readonly mideleg: bigint;
  readonly mcounteren: bigint;
  readonly scounteren: bigint;
  readonly iterations: number;
  readonly reserved: Reserved;
}

export interface Handlers {
  readonly start: Label;
  readonly machine: Label;
  readonly supervisor: Label;
  /** Vector tables: for mtvec and stvec in vectored mode, if a slot chooses so. The first trap ends that. */
  readonly machineVectors: Label;
  readonly supervisorVectors: Label;
}

export class Harness {
  private readonly asm: Assembler;
  private readonly handlers = new Map<Reserved, Handlers>();
  private readonly blockEnd = new Label();
  private readonly firstDescriptor = new Label();

  constructor(asm: Assembler) {
    this.asm = asm;
  }

  /** The reset entry and the dispatcher. Call first: the program starts with what this emits. */
  emitDispatcher(): void {
    const { asm } = this;
    const again = new Label();
    const loadBlock = new Label();
    const finish = new Label();
    const [a0, a1, a2, a3, a4, a5] = [10, 11, 12, 13, 14, 15];
    emitReset(asm);
    asm.la(a0, layout.contextBase);
    asm.la(a1, layout.logBase);
    asm.store('sd', a1, context.cursor, a0);
    asm.la(a1, layout.poolBase);
    asm.store('sd', a1, context.poolPointer, a0);
    asm.la(a1, this.firstDescriptor);
    asm.store('sd', a1, context.descriptor, a0);

    asm.bind(loadBlock);
    asm.load('ld', a2, 0, a1);
    asm.branch('beq', a2, 0, finish);
    for (let at = 0; at < descriptorBytes; at += 8) {
      asm.load('ld', a2, at, a1);
      asm.store('sd', a2, context.entry + at, a0);
    }
    asm.load('ld', a2, context.iterations, a0);
    asm.store('sd', a2, context.iterationsLeft, a0);

    asm.bind(again);
    asm.load('ld', a2, context.cursor, a0);
    asm.store('sd', a2, context.iterationLog, a0);
    emitPoolAdvance(asm, a0, a2, a3);
    emitCsrSetup(asm, a0, a2);
    asm.load('ld', a2, context.start, a0);
    asm.op('jalr', { rs1: a2 });

    asm.bind(this.blockEnd);
    asm.la(a0, layout.contextBase);
    asm.load('ld', a2, context.iterationsLeft, a0);
    asm.addi(a2, a2, -1);
    asm.store('sd', a2, context.iterationsLeft, a0);
    asm.branch('bne', a2, 0, again);
    emitSum(asm, layout.regionA, 2 * 512, a2);
    emitSum(asm, layout.tablesBase, layout.tablesPages * 512, a1);
    asm.load('ld', a3, context.cursor, a0);
    asm.store('sd', a2, 0, a3);
    asm.store('sd', a1, 8, a3);
    asm.addi(a3, a3, layout.blockTailBytes);
    asm.store('sd', a3, context.cursor, a0);
    asm.load('ld', a1, context.descriptor, a0);
    asm.addi(a1, a1, descriptorBytes);
    asm.store('sd', a1, context.descriptor, a0);
    asm.jal(0, loadBlock);

    asm.bind(finish);
    asm.li(a4, BigInt(layout.finisher));
    asm.li(a5, BigInt(layout.finisherReset));
    asm.store('sw', a5, 0, a4);
    asm.jal(0, finish);
    asm.flushLiterals();
  }

  /** The handlers of a choice of reserved registers; emitted once each. */
  emitHandlers(reserved: Reserved): Handlers {
    const known = this.handlers.get(reserved);
    if (known !== undefined) return known;
    const { asm } = this;
    const handlers: Handlers = {
      start: new Label(),
      machine: new Label(),
      supervisor: new Label(),
      machineVectors: new Label(),
      supervisorVectors: new Label(),
    };
    this.handlers.set(reserved, handlers);
    asm.align(8);
    asm.bind(handlers.start);
    emitStart(asm, reserved);
    asm.align(8);
    asm.bind(handlers.machine);
    emitMachineHandler(asm, reserved, this.blockEnd);
    asm.align(8);
    asm.bind(handlers.supervisor);
    emitSupervisorHandler(asm, reserved);
    emitVectors(asm, reserved, handlers.machineVectors, csr.mtvec, handlers.machine);
    emitVectors(asm, reserved, handlers.supervisorVectors, csr.stvec, handlers.supervisor);
    asm.flushLiterals();
    return handlers;
  }

  /** The table that the dispatcher walks. */
  emitDescriptors(descriptors: readonly Descriptor[]): void {
    const { asm } = this;
    asm.align(8);
    asm.bind(this.firstDescriptor);
    for (const descriptor of descriptors) {
      const handlers = this.handlers.get(descriptor.reserved)!;
      asm.address(descriptor.entry);
      asm.address(descriptor.slotTable);
      asm.dword(BigInt(descriptor.slots * 8));
      asm.dword(descriptor.mstatus);
      asm.dword(descriptor.sstatus);
      asm.dword(BigInt(descriptor.alias));
      asm.dword(descriptor.satp);
      asm.dword(descriptor.medeleg);
      asm.dword(descriptor.mideleg);
      asm.dword(descriptor.mcounteren);
      asm.dword(descriptor.scounteren);
      asm.dword(BigInt(descriptor.iterations));
      asm.address(handlers.machine);
      asm.address(handlers.supervisor);
      asm.address(handlers.start);
    }
    asm.dword(0n);
  }
}

/** x1 to x31, f0 to f31 and fcsr into the log, in the block's own mode. */
export const emitDump = (asm: Assembler, { log, t }: Reserved): void => {
  for (let register = 1; register < 32; register += 1) asm.store('sd', register, (register - 1) * 8, log);
  for (let register = 0; register < 32; register += 1) asm.store('fsd', register, 248 + register * 8, log);
  asm.readCsr(t, csr.fcsr);
  asm.store('sd', t, 504, log);
  asm.addi(log, log, layout.dumpBytes);
  asm.op('ecall');
};

/** Other harts wait for ever; timers stay silent; PMP lets the lower modes reach all; region B gets its returns. */
const emitReset = (asm: Assembler): void => {
  const [t0, t1, t2] = [5, 6, 7];
  const park = new Label();
  const boot = new Label();
  asm.readCsr(t0, csr.mhartid);
  asm.branch('beq', t0, 0, boot);
  asm.bind(park);
  asm.op('wfi');
  asm.jal(0, park);
  asm.bind(boot);
  asm.li(t0, BigInt(layout.mtimecmp));
  asm.addi(t1, 0, -1);
  asm.store('sd', t1, 0, t0);
  asm.store('sd', t1, 8, t0);
  asm.writeCsr(csr.pmpaddr0 + 15, t1);
  asm.li(t1, 0x1fn << 56n);
  asm.writeCsr(csr.pmpcfg0 + 2, t1);
  asm.li(t0, 0x6000n);
  asm.csr('csrrs', 0, csr.mstatus, t0);

  // Each page: 0000 | 8082 (c.jr ra) ... | 8067; the last half and the next page's first make `jalr x0, 0(ra)`.
  const fill = new Label();
  const done = new Label();
  asm.li(t0, BigInt(layout.regionB));
  asm.li(t1, BigInt(layout.regionB + (layout.regionPages + 1) * 0x1000));
  asm.li(t2, 0x8082_8082n);
  asm.bind(fill);
  asm.branch('beq', t0, t1, done);
  asm.store('sw', t2, 0, t0);
  asm.addi(t0, t0, 4);
  asm.jal(0, fill);
  asm.bind(done);
  asm.li(t0, BigInt(layout.regionB));
  asm.li(t2, 0x8067n);
  for (let page = 0; page <= layout.regionPages; page += 1) {
    asm.li(t0, BigInt(layout.regionB + page * 0x1000));
    asm.store('sh', 0, 0, t0);
    asm.li(t0, BigInt(layout.regionB + page * 0x1000 + 0xffe));
    asm.store('sh', t2, 0, t0);
  }
  asm.op('fence.i');
};

/** The next stride of the pool, from the start again before its end. `poolPointer` is in the block's alias. */
const emitPoolAdvance = (asm: Assembler, base: number, t: number, u: number): void => {
  const within = new Label();
  asm.load('ld', t, context.poolPointer, base);
  asm.op('slli', { rd: t, rs1: t, shamt: 34 });
  asm.op('srli', { rd: t, rs1: t, shamt: 34 });
  asm.li(u, 0x8000_0000n);
  asm.op('or', { rd: t, rs1: t, rs2: u });
  asm.addi(t, t, layout.poolStrideBytes);
  asm.li(u, BigInt(layout.poolBase + layout.poolDwords * 8 - 0x800));
  asm.branch('bltu', t, u, within);
  asm.la(t, layout.poolBase);
  asm.bind(within);
  asm.load('ld', u, context.alias, base);
  asm.op('add', { rd: t, rs1: t, rs2: u });
  asm.store('sd', t, context.poolPointer, base);
};

const emitCsrSetup = (asm: Assembler, base: number, t: number): void => {
  const from = (field: number, number: number) => {
    asm.load('ld', t, field, base);
    asm.writeCsr(number, t);
  };
  asm.csrImmediate('csrrwi', 0, csr.mie, 0);
  asm.csrImmediate('csrrwi', 0, csr.mip, 0);
  for (let entry = 0; entry < 8; entry += 1) {
    asm.li(t, BigInt(layout.regionC >> 2) & 0x3fff_ffffn);
    asm.writeCsr(csr.pmpaddr0 + entry, t);
  }
  asm.writeCsr(csr.pmpcfg0, 0);
  from(context.medeleg, csr.medeleg);
  from(context.mideleg, csr.mideleg);
  from(context.mcounteren, csr.mcounteren);
  from(context.scounteren, csr.scounteren);
  from(context.mtvec, csr.mtvec);
  from(context.stvec, csr.stvec);
  from(context.satp, csr.satp);
  asm.op('sfence.vma');
  from(context.entry, csr.mepc);
};

/** An order-sensitive sum of dwords: sum = 31 sum + dword. Clobbers t0 to t2. */
const emitSum = (asm: Assembler, from: number, dwords: number, rd: number): void => {
  const [t0, t1, t2] = [5, 6, 7];
  const loop = new Label();
  asm.li(t0, BigInt(from));
  asm.li(t1, BigInt(from + dwords * 8));
  asm.addi(rd, 0, 0);
  asm.bind(loop);
  asm.op('slli', { rd: t2, rs1: rd, shamt: 5 });
  asm.op('sub', { rd, rs1: t2, rs2: rd });
  asm.load('ld', t2, 0, t0);
  asm.op('add', { rd, rs1: rd, rs2: t2 });
  asm.addi(t0, t0, 8);
  asm.branch('bne', t0, t1, loop);
};
