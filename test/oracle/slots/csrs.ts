/**
 * CSR accesses. A write that may take hold is undone within the slot, so that no random value reaches the harness:
 *
 *     csrr u, csr;  the instruction under test;  csrr t, csr;  csrw csr, u
 *
 * Registers whose value is the host's time, or free for an implementation to choose, are not read here.
 */

import { csr } from '../../../vmm/isa/csr-names.ts';
import { encode } from '../../../vmm/isa/encode.ts';
import type { Random } from '../random.ts';
import { freeRegister, logRegister, type Slot } from './slot.ts';

interface Subject {
  readonly number: number;
  /** Bits that a random write may set; the rest is written as 0. */
  readonly writable?: bigint;
}

const all = 0xffff_ffff_ffff_ffffn;
const statusBits = 0x007e_79aan; // SIE MIE SPIE MPIE SPP MPP FS MPRV SUM MXR TVM TW TSR

const standardInterrupts = 0xaaan;
const physicalBits = (1n << 54n) - 1n; // of a pmpaddr: bits 55:2 of an address

const machineSubjects: readonly Subject[] = [
  { number: csr.mstatus, writable: statusBits },
  { number: csr.misa, writable: all },
  { number: csr.medeleg, writable: 0xb3ffn }, // not bit 11, nor the hypervisor's
  { number: csr.mideleg, writable: 0x222n },
  { number: csr.mie, writable: standardInterrupts },
  { number: csr.mtvec },
  { number: csr.mcounteren, writable: 0xffff_ffffn },
  { number: csr.mscratch },
  { number: csr.mepc, writable: all ^ 1n },
  { number: csr.mcause },
  { number: csr.mtval },
  { number: csr.mip, writable: standardInterrupts },
  { number: csr.satp },
  { number: csr.pmpaddr0, writable: physicalBits },
  { number: csr.pmpaddr0 + 7, writable: physicalBits },
];

const supervisorSubjects: readonly Subject[] = [
  { number: csr.sstatus, writable: statusBits },
  { number: csr.sie },
  { number: csr.stvec },
  { number: csr.scounteren, writable: 0xffff_ffffn },
  { number: csr.sscratch },
  { number: csr.sepc, writable: all ^ 1n },
  { number: csr.scause },
  { number: csr.stval },
  { number: csr.sip },
];

const floatSubjects: readonly Subject[] = [{ number: csr.fflags }, { number: csr.frm }, { number: csr.fcsr }];

const readOnlySubjects = [csr.mvendorid, csr.mhartid] as const;

/** Numbers that name no register of this hart: debug mode's, hypervisor's, vector's, custom ones, gaps. */
const absent = [
  0x000, 0x008, 0x00a, 0x00f, 0x015, 0x04d, 0x101, 0x107, 0x120, 0x145, 0x181, 0x200, 0x280, 0x3a1, 0x3a3, 0x3f1, 0x400,
  0x500, 0x5c0, 0x600, 0x680, 0x6c0, 0x747, 0x7b0, 0x7b2, 0x7c0, 0x800, 0x8ff, 0x9c0, 0xac0, 0xbc0, 0xc20, 0xc80, 0xcc0,
  0xd00, 0xe12, 0xf00, 0xfc0,
] as const;

type Operation = 'csrrw' | 'csrrs' | 'csrrc' | 'csrrwi' | 'csrrsi' | 'csrrci';
export const csrOperations: readonly Operation[] = ['csrrw', 'csrrs', 'csrrc', 'csrrwi', 'csrrsi', 'csrrci'];

export const emitCsr = (slot: Slot, operation: Operation = slot.random.pick(csrOperations)): void => {
  const { random, home } = slot;
  // satp is the supervisor's own, but a random value there leaves no code to go on with.
  const higher =
    home.privilege === 0
      ? [...machineSubjects, ...supervisorSubjects]
      : machineSubjects.filter(({ number }) => number !== csr.satp);
  const own = [
    ...floatSubjects,
    ...(home.privilege > 0 ? supervisorSubjects : []),
    ...(home.privilege > 1 ? machineSubjects : []),
  ];
  if (random.oneIn(5)) emitRefused(slot, operation, random.pick(absent));
  else if (home.privilege < 3 && random.oneIn(4)) emitRefused(slot, operation, random.pick(higher).number);
  else if (home.privilege === 3 && random.oneIn(8)) emitReadOnly(slot, random.pick(readOnlySubjects));
  else emitAccepted(slot, operation, random.pick(own));
};

/** An access that the hart must refuse, or that does no harm if it does not. */
const emitRefused = (slot: Slot, operation: Operation, number: number): void => {
  const rd = freeRegister(slot, true);
  slot.asm.raw(csrWord(slot, operation, rd, number, freeRegister(slot, true)));
  logRegister(slot, rd, 0);
};

const emitReadOnly = (slot: Slot, number: number): void => {
  const rd = freeRegister(slot, true);
  const operation = slot.random.pick(csrOperations);
  const rs1 = slot.random.oneIn(2) ? 0 : freeRegister(slot);
  if (rs1 !== 0) slot.asm.addi(rs1, 0, 1); // QEMU lets a write of no bits pass (exceptions.ts)
  slot.asm.raw(csrWord(slot, operation, rd, number, rs1));
  logRegister(slot, rd, 0);
};

const emitAccepted = (slot: Slot, operation: Operation, { number, writable = all }: Subject): void => {
  const { asm, random, reserved } = slot;
  const { t, u } = reserved;
  const rd = freeRegister(slot, true);
  const rs1 = freeRegister(slot);
  const given = random.oneIn(6) ? 0 : rs1;
  if (writable !== all || random.oneIn(2)) asm.li(rs1, legalised(random, operation, number, writable));
  asm.readCsr(u, number);
  asm.raw(csrWord(slot, operation, rd, number, given, writable));
  asm.readCsr(t, number);
  asm.writeCsr(number, u);
  logRegister(slot, rd, 0);
  logRegister(slot, t, 1);
  logRegister(slot, u, 2);
};

/** A random value to write. */
const legalised = (random: Random, operation: Operation, number: number, writable: bigint): bigint => {
  const value = (random.oneIn(4) ? all : random.bits64()) & writable;
  if (number !== csr.mstatus) return value;
  // MPP = 2 names no mode (exceptions.ts): it must not come of a write, nor of setting or clearing bits.
  const mpp = 3n << 11n;
  const choices = operation === 'csrrw' ? [0n, 1n << 11n, mpp] : [0n, mpp];
  return (value & ~mpp) | random.pick(choices);
};

const csrWord = (
  { random }: Slot,
  operation: Operation,
  rd: number,
  number: number,
  rs1: number,
  writable = all,
): number =>
  operation.endsWith('i')
    ? encode(operation, { rd, csr: number, zimm: random.below(32) & Number(writable & 31n) })
    : encode(operation, { rd, csr: number, rs1 });

/** cycle, time, instret in the home mode: whether they may be read (mcounteren, scounteren), not what they hold. */
export const emitCounter = (slot: Slot): void => {
  const { asm, random } = slot;
  const rd = freeRegister(slot);
  asm.readCsr(rd, random.pick([csr.cycle, csr.time, csr.instret]));
  asm.addi(rd, 0, 77);
  logRegister(slot, rd, 0);
};
