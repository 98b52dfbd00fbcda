/**
 * Traps, returns from traps, interrupts and waiting: everything that changes the mode a hart is in.
 */

import { csr } from '../../../vmm/isa/csr-names.ts';
import { decode, expandCompressed } from '../../../vmm/isa/decode.ts';
import { encode } from '../../../vmm/isa/encode.ts';
import { Label } from '../assembler.ts';
import * as layout from '../layout.ts';
import { freeRegister, logRegister, type Slot } from './slot.ts';

/** An instruction that traps in the home mode. */
export const emitTrap = (slot: Slot): void => {
  const { asm, random, home } = slot;
  const kind = random.below(8);
  if (kind < 3) asm.raw(illegalWord(slot));
  else if (kind === 3) asm.raw(illegalHalf(slot));
  else if (kind === 4)
    asm.raw(random.oneIn(2) ? 0x9002 : encode('ebreak')); // c.ebreak
  else if (kind === 5 || home.privilege === 3) asm.op('ecall');
  else if (home.privilege === 1) asm.op('mret');
  else asm.op(random.pick(['mret', 'sret', 'sfence.vma', 'wfi']));
};

/** A 32-bit word that no row matches. */
const illegalWord = ({ random }: Slot): number => {
  const opcodes = [
    0x03, 0x07, 0x0b, 0x13, 0x1b, 0x23, 0x27, 0x2b, 0x2f, 0x33, 0x3b, 0x43, 0x53, 0x57, 0x5b, 0x63, 0x67, 0x6b, 0x73,
    0x77, 0x7b,
  ];
  for (;;) {
    const word = ((random.next() & ~0x7f) | random.pick(opcodes)) >>> 0;
    if (decode(word) === undefined) return word;
  }
};

const illegalHalf = ({ random }: Slot): number => {
  for (let draws = 0; draws < 1000; draws += 1) {
    const half = random.next() & 0xffff;
    if ((half & 3) !== 3 && expandCompressed(half) === undefined) return half;
  }
  return 0;
};

/** ebreak and ecall as rows of their own, so that each row is covered. */
export const emitNamedTrap = (slot: Slot, raw: number): void => {
  slot.asm.raw(raw);
};

/** mret or sret into a random mode, to a label at which an ecall tells where the hart has come. */
export const emitReturn = (slot: Slot, instruction: 'mret' | 'sret'): void => {
  const { asm, random, home, reserved } = slot;
  const { t, u } = reserved;
  if (home.privilege === 0 || (home.privilege === 1 && instruction === 'mret')) {
    asm.op(instruction);
    return;
  }
  const status = home.privilege === 3 ? csr.mstatus : csr.sstatus;
  const landing = new Label();
  const mode = instruction === 'mret' ? random.pick([0n, 1n, 3n]) : BigInt(random.below(2));
  const userAlias = mode === 0n && home.paging !== 'bare' && !random.oneIn(6);
  asm.la(t, landing);
  if (userAlias) {
    asm.li(u, BigInt(layout.userAlias));
    asm.op('add', { rd: t, rs1: t, rs2: u });
  }
  asm.writeCsr(instruction === 'mret' ? csr.mepc : csr.sepc, t);
  asm.li(t, 0x19a2n | (instruction === 'mret' ? 0x2_0000n : 0n)); // MPP SPP MPIE SPIE SIE, and MPRV
  asm.csr('csrrc', 0, status, t);
  const previous = instruction === 'mret' ? mode << 11n : mode << 8n;
  const stacked = (random.bits64() & 0xa2n) | (mode === 3n && random.oneIn(3) ? 0x2_0000n : 0n);
  asm.li(t, previous | stacked);
  asm.csr('csrrs', 0, status, t);
  asm.op(instruction);
  asm.addi(reserved.u, 0, 1); // not reached
  asm.bind(landing);
  asm.op('ecall');
};

/** Software-settable interrupts, delegated or not, taken here, after an mret, or not at all. */
export const emitInterrupt = (slot: Slot): void => {
  const { asm, random, home, reserved } = slot;
  const { t } = reserved;
  const all = 0x222n; // SSIP STIP SEIP
  if (home.privilege > 0 && random.oneIn(2)) emitVectored(slot, csr.stvec, slot.handlers.supervisorVectors);
  if (home.privilege === 3 && random.oneIn(2)) emitVectored(slot, csr.mtvec, slot.handlers.machineVectors);
  if (home.privilege === 1) {
    asm.li(t, all);
    asm.writeCsr(csr.sie, t);
    asm.csrImmediate('csrrsi', 0, csr.sip, 2);
    asm.csrImmediate('csrrsi', 0, csr.sstatus, 2);
    asm.csrImmediate('csrrci', 0, csr.sstatus, 2);
    asm.csrImmediate('csrrci', 0, csr.sip, 2);
    asm.readCsr(t, csr.sip);
    logRegister(slot, t, 0);
    asm.csrImmediate('csrrwi', 0, csr.sie, 0);
    return;
  }
  if (home.privilege === 0) {
    emitTrap(slot);
    return;
  }
  asm.li(t, random.pick([0x2n, 0x20n, 0x200n])); // one: QEMU ranks several otherwise (exceptions.ts)
  asm.writeCsr(csr.mip, t);
  asm.li(t, random.oneIn(2) ? all : random.bits64() & all);
  asm.writeCsr(csr.mie, t);
  if (random.oneIn(2)) {
    emitReturn(slot, 'mret');
    return;
  }
  asm.csrImmediate('csrrsi', 0, csr.mstatus, 8);
  asm.csrImmediate('csrrci', 0, csr.mstatus, 8);
  asm.readCsr(t, csr.mip);
  logRegister(slot, t, 0);
  asm.readCsr(t, csr.sip);
  logRegister(slot, t, 1);
  asm.csrImmediate('csrrwi', 0, csr.mie, 0);
  asm.csrImmediate('csrrwi', 0, csr.mip, 0);
};

/** Vectored mode, until the next trap there ("Machine Trap-Vector Base-Address Register"). */
const emitVectored = ({ asm, reserved }: Slot, tvec: number, vectors: Label): void => {
  asm.la(reserved.t, vectors);
  asm.addi(reserved.t, reserved.t, 1);
  asm.writeCsr(tvec, reserved.t);
};

/** wfi with an interrupt pending that is enabled by itself but not globally, so that it falls through. */
export const emitWait = (slot: Slot): void => {
  const { asm, home, reserved } = slot;
  if (home.privilege === 0) {
    asm.op('wfi');
    return;
  }
  if (home.privilege === 1) {
    emitTrap(slot);
    return;
  }
  asm.addi(reserved.t, 0, 2);
  asm.writeCsr(csr.mie, reserved.t);
  asm.writeCsr(csr.mip, reserved.t);
  asm.op('wfi');
  asm.csrImmediate('csrrwi', 0, csr.mie, 0);
  asm.csrImmediate('csrrwi', 0, csr.mip, 0);
};

/** sfence.vma with any operands; in supervisor mode TVM may refuse it. */
export const emitFence = (slot: Slot): void => {
  const { asm } = slot;
  asm.op('sfence.vma', { rs1: freeRegister(slot, true), rs2: freeRegister(slot, true) });
};
