/** Constructs of random programs (random-code.ts) that compilers hardly make. Not a test. */

import { csr } from '../../vmm/isa/csr-names.ts';
import { type Assembler, Label } from '../oracle/assembler.ts';
import type { Random } from '../oracle/random.ts';
import { plainWord, register, temporaries, values } from './random-words.ts';

const [a, b, c] = temporaries;

/** From the first page of data: pages of RAM, of nothing, of a device, and of other rights (`oddPages` of random-machine.ts). */
const dataPages = [0, 1, 5, 6, 7, 8, 9, 10, 11, 12, 65] as const;

/** Several accesses by one register, near the end of a page. */
export const emitSpan = (asm: Assembler, random: Random, isMapped: boolean): void => {
  asm.op('andi', { rd: b, rs1: random.pick(values), imm: 0x7ffn });
  if (random.oneIn(2)) asm.op('andi', { rd: b, rs1: b, imm: ~7n });
  asm.li(c, BigInt((isMapped ? random.pick(dataPages) : random.below(2)) * 0x1000));
  asm.op('add', { rd: b, rs1: b, rs2: register.data });
  asm.op('add', { rd: b, rs1: b, rs2: c });
  for (let count = 1 + random.below(5); count > 0; count -= 1) emitAccess(asm, random);
};

const emitAccess = (asm: Assembler, random: Random): void => {
  const imm = random.pick([0, 8, 16, -8, 64, 100, -64, 128, 3, 250]);
  const value = random.pick(values);
  const accesses: (() => unknown)[] = [
    () => asm.raw(plainWord(random)),
    () => asm.op(random.pick(['lr.w', 'lr.d']), { rd: value, rs1: b }),
    () =>
      asm.op(random.pick(['amoadd.d', 'amoswap.w', 'amomaxu.w', 'sc.w', 'sc.d']), {
        rd: value,
        rs1: b,
        rs2: random.pick(values),
      }),
    () => asm.op(random.pick(['fld', 'flw']), { rd: random.below(32), rs1: b, imm: BigInt(imm) }),
    () => asm.op(random.pick(['fsd', 'fsw']), { rs2: random.below(32), rs1: b, imm: BigInt(imm) }),
  ];
  for (let weight = 0; weight < 3; weight += 1)
    accesses.push(
      () => asm.load(random.pick(['lb', 'lbu', 'lh', 'lhu', 'lw', 'lwu', 'ld']), value, imm, b),
      () => asm.store(random.pick(['sb', 'sh', 'sw', 'sd']), value, imm, b),
    );
  random.pick(accesses)();
};

/** A reservation, what may come between, and a store for it: perhaps by the other address, or of another size. */
export const emitReservation = (asm: Assembler, random: Random, between: () => void): void => {
  const size = random.pick(['w', 'd']);
  asm.op('andi', { rd: b, rs1: random.pick(values), imm: 0x7f8n });
  asm.op('add', { rd: b, rs1: b, rs2: register.data });
  asm.op(`lr.${size}`, { rd: random.pick(values), rs1: b });
  if (random.oneIn(2)) asm.raw(plainWord(random));
  if (random.oneIn(4)) between();
  if (random.oneIn(3)) asm.op('add', { rd: b, rs1: b, rs2: register.alias });
  asm.op(`sc.${random.oneIn(6) ? 'w' : size}`, { rd: random.pick(values), rs1: b, rs2: random.pick(values) });
};

const csrsOfAll = [csr.frm, csr.fcsr, csr.fflags, csr.time, csr.instret, csr.cycle];
const csrsOfSupervisor = [csr.sscratch, csr.sepc, csr.scause, csr.stval, csr.scounteren, csr.senvcfg, csr.sip];
const csrsOfMachine = [csr.mcountinhibit, csr.minstret, csr.mcycle, csr.mscratch, csr.mepc, csr.mcause, csr.mtval];
/** FS, SUM, MXR and SPP. */
const statusBits = [0x6000n, 0x4000n, 0x2000n, 0x4_0000n, 0x8_0000n, 0x4_2000n, 0xc_6100n] as const;

/** A CSR, written in any way. */
export const emitCsr = (asm: Assembler, random: Random, mode: 'user' | 'supervisor' | 'machine'): void => {
  const value = random.pick(values);
  if (mode !== 'user' && random.oneIn(3)) {
    asm.li(a, random.pick(statusBits));
    asm.csr(random.pick(['csrrs', 'csrrc']), value, csr.sstatus, a);
    return;
  }
  const number = random.pick([
    ...csrsOfAll,
    ...(mode === 'user' ? [] : csrsOfSupervisor),
    ...(mode === 'machine' ? csrsOfMachine : []),
  ]);
  const rd = random.oneIn(3) ? 0 : value;
  if (random.oneIn(3)) asm.csrImmediate(random.pick(['csrrwi', 'csrrsi', 'csrrci']), rd, number, random.below(32));
  else asm.csr(random.pick(['csrrw', 'csrrs', 'csrrc']), rd, number, random.oneIn(3) ? 0 : random.pick(values));
  if (random.oneIn(2)) asm.raw(plainWord(random));
};

/** Ways that control goes. */
export const emitFlow = (asm: Assembler, random: Random): void => {
  const next = new Label();
  /** Bit 0 of where a register says is dropped. */
  const imm = (bytes: number): bigint => BigInt(bytes + random.below(2));
  const ways: (() => void)[] = [
    () => {
      // branches to the next instruction
      for (let count = 1 + random.below(6); count > 0; count -= 1) {
        const after = new Label();
        asm.branch(random.pick(['beq', 'bne', 'blt']), random.pick(values), random.pick(values), after);
        asm.bind(after);
        if (random.oneIn(2)) asm.raw(plainWord(random));
      }
    },
    () => {
      asm.jal(random.pick([0, 1, 5, 6]), next);
      asm.bind(next);
    },
    () => {
      asm.op('auipc', { rd: c, imm: 0n });
      asm.op('jalr', { rd: random.pick([0, c, 1]), rs1: c, imm: imm(8) });
    },
    () => {
      asm.op('auipc', { rd: c, imm: 0n });
      asm.addi(c, c, 12);
      asm.op('jalr', { rd: random.pick([0, c, 1, 5]), rs1: c, imm: imm(0) });
    },
    () => {
      // into the second half of `lui`, which is c.nop
      asm.op('andi', { rd: a, rs1: random.pick(values), imm: 1n });
      asm.branch('bne', a, 0, next);
      asm.half(0x37 | (random.pick(values) << 7));
      asm.bind(next);
      asm.half(0x0001);
    },
    () => {
      // twice back to one link
      const out = new Label();
      asm.op('andi', { rd: b, rs1: random.pick(values), imm: 3n });
      asm.jal(1, next);
      asm.bind(next);
      asm.addi(b, b, -1);
      asm.branch('bge', 0, b, out);
      asm.op('jalr', { rs1: 1 });
      asm.bind(out);
    },
    () => {
      // a pair whose second half is come to from elsewhere, too
      const second = new Label();
      asm.la(c, next);
      asm.addi(c, c, -8);
      asm.op('andi', { rd: a, rs1: random.pick(values), imm: 1n });
      asm.branch('bne', a, 0, second);
      asm.op('auipc', { rd: c, imm: 0n });
      asm.bind(second);
      asm.op('jalr', { rd: random.pick([0, 0, 5]), rs1: c, imm: 8n });
      asm.bind(next);
    },
    () => {
      // links change over, as those of coroutines
      asm.la(5, next);
      asm.op('jalr', { rd: 1, rs1: 5 });
      asm.bind(next);
    },
  ];
  random.pick(ways)();
};

/** V, W, U, A, D, two of the page number, and one that is reserved. */
const entryBits = [0x1n, 0x4n, 0x10n, 0x40n, 0x80n, 0xc0n, 1n << 10n, 1n << 11n, 1n << 60n] as const;

/** Changes bits of an entry that maps data. */
export const emitRights = (asm: Assembler, random: Random): void => {
  const page = random.pick([256, 256, 320]) + random.below(12);
  asm.li(b, BigInt(8 * page + (random.oneIn(2) ? 0x1000 : 0)));
  asm.op('add', { rd: b, rs1: b, rs2: register.window });
  asm.li(c, random.pick(entryBits));
  const way = random.pick(['amoxor.d', 'amoor.d', 'store'] as const);
  if (way !== 'store') {
    asm.op(way, { rd: a, rs1: b, rs2: c });
    return;
  }
  asm.load('ld', a, 0, b);
  asm.op('xor', { rd: a, rs1: a, rs2: c });
  asm.store('sd', a, 0, b);
};
